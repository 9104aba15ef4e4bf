"""Messages between actors, and from the network to them, that no protocol owns."""

from __future__ import annotations

from typing import Any

import msgspec


class FromSession(msgspec.Struct, frozen=True):
    """A decoded request that arrived on a session's connection."""

    session: int
    request: Any
    """A message struct of the protocol (`events.messages`)."""


class SessionOpened(msgspec.Struct, frozen=True):
    """A connection was accepted; told to its session actor first of all."""

    session: int
    peer: str
    """Address of the client, for logs."""
    login: Any = None
    """Who it speaks for, on protocols that find that out before (a struct of the protocol)."""


class UserLost(msgspec.Struct, frozen=True):
    """The last connection bound to a user is gone."""

    uid: int
    protocol: str
    """As in `Bind.protocol`."""


class TimerFired(msgspec.Struct, frozen=True):
    """A wake-up asked of the timers port."""

    name: str
    at: int
    """When it was due (µs)."""


class Restarted(msgspec.Struct, frozen=True):
    """What the actor recorded last was dropped; it stands on the log again: set your timers."""


class Recover(msgspec.Struct, frozen=True):
    """The engine started, or takes commands again after the log refused them."""

    last_at: int
    """When the log last took an event (µs)."""
    cold: bool
    """True after a start: nobody is connected; False after an interruption."""


class Refused(msgspec.Struct, frozen=True):
    """A session's command was dropped whole; nothing was changed.

    `code` is "internal" (a handler raised) or "unavailable" (the log took no events).
    """

    session: int
    code: str
    requests: tuple[Any, ...] = ()
    """The requests that were behind it, oldest first."""


class Ask(msgspec.Struct, frozen=True):
    """A command with a caller waiting for its answer (`Engine.ask`)."""

    ticket: int
    command: Any
