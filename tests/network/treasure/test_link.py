"""A room server in this loop, at the end of a link to a lobby that is played by hand."""

import asyncio
import contextlib
import hashlib
import hmac
import struct

import msgspec
import pytest

from parlour.events.errors import EngineError, RemoteProtocolError
from parlour.events.messages import treasure as wire
from parlour.events.messages import treasure_link as link
from parlour.events.rules.treasure import draws
from parlour.events.rules.treasure.state import Member, Room, Ticket
from parlour.events.treasure import Times
from parlour.network import configfile
from parlour.network.netaddr import parse
from parlour.network.treasure import link_codec
from parlour.network.treasure.codec import TCP, FrameCodec
from parlour.network.treasure.link import LobbyRefused
from parlour.network.treasure.room_server import RoomServer, RoomServerOptions

CHALLENGE = "5a" * 16
SECRET = "sesame"
SEED = bytes(range(32))
UIDS = (11, 12, 13, 14)
PATIENCE = 10


class Link:
    """One connection of the room server, on the lobby's side."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.codec, self.decoder = FrameCodec(link.MAX_FRAME), link_codec.from_server()
        self.heard = []
        """All but signs of life and probes."""

    def say(self, message):
        self.writer.write(TCP.encode(message))

    async def hear(self):
        async with asyncio.timeout(PATIENCE):
            while (payload := self.codec.next_frame()) is None:
                data = await self.reader.read(65_536)
                if not data:
                    raise EOFError
                self.codec.receive_data(data)
        return self.decoder.decode(payload)

    async def next(self, kind):
        """Return the next message of a kind; probes are answered on the way."""
        while True:
            said = await self.hear()
            if isinstance(said, kind) and getattr(said, "units", True):
                return said
            if isinstance(said, link.Batch):
                self.say(link.BatchAnswer(batch=said.batch))

    async def let_in(self, *assigns):
        """Let it in; return what it said of itself."""
        self.say(link.Challenge(challenge=CHALLENGE))
        said = await self.next(link.Register)
        for assign in assigns:
            self.say(assign)
        self.say(link.Registered(code=0))
        while isinstance(probe := await self.hear(), link.Beat):
            pass  # it lives, however slow this machine is
        assert isinstance(probe, link.Batch)
        assert probe.units == ()
        self.say(link.BatchAnswer(batch=probe.batch))
        return said

    async def commit(self):
        """Confirm the next batch; return its rows."""
        batch = await self.next(link.Batch)
        self.say(link.BatchAnswer(batch=batch.batch))
        return [row for unit in batch.units for row in unit]

    def cut(self):
        self.writer.transport.abort()


class Lobby:
    """Takes links."""

    def __init__(self):
        self.links = asyncio.Queue()
        self._all = []

    async def listen(self):
        self.server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        host, port = self.server.sockets[0].getsockname()
        self.address = f"{host}:{port}"

    async def _take(self, reader, writer):
        self._all.append(Link(reader, writer))
        self.links.put_nowait(self._all[-1])

    async def link(self):
        async with asyncio.timeout(PATIENCE):
            return await self.links.get()

    def hang_up(self):
        """Leave nobody waiting for an answer."""
        for each in self._all:
            each.cut()

    async def close(self):
        self.server.close()
        for each in self._all:
            each.writer.close()
            with contextlib.suppress(OSError):
                await each.writer.wait_closed()


@pytest.fixture
async def lobby():
    lobby = Lobby()
    await lobby.listen()
    yield lobby
    await lobby.close()


class Running:
    def __init__(self, server, task, ready):
        self.server, self.task, self.ready = server, task, ready

    async def address(self):
        async with asyncio.timeout(PATIENCE):
            while not self.ready.exists():
                await asyncio.sleep(0.01)
        return msgspec.json.decode(self.ready.read_bytes())["treasure-room"]


@pytest.fixture
async def start(lobby, tmp_path):
    """Start room servers; they stop with the test."""
    running = []

    def make(*settings, server_id="north", listen=("treasure-room=127.0.0.1:0",)):
        ready = tmp_path / f"{server_id}.json"
        chosen = (
            f"cluster.secret={SECRET}",
            "limits.linger_seconds=0.1",
            "treasure.resume_seconds=0.1",
            *settings,
        )
        server = RoomServer(
            RoomServerOptions(
                lobby=parse(lobby.address),
                lobby_tls=False,
                config=configfile.load(None, chosen),
                listen=listen,
                server_id=server_id,
                capacity=7,
                ready_file=ready,
            )
        )
        running.append(Running(server, asyncio.ensure_future(server.run()), ready))
        return running[-1]

    yield make
    lobby.hang_up()
    for each in running:
        if not each.task.done():
            each.server.stop()
            await each.task


def ticket_of(uid):
    return f"ticket{uid}"


def digest(uid):
    return hashlib.sha256(ticket_of(uid).encode()).hexdigest()


def assign_of(*, room=1, game=1, epoch=1, version=9, **changes):
    """Return 501 for a game of four."""
    members = {
        uid: Member(
            uid=uid,
            username=f"p{uid}",
            seat=seat,
            ticket=Ticket(game=game, epoch=epoch, ticket=digest(uid), expires=2**60),
        )
        for seat, uid in enumerate(UIDS)
    }
    state = Room(
        room=room,
        name="den",
        max=8,
        state="starting",
        host=UIDS[0],
        members=members,
        game=game,
        commitment=draws.commitment(SEED),
        epoch=epoch,
        server="north",
    )
    known = link.State(
        f"treasure.room:{room}",
        version,
        "treasure.room.state@1",
        msgspec.Raw(msgspec.json.encode(state)),
    )
    assign = link.Assign(
        room_id=room,
        game=game,
        seed=SEED.hex(),
        options=Times(verify=60_000_000, stages=(60_000_000,) * 4),
        players=tuple(
            link.TicketHash(player_id=uid, name=f"p{uid}", seat=seat, ticket_hash=digest(uid))
            for seat, uid in enumerate(UIDS)
        ),
        epoch=epoch,
        commitment=draws.commitment(SEED),
        left_at=0,
        states=(known,),
    )
    return msgspec.structs.replace(assign, **changes)


class Client:
    """A player of the room server."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    def send(self, service, **body):
        content = struct.pack("<H", service) + msgspec.json.encode(body)
        self.writer.write(struct.pack("<I", len(content)) + content)

    def verify(self, uid, **changes):
        self.send(1001, **{"room_id": 1, "player_id": uid, "ticket": ticket_of(uid), **changes})

    async def told(self, service):
        async with asyncio.timeout(PATIENCE):
            while True:
                (length,) = struct.unpack("<I", await self.reader.readexactly(4))
                frame = await self.reader.readexactly(length)
                if struct.unpack_from("<H", frame)[0] == service:
                    return msgspec.json.decode(frame[2:])

    async def ended(self):
        with pytest.raises((EOFError, OSError)):
            await self.told(0xFFFF)


