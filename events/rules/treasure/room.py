"""A room: who waits in it, who is ready, and where its game runs.

The seed of the next game is committed when the room opens and again when a game closes, so members
know its hash before they are ready. While a game runs (from the moment a room server is asked)
nobody enters or leaves. Each time the game is placed the epoch rises, and everybody gets a new
ticket; what comes from an older epoch is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from hmac import compare_digest
from typing import Any, Final

from msgspec.structs import replace

from parlour.events import treasure as facts
from parlour.events.errors import RuleViolation
from parlour.events.event import Event
from parlour.events.rules.treasure import commands
from parlour.events.rules.treasure.state import LEAST, Member, Room, Ticket


def decide(room: Room, command: commands.Command) -> list[Event]:
    """Return the events that obeying `command` would cause, in order.

    Raises:
        RuleViolation: "no_such_room", "not_in_room", "already_in_room", "game_running",
            "room_full", "wrong_room_password", "not_the_host", "too_few_players",
            "not_all_ready", "no_room_server" or "stale_epoch".
    """
    if room.state == "closed" and not isinstance(command, commands.OpenRoom):
        raise RuleViolation("no_such_room")
    return _DECISIONS[type(command)](room, command)


def evolve(room: Room, event: Event) -> Room:
    """Return `room` as `event` leaves it; never refuses a recorded fact."""
    step = _STEPS.get(type(event))
    return room if step is None else step(room, event)


def seated(room: Room) -> list[Member]:
    """Return the members in order of their seats."""
    return sorted(room.members.values(), key=lambda member: member.seat)


def busy(room: Room) -> bool:
    """Return whether a game runs, or a room server was asked for one."""
    return room.state in ("starting", "playing")


def players(room: Room) -> tuple[facts.Player, ...]:
    """Return who plays: the members, on seats numbered anew from 0 without holes."""
    return tuple(
        facts.Player(seat=seat, uid=member.uid, username=member.username)
        for seat, member in enumerate(seated(room))
    )


def good_ticket(ticket: Ticket | None, given: str, *, epoch: int, used: str, at: int) -> bool:
    """Return whether a player's ticket opens his game.

    Args:
        ticket: The one he was given last, None for none.
        given: Hex SHA-256 of what he shows.
        epoch: Of the game where he shows it.
        used: Hex SHA-256 of the ticket he came with before, "" for none.
        at: When (µs).
    """
    if ticket is None or ticket.epoch != epoch:
        return False
    # The comparison comes first and takes as long for any ticket.
    same = compare_digest(ticket.ticket.encode(), given.encode())
    return same and (at <= ticket.expires or used == ticket.ticket)


# --- members --------------------------------------------------------------------------------


def _open(room: Room, command: commands.OpenRoom) -> list[Event]:
    if room.state != "closed":
        raise RuleViolation("already_in_room")
    opened = facts.RoomOpened(
        at=command.at,
        room=command.room,
        name=command.name,
        max=command.max,
        salt=command.salt,
        password=command.password,
        uid=command.uid,
        username=command.username,
    )
    return [opened, _commit(room.game + 1, command.next, command.at)]


def _commit(game: int, chosen: commands.Commitment, at: int) -> Event:
    return facts.GameCommitted(at=at, game=game, salt=chosen.salt, commitment=chosen.commitment)


def _join(room: Room, command: commands.JoinRoom) -> list[Event]:
    if command.uid in room.members:
        raise RuleViolation("already_in_room")
    if busy(room):
        raise RuleViolation("game_running")
    if len(room.members) >= room.max:
        raise RuleViolation("room_full")
    if room.password and not compare_digest(room.password.encode(), command.password.encode()):
        raise RuleViolation("wrong_room_password")
    taken = {member.seat for member in room.members.values()}
    seat = next(seat for seat in range(room.max) if seat not in taken)
    joined = facts.PlayerJoined(
        at=command.at, uid=command.uid, username=command.username, seat=seat
    )
    return [joined]


def _member(room: Room, uid: int) -> Member:
    member = room.members.get(uid)
    if member is None:
        raise RuleViolation("not_in_room")
    return member


def _leave(room: Room, command: commands.LeaveRoom) -> list[Event]:
    _member(room, command.uid)
    if busy(room):
        if command.reason == "left":
            raise RuleViolation("game_running")
        return []  # his seat waits for him: he may come back to the game
    at, uid = command.at, command.uid
    left = facts.PlayerLeft(at=at, uid=uid, reason=command.reason)
    others = [member for member in seated(room) if member.uid != uid]
    if not others:
        return [left, facts.RoomClosed(at=at, name=room.name)]
    if room.host != uid:
        return [left]
    return [left, facts.HostChanged(at=at, uid=others[0].uid)]


def _ready(room: Room, command: commands.ChangeReady) -> list[Event]:
    member = _member(room, command.uid)
    if busy(room):
        raise RuleViolation("game_running")
    if member.ready == command.ready:
        return []
    return [facts.ReadyChanged(at=command.at, uid=command.uid, ready=command.ready)]


# --- games ----------------------------------------------------------------------------------


def check_start(room: Room, uid: int) -> None:
    """Refuse a start that is not the host's or comes too early: before a server is looked for.

    Raises:
        RuleViolation: "no_such_room", "not_in_room", "game_running", "not_the_host",
            "too_few_players" or "not_all_ready".
    """
    if room.state == "closed":
        raise RuleViolation("no_such_room")
    _member(room, uid)
    if busy(room):
        raise RuleViolation("game_running")
    if room.host != uid:
        raise RuleViolation("not_the_host")
    if len(room.members) < LEAST:
        raise RuleViolation("too_few_players")
    if not all(member.ready or member.uid == uid for member in room.members.values()):
        raise RuleViolation("not_all_ready")


def _start(room: Room, command: commands.StartGame) -> list[Event]:
    check_start(room, command.uid)
    if not command.server:
        raise RuleViolation("no_room_server")
    return _placed(room, command.server, command.tickets, command.at)


def _placed(room: Room, server: str, tickets: commands.Tickets, at: int) -> list[Event]:
    epoch = room.epoch + 1
    placed = facts.GamePlaced(at=at, game=room.game, server=server, epoch=epoch)
    given = [
        facts.TicketGiven(
            at=at,
            uid=member.uid,
            game=room.game,
            epoch=epoch,
            ticket=tickets.digests[member.uid],
            expires=tickets.expires,
        )
        for member in seated(room)
    ]
    return [placed, *given]


def _must_be_current(room: Room, epoch: int) -> None:
    if not busy(room) or epoch != room.epoch:
        raise RuleViolation("stale_epoch")


def _place(room: Room, command: commands.PlaceGame) -> list[Event]:
    _must_be_current(room, command.epoch)
    if command.server:
        return _placed(room, command.server, command.tickets, command.at)
    if room.accepted:
        raise RuleViolation("no_room_server")
    return [facts.GameRefused(at=command.at, game=room.game)]


def _accept(room: Room, command: commands.AcceptGame) -> list[Event]:
    _must_be_current(room, command.epoch)
    where = (command.ip, command.port, command.ws)
    if room.state == "playing" and where == (room.ip, room.port, room.ws):
        return []
    accepted = facts.GameAccepted(
        at=command.at,
        game=room.game,
        epoch=command.epoch,
        ip=command.ip,
        port=command.port,
        ws=command.ws,
    )
    return [accepted]


def _give_ticket(room: Room, command: commands.GiveTicket) -> list[Event]:
    _member(room, command.uid)
    if room.state != "playing":
        return []
    given = facts.TicketGiven(
        at=command.at,
        uid=command.uid,
        game=room.game,
        epoch=room.epoch,
        ticket=command.ticket,
        expires=command.expires,
    )
    return [given]


def _close(room: Room, command: commands.CloseGame) -> list[Event]:
    _must_be_current(room, command.epoch)
    closed = facts.GameClosed(at=command.at, game=room.game)
    return [closed, _commit(room.game + 1, command.next, command.at)]


_DECISIONS: Final[dict[type[commands.Command], Callable[[Room, Any], list[Event]]]] = {
    commands.OpenRoom: _open,
    commands.JoinRoom: _join,
    commands.LeaveRoom: _leave,
    commands.ChangeReady: _ready,
    commands.StartGame: _start,
    commands.PlaceGame: _place,
    commands.AcceptGame: _accept,
    commands.GiveTicket: _give_ticket,
    commands.CloseGame: _close,
}

# --- evolution ------------------------------------------------------------------------------


def _opened(room: Room, event: facts.RoomOpened) -> Room:
    host = Member(uid=event.uid, username=event.username, seat=0)
    return Room(
        room=event.room,
        name=event.name,
        max=event.max,
        salt=event.salt,
        password=event.password,
        state="waiting",
        host=event.uid,
        members={event.uid: host},
        game=room.game,
        epoch=room.epoch,
    )


def _committed(room: Room, event: facts.GameCommitted) -> Room:
    return replace(room, game=event.game, game_salt=event.salt, commitment=event.commitment)


def _joined(room: Room, event: facts.PlayerJoined) -> Room:
    member = Member(uid=event.uid, username=event.username, seat=event.seat)
    return replace(room, members={**room.members, event.uid: member})


def _left(room: Room, event: facts.PlayerLeft) -> Room:
    members = {uid: member for uid, member in room.members.items() if uid != event.uid}
    return replace(room, members=members)


def _change(room: Room, uid: int, **changes: object) -> Room:
    member = room.members.get(uid)
    if member is None:
        return room
    return replace(room, members={**room.members, uid: replace(member, **changes)})


def _game_placed(room: Room, event: facts.GamePlaced) -> Room:
    return replace(room, state="starting", epoch=event.epoch, server=event.server)


def _game_accepted(room: Room, event: facts.GameAccepted) -> Room:
    return replace(room, state="playing", accepted=True, ip=event.ip, port=event.port, ws=event.ws)


def _ticket_given(room: Room, event: facts.TicketGiven) -> Room:
    ticket = Ticket(game=event.game, epoch=event.epoch, ticket=event.ticket, expires=event.expires)
    return _change(room, event.uid, ticket=ticket)


def _game_refused(room: Room, _event: facts.GameRefused) -> Room:
    members = {uid: replace(member, ticket=None) for uid, member in room.members.items()}
    return replace(room, state="waiting", members=members, server="")


def _game_closed(room: Room, _event: facts.GameClosed) -> Room:
    members = {
        uid: replace(member, ready=False, ticket=None) for uid, member in room.members.items()
    }
    return replace(
        room,
        state="waiting",
        members=members,
        server="",
        accepted=False,
        ip="",
        port=0,
        ws="",
    )


def _closed(room: Room, _event: facts.RoomClosed) -> Room:
    return Room(room=room.room, name=room.name, game=room.game, epoch=room.epoch)


_STEPS: Final[dict[type[Event], Callable[[Room, Any], Room]]] = {
    facts.RoomOpened: _opened,
    facts.GameCommitted: _committed,
    facts.PlayerJoined: _joined,
    facts.PlayerLeft: _left,
    facts.HostChanged: lambda room, event: replace(room, host=event.uid),
    facts.ReadyChanged: lambda room, event: _change(room, event.uid, ready=event.ready),
    facts.RoomClosed: _closed,
    facts.GamePlaced: _game_placed,
    facts.GameAccepted: _game_accepted,
    facts.TicketGiven: _ticket_given,
    facts.GameRefused: _game_refused,
    facts.GameClosed: _game_closed,
}
