"""From recorded events of a chat room, a play room or a match to the command that caused them.

Like `causes`, for Techmino: an event that only ever follows another (a countdown that starts, a
room that ends) belongs to that one's command. What the log does not hold (how many a room needs,
how long it waits) is taken so that what was recorded may be right, and no further.

Each function gives the questions to put to the rules, the likelier first; a question is asked by
calling it, and is answered with events or a RuleViolation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

from parlour.events import techmino as facts
from parlour.events.event import Event
from parlour.events.rules.techmino import chat, commands, room
from parlour.events.rules.techmino import match as match_rules
from parlour.events.rules.techmino.state import Chat, Match, Room

_PAIR: Final = 2
"""Players that are enough for a countdown under any settings."""
_ANY: Final = 1 << 62

Question = Callable[[], list[Event]]


def chat_causes(before: Chat, upcoming: Sequence[Event]) -> list[Question]:
    """Return what may have caused the first of the upcoming events of a chat room."""
    command: commands.Command
    match upcoming[0]:
        case facts.ChatJoined(at=at, uid=uid, username=name):
            command = commands.Join(at=at, uid=uid, username=name, capacity=_ANY)
        case facts.ChatLeft(at=at, uid=uid, reason=reason):
            command = commands.Leave(at=at, uid=uid, reason=reason)
        case facts.ChatSaid(at=at, uid=uid, username=name, text=text):
            command = commands.Say(at=at, uid=uid, username=name, text=text)
        case facts.ChatEmptied(at=at):
            command = commands.Resume(at=at)
        case _:
            return []
    return [partial(chat.decide, before, command)]


# --- matches --------------------------------------------------------------------------------


def match_causes(before: Match, upcoming: Sequence[Event]) -> list[Question]:
    """Return what may have caused the first of the upcoming events of a match.

    Its opening is its room's doing and has no cause here.
    """
    return [
        partial(match_rules.decide, before, command) for command in _match_commands(upcoming[0])
    ]


def _match_commands(event: Event) -> Iterator[commands.Command]:
    match event:
        case facts.ChunkStreamed(at=at, uid=uid, stream=stream):
            yield commands.Stream(at=at, uid=uid, stream=stream)
        case facts.PlayerDied(at=at, uid=uid, score=score, survival_time=time):
            yield commands.Die(at=at, uid=uid, score=score, survival_time=time)
        case facts.StreamJoined(at=at, uid=uid):
            yield commands.View(at=at, uid=uid)
        case facts.StreamLeft(at=at, uid=uid, reason=reason):
            if reason == "restart":
                yield commands.RingMatch(at=at, seed=0)
            yield commands.Leave(at=at, uid=uid, reason=reason)
        case facts.MatchBegan(at=at, seed=seed):
            yield commands.RingMatch(at=at, seed=seed)
        case facts.MatchEnded(at=at):
            yield commands.RingMatch(at=at, seed=0)
        case facts.MatchResumed(at=at, until=until):
            yield commands.Resume(at=at, return_us=until - at)


# --- play rooms -----------------------------------------------------------------------------


def room_causes(before: Room, upcoming: Sequence[Event]) -> list[Question]:
    """Return what may have caused the first of the upcoming events of a play room.

    Args:
        before: The room before them.
        upcoming: What was recorded next in the same commit, at least one event.
    """
    find = _ROOM.get(type(upcoming[0]))
    return [
        partial(room.decide, before, command, terms)
        for command in (find(before, *upcoming[:2]) if find else ())
        for terms in _terms(before, upcoming)
    ]


def _terms(before: Room, upcoming: Sequence[Event]) -> Iterator[commands.RoomTerms]:
    at = upcoming[0].at
    waited = at - before.resumed_at
    for event in upcoming:
        if isinstance(event, facts.CountdownStarted) and event.at == at:
            yield commands.RoomTerms(least=1, start_us=event.until - at, return_us=waited)
            break
    yield commands.RoomTerms(least=_PAIR, start_us=0, return_us=waited)


def _opening(
    _before: Room, event: facts.RoomOpened, entered: Event | None = None
) -> Iterator[commands.Command]:
    if not isinstance(entered, facts.PlayerEntered):
        return
    yield commands.Open(
        at=event.at,
        rid=event.rid,
        type=event.type,
        name=event.name,
        capacity=event.capacity,
        salt=event.salt,
        password=event.password,
        uid=event.uid,
        username=entered.username,
        config=entered.config,
        plays_only=entered.plays_only,
    )


def _entering(
    before: Room, event: facts.PlayerEntered | facts.PlayerReturned, *_: Event
) -> Iterator[commands.Command]:
    name = event.username if isinstance(event, facts.PlayerEntered) else ""
    yield commands.Enter(
        at=event.at,
        uid=event.uid,
        username=name,
        config=event.config,
        plays_only=event.plays_only,
        password=before.password,
    )


def _leaving(_before: Room, event: facts.PlayerLeft, *_: Event) -> Iterator[commands.Command]:
    if event.reason == "restart":
        yield commands.Wake(at=event.at)
    yield commands.Leave(at=event.at, uid=event.uid, reason=event.reason)


def _saying(_before: Room, event: facts.RoomSaid, *_: Event) -> Iterator[commands.Command]:
    yield commands.Say(at=event.at, uid=event.uid, username=event.username, text=event.text)


def _changing(
    _before: Room, event: facts.ConfigChanged | facts.ReadyChanged, *_: Event
) -> Iterator[commands.Command]:
    if isinstance(event, facts.ConfigChanged):
        yield commands.ChangeConfig(at=event.at, uid=event.uid, config=event.config)
    else:
        yield commands.ChangeReady(at=event.at, uid=event.uid, ready=event.ready)


def _waking(_before: Room, event: Event, *_: Event) -> Iterator[commands.Command]:
    rid = event.match if isinstance(event, facts.MatchStarted) else ""
    yield commands.Wake(at=event.at, match=rid)


def _finishing(_before: Room, event: facts.MatchFinished, *_: Event) -> Iterator[commands.Command]:
    yield commands.FinishMatch(at=event.at, match=event.match)


def _resuming(_before: Room, event: facts.RoomResumed, *_: Event) -> Iterator[commands.Command]:
    yield commands.Resume(at=event.at)


_ROOM: Final[dict[type[Event], Callable[..., Iterator[commands.Command]]]] = {
    facts.RoomOpened: _opening,
    facts.PlayerEntered: _entering,
    facts.PlayerReturned: _entering,
    facts.PlayerLeft: _leaving,
    facts.RoomSaid: _saying,
    facts.ConfigChanged: _changing,
    facts.ReadyChanged: _changing,
    facts.CountdownStarted: _waking,
    facts.MatchStarted: _waking,
    facts.RoomClosed: _waking,
    facts.MatchFinished: _finishing,
    facts.RoomResumed: _resuming,
}
