"""The base of every actor: an id, a context, and a table from message type to handler."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from thespian.actors import Actor, ActorAddress

from parlour.actors.context import Context
from parlour.events.errors import LocalProtocolError

Handler = Callable[[Any, Any], None]


class EngineActor(Actor):  # type: ignore[misc]
    """An actor of the engine; subclasses fill `HANDLERS`."""

    HANDLERS: ClassVar[dict[type, Handler]] = {}

    RESTARTS: ClassVar[bool] = True
    """Whether a failed handler ends this instance, so that the next one stands on the log."""

    id: str
    context: Context

    def receiveMessage(self, message: Any, sender: ActorAddress) -> None:  # noqa: N802
        """Handle one message; what it records and says joins one unit (`Engine`)."""
        handler = self.HANDLERS.get(type(message))
        if handler is None:
            raise LocalProtocolError(f"{self.id} does not take {type(message).__name__}")
        handler(self, message)

    def tell(self, actor_id: str, message: Any) -> None:
        """Send to an actor by id; withdrawn if this handler fails."""
        self.send(ActorAddress(actor_id), message)

    def pass_on(self, actor_id: str, message: Any) -> None:
        """Have another actor handle a message now, as part of this one: one unit, one fate.

        For a hop that every message makes: it costs a call. The other must not pass it back.
        """
        self.context.pass_on(actor_id, message)

    def may_end(self) -> bool:
        """Tell whether the actor can be dropped from memory while idle."""
        return True