@pytest.fixture
async def connect():
    clients = []

    async def open_connection(running):
        host, _, port = (await running.address()).rpartition(":")
        clients.append(Client(*await asyncio.open_connection(host, int(port))))
        return clients[-1]

    yield open_connection
    for client in clients:
        client.writer.close()
        with contextlib.suppress(OSError):
            await client.writer.wait_closed()


# --- coming in ---------------------------------------------------------------------------------


async def test_it_says_what_it_is_and_proves_that_it_knows_the_secret(lobby, start):
    running = start()
    said = await (await lobby.link()).let_in()
    host, _, port = (await running.address()).rpartition(":")
    assert (said.server_id, said.ip, said.port, said.capacity) == ("north", host, int(port), 7)
    text = f"{CHALLENGE}|north|{host}|{port}|7|{said.nonce}"
    assert said.mac == hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()


async def test_its_name_is_its_address_when_it_has_no_other(lobby, start):
    running = start(server_id="")
    said = await (await lobby.link()).let_in()
    assert said.server_id == await running.address()


async def test_who_has_a_websocket_says_where(lobby, start):
    start(listen=("treasure-room=127.0.0.1:0", "http=127.0.0.1:0"))
    said = await (await lobby.link()).let_in()
    assert said.ws.startswith("ws://127.0.0.1:")
    assert said.ws.endswith("/treasure/room")


