"""Games in the lobby's own process: killed in the midst of them, and watched byte by byte."""

import asyncio
import contextlib
import json

import pytest
from engine_process import Engine, parlour
from guest import Frames

SETTINGS = {"treasure.resume_seconds": 0.3, "limits.linger_seconds": 0.3}
ORDER = (53, 54, 57, 60)
"""What everybody is told at the end of the four stages."""


class Lobby(Engine):
    """An engine whose address of the lobby is asked for as guests ask for it."""

    @property
    def treasure(self):
        return self.addresses["treasure"]


@pytest.fixture
def lobby(tmp_path):
    engine = Lobby(
        tmp_path / "lobby", open=True, settings=SETTINGS, listen=("treasure", "treasure-room")
    )
    engine.start()
    try:
        yield engine
        engine.stop()
    finally:
        if engine.process is not None and engine.running:
            engine.process.kill()
            engine.process.wait()
    engine.check_log()


async def play_out(party):
    for guest in party:
        await guest.until(lambda guest=guest: guest.result)
    assert all(guest.result == party[0].result for guest in party)
    return party[0].result


def outcomes(guest):
    """What everybody was told of each stage, once."""
    told = [(service, json.dumps(body)) for service, body in guest.told if service in ORDER]
    return list(dict.fromkeys(told))


@pytest.mark.parametrize("moments", [[(1, 1)], [(1, 3)], [(1, 4), (2, 2), (3, 3)]], ids=str)
async def test_a_game_goes_on_after_every_kill(lobby, party_of, moments):
    party = await party_of(lobby, pause=0.02)
    for moment in moments:
        await party[0].until(lambda moment=moment: moment in party[0].stages())
        lobby.kill()
        await asyncio.to_thread(lobby.start)
        await asyncio.gather(*(guest.come_back() for guest in party))
    result = await play_out(party)
    # Nothing that was told was taken back: every stage had one outcome, in order, for everybody.
    for guest in party:
        days = [
            (json.loads(body)["day"], ORDER.index(service)) for service, body in outcomes(guest)
        ]
        assert days == sorted(set(days))
        assert {body["commitment"] for body in guest.heard(51)} == {
            party[0].heard(51)[0]["commitment"]
        }
    lobby.stop()
    game = parlour("replay", "game", "treasure.game:1:1", "--data", lobby.data, "--json")
    assert game.code == 0, game
    settled = [e for e in game.json()["events"] if e["name"] == "treasure.game-settled"]
    assert [{key: event[key] for key in result} for event in settled] == [result]
    audit = parlour("audit", "--data", lobby.data, "--json")
    assert audit.code == 0, audit


async def test_a_stolen_ticket_takes_over_only_until_its_owner_logs_in_again(lobby, party_of):
    party = await party_of(lobby, pause=0.05)
    victim = party[0]
    await victim.until(lambda: victim.heard(51))
    way = victim.ways[0]
    thief = await Frames.connect(f"{way['ip']}:{way['port']}")
    ticket = {"room_id": way["room_id"], "player_id": victim.uid, "ticket": way["ticket"]}
    thief.send(1001, **ticket)
    assert await thief.expect(1001) == {"code": 0}
    await victim.come_back()
    with contextlib.suppress(EOFError, OSError):
        while True:  # the rightful owner took over
            await asyncio.wait_for(thief.receive(), 10)
    again = await Frames.connect(f"{way['ip']}:{way['port']}")
    again.send(1001, **ticket)
    assert await again.expect(1001) == {"code": 13}
    await play_out(party)
    for connection in (thief, again):
        await connection.close()


async def test_no_byte_before_the_settlement_tells_what_is_hidden(lobby, party_of):
    party = await party_of(lobby)
    result = await play_out(party)
    roles = {line["player_id"]: line["role"] for line in result["players"]}
    for guest in party:
        before = guest.told[: [service for service, _ in guest.told].index(61)]
        text = json.dumps(before + guest.answers)
        assert result["seed"] not in text
        for other in party:
            if other is not guest:
                assert not any(way["ticket"] in text for way in other.ways)
        for service, body in before:
            words = json.dumps(body)
            assert (service == 51) == ('"role"' in words)
            assert (service == 62) == ('"hint"' in words)
            assert ('"gold"' in words) == (service in (51, 55, 62))
            assert ('"price"' in words) <= (service == 57)
            assert not any(role in words for role in set(roles.values()) - {roles[guest.uid]})
        if roles[guest.uid] != "evil":
            assert guest.heard(62) == []
