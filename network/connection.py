"""One client's connection as the hub sees it: a number, a voice, a way out for bytes."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from parlour.network.service import Dialect, Service

if TYPE_CHECKING:
    from parlour.network.backlog import Held


class Link(Protocol):
    """The way out of one connection: a transport, or in tests a list."""

    def write(self, data: bytes) -> None:
        """Send bytes, or keep them until the peer takes them."""
        ...

    def buffered(self) -> int:
        """Return how many bytes the peer has not taken yet."""
        ...

    async def drain(self) -> None:
        """Return when the peer has taken most of what was written, or is gone."""
        ...

    def close(self, ending: Ending, reason: str) -> None:
        """Close once everything written has left, or after a short while anyway."""
        ...

    def close_later(self, ending: Ending, reason: str, seconds: float) -> None:
        """The same after a while, unless it is closed before."""
        ...


class Ending(StrEnum):
    """Why the server ends a connection; a stable word for logs, metrics and close codes."""

    TAKEN_OVER = "taken_over"
    TOO_SLOW = "too_slow"
    NO_LOGIN = "no_login"
    IDLE = "idle"
    """Logged out, and nothing more."""
    BAD_PROTOCOL = "bad_protocol"
    DRAINING = "draining"
    KICKED = "kicked"
    ACTOR = "actor"
    """The session's own actor asked for it."""
    INTERNAL = "internal"
    """Something failed on our side."""
    SILENT = "silent"
    """No sign of life."""


class Connection:
    """A live connection; belongs to the hub, which alone changes it (but for `dialect`)."""

    __slots__ = (
        "admitted",
        "announced",
        "dialect",
        "held",
        "link",
        "live",
        "logged_out",
        "out",
        "parting",
        "peer",
        "service",
        "session",
        "speaker",
        "uid",
    )

    def __init__(
        self, session: int, service: Service, dialect: Dialect, *, link: Link, peer: str
    ) -> None:
        self.session = session
        self.service = service
        self.dialect = dialect
        """Set by the codec too, when a peer's first bytes tell how it wants to be spoken to."""
        self.link = link
        self.peer = peer
        self.uid: int | None = None
        """The user it speaks for."""
        self.speaker: int | None = None
        """The number it is known by to who speaks to it: that uid, or that of one device."""
        self.logged_out = False
        """It spoke for somebody before."""
        self.admitted = False
        """Its session actor has let it in: it is bound, or what it was told first is on disk."""
        self.announced: int | None = None
        """Whom it will speak for once that is on disk: a number like `speaker`."""
        self.out: list[bytes] = []
        """Frames of the running delivery; they leave in one write at its end."""
        self.held: Held | None = None
        """While its backlog is told: what waits for the end of that."""
        self.live = True
        """False once it is closing: what still arrives is not for us."""
        self.parting: tuple[Ending, str] | None = None
        """Told why it ends, and left open a while for the peer to say that it knows."""