async def test_another_address_can_be_told(lobby, start):
    start("treasure.advertise=game.example")
    assert (await (await lobby.link()).let_in()).ip == "game.example"


@pytest.mark.parametrize("code", [1, 24, 27])
async def test_who_is_refused_at_first_gives_up(lobby, start, code):
    running = start()
    first = await lobby.link()
    first.say(link.Challenge(challenge=CHALLENGE))
    first.say(link.Registered(code=code))
    with pytest.raises(LobbyRefused) as refused:
        await running.task
    assert refused.value.code == code
    assert not running.ready.exists()


async def test_a_name_that_is_taken_may_be_that_of_its_own_last_life(lobby, start):
    running = start()
    first = await lobby.link()
    first.say(link.Challenge(challenge=CHALLENGE))
    first.say(link.Registered(code=22))
    await (await lobby.link()).let_in()
    assert await running.address()


async def test_a_name_that_stays_taken_is_anothers(lobby, start):
    running = start("treasure.dead_seconds=0.1")
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
async def test_it_serves_games_and_nothing_else(start, listen):
    with pytest.raises(EngineError, match="--listen"):
        await start(listen=listen).task


# --- games -------------------------------------------------------------------------------------


async def test_502_leaves_when_the_game_is_on_the_lobbys_disk(lobby, start):
    running = start()
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


async def test_a_player_is_let_in_when_that_is_on_the_lobbys_disk(lobby, start, connect):
    running = start()
    up = await lobby.link()
    await up.let_in()
    up.say(assign_of())
    await up.commit()
    client = await connect(running)
    client.verify(11, ticket="wrong")
    assert (await client.told(1001))["code"] == 13
    client.verify(11)
    [row] = await up.commit()
    assert row.topic == "treasure.player-verified@1"
    assert (await client.told(1001))["code"] == 0


async def test_501_again_is_answered_again_and_new_tickets_are_good(lobby, start, connect):
    running = start()
    up = await lobby.link()
    await up.let_in()
    up.say(assign_of())
    await up.commit()
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


async def enter_all(up, running, connect):
    clients = []
    for uid in UIDS:
        client = await connect(running)
        client.verify(uid)
        await up.commit()
        clients.append(client)
    for client in clients:
        await client.told(58)
    return clients


async def test_without_a_link_players_are_told_27(lobby, start, connect):
    running = start()
    up = await lobby.link()
    await up.let_in()
    up.say(assign_of())
    await up.commit()
    client, *_ = await enter_all(up, running, connect)
    up.cut()
    code = 0
    async with asyncio.timeout(PATIENCE):
        while code != 27:  # until it has seen that the link is cut
            client.send(52, to=4)
            code = (await client.told(52))["code"]


async def test_a_game_that_is_given_again_keeps_its_players(lobby, start, connect):
    running = start()
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


async def test_a_game_that_is_not_given_again_is_let_go(lobby, start, connect):
    running = start()
    up = await lobby.link()
    await up.let_in()
    up.say(assign_of())
    await up.commit()
    client, *_ = await enter_all(up, running, connect)
    up.cut()
    again = await lobby.link()
    await again.let_in()
    assert (await client.told(0))["code"] == 2
    await client.ended()


async def test_a_game_that_is_withdrawn_is_let_go(lobby, start, connect):
    running = start()
    up = await lobby.link()
    await up.let_in()
    up.say(assign_of())
    await up.commit()
    client, *_ = await enter_all(up, running, connect)
    up.say(link.Withdraw(room_id=1, game=1, epoch=7))  # of another epoch: nothing
    up.say(link.Withdraw(room_id=1, game=1, epoch=1))
    await client.ended()
    late = await connect(running)
    late.verify(11)
    assert (await late.told(1001))["code"] == 13


