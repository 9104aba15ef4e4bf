"""What an operator may set about Dou Dizhu, with defaults from docs/protocols/landlord.md."""

from __future__ import annotations

from typing import Literal

import msgspec


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """One table level (`type` on the wire)."""

    base: int
    """Money a point of ratio is worth."""
    floor: int
    """Least money to sit and to be ready."""
    ceiling: int | None = None
    """Most money to sit down; "none" for no limit."""
    rob: bool = True
    """Whether the landlord's place can be robbed after calling."""
    book: Literal["lenient", "pagat"] = "lenient"
    """Rule book: "lenient" or "pagat"."""
    rake: int = 0
    """Percent of what a winner gets."""


def default_levels() -> dict[int, Level]:
    """Return the four levels there are when nobody sets others."""
    return {
        1: Level(base=10, floor=0, ceiling=20_000, rob=False),
        2: Level(base=50, floor=2_000, ceiling=100_000),
        3: Level(base=200, floor=10_000),
        4: Level(base=1_000, floor=50_000),
    }


def default_zones() -> dict[int, tuple[int, ...]]:
    """Return an example of two zones; zone 0 always allows every type."""
    return {1: (1, 2), 2: (3, 4)}


class LandlordSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings under `landlord.`."""

    sid: int = 1
    """Server id told to clients."""
    ready_seconds: float = 20.0
    """Time to be ready while all three seats are taken."""
    call_seconds: float = 20.0
    """Time to answer a call or rob question."""
    play_seconds: float = 22.0
    """Time to play or pass."""
    trustee_seconds: float = 1.5
    """How fast the engine acts for a trustee seat."""
    resume_seconds: float = 10.0
    """Least time a running turn has left after a restart."""
    offline_seconds: float = 60.0
    """How long a waiting player without a connection keeps the seat."""
    levels: dict[int, Level] = msgspec.field(default_factory=default_levels)
    """Table levels by `type`."""
    zones: dict[int, tuple[int, ...]] = msgspec.field(default_factory=default_zones)
    """Types allowed in a zone."""
