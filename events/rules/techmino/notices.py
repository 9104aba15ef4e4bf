"""What Techmino's clients are told: states and facts as wire messages, and refusals in words.

Pure translations for the actors, and for replay, which shows what was sent. A time is given
by a function, because how it is written is the operator's choice.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import Any, Final

from parlour.events import techmino as facts
from parlour.events.event import Event
from parlour.events.messages.techmino import chat as chat_wire
from parlour.events.messages.techmino import common, play, stream
from parlour.events.rules.techmino.room import seated
from parlour.events.rules.techmino.state import Chat, Member, Room, Said

TimeOf = Callable[[int], str]
"""From µs since 1970 UTC to "YYYY-MM-DD HH:MM:SS.ffffff"."""

REASONS: Final = {
    "not_found": common.ROOM_NOT_FOUND,
    "no_room": common.NO_ROOM,
    "one_room": common.ONE_ROOM,
    "wrong_password": common.WRONG_PASSWORD,
    "room_full": common.ROOM_FULL,
    "type_not_found": common.TYPE_NOT_FOUND,
    "watcher": common.WATCHER,
    "not_started": common.NOT_STARTED,
    "dead": common.DEAD,
    "internal": common.INTERNAL,
    "unavailable": common.NOT_TAKING,
}
"""By the code of a RuleViolation, or of the engine's refusal."""


def refusal(code: str) -> common.Error:
    """Return a refusal as a client is told it."""
    return common.Error(reason=REASONS.get(code, common.INTERNAL))


def remark(said: Said | facts.ChatSaid | facts.RoomSaid, time_of: TimeOf) -> common.Remark:
    """Return something that was said."""
    return common.Remark(
        uid=said.uid, username=said.username, time=time_of(said.at), message=said.text
    )


def remarks(histories: Sequence[Said], time_of: TimeOf) -> tuple[common.Remark, ...]:
    """Return what was said last, oldest first."""
    return tuple(remark(said, time_of) for said in histories)


# --- chat -----------------------------------------------------------------------------------


def chat_entered(rid: str, chat: Chat, time_of: TimeOf) -> chat_wire.ChatEntered:
    """Return the chat room as somebody finds it who joins."""
    histories = chat_wire.Histories(histories=remarks(chat.histories, time_of))
    return chat_wire.ChatEntered(rid=rid, data=histories)


# --- play -----------------------------------------------------------------------------------


def listing(room: Room) -> play.RoomListing:
    """Return one line of the list of rooms."""
    return play.RoomListing(
        rid=room.rid,
        name=room.name,
        type=room.type,
        private=bool(room.password),
        start=bool(room.match),
        count=len(room.members),
        capacity=room.capacity,
    )


def room_entered(room: Room, uid: int, time_of: TimeOf) -> play.RoomEntered:
    """Return the room as a member finds it who just entered."""
    me = room.members[uid]
    view = play.RoomView(
        sid=me.sid,
        ready=me.ready,
        histories=remarks(room.histories, time_of),
        players=tuple(member(other) for other in seated(room)),
    )
    return play.RoomEntered(data=view)


def member(member: Member) -> play.Member:
    """Return a member as the others are told of him."""
    return play.Member(
        sid=member.sid,
        uid=member.uid,
        username=member.username,
        config=member.config,
        ready=member.ready,
    )


def go(rid: str) -> play.Go:
    """Return where a match is streamed."""
    return play.Go(data=play.StreamAt(rid=rid))


# --- stream ---------------------------------------------------------------------------------


def follow(event: Event, players: Container[int]) -> Any:
    """Return what those who follow a match's stream are told of an event; None for nothing.

    Args:
        event: A fact of the match.
        players: Uids of its players; a watcher's going is no news.
    """
    tell = _TOLD.get(type(event))
    return None if tell is None else tell(event, players)


def _joined(event: facts.StreamJoined, _players: Container[int]) -> stream.ConnectedBy:
    return stream.ConnectedBy(data=stream.Arrival(uid=event.uid, watch=event.watch))


def _left(event: facts.StreamLeft, players: Container[int]) -> stream.Disconnected | None:
    return stream.Disconnected(data=stream.Who(uid=event.uid)) if event.uid in players else None


def _began(event: facts.MatchBegan, _players: Container[int]) -> stream.Begin:
    return stream.Begin(data=stream.Seed(seed=event.seed))


def _died(event: facts.PlayerDied, _players: Container[int]) -> stream.DiedBy:
    return stream.DiedBy(
        data=stream.Death(uid=event.uid, score=event.score, survivalTime=event.survival_time)
    )


def _streamed(event: facts.ChunkStreamed, _players: Container[int]) -> stream.ChunkBy:
    return stream.ChunkBy(data=stream.Chunk(uid=event.uid, stream=event.stream))


def _ended(_event: facts.MatchEnded, _players: Container[int]) -> stream.End:
    return stream.End()


_TOLD: Final[dict[type[Event], Callable[[Any, Container[int]], Any]]] = {
    facts.StreamJoined: _joined,
    facts.StreamLeft: _left,
    facts.MatchBegan: _began,
    facts.PlayerDied: _died,
    facts.ChunkStreamed: _streamed,
    facts.MatchEnded: _ended,
}


def backlog(events: Sequence[Event], players: Container[int]) -> list[Any]:
    """Return what somebody missed who comes in mid-game: 0, 4, 5 and 3 in order of the log.

    Nothing of what was before the beginning: pass the events from `MatchBegan` on.
    """
    return [
        told
        for event in events
        if type(event) is not facts.StreamJoined
        and type(event) is not facts.MatchEnded
        and (told := follow(event, players)) is not None
    ]
