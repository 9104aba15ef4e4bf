"""What every protocol's chat is told as: messages, and the room that they were said in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from parlour.events.times import iso

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


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
    more: Mapping[str, Any] = _NOTHING
    """What JSON shows besides, when the protocol has more to tell."""
    note: str = ""
    """What people are shown of that: to whom, how many bytes."""

    def document(self) -> dict[str, Any]:
        """Return it as JSON shows it."""
        return {
            "position": self.position,
            "uid": self.uid,
            "username": self.username,
            "time": iso(self.at),
            "text": self.text,
            "seq": self.seq,
            **self.more,
        }


class Room(NamedTuple):
    """A room with all its messages, oldest first."""

    name: str
    messages: Iterator[Message]
