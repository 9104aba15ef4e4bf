"""What an audit found, as one JSON document or as text for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from parlour.replay.findings import CODES, OF_PLAYERS, Finding

Head = dict[str, str | int]
KeyState = Literal["there", "missing", "unusable"]

_NO_KEY: dict[KeyState, str] = {
    "there": "the deck.key beside the log is not the one that they were made with",
    "missing": "there is no deck.key beside the log",
    "unusable": "the deck.key beside the log is none: it must be 32 bytes, and readable",
}
"""Why a hidden hand could not be dealt again."""

_SHOWN = 200
"""Findings drawn for people; `--json` has them all."""
_VALUE_WIDTH = 60


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of an audit; field names are those of the JSON output."""

    events: int
    games: int
    """Dealt hands, matches and treasure games that were re-played."""
    matches: int
    """Of these, matches of Techmino."""
    treasures: int
    """Of these, treasure games."""
    chunks: int
    """Of players' streams, that were decoded."""
    messages: int
    """Of beehive, held against the answers their senders got."""
    with_streams: bool
    """Whether players' streams were judged."""
    seals: int
    findings: list[Finding]
    more: dict[str, int]
    """By code: findings that were only counted, because there were too many."""
    head: Head
    signed: int
    """Seals with a signature."""
    games_skipped: int
    """Games that were not judged, because another one was asked for."""
    hands_unseen: int
    """Hands judged by what the table saw: no secret, no key that gives it."""
    treasures_unseen: int
    """Treasure games judged by what everybody saw: no seed, no key that gives it."""
    deck_key: KeyState
    """What lies beside the log."""
    settlements: int
    postings: int
    accounts: int
    claims: int
    snapshots: int
    against_head: bool
    against_key: bool

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def document(self) -> dict[str, Any]:
        """Return the JSON document of `parlour audit --json`."""
        return {
            "ok": self.ok,
            **msgspec.to_builtins(self),
            "not_checked": list(self.not_checked()),
            "not_proved": list(self.not_proved()),
        }

    def not_checked(self) -> Iterator[str]:
        """Yield what this audit did not look at."""
        if self.games_skipped:
            yield (
                f"{self.games_skipped} other games: they were not re-played and their settlements "
                "and results not recomputed (leave out --game)"
            )
        if not self.with_streams:
            yield "what players' own records hold (leave out --no-streams)"
        if self.hands_unseen:
            yield (
                f"the hidden cards of {self.hands_unseen} hands: their secret is not revealed, "
                f"and {_NO_KEY[self.deck_key]}"
            )
        if self.treasures_unseen:
            yield (
                f"roles and choices of {self.treasures_unseen} treasure games: their seed is not "
                f"revealed, and {_NO_KEY[self.deck_key]}"
            )

    def not_proved(self) -> Iterator[str]:
        """Yield what no audit of this log alone can show, as far as it was not given more."""
        if self.against_head or (self.against_key and self.signed):
            if not self.against_head:
                yield (
                    "that nothing was cut off behind the last seal: keep a head elsewhere "
                    "(`parlour log head > head.json`) and give it with --head"
                )
            return
        yield (
            "that nobody with write access made the whole chain anew or cut off its end: this "
            "shows only against a head kept elsewhere (`parlour log head > head.json`, "
            "then --head head.json) or against signatures (--public-key)"
        )

    def print(self, console: Console) -> None:
        """Draw the report for people."""
        console.print(self._counts())
        if self.findings:
            console.print(self._table())
            self._print_rest(console)
        for what in self.not_checked():
            console.print(f"[yellow]not checked[/]: {escape(what)}", highlight=False)
        for what in self.not_proved():
            console.print(f"[dim]not proved[/]: {escape(what)}", highlight=False)
        console.print(self._verdict(), highlight=False)

    def _counts(self) -> Table:
        head = self.head
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(justify="right", style="bold")
        table.add_column()
        for count, what in (
            (self.events, "events decoded and folded, each aggregate's versions in order"),
            (self.seals, f"seals recomputed, {self.signed} signed; the last is {_short(head)}"),
            (
                self.games - self.matches - self.treasures,
                "hands re-dealt from their secrets and re-played by the rules",
            ),
            (self.settlements, "settlements recomputed and compared with their payments"),
            *self._match_counts(),
            (self.postings, f"ledger lines of {self.accounts} accounts added up"),
            (self.claims, "claims compared with the events that made them"),
            (self.snapshots, "snapshots compared with the states rebuilt"),
        ):
            table.add_row(f"{count:,}", what)
        return table

    def _match_counts(self) -> Iterator[tuple[int, str]]:
        if self.matches:
            yield self.matches, "matches re-played by the rules, their results derived anew"
        if self.treasures:
            yield self.treasures, "treasure games re-played from their seeds and sealed choices"
        if self.chunks:
            yield self.chunks, "chunks of players' streams decoded and compared"
        if self.messages:
            yield self.messages, "beehive messages held against the answers their senders got"

    def _table(self) -> Table:
        table = Table(title="Findings", title_justify="left", expand=False)
        for name in ("code", "position", "event", "field", "expected", "found", "detail"):
            table.add_column(name, overflow="fold", no_wrap=name in ("code", "position"))
        for finding in self.findings[:_SHOWN]:
            version = finding.originator_version
            table.add_row(
                f"[red]{finding.code}[/]",
                "" if finding.position is None else str(finding.position),
                escape(f"{finding.originator_id or ''}{f' v{version}' if version else ''}"),
                escape(finding.field or ""),
                escape(_value(finding.expected)),
                escape(_value(finding.found)),
                escape(finding.detail),
            )
        return table

    def _print_rest(self, console: Console) -> None:
        for code in sorted({finding.code for finding in self.findings}):
            console.print(f"[red]{code}[/]: {CODES[code]}", highlight=False)
        rest = len(self.findings) - _SHOWN
        if rest > 0:
            console.print(f"… and {rest} more findings: --json lists them", highlight=False)
        for code, count in self.more.items():
            console.print(f"… and {count} more of {code}, only counted", highlight=False)

    def _verdict(self) -> str:
        if self.ok:
            return "[bold green]clean[/]: everything checked is as it must be"
        count = len(self.findings) + sum(self.more.values())
        players = sum(finding.code in OF_PLAYERS for finding in self.findings)
        players += sum(number for code, number in self.more.items() if code in OF_PLAYERS)
        whose = f", {players} of them about what players' own programs sent" if players else ""
        return f"[bold red]NOT clean[/]: {count} finding{'s' if count > 1 else ''}{whose}"


def _short(head: Head) -> str:
    return f"{head['seal']} at position {head['position']}, {str(head['digest'])[:16]}…"


def _value(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= _VALUE_WIDTH else text[: _VALUE_WIDTH - 1] + "…"
