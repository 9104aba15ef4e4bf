"""The room servers, `treasure.servers:1`: which there are, and which of them gets a game.

The server with the fewest games gets the next one. What a room has to tell its game goes through
here: to an actor of this process (`EMBEDDED`), or over a room server's link. How many games each
has is read from the rooms and only counted here, so the count can always be made again.

A room server in another process lives as long as its link: when that ends, the rooms find other
places for its games. After a start of the lobby it has a while to come back to them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container
from typing import ClassVar, Final

from parlour.actors.actor import EngineActor, Handler
from parlour.actors.messages import Recover, Restarted, TimerFired, UserLost
from parlour.actors.treasure import messages
from parlour.actors.treasure.link_messages import Alive, Enters, KeptOut, Left, LetIn
from parlour.events import treasure as facts
from parlour.events.rules.treasure import room as room_rules
from parlour.events.rules.treasure import servers as rules
from parlour.events.rules.treasure.state import Lobby, Room, Server, Servers
from parlour.events.times import MICROSECONDS

_TRIES: Final = 3
"""Room servers that are asked for one game before its room hears that there is none."""


class RoomServers(EngineActor):
    """The one actor that knows where games are."""

    def __init__(self) -> None:
        super().__init__()
        self._places: dict[int, str] = {}
        """Where each room's game is, or is asked for."""
        self._loads: Counter[str] = Counter()
        self._links: dict[str, str] = {}
        """The actor behind which each room server is."""
        self._heard: dict[str, int] = {}
        """When each room server was heard last (µs)."""
        self._stopped_at = 0
        """When the lobby itself stopped before it started again (µs)."""
        self._passed_over: set[str] = set()
        """Room servers that did not take the game they were asked for last: they come last."""
        self._counted = False

    def may_end(self) -> bool:
        """There is one, and it is always wanted."""
        return False

    @property
    def servers(self) -> Servers:
        """The room servers with everything recorded so far."""
        state: Servers = self.context.state(facts.SERVERS_ID)
        return state

    # --- counting --------------------------------------------------------------------------

    def _count(self) -> None:
        if not self._counted:
            self._counted = True
            lobby: Lobby = self.context.state(facts.LOBBY_ID)
            for room in lobby.rooms:
                self._look_at(room)

    def _look_at(self, number: int) -> None:
        room: Room = self.context.state(facts.room_id(number))
        self._put(number, room.server if room_rules.busy(room) else "")
        if room.state == "playing":
            self._passed_over.discard(room.server)

    def _put(self, room: int, server: str) -> None:
        before = self._places.pop(room, "")
        if before:
            self._loads[before] -= 1
        if before != server and before in self._links:
            self.tell(self._links[before], Left(room=room))
        if server:
            self._places[room] = server
            self._loads[server] += 1

    def on_room_changed(self, message: messages.RoomChanged) -> None:
        """Count a room's game where it is now."""
        self._count()
        self._look_at(message.room)

    # --- placing ---------------------------------------------------------------------------

    def on_place(self, message: messages.Place) -> None:
        """Choose a room server for a game."""
        self._count()
        self._passed_over |= {message.passed_over} - {""}
        server = ""
        if len(message.without) < _TRIES:
            servers = self.servers
            unreachable = [name for name in servers.servers if not self._reaches(name)]
            without = (*message.without, *unreachable)
            last = self._passed_over
            server = rules.least_loaded(servers, self._loads, without=without, last=last) or ""
        if server:
            self._put(message.room, server)  # counted until the room says otherwise
        self.tell(
            facts.room_id(message.room),
            messages.PlaceOn(
                server=server, origin=message.origin, uid=message.uid, request=message.request
            ),
        )

    def _reaches(self, server: str) -> bool:
        return server == facts.EMBEDDED or server in self._links

    def on_hand(self, message: messages.Hand) -> None:
        """Tell a game something; a room server that cannot be reached is not waited for here."""
        if message.server == facts.EMBEDDED:
            self.tell(facts.game_id(message.room, message.game), message.message)
        elif message.server in self._links:
            self.tell(self._links[message.server], message)

    # --- room servers in other processes ---------------------------------------------------

    def on_enters(self, message: Enters) -> None:
        """Let a room server in, give it the games it had, and those that nobody has."""
        self._count()
        said = message.request
        if said.server_id == facts.EMBEDDED or said.server_id in self._links:
            self.tell(message.origin, KeptOut(code="name_taken", reason="its server_id is taken"))
            return
        server = Server(
            server=said.server_id,
            ip=said.ip,
            port=said.port,
            ws=said.ws,
            capacity=said.capacity,
        )
        homeless = self._rooms_without_server()  # its own too, if it was lost meanwhile
        self._register(server)
        self._link(server.server, message.origin, without=homeless)
        for room in homeless:
            self.tell(facts.room_id(room), self._gone(self._places[room]))

    def _register(self, server: Server) -> None:
        """Record a room server as it is now."""
        at = self.context.now()
        if self.servers.servers.get(server.server) != server:
            lost = rules.lose(self.servers, server.server, at=at)
            self.context.record(facts.SERVERS_ID, *lost)
            self.context.record(facts.SERVERS_ID, *rules.register(self.servers, server, at=at))

    def _link(self, server: str, link: str, *, without: Container[int] = ()) -> None:
        last_at = self._heard.get(server) or self._stopped_at or self.context.now()
        self._links[server] = link
        self._passed_over.discard(server)
        self._hear(server)
        self.context.set_timer(self.id, server, None)
        rooms = [room for room, place in self._places.items() if place == server]
        given = tuple(sorted(room for room in rooms if room not in without))
        self.tell(link, LetIn(server=server, rooms=given, last_at=last_at))

    def _hear(self, server: str) -> None:
        self._heard[server] = self.context.now()

    def on_alive(self, message: Alive) -> None:
        """Note that a room server lives; its link is known again, should that be forgotten."""
        self._count()
        if message.server in self._links:
            self._hear(message.server)
        elif message.server in self.servers.servers:
            self._link(message.server, message.origin)
        else:
            self.tell(message.origin, KeptOut(code="no_commands", reason="it was given up"))

    def on_link_lost(self, message: UserLost) -> None:
        """A link ended; `uid` is its session."""
        for server, link in list(self._links.items()):
            if link.rpartition(":")[2] == str(message.uid):
                del self._links[server]
                self._lose(server)

    def on_timer(self, message: TimerFired) -> None:
        """A room server did not come back after a start of the lobby."""
        if message.name not in self._links:
            self._lose(message.name)

    def _lose(self, server: str) -> None:
        self._count()
        lost = rules.lose(self.servers, server, at=self.context.now())
        self.context.record(facts.SERVERS_ID, *lost)
        for room in [room for room, place in self._places.items() if place == server]:
            self.tell(facts.room_id(room), self._gone(server))

    def _gone(self, server: str) -> messages.ServerGone:
        last_at = self._heard.get(server) or self._stopped_at or self.context.now()
        return messages.ServerGone(server=server, last_at=last_at)

    def _rooms_without_server(self) -> list[int]:
        known = self.servers.servers
        return [room for room, place in self._places.items() if place not in known]

    def _await_links(self) -> None:
        """Give every room server that is not here its time to come back."""
        settings = self.context.settings.treasure
        until = self.context.now() + int(settings.return_seconds * MICROSECONDS)
        for server in self.servers.servers:
            if server != facts.EMBEDDED and server not in self._links:
                self.context.set_timer(self.id, server, until)

    # --- restarts --------------------------------------------------------------------------

    def on_recover(self, message: Recover) -> None:
        """Register this process as a room server, or see that it is none any more."""
        if message.cold:
            self._stopped_at = message.last_at
        here, settings = self.context.settings.game_server, self.context.settings.treasure
        if here is None or not settings.embedded:
            lost = rules.lose(self.servers, facts.EMBEDDED, at=self.context.now())
            self.context.record(facts.SERVERS_ID, *lost)
        else:
            self._register(
                Server(
                    server=facts.EMBEDDED,
                    ip=here.ip,
                    port=here.port,
                    ws=here.ws,
                    capacity=settings.capacity,
                )
            )
        self._await_links()

    def on_restarted(self, message: Restarted) -> None:
        """Games are counted again on first use; links are known again when they are heard."""
        self._await_links()

    HANDLERS: ClassVar[dict[type, Handler]] = {
        messages.Place: on_place,
        messages.RoomChanged: on_room_changed,
        messages.Hand: on_hand,
        Enters: on_enters,
        Alive: on_alive,
        UserLost: on_link_lost,
        TimerFired: on_timer,
        Recover: on_recover,
        Restarted: on_restarted,
    }
