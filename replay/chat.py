"""What was said in a room, from its first message on, however many there are.

Messages are read as they are needed and never all at once. A protocol joins by naming its rooms
in `SOURCES`: a function that gives a room's messages, or None for a name that is not one of its.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from parlour.events import techmino
from parlour.events.errors import EngineError
from parlour.events.reader import LogReader
from parlour.events.times import iso
from parlour.replay.screen import printable
from parlour.replay.times import clock


class NoSuchRoom(EngineError):
    """Nothing ever happened in a room of that name."""


class Message(NamedTuple):
    """Something somebody said."""

    position: int
    uid: int
    username: str
    at: int
    """Microseconds since 1970 UTC."""
    text: str
    seq: int
    """The room's first message has 1."""

    def document(self) -> dict[str, Any]:
        """Return it as JSON shows it."""
        return {
            "position": self.position,
            "uid": self.uid,
            "username": self.username,
            "time": iso(self.at),
            "text": self.text,
            "seq": self.seq,
        }


class Room(NamedTuple):
    """A room with all its messages, oldest first."""

    name: str
    messages: Iterator[Message]


class Wanted(NamedTuple):
    """Which messages are asked for."""

    after: int = 0
    """Only those with a greater seq."""
    since: int | None = None
    """From this time on (µs)."""
    until: int | None = None
    """Before this time (µs)."""
    text: str = ""
    """With this in their text, in any case."""

    def of(self, messages: Iterator[Message]) -> Iterator[Message]:
        """Yield those of a room that are asked for."""
        text = self.text.casefold()
        for message in messages:
            # Times may fall back with the machine's clock, so a later message may still fit.
            if (
                message.seq > self.after
                and (self.since is None or message.at >= self.since)
                and (self.until is None or message.at < self.until)
                and (not text or text in message.text.casefold())
            ):
                yield message


def open_room(reader: LogReader, name: str) -> Room:
    """Return a room of a log.

    Args:
        reader: The log; keep it open while messages are read.
        name: As its protocol calls it: `techmino:global`, or the rid of a Techmino play room.

    Raises:
        NoSuchRoom: Nothing ever happened in a room of that name.
    """
    for source in SOURCES:
        room = source(reader, name)
        if room is not None:
            return room
    known = ", ".join(_known(reader)) or "none"
    raise NoSuchRoom(f"no chat room {printable(name)} in this log: it has {known}")


def line(message: Message) -> str:
    """Return a message as one line for people."""
    who = f"{printable(message.username)} ({message.uid})"
    # Lines of one message stay on one line: nobody can put words in another's mouth.
    return f"{message.seq:>7}  {clock(message.at)}  {who}: {printable(message.text)}"


# --- techmino -------------------------------------------------------------------------------


_SAID: Final = (techmino.ChatSaid, techmino.RoomSaid)
_CHAT: Final = "techmino.chat:"
_PLAY: Final = "techmino.room:"


def _techmino(reader: LogReader, name: str) -> Room | None:
    for prefix in ("techmino:", _CHAT, _PLAY):
        rid = name.removeprefix(prefix)
        if rid != name:
            break
    for kind in (_PLAY,) if prefix == _PLAY and rid != name else (_CHAT, _PLAY):
        if next(reader.aggregate(kind + rid), None) is not None:
            return Room(f"techmino:{rid}", _messages(reader, kind + rid))
    return None


def _messages(reader: LogReader, aggregate_id: str) -> Iterator[Message]:
    seq = 0
    for recorded in reader.aggregate(aggregate_id):
        event = recorded.event
        if isinstance(event, _SAID):
            seq += 1
            yield Message(recorded.position, event.uid, event.username, event.at, event.text, seq)


def _known(reader: LogReader) -> Iterator[str]:
    for aggregate_id in reader.aggregate_ids("techmino.chat"):
        yield f"techmino:{aggregate_id.removeprefix(_CHAT)}"


SOURCES: Final[tuple[Callable[[LogReader, str], Room | None], ...]] = (_techmino,)
"""Each gives the room of a name, None when the name is none of its rooms."""
