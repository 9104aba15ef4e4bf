"""Games on room servers in other processes, from login to settlement, whoever dies meanwhile."""

import asyncio
import hashlib
import hmac
import json
import signal

import pytest
from engine_process import parlour
from guest import PATIENCE, Frames

STALE = 28
NOTHING = 0xFFFF
"""A service that nobody has."""


async def play_out(party):
    """Wait until everybody has heard the result, and return it."""
    for guest in party:
        await guest.until(lambda guest=guest: guest.result)
    result = party[0].result
    assert all(guest.result == result for guest in party)
    return result


def check_record(lobby, party, *, moved):
    """The log says what the clients were told, and the audit finds nothing."""
    lobby.stop()
    audit = parlour("audit", "--data", lobby.data, "--json")
    assert audit.code == 0, audit
    game = parlour(
        "replay", "game", f"treasure.game:{party[0].room}:1", "--data", lobby.data, "--json"
    )
    assert game.code == 0, game
    said = game.json()
    assert said["state"] == "finished"
    names = [event["name"].removeprefix("treasure.") for event in said["events"]]
    assert names.count("game-settled") == 1
    assert names.count("game-moved") == moved
    result = party[0].result
    settled = said["events"][names.index("game-settled")]
    assert {key: settled[key] for key in result} == result
    ended = [e for e in said["events"] if e["name"] == "treasure.stage-ended"]
    told = party[0]
    assert [e["positions"] for e in ended if e["stage"] == 1] == [
        body["positions"] for body in told.heard(53)
    ]
    assert [e["hp"] for e in ended if e["stage"] == 2] == [body["hp"] for body in told.heard(54)]
    assert [e["sold"] for e in ended if e["stage"] == 3] == [b["sold"] for b in told.heard(57)]
    assert [e["found"] for e in ended if e["stage"] == 4] == [b["found"] for b in told.heard(60)]


def of_port(outposts, way):
    return next(outpost for outpost in outposts if outpost.port == way["port"])


async def test_a_game_ends_properly_on_a_second_room_server_after_the_first_was_killed(
    lobby, outpost_of, party_of
):
    outposts = [outpost_of(name, lobby.nodes).start() for name in ("north", "south")]
    party = await party_of(lobby, pause=0.02)
    await party[0].until(lambda: (2, 2) in party[0].stages())
    first = of_port(outposts, party[0].ways[0])
    first.kill()
    await play_out(party)
    for guest in party:
        assert [of_port(outposts, way) is first for way in guest.ways] == [True, False]
        assert guest.refusals == [refused for refused in guest.refusals if refused.get("of") == 55]
    check_record(lobby, party, moved=1)


async def test_a_game_waits_for_a_room_server_when_there_is_no_other(lobby, outpost_of, party_of):
    only = outpost_of("only", lobby.nodes).start()
    party = await party_of(lobby, pause=0.02)
    await party[0].until(lambda: (1, 3) in party[0].stages())
    only.kill()
    await asyncio.to_thread(only.start)
    await play_out(party)
    check_record(lobby, party, moved=1)


async def test_a_remote_game_goes_on_after_its_lobby_was_killed(lobby, outpost_of, party_of):
    outpost_of("only", lobby.nodes).start()
    party = await party_of(lobby, pause=0.02)
    await party[0].until(lambda: (1, 4) in party[0].stages())
    lobby.kill()
    await asyncio.to_thread(lobby.start)
    await play_out(party)
    assert [len(guest.ways) for guest in party] == [1] * 5  # their connections stayed
    check_record(lobby, party, moved=0)


async def test_a_game_goes_on_after_lobby_and_room_server_were_killed(lobby, outpost_of, party_of):
    only = outpost_of("only", lobby.nodes).start()
    party = await party_of(lobby, pause=0.02)
    await party[0].until(lambda: (2, 1) in party[0].stages())
    lobby.kill()
    only.kill()
    lobby.start()
    only.start()
    await asyncio.gather(*(guest.come_back() for guest in party))
    await play_out(party)
    check_record(lobby, party, moved=0)  # it came back in time: the game was still its own


async def test_a_room_server_that_does_not_return_to_its_lobby_loses_its_games(
    lobby_of, outpost_of, party_of
):
    lobby = lobby_of(treasure__return_seconds=0.5)
    gone = outpost_of("gone", lobby.nodes).start()
    party = await party_of(lobby, pause=0.02)
    await party[0].until(lambda: (1, 2) in party[0].stages())
    lobby.kill()
    gone.kill()
    lobby.start()
    outpost_of("other", lobby.nodes).start()
    await asyncio.gather(*(guest.come_back() for guest in party))
    await play_out(party)
    check_record(lobby, party, moved=1)


