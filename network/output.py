"""How commands speak: one JSON document for programs, lines and tables for people."""

from __future__ import annotations

import sys
from typing import Any

import click
import msgspec


def wants_json(*, asked: bool) -> bool:
    """Tell whether stdout gets JSON: when asked for, or when a program reads it."""
    return asked or not sys.stdout.isatty()


def print_json(document: Any) -> None:
    """Print exactly one JSON document on stdout."""
    click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2))


def one_line(text: object) -> str:
    """Return any text as one line."""
    return " ".join(str(text).split())
