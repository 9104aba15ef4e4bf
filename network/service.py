"""What a game protocol tells the network about itself, and what the network asks of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from parlour.network.turns import Peer


class Dialect(Hashable, Protocol):
    """How one kind of connection writes messages: JSON or protobuf, TCP or WebSocket."""

    @property
    def name(self) -> str:
        """A short word for logs and metrics."""
        ...

    def encode(self, message: Any) -> bytes:
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
"""Serves one request of a peer that takes its time; returns what is answered."""


class Service(NamedTuple):
    """One protocol: how its frames become messages to actors, and its words for refusals."""

    name: str
    """As in `Publish.protocol`; session actors are called `{name}.session:{session}`."""
    home: str
    """The actor that is told when a user's last connection is gone."""
    decode: Callable[[bytes], Any]
    """Frame to request; raises RuleViolation or RemoteProtocolError."""
    handlers: Mapping[type, Callable[[int, Any], tuple[str, Any]]]
    """By type of request: (session, request) to (actor id, message)."""
    refusal: Callable[[str, str], Any]
    """(code, reason) to the message a client is told it with.

    Codes: "malformed", "too_many", "unavailable", "internal", "closed" (the connection ends),
    and whatever `decode` raises.
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

    def session_actor(self, session: int) -> str:
        """Return the id of a session's actor."""
        return f"{self.name}.session:{session}"
