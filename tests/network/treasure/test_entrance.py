"""The game over real sockets: TCP and WebSocket, what is broken and what is too much."""

import asyncio
import struct

import pytest

TRANSPORTS = ("tcp", "websocket")


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_game_from_login_to_settlement(start, transport):
    stages = [f"treasure.{name}_seconds=0.2" for name in ("move", "action", "auction", "explore")]
    engine = await start(*stages, open_mode=True)
    clients, ways = await engine.start_game(5, transport)
    assert len({way["ticket"] for way in ways}) == 5
    games = [
        await engine.enter(client, way, transport)
        for client, way in zip(clients, ways, strict=True)
    ]

    async def play(game):
        while True:
            service, body = await game.told()
            if service == 61:
                return body
            if service == 58:
                to_do = {1: 52, 2: 55, 3: 56, 4: 57}[body["stage"]]
                game.send(to_do, {"pass": True, "seq": 9} if to_do == 57 else {"seq": 9})

    results = await asyncio.gather(*(play(game) for game in games))
    assert all(result == results[0] for result in results)
    assert results[0]["reason"] == "days_over"
    for client in clients:
        while (await client.until(6))["state"] != "waiting":
            pass


async def test_the_way_to_a_game_is_the_listener_and_its_websocket(open_engine):
    _, ways = await open_engine.start_game()
    where = open_engine.where
    assert f"{ways[0]['ip']}:{ways[0]['port']}" == where["treasure-room"]
    assert ways[0]["ws"] == f"ws://{where['http']}/treasure/room"


async def test_what_is_advertised_is_told(start):
    engine = await start("treasure.advertise=play.example.org", open_mode=True)
    _, [way, *_] = await engine.start_game()
    port = engine.where["treasure-room"].rpartition(":")[2]
    assert (way["ip"], way["port"]) == ("play.example.org", int(port))
    assert way["ws"].startswith("ws://play.example.org:")


async def test_without_its_listener_no_games_are_served(start):
    engine = await start(open_mode=True, kinds=("http", "treasure"))
    client = await engine.log_in("host")
    client.send(3, name="hall", max=4)
    await client.until(3)
    for name in "abc":
        other = await engine.log_in(name)
        other.send(5, room_id=1)
        other.send(7, ready=True)
        await other.until(7)
    client.send(8)
    assert await client.until(8) == {"code": 12}


# --- what is broken ------------------------------------------------------------------------


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_bad_bodies_and_unknown_services_are_answered_on_their_own_id(engine, transport):
    client = await engine.greeted(transport)
    for _ in range(10):  # never a reason to hang up
        assert await client.ask(1, b"{") == (1, {"code": 1})
        assert await client.ask(3, {"seq": 4}) == (3, {"code": 1, "seq": 4})
        assert await client.ask(50, {"seq": "x"}) == (50, {"code": 3, "seq": "x"})
        assert await client.ask(0) == (0, {"code": 3})


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_bad_game_actions_are_answered_on_52(engine, transport):
    client = await (
        engine.tcp("treasure-room") if transport == "tcp" else engine.websocket("/treasure/room")
    )
    assert await client.ask(53, {"target": "x", "seq": 1}) == (52, {"code": 1, "seq": 1, "of": 53})
    assert await client.ask(57, b"") == (52, {"code": 2, "of": 57})
    assert await client.ask(61) == (61, {"code": 3})


@pytest.mark.parametrize("length", [0, 1, 65_537, 2**32 - 1])
async def test_a_broken_length_ends_the_connection(engine, length):
    client = await engine.greeted()
    client.send_bytes(struct.pack("<IH", length, 1))
    [(service, body)] = await client.ended()
    assert (service, body["code"]) == (0, 1)


async def test_a_websocket_message_that_is_too_long_or_too_short_ends_the_connection(engine):
    for message in (b"x" * 65_537, b"", b"x"):
        client = await engine.greeted("websocket")
        client.send_bytes(message)
        [(service, body)] = await client.ended()
        assert (service, body["code"]) == (0, 1)


async def test_half_a_frame_is_waited_for(open_engine):
    client = await open_engine.greeted()
    frame = b"\x01\x00" + b'{"name":"slow"}'
    for byte in struct.pack("<I", len(frame)) + frame:
        client.send_bytes(bytes((byte,)))
        await asyncio.sleep(0)
    assert (await client.until(1))["code"] == 0


async def test_many_frames_at_once_are_answered_in_order(open_engine):
    client = await open_engine.log_in("koji")
    for number in range(50):
        client.send(2, seq=number)
    assert [(await client.until(2))["seq"] for _ in range(50)] == list(range(50))


# --- what is too much ----------------------------------------------------------------------


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_who_is_too_fast_is_told_so_and_who_goes_on_is_put_out(start, transport):
    engine = await start("limits.messages_per_second=0.01", "limits.burst=3")
    client = await engine.greeted(transport)
    for number in range(12):
        client.send(2, seq=number)
    told = await client.ended()
    assert told[:3] == [(2, {"code": 2, "seq": number}) for number in range(3)]
    assert told[3:6] == [(2, {"code": 25, "seq": number}) for number in range(3, 6)]
    [(service, body)] = told[6:]
    assert (service, body["code"]) == (0, 25)


async def test_who_shows_no_ticket_is_put_out(start):
    engine = await start("treasure.silence_seconds=0.1")
    client = await engine.tcp("treasure-room")
    [(service, body)] = await client.ended()
    assert (service, body["code"]) == (0, 2)


async def test_who_does_not_log_in_is_put_out(start):
    engine = await start("limits.auth_seconds=0.1")
    client = await engine.greeted()
    [(service, body)] = await client.ended()
    assert (service, body["code"]) == (0, 2)


async def test_three_bad_tickets_end_the_connection(open_engine):
    clients, ways = await open_engine.start_game()
    thief = await open_engine.tcp("treasure-room")
    stolen = {"room_id": 1, "ticket": ways[1]["ticket"]}
    for _ in range(3):
        thief.send(1001, player_id=clients[0].me["player_id"], **stolen)
    assert await thief.ended() == [(1001, {"code": 13})] * 3


async def test_too_many_connections_are_turned_away_with_a_word(start):
    engine = await start("limits.connections_per_address=1")
    await engine.greeted()
    [(service, body)] = await (await engine.tcp()).ended()
    assert (service, body["code"]) == (0, 25)


async def test_a_draining_engine_says_so(open_engine):
    clients, ways = await open_engine.start_game()
    game = await open_engine.enter(clients[0], ways[0])
    open_engine.stop()
    for client in (clients[0], game):
        service, body = (await client.ended())[-1]
        assert (service, body["code"]) == (0, 27)


async def test_an_engine_that_takes_nothing_says_so_by_number(open_engine, monkeypatch):
    client = await open_engine.log_in("koji")
    monkeypatch.setattr("parlour.actors.engine.Engine.accepting", property(lambda engine: False))
    assert await client.ask(2, seq=5) == (2, {"code": 27, "seq": 5})
    other = await open_engine.greeted()
    assert await other.ask(1, name="mari", seq=6) == (1, {"code": 27, "seq": 6})
    monkeypatch.undo()
