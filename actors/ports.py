"""What actors need from outside, as protocols: clock, randomness, keys, the hub.

The engine is handed one of each. In production they are the wall clock, the
operating system's randomness, the key file and the network's hub; in a test they are fakes,
and the whole engine runs in one thread without a socket.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import msgspec


class Clock(Protocol):
    """Time."""

    def now(self) -> int:
        """Return microseconds since 1970 UTC; never falls within one process."""
        ...


class Randomness(Protocol):
    """Unpredictable bytes."""

    def token(self, size: int) -> bytes:
        """Return `size` bytes nobody can guess."""
        ...


class DeckKey(Protocol):
    """The key file beside the log."""

    def secrets(self, tid: int, hand: int, salt: str) -> tuple[bytes, bytes, bytes]:
        """Return the secrets of the three deals a hand may need."""
        ...

    def seed(self, room: int, game: int, salt: str) -> bytes:
        """Return the seed (32 bytes) of one treasure game."""
        ...

    def keyed_hash(self, purpose: str, text: str) -> str:
        """Return a hash (hex) that nobody without the key can test guesses against."""
        ...


# --- what leaves the engine: held until the events before it are on disk ------------------


class Reply(msgspec.Struct, frozen=True):
    """An answer to one session, bound to a user or not."""

    session: int
    message: Any


class Publish(msgspec.Struct, frozen=True):
    """One message to every connection bound to these speakers; encoded once a dialect."""

    protocol: str
    uids: tuple[int, ...] | None
    """Uids; on beehive, where a user has several devices, their sids. None is everybody bound."""
    message: Any


class Bind(msgspec.Struct, frozen=True):
    """From now on this session speaks for the user; an older session of his is closed.

    With a `device` it speaks for that one device of his: an older session of the same device is
    closed, and the device's number is what `Publish`, `Hub.speaker`, `Hub.online` and `UserLost`
    know it by.
    """

    session: int
    protocol: str
    uid: int
    device: int = 0


class Unbind(msgspec.Struct, frozen=True):
    """The session speaks for nobody."""

    session: int


class Admit(msgspec.Struct, frozen=True):
    """The session is let in, without speaking for its user as the only one (`Bind`)."""

    session: int


class Close(msgspec.Struct, frozen=True):
    """Close the session's connection once what was said before has left."""

    session: int
    reason: str
    failed: bool = False
    """Whether the fault is ours."""
    lingers: bool = False
    """Whether it stays open for the time the protocol gives a peer to take notice."""


class CloseUser(msgspec.Struct, frozen=True):
    """Close every connection that speaks for a user (an operator's kick)."""

    uid: int
    reason: str


class Backlog(msgspec.Struct, frozen=True):
    """What was said before this session came: page after page, as fast as its peer reads.

    What is published to the session from now on waits until the last page has left; so nothing
    is missed, doubled or out of order.
    """

    session: int
    pages: Callable[[], Iterator[Sequence[Any]]]
    """Opened and read in other threads, never two at once; each page a list of messages."""
    then: tuple[str, Any] | None = None
    """Actor and message told when the last page has left; never, when the peer is gone before."""


class Answer(msgspec.Struct, frozen=True):
    """The value an `Engine.ask` waits for; the engine keeps it, the hub never sees it."""

    ticket: int
    value: Any


Output = Reply | Publish | Bind | Unbind | Admit | Close | CloseUser | Backlog


class Hub(Protocol):
    """Where connections meet the engine. Sessions are numbered by the hub, from 1."""

    def deliver(self, outputs: Sequence[Output]) -> None:
        """Take outputs whose events are on disk, in order; never blocks, never raises."""
        ...

    def announce(self, session: int, protocol: str, uid: int, device: int = 0) -> None:
        """Know at once whom a session speaks for; its `Bind` comes when that is on disk."""
        ...

    def retract(self, session: int) -> None:
        """Forget an announcement whose `Bind` was dropped with what it stood on."""
        ...

    def speaker(self, session: int) -> int:
        """Return the uid (or device) a session speaks for, announced or bound; 0 for nobody."""
        ...

    def admitted(self, session: int) -> bool:
        """Tell whether the session's `Bind` or `Admit` was delivered."""
        ...

    def online(self, protocol: str, uid: int) -> bool:
        """Tell whether a live connection speaks for the uid (or device), announced or bound."""
        ...
