"""Links of room servers to an engine: who is let in, and what is refused that comes on them."""

import asyncio
import hashlib

from guest import PATIENCE, Frames
from remote_games import (
    STALE,
    cancelled,
    check_record,
    ends,
    play_out,
    register,
    registration,
    waits_again,
)


async def test_only_who_knows_the_secret_is_let_in(lobby_of, outpost_of):
    lobby = lobby_of(open=False, cluster__secret="sesame")
    for secret in ("simsim", ""):
        link, code = await register(lobby, "x", secret)
        assert code == 24
        await ends(link)
    link, code = await register(lobby, "x", "sesame")
    assert code == 0
    await link.close()
    wrong = outpost_of("wrong", lobby.nodes, settings={"cluster.secret": "simsim"}).spawn()
    assert wrong.wait() == 2
    assert "another cluster.secret" in wrong.stderr()
    wrong.process = None
    outpost_of("right", lobby.nodes, settings={"cluster.secret": "sesame"}).start()


async def test_without_a_secret_nobody_is_let_in(lobby_of):
    lobby = lobby_of(open=False)
    link, code = await register(lobby, "x", "")
    assert code == 24
    await ends(link)


async def test_a_mac_is_good_for_one_connection(lobby_of):
    lobby = lobby_of(open=False, cluster__secret="sesame")
    link = await Frames.connect(lobby.nodes)
    said = registration((await link.expect(1000))["challenge"], "x", "sesame")
    await link.close()
    again = await Frames.connect(lobby.nodes)
    await again.expect(1000)
    again.send(1000, **said)
    assert (await again.expect(1000))["code"] == 24
    await ends(again)


async def test_a_living_server_id_is_refused_and_a_dead_one_replaced(lobby):
    first, code = await register(lobby, "twin")
    assert code == 0
    second, code = await register(lobby, "twin")
    assert code == 22
    await ends(second)
    await first.close()
    async with asyncio.timeout(PATIENCE):
        while True:
            third, code = await register(lobby, "twin")
            if code == 0:
                break
            await third.close()
    await third.close()


async def test_the_name_of_the_lobbys_own_games_is_taken(lobby):
    link, code = await register(lobby, "embedded")
    assert code == 22
    await ends(link)


async def test_before_it_is_let_in_a_peer_is_heard_for_nothing(lobby):
    link = await Frames.connect(lobby.nodes)
    await link.expect(1000)
    link.send(510, batch=1, units=[])
    assert (await link.expect(1000))["code"] == 2
    await ends(link)
    long = await Frames.connect(lobby.nodes)
    await long.expect(1000)
    long.send(1000, padding="x" * 70_000)
    assert (await long.expect(1000))["code"] == 1
    await ends(long)


async def test_a_silent_room_server_is_dead(lobby):
    link, code = await register(lobby, "mute")
    assert code == 0
    await ends(link)


# --- what is older is refused -----------------------------------------------------------------


async def test_what_comes_under_an_older_epoch_is_refused(lobby_of, outpost_of, party_of):
    lobby = lobby_of(treasure__accept_seconds=0.3, treasure__dead_seconds=30)
    slow, code = await register(lobby, "slow")  # first of equals, so it is asked first
    assert code == 0
    outpost_of("quick", lobby.nodes).start()
    party = await party_of(lobby, pause=0.05, start=False)
    start = asyncio.create_task(party[0].ask(8))
    given = await slow.expect(501)
    room, epoch = given["room_id"], given["epoch"]
    assert [player["player_id"] for player in given["players"]] == [guest.uid for guest in party]
    assert hashlib.sha256(bytes.fromhex(given["seed"])).hexdigest() == given["commitment"]
    assert (await start)["code"] == 0
    assert (await slow.expect(513))["epoch"] == epoch
    slow.send(502, room_id=room, game=1, epoch=epoch, code=0, ip="127.0.0.1", port=9)
    opened = {
        **{"at": 1, "room": room, "game": 1, "epoch": epoch, "server": "slow"},
        **{"players": [], "commitment": "", "times": {"verify": 1, "stages": [1, 1, 1, 1]}},
    }
    unit = [[f"treasure.game:{room}:1", 1, "treasure.game-opened@1", opened]]
    slow.send(510, batch=1, units=[unit, unit])
    assert await slow.expect(510) == {"batch": 1, "code": STALE, "refused": [0, 1]}
    result = {"winner": "good", "reason": "days_over", "players": [], "seed": "00"}
    slow.send(502, room_id=room, game=1, epoch=epoch, code=0, result=result)
    assert (await slow.expect(502))["code"] == STALE
    await play_out(party)
    await slow.close()
    check_record(lobby, party, moved=0)


