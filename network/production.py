"""The engine's ports as they are in production: wall clock, randomness, key file, timers."""

from __future__ import annotations

import asyncio
import hmac
import secrets
import time
from collections.abc import Callable
from typing import Protocol

from parlour.actors.timers import TimerHeap
from parlour.events.keyfile import deck_secrets
from parlour.events.rules.treasure import draws
from parlour.events.times import MICROSECONDS

_STEP = 1_000_000
"""A wall clock this much (µs) ahead of ours was set forward, or the machine slept."""


class WallClock:
    """Microseconds since 1970 UTC that never fall.

    It runs on the monotonic clock from the wall clock's first reading. A wall clock set
    forward is followed; one set back is not: deadlines keep their length.
    """

    def __init__(
        self,
        wall: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Both return nanoseconds."""
        self._wall = wall
        self._monotonic = monotonic
        self._ahead = wall() - monotonic()

    def now(self) -> int:
        """Return the time in µs."""
        steady = self._monotonic()
        if self._wall() - steady > self._ahead + _STEP * 1000:
            self._ahead = self._wall() - steady
        return (self._ahead + steady) // 1000


class SystemRandomness:
    """The operating system's randomness."""

    def token(self, size: int) -> bytes:
        """Return `size` bytes nobody can guess."""
        return secrets.token_bytes(size)


class KeyFileDecks:
    """Deck secrets, seeds and hashes from the key beside the log."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def secrets(self, tid: int, hand: int, salt: str) -> tuple[bytes, bytes, bytes]:
        """Return the secrets of the three deals a hand may need."""
        return deck_secrets(self._key, tid, hand, salt)

    def seed(self, room: int, game: int, salt: str) -> bytes:
        """Return the seed (32 bytes) of one treasure game."""
        return draws.seed(self._key, room, game, salt)

    def keyed_hash(self, purpose: str, text: str) -> str:
        """Return HMAC-SHA256 over purpose and text, in hex."""
        message = purpose.encode() + b"\0" + text.encode("utf-8", "surrogatepass")
        return hmac.new(self._key, message, "sha256").hexdigest()


class _Alarmed(Protocol):
    timers: TimerHeap

    def fire_timers(self) -> int | None: ...


class TimerDriver:
    """Has the loop wake the engine when its earliest timer is due."""

    def __init__(self, engine: _Alarmed, now: Callable[[], int]) -> None:
        self._engine = engine
        self._now = now
        self._alarm: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Follow the timers from now on."""
        self._engine.timers.on_change = self._arm
        self._arm()

    def stop(self) -> None:
        """Wake nobody any more."""
        self._engine.timers.on_change = None
        if self._alarm is not None:
            self._alarm.cancel()

    def _arm(self) -> None:
        self._set_alarm(self._engine.timers.next_at())

    def _fire(self) -> None:
        self._set_alarm(self._engine.fire_timers())

    def _set_alarm(self, at: int | None) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if at is not None:
            delay = max(at - self._now(), 0) / MICROSECONDS
            self._alarm = asyncio.get_running_loop().call_later(delay, self._fire)
