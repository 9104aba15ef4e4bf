"""From recorded events of a treasure room or game to the command that caused them.

Like `causes`, for the treasure game: an event that only ever follows another (a ticket at a
start, the next game's commitment) belongs to that one's command. What the log does not hold is
taken so that what was recorded may be right, and no further. Choices are not here: they are opened
with the seed, and made again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from typing import Any, Final

from parlour.events import treasure as facts
from parlour.events.event import Event
from parlour.events.rules.treasure import commands
from parlour.events.rules.treasure.room import busy
from parlour.events.rules.treasure.state import Game, Room


def game_causes(game: Game, upcoming: Sequence[Event]) -> Iterator[commands.Command]:
    """Yield what may have caused the first of the upcoming events of a game, unless it is a choice.

    Args:
        game: The game before them.
        upcoming: What was recorded next, at least one event.
    """
    event = upcoming[0]
    at = event.at
    match event:
        case facts.GameOpened():
            yield commands.OpenGame(
                at=at,
                room=event.room,
                game=event.game,
                epoch=event.epoch,
                server=event.server,
                players=event.players,
                commitment=event.commitment,
                times=event.times,
            )
        case facts.GameMoved(epoch=epoch, server=server):
            # How much was left when it stopped is in no event: what is recorded is believed.
            left = _left(upcoming)
            yield commands.MoveGame(
                at=at, epoch=epoch, server=server, left_at=game.until, floor_us=left
            )
        case facts.PlayerVerified(seat=seat, ticket=ticket):
            yield commands.VerifyPlayer(at=at, seat=seat, ticket=ticket)
        case facts.PlayerGone(seat=seat):
            yield commands.LosePlayer(at=at, seat=seat)
            left = _left(upcoming)
            yield commands.Resume(at=at, left_at=game.until, floor_us=left, cold=True)
        case facts.StageBegun() | facts.StageEnded():
            yield commands.Ring(at=at)
        case facts.StageResumed(until=until):
            yield commands.Resume(at=at, left_at=game.until, floor_us=until - at, cold=False)
        case facts.GameCancelled(reason=reason):
            yield commands.CancelGame(at=at, reason=reason)


def _left(upcoming: Sequence[Event]) -> int:
    """Return how long a stage goes on that is resumed by the first of these events, or with it."""
    resumed = next((e for e in upcoming if isinstance(e, facts.StageResumed)), None)
    return 0 if resumed is None else resumed.until - resumed.at


# --- rooms ------------------------------------------------------------------------------------


def room_causes(before: Room, upcoming: Sequence[Event]) -> Iterator[commands.Command]:
    """Yield what may have caused the first of the upcoming events of a room.

    Args:
        before: The room before them.
        upcoming: What was recorded next in the same commit, at least one event.
    """
    find = _ROOM.get(type(upcoming[0]))
    if find is not None:
        yield from find(before, *upcoming)


def _opening(
    _before: Room, event: facts.RoomOpened, *upcoming: Event
) -> Iterator[commands.Command]:
    yield commands.OpenRoom(
        at=event.at,
        room=event.room,
        name=event.name,
        max=event.max,
        salt=event.salt,
        password=event.password,
        uid=event.uid,
        username=event.username,
        next=_commitment(upcoming),
    )


def _commitment(upcoming: Sequence[Event]) -> commands.Commitment:
    match upcoming:
        case [facts.GameCommitted(salt=salt, commitment=commitment), *_]:
            return commands.Commitment(salt=salt, commitment=commitment)
        case _:
            return commands.Commitment(salt="", commitment="")


def _joining(before: Room, event: facts.PlayerJoined, *_: Event) -> Iterator[commands.Command]:
    yield commands.JoinRoom(
        at=event.at, uid=event.uid, username=event.username, password=before.password
    )


def _leaving(_before: Room, event: facts.PlayerLeft, *_: Event) -> Iterator[commands.Command]:
    yield commands.LeaveRoom(at=event.at, uid=event.uid, reason=event.reason)


def _readying(_before: Room, event: facts.ReadyChanged, *_: Event) -> Iterator[commands.Command]:
    yield commands.ChangeReady(at=event.at, uid=event.uid, ready=event.ready)


def _placing(before: Room, event: facts.GamePlaced, *upcoming: Event) -> Iterator[commands.Command]:
    given = [e for e in takewhile(_is_ticket, upcoming) if isinstance(e, facts.TicketGiven)]
    tickets = commands.Tickets(
        digests={**dict.fromkeys(before.members, ""), **{e.uid: e.ticket for e in given}},
        expires=given[0].expires if given else 0,
    )
    if busy(before):
        yield commands.PlaceGame(
            at=event.at, epoch=before.epoch, server=event.server, tickets=tickets
        )
    else:
        yield commands.StartGame(at=event.at, uid=before.host, server=event.server, tickets=tickets)


def _is_ticket(event: Event) -> bool:
    return isinstance(event, facts.TicketGiven)


def _accepting(_before: Room, event: facts.GameAccepted, *_: Event) -> Iterator[commands.Command]:
    yield commands.AcceptGame(
        at=event.at, epoch=event.epoch, ip=event.ip, port=event.port, ws=event.ws
    )


def _giving(_before: Room, event: facts.TicketGiven, *_: Event) -> Iterator[commands.Command]:
    yield commands.GiveTicket(
        at=event.at, uid=event.uid, ticket=event.ticket, expires=event.expires
    )


def _refusing(before: Room, event: facts.GameRefused, *_: Event) -> Iterator[commands.Command]:
    nobody = commands.Tickets(digests={}, expires=0)
    yield commands.PlaceGame(at=event.at, epoch=before.epoch, server="", tickets=nobody)


def _closing(before: Room, event: facts.GameClosed, *upcoming: Event) -> Iterator[commands.Command]:
    yield commands.CloseGame(at=event.at, epoch=before.epoch, next=_commitment(upcoming))


_ROOM: Final[dict[type[Event], Callable[..., Iterator[Any]]]] = {
    facts.RoomOpened: _opening,
    facts.PlayerJoined: _joining,
    facts.PlayerLeft: _leaving,
    facts.ReadyChanged: _readying,
    facts.GamePlaced: _placing,
    facts.GameAccepted: _accepting,
    facts.TicketGiven: _giving,
    facts.GameRefused: _refusing,
    facts.GameClosed: _closing,
}
