"""A hand drawn for people: every step, the table it leads to, the settlement, the proof.

Draws what a `PlayedHand` shows and adds nothing to it: what is hidden from the view is drawn
as a number of cards. Plain text when it does not go to a terminal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from parlour.events import landlord as facts
from parlour.events.rules.landlord import deck
from parlour.events.rules.landlord import hand as rules
from parlour.events.rules.landlord.state import SEATS
from parlour.events.times import MICROSECONDS
from parlour.replay import decks
from parlour.replay.hand import PlayedHand
from parlour.replay.hand_lines import actor_of, cards_text, in_order, line_of, type_name
from parlour.replay.times import clock, duration, offset

_NAME_WIDTH: Final = 20
_OUTCOMES: Final = {0: "the landlord wins", 1: "the farmers win", 2: "a player quit"}


def draw(game: PlayedHand, names: Mapping[int, str], console: Console) -> None:
    """Print a game.

    Args:
        game: What to show.
        names: What each uid was called.
        console: Where to; its width is kept.
    """
    _GameText(game, names, console).draw()


class _GameText:
    def __init__(self, game: PlayedHand, names: Mapping[int, str], console: Console) -> None:
        self._game = game
        self._names = names
        self._console = console
        self._start = game.dealt.at

    def draw(self) -> None:
        self._draw_header()
        self._draw_steps()
        if not self._game.steps:
            return
        self._draw_table()
        if self._game.settled is not None:
            self._draw_settlement(self._game.settled)
        self._draw_proof()

    def _full_name(self, seat: int) -> str:
        uids = self._game.dealt.seats
        return self._names.get(uids[seat], f"uid {uids[seat]}") if seat in range(SEATS) else "?"

    def _name(self, seat: int) -> str:
        name = Text(self._full_name(seat))
        name.truncate(_NAME_WIDTH, overflow="ellipsis")
        return name.plain

    def _say(self, text: str | Text = "", style: str = "") -> None:
        line = Text(text, style=style) if isinstance(text, str) else text
        self._console.print(line, highlight=False, soft_wrap=False)

    def _grid(self) -> Table:
        return Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))

    # --- header ----------------------------------------------------------------------------

    def _draw_header(self) -> None:
        game, terms = self._game, self._game.dealt.terms
        view = "from above" if game.seat is None else f"seen by {self._name(game.seat)}"
        self._say(f"Dou Dizhu  {game.id}  {game.state}, {view}", "bold")
        rake = f", rake {terms.rake} %" if terms.rake else ""
        rob = "with robbing" if terms.rob else "without robbing"
        self._say(
            f"level {terms.type}, zone {terms.zone}: base {terms.base}{rake}, {rob}, {terms.book} "
            f"hands; {terms.call_seconds:g} s to call, {terms.play_seconds:g} s to play"
        )
        ended = game.steps[-1].recorded.event.at if game.steps else self._start
        self._say(
            f"dealt {clock(self._start)} UTC, shown as it was {duration(ended - self._start)} later"
        )
        players = self._grid()
        for seat, uid in enumerate(game.dealt.seats):
            nonce = game.dealt.nonces[seat]
            players.add_row(
                f"  seat {seat}", Text(self._full_name(seat)), f"uid {uid}", f"nonce {nonce!r}"
            )
        self._console.print(players, highlight=False)
        self._say()

    # --- steps -----------------------------------------------------------------------------

    def _draw_steps(self) -> None:
        table = self._grid()
        table.add_column(justify="right", style="dim", no_wrap=True)
        table.add_column(justify="right", style="dim", no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column()
        for step in self._game.steps:
            recorded = step.recorded
            actor = actor_of(recorded.event)
            table.add_row(
                str(recorded.version),
                offset(recorded.event.at - self._start),
                Text("" if actor is None else self._name(actor), style="bold"),
                line_of(step, self._name),
            )
            if isinstance(recorded.event, facts.HandDealt):
                self._add_hands(table, recorded.event)
        self._console.print(table, highlight=False)
        self._say()

    def _add_hands(self, table: Table, event: facts.HandDealt) -> None:
        for seat, cards in enumerate(self._game.dealt_cards(event)):
            drawn = cards_text(in_order(cards)) if cards else Text("17 hidden cards", style="dim")
            table.add_row("", "", Text(f"  {self._name(seat)}"), drawn)

    # --- the table -------------------------------------------------------------------------

    def _draw_table(self) -> None:
        game, hand = self._game, self._game.hand
        if not hand.uids:
            return
        last = game.steps[-1].recorded
        self._say(f"The table after version {last.version}: {hand.phase}", "bold")
        table = self._grid()
        for seat in range(SEATS):
            turn = rules.running(hand) and hand.turn == seat
            table.add_row(
                Text("→" if turn else " ", style="bold green"),
                f"seat {seat}",
                Text(self._name(seat), style="bold" if turn else ""),
                self._role(seat),
                f"{hand.counts[seat]} card{'' if hand.counts[seat] == 1 else 's'}",
                self._holding(seat),
            )
        self._console.print(table, highlight=False)
        for line in self._situation(last.event.at):
            self._say(line)
        self._say()

    def _role(self, seat: int) -> str:
        hand = self._game.hand
        role = "" if hand.landlord is None else "farmer"
        if seat == hand.landlord:
            role = "landlord"
        return f"{role} (engine)".strip() if hand.trustees[seat] else role

    def _holding(self, seat: int) -> Text:
        held = self._game.held(seat)
        if held is not None:
            return cards_text(in_order(held))
        return Text("hidden", style="dim") if self._game.hand.counts[seat] else Text("")

    def _situation(self, now: int) -> list[Text]:
        hand = self._game.hand
        lines = [Text("bottom  ").append_text(cards_text(hand.bottom))]
        if hand.last is not None:
            line = Text("last play  ").append_text(cards_text(hand.last.cards))
            line.append(f"  {type_name(hand.last.card_type)} by {self._name(hand.last.seat)}")
            lines.append(line)
        elif hand.phase == "playing":
            lines.append(Text("the lead is free"))
        lines.append(Text(f"ratio {hand.ratio}"))
        if hand.deadline:
            left = max(hand.deadline - now, 0) / MICROSECONDS
            lines.append(Text(f"{self._name(hand.turn)} has {left:.1f} s left"))
        return lines

    # --- the end ---------------------------------------------------------------------------

    def _draw_settlement(self, settled: facts.HandSettled) -> None:
        outcome = _OUTCOMES.get(settled.win_type, f"win type {settled.win_type}")
        spring = ", spring" if settled.spring else ""
        self._say(f"Settlement: {outcome}, ratio {settled.ratio}{spring}", "bold")
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for name in ("seat", "player", "before", "change", "after", "exp", ""):
            table.add_column(name, justify="left" if name in ("player", "") else "right")
        for line in settled.lines:
            table.add_row(
                str(line.seat),
                Text(self._name(line.seat)),
                f"{line.before:,}",
                f"{line.change:+,}",
                f"{line.after:,}",
                f"+{line.exp}",
                "won" if line.win else "lost",
            )
        table.add_row("", "house (rake)", "", f"{settled.rake:+,}", "", "", "")
        self._console.print(table, highlight=False)
        self._say()

    def _draw_proof(self) -> None:
        self._say("Fairness", "bold")
        commitments: tuple[str, ...] = ()
        for step in self._game.steps:
            if isinstance(step.recorded.event, facts.HandOpened):
                commitments = step.recorded.event.commitments
        shown = self._revealed()
        for step in self._game.steps:
            event = step.recorded.event
            if isinstance(event, facts.HandDealt):
                self._say(self._proof_of(event, commitments, shown.get(event.deal)))

    def _revealed(self) -> dict[int, str]:
        """Return the secrets that the shown events reveal, by deal."""
        shown: dict[int, str] = {}
        for step in self._game.steps:
            revealed = decks.reveals(step.recorded.event, step.before.deal)
            if revealed is not None:
                shown[revealed[0]] = revealed[1]
        return shown

    def _proof_of(
        self, event: facts.HandDealt, commitments: tuple[str, ...], secret: str | None
    ) -> Text:
        deal = f"deal {event.deal + 1}: "
        if not secret and self._game.state != "running":
            return Text(f"{deal}its secret was lost with the deck key", style="yellow")
        if not secret:
            return Text(f"{deal}its secret is not revealed yet", style="yellow")
        known, told = decks.from_hex(secret), f"secret {secret}\n        "
        if not decks.fits(known, commitments, event.deal):
            wrong = f"{deal}✗ {told}its SHA-256 is NOT the commitment of this deal"
            return Text(wrong, style="bold red")
        commitment = f"{told}its SHA-256 is the commitment {commitments[event.deal][:12]}…"
        if deck.deal(known, event.nonces).bottom != event.bottom:
            return Text(f"{deal}✗ {commitment}, but it deals ANOTHER bottom", style="bold red")
        return Text(f"{deal}✓ {commitment}, and it deals the bottom as shown", style="green")
