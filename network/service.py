"""What a game protocol tells the network about itself, and what the network asks of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from parlour.events.errors import RemoteProtocolError
from parlour.network.turns import Peer


class Dialect(Hashable, Protocol):
    """How one kind of connection writes messages: JSON or protobuf, TCP or WebSocket."""

    @property
    def name(self) -> str:
        """A short word for logs and metrics."""
        ...

    def encode(self, message: Any, /) -> bytes:
        """Return the whole frame of a message, header and all.

        Called once for each message and dialect, however many connections it goes to.
        """
        ...


class Commands(Protocol):
    """The engine as the network sees it (`actors.engine.Engine`)."""

    @property
    def accepting(self) -> bool:
        """Whether commands are taken now."""
        ...

    def tell(self, actor_id: str, message: Any) -> None:
        """Have an actor handle a message."""
        ...

    def ask(self, actor_id: str, command: Any) -> Awaitable[Any]:
        """Return an actor's answer, once its events are on disk."""
        ...

    def end(self, actor_id: str) -> None:
        """Drop an actor that nobody will speak to again."""
        ...


Errand = Callable[[Peer, Any], Awaitable[Any]]
"""Serves one request of a peer that takes its time; returns what is answered.

None when its session actor answers instead: `Peer.session` says which that is.
"""


class Service(NamedTuple):
    """One protocol: how its frames become messages to actors, and its words for refusals."""

    name: str
    """As in `Publish.protocol`."""
    home: str
    """The actor that is told when a user's last connection is gone."""
    decode: Callable[[Any], Any]
    """Frame to request; raises RuleViolation or RemoteProtocolError."""
    handlers: Mapping[type, Callable[[int, Any], tuple[str, Any]]]
    """By type of request: (session, request) to (actor id, message)."""
    refusal: Callable[[str, str], Any]
    """(code, reason) to the message a client is told it with.

    Codes: "malformed", "too_many", "unavailable", "internal", the value of an `Ending` (the
    connection ends), and whatever `decode` and `breach` give.
    """
    patience: int | None = 3
    """Malformed messages in a row that end a connection; None for any number."""
    exclusive: bool = False
    """Whether a connection that is authenticated already ends an older one of the same user."""
    errands: Mapping[type, Errand] = MappingProxyType({})
    """Requests served outside the actors' thread, by type; they are in no other table."""
    lossless: bool = False
    """Whether a peer over its rate is read more slowly instead of losing messages.

    For what makes no sense with a hole in it. A peer that stood still sends all it kept at once.
    """
    paced: Callable[[Any], bool] | None = None
    """Whether that is so for one frame: one that nobody would repeat, as an acknowledgement."""
    address: Callable[[Any, Any], Any] | None = None
    """(words, frame) to the words as the answer to that frame, where frames are numbered."""
    breach: Callable[[RemoteProtocolError], str] | None = None
    """The code a peer is told that broke the protocol; None: "malformed".

    With it, one is told too that broke the framing of WebSocket; without, by the close code only.
    """
    auth_seconds: float | None = None
    """Time to log in; None for that of all protocols (`limits.auth_seconds`)."""
    farewell_seconds: float = 0.0
    """How long a connection stays open after it was told that another took over or that it was
    kicked, for the peer to say that it knows."""
    knows: Callable[[Any], bool] | None = None
    """Whether a request says so."""
    label: Callable[[Any], str] | None = None
    """The name of a request in metrics; None: that of its type."""
    floods_end: bool = False
    """Whether a peer that goes on over its rate is cut off instead of being read more slowly."""
    out_bytes: int | None = None
    """Bytes that may wait for a slow reader; None for `limits.out_bytes`."""
    sessions: str = ""
    """What session actors are called before the colon; "": `{name}.session`."""

    def session_actor(self, session: int) -> str:
        """Return the id of a session's actor."""
        return f"{self.sessions or self.name + '.session'}:{session}"
