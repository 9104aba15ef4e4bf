"""A room server in this loop, at the end of a link to a lobby that is played by hand."""

import asyncio
import hashlib
import hmac
import struct

import msgspec
import pytest
from link_talk import CHALLENGE, PATIENCE, SECRET, assign_of, digest, enter_all, give_game

from parlour.events.errors import EngineError
from parlour.events.messages import treasure_link as link
from parlour.network.treasure.link import LobbyRefused

# --- coming in ---------------------------------------------------------------------------------


async def test_it_says_what_it_is_and_proves_that_it_knows_the_secret(lobby, start_server):
    running = start_server()
    said = await (await lobby.link()).let_in()
    host, _, port = (await running.address()).rpartition(":")
    assert (said.server_id, said.ip, said.port, said.capacity) == ("north", host, int(port), 7)
    text = f"{CHALLENGE}|north|{host}|{port}|7|{said.nonce}"
    assert said.mac == hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()


async def test_its_name_is_its_address_when_it_has_no_other(lobby, start_server):
    running = start_server(server_id="")
    said = await (await lobby.link()).let_in()
    assert said.server_id == await running.address()


async def test_who_has_a_websocket_says_where(lobby, start_server):
    start_server(listen=("treasure-room=127.0.0.1:0", "http=127.0.0.1:0"))
    said = await (await lobby.link()).let_in()
    assert said.ws.startswith("ws://127.0.0.1:")
    assert said.ws.endswith("/treasure/room")


async def test_another_address_can_be_told(lobby, start_server):
    start_server("treasure.advertise=game.example")
    assert (await (await lobby.link()).let_in()).ip == "game.example"


@pytest.mark.parametrize("code", [1, 24])
async def test_who_is_refused_at_first_gives_up(lobby, start_server, code):
    running = start_server()
    first = await lobby.link()
    first.say(link.Challenge(challenge=CHALLENGE))
    first.say(link.Registered(code=code))
    with pytest.raises(LobbyRefused) as refused:
        await running.task
    assert refused.value.code == code
    assert not running.ready.exists()


@pytest.mark.parametrize("challenged", [True, False], ids=["challenged", "not challenged"])
async def test_a_lobby_that_takes_no_commands_is_asked_again(lobby, start_server, challenged):
    running = start_server()
    first = await lobby.link()
    if challenged:
        first.say(link.Challenge(challenge=CHALLENGE))
    first.say(link.Registered(code=27))
    await (await lobby.link()).let_in()
    assert await running.address()


async def test_a_name_that_is_taken_may_be_that_of_its_own_last_life(lobby, start_server):
    running = start_server()
    first = await lobby.link()
    first.say(link.Challenge(challenge=CHALLENGE))
    first.say(link.Registered(code=22))
    await (await lobby.link()).let_in()
    assert await running.address()


async def test_a_name_that_stays_taken_is_anothers(lobby, start_server):
    running = start_server("treasure.dead_seconds=0.1")
    async with asyncio.timeout(PATIENCE):
        while not running.task.done():
            each = await lobby.link()
            each.say(link.Challenge(challenge=CHALLENGE))
            each.say(link.Registered(code=22))
            await asyncio.wait([running.task], timeout=0.5)
    with pytest.raises(LobbyRefused, match="--server-id"):
        await running.task


@pytest.mark.parametrize(
    "listen", [("http=127.0.0.1:0",), ("treasure-room=127.0.0.1:0", "landlord=127.0.0.1:0")]
)
async def test_it_serves_games_and_nothing_else(start_server, listen):
    with pytest.raises(EngineError, match="--listen"):
        await start_server(listen=listen).task


# --- games -------------------------------------------------------------------------------------


async def test_502_leaves_when_the_game_is_on_the_lobbys_disk(lobby, start_server):
    running = start_server()
    up = await lobby.link()
    await up.let_in()
    up.say(assign_of())
    batch = await up.next(link.Batch)
    [[row]] = batch.units
    assert row[:3] == ("treasure.game:1:1", 1, "treasure.game-opened@1")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await up.next(link.Placed)
    up.say(link.BatchAnswer(batch=batch.batch))
    placed = await up.next(link.Placed)
    assert (placed.room_id, placed.game, placed.epoch, placed.code) == (1, 1, 1, 0)
    assert f"{placed.ip}:{placed.port}" == await running.address()


async def test_a_player_is_let_in_when_that_is_on_the_lobbys_disk(lobby, start_server, connect):
    running, up = await give_game(lobby, start_server)
    client = await connect(running)
    client.verify(11, ticket="wrong")
    assert (await client.told(1001))["code"] == 13
    client.verify(11)
    [row] = await up.commit()
    assert row.topic == "treasure.player-verified@1"
    assert (await client.told(1001))["code"] == 0


