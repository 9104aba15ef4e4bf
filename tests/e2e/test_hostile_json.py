"""JSON that is deep, huge or strange is refused or taken, and the engine lives."""

from __future__ import annotations

import json

import cards as rules
import pytest
from hostile import JOIN, still_serves
from player import Player, begin_play


@pytest.mark.parametrize("kind", ["tcp", "websocket"])
@pytest.mark.parametrize(
    "payload",
    [
        "[" * 8192,
        "[" * 4096 + "]" * 4096,
        '{"a":' * 1600,
        '{"cmd":"game_ready","uid":1,"x":' + "[" * 4000 + "]" * 4000 + "}",
        '{"cmd":' + "[" * 4000 + "]" * 4000 + "}",
    ],
    ids=["open brackets", "brackets", "objects", "an unknown field", "cmd"],
)
async def test_deep_nesting_is_refused_and_the_engine_lives(
    engine, connect, zone, uid, kind, payload
):
    link = await connect(engine, kind)
    await link.send_payload(payload.encode())
    # Not JSON, too deep to be read, or malformed; and where the depth is in a field that is
    # skipped, the request itself is answered.
    message = await link.receive()
    assert message["error_code"] in ((1,) if message["cmd"] == "error" else (1, 2)), message
    await still_serves(engine, connect, zone, uid)


HUGE = [
    '{"cmd":"game_ready","uid":1e400}',
    '{"cmd":"game_ready","uid":-1e400}',
    '{"cmd":"game_ready","uid":%s}' % ("9" * 8000),
    '{"cmd":"game_ready","uid":-%s}' % ("9" * 5000),
    '{"cmd":"game_ready","uid":9223372036854775808}',
    '{"cmd":"game_ready","uid":18446744073709551616}',
    '{"cmd":"game_ready","uid":1.0000000001}',
    '{"cmd":"play_card_submit","uid":1,"card_type":1,"cards":[%s]}' % ("9" * 4000),
    '{"cmd":"play_card_submit","uid":1,"card_type":1e999,"cards":[]}',
    '{"cmd":"call_landlord_submit","uid":1,"action":%s}' % ("1" * 3000),
    '{"cmd":"game_ready","uid":true}',
]


@pytest.mark.parametrize("payload", HUGE, ids=lambda text: text[7:60])
async def test_huge_numbers_and_fractions_are_error_1(engine, connect, zone, uid, payload):
    player = Player(await connect(engine, "tcp"), uid)
    await player.join(zone=zone)
    await player.link.send_payload(payload.encode())
    message = await player.expect("error")
    assert message["error_code"] == 1
    assert len(json.dumps(message)) < 1024
    await still_serves(engine, connect, zone, uid)


@pytest.mark.parametrize("number", [0, -1, -(2**63), 2**53, 2**63 - 1])
async def test_a_uid_out_of_bounds_cannot_join(engine, connect, zone, uid, number):
    link = await connect(engine, "tcp")
    await link.send({**JOIN, "uid": number, "zone": zone})
    message = await link.receive()
    assert (message["cmd"], message["error_code"]) in (("SERVER_JOIN_TABLE_ERR", 1), ("error", 1))
    await still_serves(engine, connect, zone, uid)


async def test_a_thousand_cards_are_refused_like_any_wrong_play(engine, table):
    players = await table(engine)
    landlord, *_ = await begin_play(players)
    for cards in (list(range(1000)), [rules.lowest(landlord.cards)] * 1000):
        await landlord.play(cards, rules.SINGLE)
        message = await landlord.receive()
        assert message["cmd"] in ("play_card_ng", "error")
        assert message["error_code"] in (1, 3, 4)
    await landlord.play([rules.lowest(landlord.cards)], rules.SINGLE)
    await landlord.expect("play_card_info", uid=landlord.uid)


@pytest.mark.parametrize(
    "text", ["\\ud800", "\\u0000", "‮", "𝕏" * 500], ids=["surrogate", "nul", "rtl", "wide"]
)
async def test_strange_text_for_an_skey_or_a_nonce_breaks_nothing(engine, connect, zone, uid, text):
    link = await connect(engine, "websocket")
    join = json.dumps({**JOIN, "uid": uid, "zone": zone}, ensure_ascii=False)
    await link.send_payload(join.replace('"x"', f'"{text}"').encode())
    message = await link.receive()
    assert message["cmd"] in ("SERVER_JOIN_TABLE_SUCC", "error")
    if message["cmd"] == "SERVER_JOIN_TABLE_SUCC":
        ready = f'{{"cmd":"game_ready","uid":{uid},"nonce":"{text}"}}'
        await link.send_payload(ready.encode())
        answer = await link.expect("game_ready_ok" if len(text.encode()) <= 64 else "error")
        assert answer.get("error_code", 1) == 1
    else:
        assert message["error_code"] == 1
    await still_serves(engine, connect, zone, uid)
