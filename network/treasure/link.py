"""A room server's link to its lobby: connecting, proving, and keeping the store and games in step.

What comes over the link changes the mirror (`RemoteStore`) first and is told to the actors after;
nothing of it goes through the engine's intake, because it must be heard most of all while the
engine takes no commands. A link that ends interrupts the journal, as a disk does that fails. The
next one begins with all games that are still this room server's; those it had besides are let go.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import ssl
from collections.abc import Callable
from typing import Any, Final, NamedTuple, cast

import structlog
from msgspec.structs import replace

from parlour.actors.engine import Engine
from parlour.actors.treasure import proof
from parlour.actors.treasure.game import STAGE
from parlour.actors.treasure.link_messages import LINK_ID, Assigned, Concluded, Withdrawn
from parlour.actors.treasure.messages import Serve
from parlour.actors.treasure.settings import GameServer
from parlour.events import treasure as facts
from parlour.events.errors import EngineError, RemoteProtocolError
from parlour.events.messages import treasure as wire
from parlour.events.messages import treasure_link as link
from parlour.network.netaddr import Address
from parlour.network.treasure import link_codec
from parlour.network.treasure.codec import TCP, FrameCodec
from parlour.network.treasure.given_states import UnreadableGame, check_assign, check_states
from parlour.network.treasure.remote_store import LinkLost, RemoteStore
from parlour.network.treasure.seeds import GivenSeeds

_log = structlog.get_logger("parlour.link")
_NONCE_BYTES: Final = 16
_FIRST_PAUSE, _LAST_PAUSE = 0.2, 2.0
_CONNECT_SECONDS: Final = 5.0


class LobbyRefused(EngineError):
    """The lobby does not let this room server in."""

    def __init__(self, code: int) -> None:
        super().__init__(_REASONS.get(code, f"the lobby refuses this room server (code {code})"))
        self.code = code


_TAKEN: Final = 22
_WRONG: Final = 24
_CLOSED: Final = 27
_REASONS: Final = {
    1: "the lobby takes this --server-id or --capacity for none",
    _TAKEN: "the lobby has a living room server of this --server-id: choose another",
    _WRONG: "the lobby has another cluster.secret, or none: set the same on both",
    _CLOSED: "the lobby takes no commands now",
}


class Account(NamedTuple):
    """What a room server says of itself."""

    here: GameServer
    capacity: int
    secret: str

    def register(self, challenge: str) -> link.Register:
        """Return 1000, with the proof."""
        said = link.Register(
            server_id=self.here.server,
            ip=self.here.ip,
            port=self.here.port,
            capacity=self.capacity,
            nonce=secrets.token_hex(_NONCE_BYTES),
            mac="",
            ws=self.here.ws,
        )
        return replace(said, mac=proof.mac_of(self.secret, challenge, said))


class Pace(NamedTuple):
    """How often each side is heard."""

    beat: float
    """Seconds between signs of life."""
    dead: float
    """Seconds of silence after which the link is given up."""


class _Game(NamedTuple):
    """A game that this process serves."""

    game: int
    epoch: int
    uids: tuple[int, ...]


class _Wire(asyncio.Protocol):
    """One connection to the lobby."""

    def __init__(self, hear: Callable[[Any], None]) -> None:
        self._hear = hear
        self._codec = FrameCodec(link.MAX_FRAME)
        self._decoder = link_codec.from_lobby()
        self._transport: asyncio.Transport | None = None
        self.ended = asyncio.get_running_loop().create_future()
        self.heard = asyncio.get_running_loop().time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.heard = asyncio.get_running_loop().time()
        self._codec.receive_data(data)
        try:
            while not self.closing:
                payload = self._codec.next_frame()
                if payload is None:
                    return
                self._hear(self._decoder.decode(payload))
        except RemoteProtocolError as error:
            _log.error("link_broken", error=str(error))
            self.abort()

    @property
    def closing(self) -> bool:
        """Whether nothing is sent or heard here (yet, or any more)."""
        return self._transport is None or self._transport.is_closing()

    def write(self, frame: bytes) -> None:
        """Send a frame, if anybody is there."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frame)

    def abort(self) -> None:
        """Let go at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


class LobbyLink:
    """The link, through all its connections."""

    def __init__(
        self,
        lobby: Address,
        account: Account,
        *,
        engine: Engine,
        store: RemoteStore,
        seeds: GivenSeeds,
        pace: Pace,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Wire it; `run` connects."""
        self._lobby = lobby
        self._account = account
        self._engine = engine
        self._store = store
        self._seeds = seeds
        self._pace = pace
        self._tls = tls
        self._loop = asyncio.get_running_loop()
        self._wire: _Wire | None = None
        """The connection; it is there before it is heard for the first time."""
        self._games: dict[int, _Game] = {}
        """By room; kept over a lost link, so that clients need not come again."""
        self._given: set[int] = set()
        """Rooms whose games were given on this connection."""
        self._refusal = 0
        self._let_in = False
        self.entered = asyncio.Event()
        """Set from the first time on that the lobby let this room server in."""
        self._hears: dict[type, Callable[[Any], None]] = {
            link.Challenge: self._on_challenge,
            link.Registered: self._on_registered,
            link.Assign: self._on_assign,
            link.PlacedAnswer: self._on_placed,
            link.BatchAnswer: store.answered,
            link.Withdraw: self._on_withdraw,
            link.Beat: lambda said: None,
        }

    # --- saying ----------------------------------------------------------------------------

    def say(self, message: wire.Message) -> None:
        """Send to the lobby, if it is there."""
        self._send(TCP.encode(message))

    def ship(self, batch: link.Batch) -> None:
        """Send a batch; any thread may."""
        frame = TCP.encode(batch)
        self._call(self._send, frame)

    def cut(self) -> None:
        """End the connection: what it would say is not true any more; any thread may."""
        self._call(self._abort)

    def _call(self, work: Callable[..., None], *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: the process ends
            self._loop.call_soon_threadsafe(work, *arguments)

    def _send(self, frame: bytes) -> None:
        if self._wire is not None:
            self._wire.write(frame)

    def _abort(self) -> None:
        if self._wire is not None:
            self._wire.abort()

    # --- connections -----------------------------------------------------------------------

    async def run(self) -> None:
        """Be connected, again and again.

        Raises:
            LobbyRefused: It was never let in, and will not be.
        """
        self._engine.journal.interrupt(LinkLost("there is no link to the lobby yet"))
        pause, deadline = _FIRST_PAUSE, self._loop.time() + 1.5 * self._pace.dead
        while True:
            self._refusal = 0
            if await self._connect():
                pause = _FIRST_PAUSE
            # Its id may be that of its own last life, whose end the lobby has not seen yet.
            final = self._refusal != _TAKEN or self._loop.time() > deadline
            if self._refusal not in (0, _CLOSED) and final and not self.entered.is_set():
                raise LobbyRefused(self._refusal)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LAST_PAUSE)

    async def _connect(self) -> bool:
        """Be connected once; tell whether the lobby let this room server in."""
        self._let_in = False
        wire = self._wire = _Wire(self._hear)
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                await self._loop.create_connection(
                    lambda: wire, self._lobby.host, self._lobby.port, ssl=self._tls
                )
        except (OSError, TimeoutError) as error:
            self._wire = None
            _log.warning("lobby_out_of_reach", lobby=str(self._lobby), error=str(error))
            return False
        try:
            await self._keep_alive(wire)
        finally:
            wire.abort()
            self._wire = None
            self._store.disconnected()
            self._engine.journal.interrupt(LinkLost("the link to the lobby is lost"))
            if self._let_in:
                _log.warning("link_lost", lobby=str(self._lobby))
        return self._let_in

    async def _keep_alive(self, wire: _Wire) -> None:
        while not wire.ended.done():
            await asyncio.wait([wire.ended], timeout=self._pace.beat)
            if self._loop.time() - wire.heard > self._pace.dead:
                return
            if self._let_in:
                self.say(link.Beat())

    # --- hearing ---------------------------------------------------------------------------

    def _hear(self, said: Any) -> None:
        self._hears[type(said)](said)

    def _on_challenge(self, said: link.Challenge) -> None:
        self._store.clear()
        self._given.clear()
        self.say(self._account.register(said.challenge))

    def _on_registered(self, said: link.Registered) -> None:
        if said.code:
            self._refusal = said.code
            # One that goes down, or whose disk is full, says 27 to everybody: it will be better.
            level = logging.WARNING if said.code == _CLOSED else logging.ERROR
            reason = str(LobbyRefused(said.code))
            _log.log(level, "lobby_refuses", code=said.code, reason=reason)
            self._abort()
            return
        for room in [room for room in self._games if room not in self._given]:
            self._let_go(room)
        self._store.connected()
        self._let_in = True
        self._engine.journal.retry()
        self.entered.set()
        _log.info("let_in", lobby=str(self._lobby), games=len(self._games))

    def _on_assign(self, said: link.Assign) -> None:
        room, before = said.room_id, self._games.get(said.room_id)
        game = _Game(said.game, said.epoch, tuple(player.player_id for player in said.players))
        known = before is not None and before[:2] == game[:2]
        readable = self._is_readable(said)
        if before is not None and not (known and readable):
            self._let_go(room)
        if not readable:
            refusal = wire.CODES["bad_body"]
            self.say(link.Placed(room_id=room, game=said.game, epoch=said.epoch, code=refusal))
            return
        self._seeds.keep(room, said.game, bytes.fromhex(said.seed))
        self._engine.repository.evict(self._store.load(said.states))
        self._games[room] = game
        self._given.add(room)
        players = tuple(
            facts.Player(seat=player.seat, uid=player.player_id, username=player.name)
            for player in said.players
        )
        serve = Serve(
            room=room,
            game=said.game,
            epoch=said.epoch,
            server=self._account.here.server,
            players=players,
            commitment=said.commitment,
            times=said.options,
            left_at=said.left_at,
        )
        self._engine.tell(LINK_ID, Assigned(serve=serve, known=known, now=self._engine.accepting))

    def _is_readable(self, said: link.Assign | link.PlacedAnswer) -> bool:
        try:
            if isinstance(said, link.Assign):
                check_assign(said)
            else:
                check_states(said.states, of=(facts.game_id(said.room_id, said.game),))
        except UnreadableGame as error:
            _log.error("game_unreadable", room=said.room_id, game=said.game, reason=str(error))
            return False
        return True

    def _on_placed(self, said: link.PlacedAnswer) -> None:
        game = self._games.get(said.room_id)
        if not self._is_readable(said):
            if game is not None and game.game == said.game:
                self._let_go(said.room_id)  # nobody here can be told the result
            return
        self._engine.repository.evict(self._store.load(said.states))
        self._engine.tell(LINK_ID, Concluded(room=said.room_id, game=said.game, code=said.code))
        if said.code == 0 and game is not None and game.game == said.game:
            # Whoever is connected to it hears the result; nobody comes back to it.
            del self._games[said.room_id]
            ids = [facts.room_id(said.room_id), facts.game_id(said.room_id, said.game)]
            self._store.forget(ids)

    def _on_withdraw(self, said: link.Withdraw) -> None:
        game = self._games.get(said.room_id)
        if game is not None and game[:2] == (said.game, said.epoch):
            self._let_go(said.room_id)

    def _let_go(self, room: int) -> None:
        """Forget a game that is another room server's now, or is over."""
        gone = self._games.pop(room)
        actor, ids = facts.game_id(room, gone.game), [facts.room_id(room)]
        self._store.forget([*ids, actor])
        self._seeds.forget(room)
        self._engine.repository.evict([*ids, actor])
        self._engine.timers.cancel(actor, STAGE)
        self._engine.end(actor)
        self._engine.tell(LINK_ID, Withdrawn(room=room, game=gone.game, uids=gone.uids))
        _log.info("game_let_go", room=room, game=gone.game, epoch=gone.epoch)
