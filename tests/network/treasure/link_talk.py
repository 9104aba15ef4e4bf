"""A lobby that is played by hand, on its end of a link, and a player of the games it gives."""

import asyncio
import contextlib
import hashlib
import struct

import msgspec
import pytest

from parlour.events.messages import treasure_link as link
from parlour.events.rules.treasure import draws
from parlour.events.rules.treasure.state import Member, Room, Ticket
from parlour.events.treasure import Times
from parlour.network.treasure import link_codec
from parlour.network.treasure.codec import TCP, FrameCodec

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


class Running:
    def __init__(self, server, task, ready):
        self.server, self.task, self.ready = server, task, ready

    async def address(self):
        async with asyncio.timeout(PATIENCE):
            while not self.ready.exists():
                await asyncio.sleep(0.01)
        return msgspec.json.decode(self.ready.read_bytes())["treasure-room"]


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


class Player:
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
        with pytest.raises((EOFError, ConnectionError)):
            await self.told(0xFFFF)


async def give_game(lobby, start_server):
    """Start a room server and give it a game; return it and the link."""
    running = start_server()
    up = await lobby.link()
    await up.let_in()
    up.say(assign_of())
    await up.commit()
    return running, up


async def enter_all(up, running, connect):
    """Have all four players let in; return their connections, when the game has begun."""
    clients = []
    for uid in UIDS:
        client = await connect(running)
        client.verify(uid)
        await up.commit()
        clients.append(client)
    for client in clients:
        await client.told(58)
    return clients
