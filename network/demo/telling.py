"""How the demo speaks to a person, and keeps count of what was promised and kept."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Final

import msgspec
from rich.console import Console
from rich.text import Text

from parlour.events.rules.landlord.cards import describe, sort_key

_RED: Final = (0x00, 0x20)
"""Suits (high bits of a card) that are printed red: diamonds and hearts."""
_SUIT_BITS: Final = 0x30
_BIG_JOKER: Final = 0x0F
_INDENT: Final = "   "
_QUOTE: Final = "│ "


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """Something the demo promised, and whether it came true."""

    promise: str
    kept: bool
    detail: str = ""


class Teller:
    """Prints a story in chapters; colours on a terminal, plain text in a pipe."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._chapter = 0
        self.promises: list[Promise] = []

    def chapter(self, title: str) -> None:
        """Begin the next part of the story."""
        self._chapter += 1
        self._console.print()
        self._console.print(Text.assemble((f"{self._chapter}. {title}", "bold cyan")))

    def say(self, *parts: str | Text | tuple[str, str]) -> None:
        """Print one line: plain text, or pairs of text and style."""
        self._line(Text.assemble(_INDENT, *parts))

    def command(self, *arguments: str) -> None:
        """Show a command of Parlour as somebody would type it."""
        self.shell("parlour " + " ".join(arguments))

    def shell(self, line: str) -> None:
        """Show a command as somebody would type it."""
        self._line(Text.assemble(_INDENT, (f"$ {line}", "bold")))

    def quote(self, lines: Iterable[str]) -> None:
        """Show what a command printed; folded where the terminal is too narrow for it."""
        room = self._console.width - len(_INDENT + _QUOTE)
        for line in lines:
            folded = textwrap.wrap(line, room) if self._console.is_terminal else [line]
            for piece in folded or [""]:
                self._line(Text.assemble(_INDENT, (_QUOTE, "dim"), piece))

    def promise(self, promise: str, kept: bool, detail: str = "") -> None:
        """Say whether something promised came true, and remember it."""
        self.promises.append(Promise(promise=promise, kept=kept, detail=detail))
        mark = ("✓ ", "bold green") if kept else ("✗ ", "bold red")
        said = promise + (f": {detail}" if detail else "")
        self._line(Text.assemble(_INDENT, mark, said))

    @property
    def kept(self) -> bool:
        """Whether every promise so far was kept."""
        return all(promise.kept for promise in self.promises)

    def _line(self, line: Text) -> None:
        self._console.print(line, soft_wrap=True)


def drawn(cards: Iterable[int]) -> Text:
    """Return cards in order of rank, the red ones in red."""
    text = Text()
    for card in sorted(cards, key=sort_key):
        text.append(describe([card]) + " ", style="red" if _is_red(card) else "")
    text.rstrip()
    return text


def _is_red(card: int) -> bool:
    return card == _BIG_JOKER or (card & 0x0F <= 13 and card & _SUIT_BITS in _RED)