async def test_a_refused_unit_takes_only_its_own_game_with_it(lobby, start, connect):
    running = start()
    up = await lobby.link()
    await up.let_in()
    up.say(assign_of())
    await up.commit()
    client = await connect(running)
    client.verify(11)
    batch = await up.next(link.Batch)
    up.say(link.BatchAnswer(batch=batch.batch, code=link.STALE, refused=(0,)))
    assert (await client.told(1001))["code"] == 27
    up.say(assign_of(room=2))
    [row] = await up.commit()
    assert row.aggregate_id == "treasure.game:2:1"


async def test_the_lobbys_full_disk_is_waited_for(lobby, start, connect):
    running = start()
    up = await lobby.link()
    await up.let_in()
    up.say(assign_of())
    await up.commit()
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


async def test_each_side_hears_that_the_other_lives(lobby, start):
    start("treasure.beat_seconds=0.05")
    up = await lobby.link()
    await up.let_in()
    assert isinstance(await up.next(link.Beat), link.Beat)


async def test_a_silent_lobby_is_given_up_and_looked_for_again(lobby, start):
    start("treasure.beat_seconds=0.05", "treasure.dead_seconds=0.3")
    await (await lobby.link()).let_in()
    assert await (await lobby.link()).let_in()


async def test_a_lobby_that_speaks_nonsense_is_left(lobby, start):
    start()
    up = await lobby.link()
    await up.let_in()
    up.writer.write(struct.pack("<IH", 4, 99) + b"{}")
    assert await (await lobby.link()).let_in()


# --- frames ------------------------------------------------------------------------------------


def test_what_one_side_says_the_other_reads():
    said = [
        link.Register(server_id="a", ip="1.2.3.4", port=1, capacity=2, nonce="n", mac="m", ws="w"),
        link.Placed(room_id=1, game=2, epoch=3, code=0, ip="1.2.3.4", port=5, ws=""),
        link.Batch(batch=1, units=((link.Row("a", 1, "t@1", msgspec.Raw(b'{"at":1}')),),)),
        link.Beat(),
    ]
    decoder = link_codec.from_server()
    for message in said:
        again = decoder.decode(TCP.encode(message)[4:])
        assert msgspec.json.encode(again) == msgspec.json.encode(message)
    told = [
        link.Challenge(challenge=CHALLENGE),
        link.Registered(code=0),
        assign_of(),
        link.PlacedAnswer(room_id=1, game=1, epoch=1),
        link.BatchAnswer(batch=1, code=28, refused=(0,)),
        link.Withdraw(room_id=1, game=1, epoch=1),
        link.Beat(),
    ]
    decoder = link_codec.from_lobby()
    for message in told:
        again = decoder.decode(TCP.encode(message)[4:])
        assert type(again) is type(message)
        assert msgspec.json.encode(again) == msgspec.json.encode(message)


@pytest.mark.parametrize(
    ("service", "body", "code"),
    [(99, b"{}", 3), (510, b"{}", 1), (510, b"[", 1), (1000, b'{"server_id": 1}', 1)],
)
def test_what_does_not_belong_on_the_link_breaks_it(service, body, code):
    with pytest.raises(RemoteProtocolError) as broken:
        link_codec.from_server().decode(struct.pack("<H", service) + body)
    assert broken.value.code == code


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (link.Batch(batch=4, units=()), link.BatchAnswer(batch=4, code=27)),
        (
            link.Placed(room_id=1, game=2, epoch=3),
            link.PlacedAnswer(room_id=1, game=2, epoch=3, code=27),
        ),
        (link.Beat(), link.Beat()),
        (
            link.Register(server_id="a", ip="", port=1, capacity=1, nonce="", mac=""),
            link.Registered(code=27),
        ),
    ],
)
def test_a_message_that_cannot_be_obeyed_is_answered_on_its_own_id(said, answer):
    assert link_codec.refuse(said, wire.CODES["no_commands"]) == answer
