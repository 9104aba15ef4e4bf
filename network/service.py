"""What a game protocol tells the network about itself, and what the network asks of it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple, Protocol


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

    def end(self, actor_id: str) -> None:
        """Drop an actor that nobody will speak to again."""
        ...


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

    Codes: "malformed", "too_many", "unavailable", "closed" (the connection ends).
    """

    def session_actor(self, session: int) -> str:
        """Return the id of a session's actor."""
        return f"{self.name}.session:{session}"
