"""The lobby of the treasure game, `treasure.lobby:1`: which rooms there are.

It opens rooms, passes the news of a lost connection on to where the player sits, and has every
room go on after a start. A room lists itself in the unit that opens it and is delisted in the one
that closes it, so the list never disagrees with the rooms.
"""

from __future__ import annotations

from typing import ClassVar

from parlour.actors.actor import EngineActor, Handler
from parlour.actors.messages import Recover, Restarted, UserLost
from parlour.actors.ports import Publish, Reply
from parlour.actors.treasure import messages
from parlour.actors.treasure.secrets import choose_seed, password_hash
from parlour.actors.treasure.session import PROTOCOL, ROOM_PREFIX, refusal, session_number
from parlour.events import treasure as facts
from parlour.events.account import Seated, account_id
from parlour.events.errors import RuleViolation
from parlour.events.messages import treasure as wire
from parlour.events.rules.treasure import commands, lobby, notices
from parlour.events.rules.treasure import room as room_rules
from parlour.events.rules.treasure.state import Lobby

_SALT_BYTES = 16


class TreasureLobby(EngineActor):
    """The actor that is told when the engine starts or a lobby connection ends."""

    def may_end(self) -> bool:
        """There is one, and it is always wanted."""
        return False

    @property
    def lobby(self) -> Lobby:
        """Which rooms there are, with everything recorded so far."""
        state: Lobby = self.context.state(facts.LOBBY_ID)
        return state

    # --- rooms -----------------------------------------------------------------------------

    def on_request(self, message: messages.InLobby) -> None:
        """Open a room for a player, or say why not."""
        request: wire.CreateRoom = message.request
        origin = session_number(message.origin)
        try:
            room = self._open(message.uid, request)
        except RuleViolation as refused:
            self.context.say(Reply(origin, refusal(request, refused.code)))
            return
        self.context.say(Reply(origin, wire.RoomCreated(seq=request.seq, room_id=room)))
        info = notices.room_info(self.context.state(facts.room_id(room)))
        self.context.say(Publish(PROTOCOL, (message.uid,), info))

    def _open(self, uid: int, request: wire.CreateRoom) -> int:
        context, settings = self.context, self.context.settings.treasure
        account = context.state(account_id(uid))
        if account.seat:
            raise RuleViolation("already_in_room")
        if len(request.name.encode()) > settings.room_name_bytes:
            raise RuleViolation("bad_body")
        if context.claimed(facts.room_name_key(request.name)) is not None:
            raise RuleViolation("name_taken")
        room, at = lobby.next_room(self.lobby), context.now()
        aggregate = facts.room_id(room)
        before = context.state(aggregate)
        salt = context.randomness.token(_SALT_BYTES).hex() if request.password else ""
        opening = commands.OpenRoom(
            at=at,
            room=room,
            name=request.name,
            max=request.max,
            salt=salt,
            password=password_hash(context, salt, request.password) if request.password else "",
            uid=uid,
            username=account.name,
            next=choose_seed(context, room, before.game + 1),
        )
        context.record(aggregate, *room_rules.decide(before, opening))
        context.record(facts.LOBBY_ID, facts.RoomListed(at=at, room=room))
        context.record(account_id(uid), Seated(at=at, seat=aggregate))
        return room

    # --- connections and restarts ----------------------------------------------------------

    def on_user_lost(self, message: UserLost) -> None:
        """Tell the room where the player sits, unless he is back already."""
        if self.context.hub.online(PROTOCOL, message.uid):
            return
        seat = self.context.state(account_id(message.uid)).seat
        if seat.startswith(ROOM_PREFIX):
            self.tell(seat, messages.Gone(uid=message.uid))

    def on_recover(self, message: Recover) -> None:
        """Have every room go on."""
        for room in self.lobby.rooms:
            self.tell(facts.room_id(room), message)

    def on_restarted(self, message: Restarted) -> None:
        """Nothing is kept here that the log does not hold."""

    HANDLERS: ClassVar[dict[type, Handler]] = {
        messages.InLobby: on_request,
        UserLost: on_user_lost,
        Recover: on_recover,
        Restarted: on_restarted,
    }
