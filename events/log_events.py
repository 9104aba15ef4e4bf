"""Facts about the log itself. Aggregate id: `log`."""

from __future__ import annotations

from parlour.events.event import Event, event

LOG_ID = "log"


@event("log.opened")
class LogOpened(Event, frozen=True, kw_only=True):
    """The first event of every log: which log this is and how it may be used."""

    log: str
    """32 hex digits, drawn once: tells two logs apart."""
    open: bool
    """Made with `--open`: accounts in it were not authenticated."""
    engine: str
    """Version of Parlour that made it."""
