"""How a WebSocket is asked whether anybody is there. Times in seconds."""

from __future__ import annotations

from typing import Final, NamedTuple

LEAST: Final = 0.001
"""Clocks are not exact: who looks a moment too early must not look again in no time at all."""


class Heartbeat(NamedTuple):
    """When to ping a connection, and when to give it up."""

    every: float
    """From one ping to the next; 0 never pings and never gives up."""
    ping_after: float
    """Silence before the first ping."""
    close_after: float
    """Silence that ends the connection."""
    grace: float
    """Least time to answer a ping."""

    def next_look(self, silence: float) -> float:
        """Return how long after a look that found `silence` the next one is."""
        if silence < self.ping_after:
            return max(self.ping_after - silence, LEAST)
        return min(self.every, max(self.close_after - silence, self.grace, LEAST))


def asking_when_silent(seconds: float) -> Heartbeat:
    """Return a heartbeat that pings after `seconds` of silence and waits half of that again."""
    half = seconds / 2
    return Heartbeat(every=half, ping_after=seconds, close_after=seconds + half, grace=half)


def only_listening(silence: float) -> Heartbeat:
    """Return a heartbeat that never pings, and gives up after `silence`."""
    return Heartbeat(every=silence, ping_after=silence, close_after=silence, grace=0.0)


def asking_always(seconds: float, silence: float) -> Heartbeat:
    """Return a heartbeat that pings each `seconds`, and gives up after `silence`."""
    return Heartbeat(every=seconds, ping_after=0.0, close_after=silence, grace=0.0)