async def test_a_room_server_that_slept_too_long_has_lost_its_game(lobby, outpost_of, party_of):
    outposts = [outpost_of(name, lobby.nodes).start() for name in ("north", "south")]
    party = await party_of(lobby, pause=0.02)
    await party[0].until(lambda: (2, 2) in party[0].stages())
    sleeper = of_port(outposts, party[0].ways[0])
    sleeper.send_signal(signal.SIGSTOP)
    for guest in party:
        guest.pause = 0.1
        await guest.until(lambda guest=guest: len(guest.ways) > 1)
    sleeper.send_signal(signal.SIGCONT)
    await play_out(party)
    assert of_port(outposts, party[0].ways[-1]) is not sleeper
    async with asyncio.timeout(PATIENCE):
        while "game_let_go" not in sleeper.stderr():
            await asyncio.sleep(0.05)
    check_record(lobby, party, moved=1)


async def test_a_cut_link_moves_the_game_to_a_higher_epoch_at_the_same_server(
    lobby, outpost_of, party_of, wiretap_of
):
    tap = await wiretap_of(lobby)
    outposts = [await asyncio.to_thread(outpost_of("only", tap.address).start)]
    party = await party_of(lobby, pause=0.02)
    await party[0].until(lambda: (1, 4) in party[0].stages())
    tap.cut()
    await play_out(party)
    assert {way["port"] for guest in party for way in guest.ways} == {outposts[0].port}
    assert [len(guest.ways) for guest in party] == [2] * 5
    check_record(lobby, party, moved=1)


async def test_what_was_committed_without_the_room_server_hearing_so_stays(
    lobby, outpost_of, party_of, wiretap_of
):
    tap = await wiretap_of(lobby)
    await asyncio.to_thread(outpost_of("only", tap.address).start)
    cuts = []

    def ends_a_stage(service, body):
        ended = [
            row
            for unit in (json.loads(body)["units"] if service == 510 else ())
            for row in unit
            if row[2] == "treasure.stage-ended@1"
        ]
        if not ended or len(cuts) == 2 or ended[0] in cuts:
            return False
        cuts.append(ended[0])
        return True

    tap.cut_after = ends_a_stage
    party = await party_of(lobby, pause=0.02)
    await play_out(party)
    assert [len(guest.ways) for guest in party] == [3] * 5
    lobby.stop()
    audit = parlour("audit", "--data", lobby.data, "--json")
    assert audit.code == 0, audit
    shown = parlour(
        "replay", "game", f"treasure.game:{party[0].room}:1", "--data", lobby.data, "--json"
    )
    ended = [e for e in shown.json()["events"] if e["name"] == "treasure.stage-ended"]
    stages = [(event["day"], event["stage"]) for event in ended]
    assert len(stages) == len(set(stages))
    assert (cuts[0][3]["day"], cuts[0][3]["stage"]) in stages


async def test_a_player_who_logs_in_again_finds_his_game(lobby, outpost_of, party_of):
    outpost_of("only", lobby.nodes).start()
    party = await party_of(lobby, pause=0.05)
    late = party[4]
    await party[0].until(lambda: (1, 2) in party[0].stages())
    await late.leave()
    answer = await late.log_in()
    assert answer["room_id"] == late.room
    await late.until(lambda: len(late.ways) == 2)
    assert late.ways[0]["ticket"] != late.ways[1]["ticket"]
    await play_out(party)
    assert late.refusals == [refused for refused in late.refusals if refused.get("of") == 55]


async def test_games_go_to_the_least_loaded_room_server(lobby, outpost_of, party_of):
    outposts = [outpost_of(name, lobby.nodes).start() for name in ("north", "south")]
    hosts = []
    for number in range(4):
        party = await party_of(lobby, names=[f"{number}-{seat}" for seat in range(4)], idle=True)
        await party[0].until(lambda party=party: party[0].ways)
        hosts.append(of_port(outposts, party[0].ways[0]))
    assert [hosts.count(outpost) for outpost in outposts] == [2, 2]


async def test_a_full_room_server_takes_no_more(lobby, outpost_of, party_of):
    outpost_of("small", lobby.nodes, options=("--capacity", "1")).start()
    party = await party_of(lobby, names=[f"a{seat}" for seat in range(4)], idle=True)
    await party[0].until(lambda: party[0].ways)
    others = await party_of(lobby, names=[f"b{seat}" for seat in range(4)], start=False)
    assert (await others[0].ask(8))["code"] == 12


# --- who is let in ----------------------------------------------------------------------------


def registration(challenge, server_id, secret, **changes):
    said = {"server_id": server_id, "ip": "127.0.0.1", "port": 9, "capacity": 5, "nonce": "00"}
    said |= changes
    parts = [challenge, *(str(said[k]) for k in ("server_id", "ip", "port", "capacity", "nonce"))]
    mac = hmac.new(secret.encode(), "|".join(parts).encode(), hashlib.sha256).hexdigest()
    return {**said, "mac": mac}


async def register(lobby, server_id, secret="", **changes):
    """Return a link and the code that the lobby answered."""
    link = await Frames.connect(lobby.nodes)
    challenge = (await link.expect(1000))["challenge"]
    assert len(bytes.fromhex(challenge)) == 16
    link.send(1000, **registration(challenge, server_id, secret, **changes))
    return link, (await link.expect(1000))["code"]


async def ends(link):
    with pytest.raises((EOFError, OSError)):
        await link.expect(NOTHING)
    await link.close()


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