async def test_a_room_server_may_record_nothing_but_games(lobby_of, party_of):
    lobby = lobby_of(treasure__dead_seconds=30)
    settled = {
        **{"at": 1, "seed": "00", "winner": "good", "reason": "days_over", "players": []},
        "game_id": "treasure.game:1:1",
    }
    renamed = {"at": 1, "uid": 1}
    for row in (
        ["treasure.game:1:1", 1, "treasure.game-settled@1", settled],
        ["treasure.room:1", 1, "treasure.host-changed@1", renamed],
        ["treasure.game:01:1", 1, "treasure.stage-resumed@1", {"at": 1, "until": 2}],
        ["treasure.game:1:1", 1, "no.such-event@1", {"at": 1}],
    ):
        link, code = await register(lobby, "bad")
        assert code == 0
        link.send(510, batch=7, units=[[row]])
        assert await link.expect(510) == {"batch": 7, "code": 1, "refused": []}
        await ends(link)
        await asyncio.sleep(0)


async def test_when_the_last_room_server_is_gone_its_players_play_another_game(
    lobby_of, outpost_of, party_of
):
    lobby = lobby_of(
        treasure__accept_seconds=0.2, treasure__unserved_seconds=0.6, allowed=("game_cancelled",)
    )
    only = outpost_of("only", lobby.nodes).start()
    party = await party_of(lobby, pause=0.05)
    await party[0].until(lambda: (1, 2) in party[0].stages())
    only.kill()
    await waits_again(party)
    await asyncio.to_thread(only.start)
    for guest in party[1:]:
        assert (await guest.ask(7, ready=True))["code"] == 0
    assert (await party[0].ask(8))["code"] == 0
    await play_out(party)
    assert cancelled(lobby) == (["no_room_server"], "no_room_server")


async def accept_badly(lobby, party):
    """Have a room server accept the party's game; return its link and the game."""
    bad, code = await register(lobby, "bad")
    assert code == 0
    start = asyncio.create_task(party[0].ask(8))
    given = await bad.expect(501)
    room, epoch = given["room_id"], given["epoch"]
    opened = {
        **{"at": 1, "room": room, "game": 1, "epoch": epoch, "server": "bad"},
        "players": [
            {"seat": p["seat"], "uid": p["player_id"], "username": p["name"]}
            for p in given["players"]
        ],
        **{"commitment": given["commitment"], "times": given["options"]},
    }
    game = f"treasure.game:{room}:1"
    bad.send(510, batch=1, units=[[[game, 1, "treasure.game-opened@1", opened]]])
    assert (await bad.expect(510))["code"] == 0
    bad.send(502, room_id=room, game=1, epoch=epoch, code=0, ip="127.0.0.1", port=9)
    assert (await start)["code"] == 0
    return bad, game


async def break_game(bad, game):
    """Have it ship what is none of the game's events."""
    begun = {"at": 2, "day": 7, "stage": 4, "until": 3, "lots": []}
    bad.send(510, batch=2, units=[[[game, 2, "treasure.stage-begun@1", begun]]])
    assert (await bad.expect(510))["code"] == 1
    await ends(bad)


async def test_a_room_server_that_ships_what_does_not_fold_frees_its_players(lobby_of, party_of):
    lobby = lobby_of(
        treasure__dead_seconds=30,
        treasure__accept_seconds=0.2,
        treasure__unserved_seconds=0.6,
        allowed=("game_taken_away", "game_cancelled"),
    )
    party = await party_of(lobby, start=False)
    await break_game(*await accept_badly(lobby, party))
    await waits_again(party)
    assert (await party[4].ask(4))["code"] == 0
    assert cancelled(lobby) == (["no_room_server"], "no_room_server")


async def test_another_goes_on_with_a_game_that_its_room_server_broke(
    lobby_of, outpost_of, party_of
):
    lobby = lobby_of(treasure__dead_seconds=30, allowed=("game_taken_away",))
    party = await party_of(lobby, start=False)
    bad, game = await accept_badly(lobby, party)
    await asyncio.to_thread(outpost_of("good", lobby.nodes).start)
    await break_game(bad, game)
    await play_out(party)
    check_record(lobby, party, moved=0)