async def test_501_again_is_answered_again_and_new_tickets_are_good(lobby, start_server, connect):
    running, up = await give_game(lobby, start_server)
    await up.next(link.Placed)
    [state] = assign_of(version=10).states
    fresh = hashlib.sha256(b"fresh").hexdigest()
    content = bytes(state.state).replace(digest(12).encode(), fresh.encode())
    up.say(assign_of(states=(state._replace(state=msgspec.Raw(content)),)))
    assert (await up.next(link.Placed)).epoch == 1
    client = await connect(running)
    client.verify(12)
    assert (await client.told(1001))["code"] == 13
    client.verify(12, ticket="fresh")
    await up.commit()
    assert (await client.told(1001))["code"] == 0


async def test_without_a_link_players_are_told_27(lobby, start_server, connect):
    running, up = await give_game(lobby, start_server)
    client, *_ = await enter_all(up, running, connect)
    up.cut()
    code = 0
    async with asyncio.timeout(PATIENCE):
        while code != 27:  # until it has seen that the link is cut
            client.send(52, to=4)
            code = (await client.told(52))["code"]


async def test_a_game_that_is_given_again_keeps_its_players(lobby, start_server, connect):
    running = start_server()
    up = await lobby.link()
    await up.let_in()
    up.say(assign_of())
    rows = await up.commit()
    client, *_ = await enter_all(up, running, connect)
    up.cut()
    assert rows[0].version == 1
    again = await lobby.link()
    await again.let_in(assign_of())  # as if nothing had been recorded but the room
    again_rows = await again.commit()
    assert again_rows[0].topic == "treasure.game-opened@1"
    client.send(52, to=4)
    assert (await client.told(52))["code"] == 2  # for nobody has verified in this game


async def test_a_game_that_is_not_given_again_is_let_go(lobby, start_server, connect):
    running, up = await give_game(lobby, start_server)
    client, *_ = await enter_all(up, running, connect)
    up.cut()
    again = await lobby.link()
    await again.let_in()
    assert (await client.told(0))["code"] == 2
    await client.ended()


async def test_a_game_that_is_withdrawn_is_let_go(lobby, start_server, connect):
    running, up = await give_game(lobby, start_server)
    client, *_ = await enter_all(up, running, connect)
    up.say(link.Withdraw(room_id=1, game=1, epoch=7))  # of another epoch: nothing
    up.say(link.Withdraw(room_id=1, game=1, epoch=1))
    await client.ended()
    late = await connect(running)
    late.verify(11)
    assert (await late.told(1001))["code"] == 13


async def test_a_refused_unit_takes_only_its_own_game_with_it(lobby, start_server, connect):
    running, up = await give_game(lobby, start_server)
    client = await connect(running)
    client.verify(11)
    batch = await up.next(link.Batch)
    up.say(link.BatchAnswer(batch=batch.batch, code=link.STALE, refused=(0,)))
    assert (await client.told(1001))["code"] == 27
    up.say(assign_of(room=2))
    [row] = await up.commit()
    assert row.aggregate_id == "treasure.game:2:1"


async def test_the_lobbys_full_disk_is_waited_for(lobby, start_server, connect):
    running, up = await give_game(lobby, start_server)
    client = await connect(running)
    client.verify(11)
    batch = await up.next(link.Batch)
    up.say(link.BatchAnswer(batch=batch.batch, code=27))
    assert (await client.told(1001))["code"] == 27
    probe = await up.hear()
    while not isinstance(probe, link.Batch):
        probe = await up.hear()
    assert probe.units == ()
    up.say(link.BatchAnswer(batch=probe.batch))
    topics = {row.topic for row in await up.commit()}
    assert topics == {"treasure.stage-resumed@1"}


# --- is anybody there --------------------------------------------------------------------------


async def test_each_side_hears_that_the_other_lives(lobby, start_server):
    start_server("treasure.beat_seconds=0.05")
    up = await lobby.link()
    await up.let_in()
    assert isinstance(await up.next(link.Beat), link.Beat)


async def test_a_silent_lobby_is_given_up_and_looked_for_again(lobby, start_server):
    start_server("treasure.beat_seconds=0.05", "treasure.dead_seconds=0.3")
    await (await lobby.link()).let_in()
    assert await (await lobby.link()).let_in()


async def test_a_lobby_that_speaks_nonsense_is_left(lobby, start_server):
    start_server()
    up = await lobby.link()
    await up.let_in()
    up.writer.write(struct.pack("<IH", 4, 99) + b"{}")
    assert await (await lobby.link()).let_in()
