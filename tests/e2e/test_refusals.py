"""Requests in a wrong name and malformed ones: the codes, and what closes a connection."""

from __future__ import annotations

import pytest
from player import Player, refused

# --- who may say what ---------------------------------------------------------------------------


async def test_a_uid_that_is_not_the_connections_own_is_error_2(engine, table):
    players = await table(engine)
    victim = players[1]
    for cmd, fields in (
        ("game_ready", {}),
        ("call_landlord_submit", {"action": 1}),
        ("play_card_submit", {"cards": [3], "card_type": 1}),
        ("force_quit", {}),
        ("logout", {}),
        ("swap_table", {}),
    ):
        await players[0].link.send({"cmd": cmd, "uid": victim.uid, **fields})
        await refused(players[0], 2)
    assert [m for m in await victim.sync() if m["cmd"] != "SERVER_TABLE_INFO_BC"] == []
    await victim.say("game_ready")
    await victim.expect("game_ready_ok", uid=victim.uid)


async def test_requests_before_joining_are_refused_and_change_nothing(engine, connect, uid):
    player = Player(await connect(engine, "tcp"), uid)
    for cmd, fields in (
        ("call_landlord_submit", {"action": 1}),
        ("play_card_submit", {"cards": [3], "card_type": 1}),
        ("force_quit", {}),
        ("swap_table", {}),
        ("game_ready", {}),
    ):
        await player.say(cmd, **fields)
        message = await player.receive()
        assert message["cmd"] in ("error", "game_ready_ng", "play_card_ng"), message
        assert message["error_code"] in (1, 2, 3)


async def test_a_connection_cannot_join_for_a_second_uid_while_it_has_a_seat(engine, enter, zone):
    player = await enter(engine, zone=zone)
    request = {"cmd": "CLIENT_JOIN_TABLE_REQ", "type": 1, "zone": zone, "skey": "x"}
    await player.link.send({**request, "uid": player.uid + 5_000_000})
    await refused(player, 2)


async def test_a_uid_holds_one_seat_in_the_whole_engine(engine, enter, connect, zone):
    first = await enter(engine, zone=zone)
    second = Player(await connect(engine, "websocket"), first.uid)
    answer = await second.join(2, 0)
    assert (answer["tid"], answer["seatid"], answer["type"]) == (first.tid, first.seat, 1)
    snapshot = await second.expect("table_snapshot")
    assert snapshot["tid"] == first.tid


# --- malformed ----------------------------------------------------------------------------------


MALFORMED = {
    "unknown cmd": {"cmd": "no_such_thing", "uid": 1},
    "a cmd of the server's": {"cmd": "game_ready_ok", "uid": 1},
    "no cmd": {"uid": 1},
    "cmd of a wrong type": {"cmd": 1001, "uid": 3, "skey": "abc"},
    "cmd null": {"cmd": None},
    "missing uid": {"cmd": "game_ready"},
    "missing action": {"cmd": "call_landlord_submit", "uid": 1},
    "missing card_type": {"cmd": "play_card_submit", "uid": 1, "cards": []},
    "uid as text": {"cmd": "game_ready", "uid": "1"},
    "uid as a fraction": {"cmd": "game_ready", "uid": 1.5},
    "uid null": {"cmd": "game_ready", "uid": None},
    "uid true": {"cmd": "game_ready", "uid": True},
    "uid of 30 digits": {"cmd": "game_ready", "uid": 10**30},
    "nonce a number": {"cmd": "game_ready", "uid": 1, "nonce": 5},
    "cards no list": {"cmd": "play_card_submit", "uid": 1, "cards": 3, "card_type": 1},
    "cards of text": {"cmd": "play_card_submit", "uid": 1, "cards": ["3"], "card_type": 1},
    "cards of lists": {"cmd": "play_card_submit", "uid": 1, "cards": [[3]], "card_type": 1},
    "join without skey": {"cmd": "CLIENT_JOIN_TABLE_REQ", "type": 1, "zone": 0, "uid": 5},
    "join with a list": {"cmd": "CLIENT_JOIN_TABLE_REQ", "type": [1], "uid": 5, "skey": ""},
    "a list": [1, 2, 3],
    "a string": "game_ready",
    "a number": 7,
    "null": None,
    "an empty object": {},
}


@pytest.mark.parametrize("what", MALFORMED)
async def test_malformed_is_error_1_and_the_connection_lives(engine, connect, uid, zone, what):
    player = Player(await connect(engine, "tcp-xor" if uid % 2 else "websocket"), uid)
    # An obfuscating client is known by its first byte, which is an object's brace.
    assert (await player.join(zone=zone))["cmd"] == "SERVER_JOIN_TABLE_SUCC"
    await player.link.send(MALFORMED[what])
    await refused(player, 1)
    await player.say("game_ready")
    await player.expect("game_ready_ok", uid=uid)


@pytest.mark.parametrize("kind", ["tcp", "tcp-xor", "websocket"])
async def test_three_malformed_in_a_row_close_the_connection(engine, enter, zone, kind):
    player = await enter(engine, kind=kind, zone=zone)
    await player.expect("SERVER_TABLE_INFO_BC")
    for _ in range(3):
        await player.link.send({"cmd": "no_such_thing"})
    errors = await player.link.end()
    assert [(m["cmd"], m["error_code"]) for m in errors] == [("error", 1)] * 3


async def test_malformed_but_not_in_a_row_is_forgiven(engine, enter, zone):
    player = await enter(engine, zone=zone)
    for _ in range(4):
        for _ in range(2):
            await player.link.send({"cmd": "no_such_thing"})
            await refused(player, 1)
        await player.say("call_landlord_submit", action=1)
        await refused(player, 3)


@pytest.mark.parametrize("kind", ["tcp", "tcp-xor", "websocket"])
async def test_a_frame_that_is_not_json_closes_the_connection(engine, enter, zone, kind):
    player = await enter(engine, kind=kind, zone=zone)
    await player.link.send_payload(b'{"cmd":"game_ready","uid":}')
    last_words = await player.link.end()
    assert last_words[-1]["cmd"] == "error"
    assert last_words[-1]["error_code"] == 1


async def test_unknown_extra_fields_are_ignored(engine, connect, uid, zone):
    player = Player(await connect(engine, "tcp"), uid)
    request = {"cmd": "CLIENT_JOIN_TABLE_REQ", "type": 1, "zone": zone, "uid": uid, "skey": "x"}
    await player.link.send({**request, "version": 3, "extra": {"deep": [1, {"a": None}]}})
    await player.expect("SERVER_JOIN_TABLE_SUCC")
    await player.say("game_ready", seatid=99, error_code=1, money=10**9)
    await player.expect("game_ready_ok", uid=uid)


async def test_a_join_in_the_words_of_the_seed_may_leave_out_the_zone_or_say_zero(
    engine, connect, uid
):
    player = Player(await connect(engine, "tcp"), uid)
    assert (await player.join(1, 0))["cmd"] == "SERVER_JOIN_TABLE_SUCC"
    await player.say("logout")
    await player.expect("logout_ok")
