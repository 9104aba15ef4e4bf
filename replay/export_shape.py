"""What a table of an exported log is made of, and a row on its way into one."""

from __future__ import annotations

from typing import Any, NamedTuple

Row = tuple[str, dict[str, Any]]
"""A table and what goes into it."""


class TableShape(NamedTuple):
    """One table; the order of `SHAPES` is the order rows may be written in."""

    columns: dict[str, type]
    pk: str | tuple[str, ...] | None
    """None where a row has no name of its own."""
    foreign: dict[str, tuple[str, str]]
    """By column: table and column it refers to."""
    indexes: tuple[tuple[str, ...], ...] = ()
