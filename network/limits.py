"""How much one peer may take: connections, messages a second, time without a login.

Pure bookkeeping over times that are handed in (seconds of a monotonic clock); what happens
to a peer over a limit is decided by whoever asks.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from enum import Enum

_ADDRESSES = 4096
"""Addresses remembered at a time."""


class Gate:
    """Counts live connections, in all and by address; 0 as a limit means none."""

    def __init__(self, *, total: int, per_address: int) -> None:
        self._total = total
        self._per_address = per_address
        self._live: dict[str, int] = {}
        self.count = 0

    def admit(self, peer: str) -> str | None:
        """Count a connection in, or return why it cannot come in (and count nothing)."""
        key = address_key(peer)
        here = self._live.get(key, 0)
        if self._total and self.count >= self._total:
            return "the server is full"
        if self._per_address and here >= self._per_address:
            return "too many connections from this address"
        self._live[key] = here + 1
        self.count += 1
        return None

    def leave(self, peer: str) -> None:
        """Count a connection out that was admitted."""
        key = address_key(peer)
        self.count -= 1
        if self._live[key] == 1:
            del self._live[key]
        else:
            self._live[key] -= 1


def address_key(peer: str) -> str:
    """Return what counts as one address: an IPv4 address, or the /64 of an IPv6 one."""
    if ":" not in peer:
        return peer
    address = ipaddress.IPv6Address(peer.partition("%")[0])
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((address, 64), strict=False).network_address)


class Verdict(Enum):
    """What a meter says about one message."""

    TAKE = "take"
    REFUSE = "refuse"
    """Over the rate: answer so and drop it."""
    WAIT = "wait"
    """Over the rate for long: drop it and stop reading for a while."""


class Meter:
    """The token bucket of one connection: `rate` messages a second after a burst of `burst`."""

    __slots__ = ("_burst", "_rate", "_refused", "_tokens", "_when")

    def __init__(self, *, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._when = now
        self._refused = 0

    def take(self, now: float) -> Verdict:
        """Judge one message that arrived at `now`.

        A peer is told a burst's worth of times that it is too fast. When it goes on without
        ever letting the bucket fill again, the answers stop and reading pauses instead: TCP
        slows it down to the rate, at no cost to anybody else.
        """
        self._fill(now)
        if self._tokens >= self._burst:
            self._refused = 0
        if self._tokens >= 1:
            self._tokens -= 1
            return Verdict.TAKE
        self._refused += 1
        return Verdict.REFUSE if self._refused <= self._burst else Verdict.WAIT

    def pace(self, now: float) -> float:
        """Take one message whatever the rate; return for how long (s) no other may follow."""
        self._fill(now)
        self._tokens -= 1
        return max(1 - self._tokens, 0.0) / self._rate

    def _fill(self, now: float) -> None:
        self._tokens = min(self._burst, self._tokens + (now - self._when) * self._rate)
        self._when = now


class AddressMeters:
    """A meter for each address; of many, those that came last."""

    def __init__(self, *, rate: float, burst: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._meters: OrderedDict[str, Meter] = OrderedDict()

    def __len__(self) -> int:
        return len(self._meters)

    def take(self, peer: str) -> bool:
        """Count something a peer does; tell whether its address may."""
        key, now = address_key(peer), self._clock()
        meter = self._meters.pop(key, None) or Meter(rate=self._rate, burst=self._burst, now=now)
        self._meters[key] = meter
        if len(self._meters) > _ADDRESSES:
            self._meters.popitem(last=False)
        return meter.take(now) is Verdict.TAKE


class Deadlines:
    """Connections that must log in (or say something) before a time is over."""

    def __init__(self) -> None:
        self._due: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._due)

    def set(self, session: int, at: float) -> None:
        """Give a session until `at`; replaces what it had."""
        self._due[session] = at

    def clear(self, session: int) -> None:
        """The session has no deadline any more."""
        self._due.pop(session, None)

    def postpone(self, at: float) -> None:
        """Give everybody until `at` at least."""
        for session, due in self._due.items():
            self._due[session] = max(due, at)

    def expired(self, now: float) -> list[int]:
        """Take and return the sessions whose time is over."""
        late = [session for session, at in self._due.items() if at <= now]
        for session in late:
            del self._due[session]
        return late
