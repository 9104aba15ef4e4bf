"""Games on room servers in other processes: how they end, and links spoken by hand."""

import hashlib
import hmac
import json

import pytest
from engine_process import parlour
from guest import Frames

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
    with pytest.raises((EOFError, ConnectionError)):
        await link.expect(NOTHING)
    await link.close()


# --- games that nobody can go on with ---------------------------------------------------------


async def waits_again(party):
    """Everybody has heard that the room waits for another game, and of no result."""
    for guest in party:

        def heard(guest=guest):
            rooms = [body for service, body in guest.answers if service == 6]
            return rooms and (rooms[-1]["state"], len(guest.ways)) == ("waiting", 1)

        await guest.until(heard)
        assert guest.result is None


def cancelled(lobby):
    """Return the lines that an operator saw of it, and why the log says that it happened."""
    lobby.stop()
    audit = parlour("audit", "--data", lobby.data, "--json")
    assert audit.code == 0, audit
    game = parlour("replay", "game", "treasure.game:1:1", "--data", lobby.data, "--json").json()
    assert game["state"] == "cancelled"
    lines = [json.loads(line) for line in lobby.stderr().splitlines() if "game_cancelled" in line]
    return [line["reason"] for line in lines], game["events"][-1]["reason"]
