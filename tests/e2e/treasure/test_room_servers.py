"""Games on room servers in other processes, from login to settlement, whoever dies meanwhile."""

import asyncio
import json
import signal

from engine_process import parlour
from guest import PATIENCE
from remote_games import check_record, of_port, play_out


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
