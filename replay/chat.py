"""What was said in a room, from its first message on, however many there are.

Messages are read as they are needed and never all at once. A protocol joins by naming its rooms
in `SOURCES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final, NamedTuple

from parlour.events.errors import EngineError
from parlour.events.reader import LogReader
from parlour.replay import chat_beehive, chat_techmino
from parlour.replay.message import Message, Room
from parlour.replay.screen import printable
from parlour.replay.times import clock

__all__ = ["SOURCES", "Message", "NoSuchRoom", "Room", "Source", "Wanted", "line", "open_room"]

_LISTED: Final = 20
"""Rooms of a protocol that are named when a name is none of them."""


class NoSuchRoom(EngineError):
    """Nothing ever happened in a room of that name."""


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
        name: As its protocol calls it: `techmino:global` or the rid of a Techmino play room;
            `room:RID`, `group:GID`, `user:UID`, `user:UID:UID` or `broadcast` of beehive.

    Raises:
        NoSuchRoom: Nothing ever happened in a room of that name.
    """
    for source in SOURCES:
        room = source.open_room(reader, name)
        if room is not None:
            return room
    known = ", ".join(_known(reader)) or "none"
    raise NoSuchRoom(f"no chat room {printable(name)} in this log: it has {known}")


def line(message: Message) -> str:
    """Return a message as one line for people."""
    who = " ".join(filter(None, (printable(message.username), f"({message.uid})", message.note)))
    # Lines of one message stay on one line: nobody can put words in another's mouth.
    return f"{message.seq:>7}  {clock(message.at)}  {who}: {printable(message.text)}"


class Source(NamedTuple):
    """The chat of one protocol."""

    open_room: Callable[[LogReader, str], Room | None]
    """Gives the room of a name, None when the name is none of its rooms."""
    known: Callable[[LogReader], Iterator[str]]
    """Gives the names of its rooms."""


SOURCES: Final = (
    # First, because a number alone is one of its rooms when there is one of that number.
    Source(chat_beehive.open_room, chat_beehive.known),
    Source(chat_techmino.open_room, chat_techmino.known),
)


def _known(reader: LogReader) -> Iterator[str]:
    for source in SOURCES:
        names = source.known(reader)
        yield from islice(names, _LISTED)
        if next(names, None) is not None:
            yield "…"
