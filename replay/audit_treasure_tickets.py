"""Tickets of treasure games: only hashes are in the log, and who came had the right one.

A player's newest ticket is the only good one. The news of it may reach a room server in another
process later than the player himself, so those before are no findings for as long as a link may
be silent before it counts as dead.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from parlour.events import treasure as facts
from parlour.events.reader import Recorded
from parlour.events.rules.treasure.state import Game, Room
from parlour.events.times import MICROSECONDS
from parlour.replay.findings import Findings

LINK_SILENCE: Final = 15 * MICROSECONDS
"""How long a node link may be silent before it is dead (µs)."""
_KEPT: Final = 2 * LINK_SILENCE
_DIGEST_BYTES: Final = 32


class Given(NamedTuple):
    """A ticket that a player got."""

    ticket: str
    epoch: int
    expires: int
    at: int


class TicketsExaminer:
    """Follows who has which ticket, and looks at who came with which."""

    def __init__(self, findings: Findings) -> None:
        """Begin before the first event."""
        self._findings = findings
        self._given: dict[tuple[str, int], list[Given]] = {}
        """Of each player of a running game, by game and uid: the two newest, and those before
        that news could still have been on its way for."""

    def see_room(self, recorded: Recorded, before: Room) -> None:
        """Take an event of a room, with the room before it."""
        match recorded.event:
            case facts.TicketGiven() as event:
                self._give(recorded, event, before)
            case facts.GameClosed(game=number) | facts.GameRefused(game=number):
                game = facts.game_id(before.room, number)
                for uid in before.members:
                    self._given.pop((game, uid), None)

    def see_game(self, recorded: Recorded, before: Game) -> None:
        """Take an event of a game, with the game before it."""
        event = recorded.event
        if not isinstance(event, facts.PlayerVerified) or event.seat not in range(
            len(before.players)
        ):
            return
        uid = before.players[event.seat].uid
        given = self._given.get((recorded.originator_id, uid), [])
        used = before.tickets[event.seat]
        for ticket, replaced_at in _with_ends(given):
            if ticket.ticket == event.ticket:
                self._check(recorded, event, before.epoch, ticket, replaced_at, used)
                return
        self._wrong(recorded, "the player was never given this ticket", found=event.ticket)

    def _give(self, recorded: Recorded, event: facts.TicketGiven, before: Room) -> None:
        if not _is_digest(event.ticket):
            self._wrong(
                recorded, "a ticket is kept as 64 hex digits of its hash", found=event.ticket
            )
        if event.expires <= event.at:
            self._wrong(recorded, "the ticket was never good", field="expires", found=event.expires)
        game = facts.game_id(before.room, event.game)
        given = Given(event.ticket, event.epoch, event.expires, event.at)
        tickets = self._given.setdefault((game, event.uid), [])
        tickets.append(given)
        while len(tickets) > 2 and event.at > tickets[1].at + _KEPT:
            del tickets[0]

    def _check(
        self,
        recorded: Recorded,
        event: facts.PlayerVerified,
        epoch: int,
        ticket: Given,
        replaced_at: int | None,
        used: str,
    ) -> None:
        if ticket.epoch != epoch:
            self._wrong(
                recorded,
                "the ticket is to the room server before",
                field="epoch",
                expected=epoch,
                found=ticket.epoch,
            )
        elif replaced_at is not None and event.at > replaced_at + LINK_SILENCE:
            self._wrong(recorded, "the player had a newer ticket", found=event.ticket)
        elif event.at > ticket.expires and used != ticket.ticket:
            self._wrong(
                recorded,
                "the ticket was not used in time",
                field="at",
                expected=ticket.expires,
                found=event.at,
            )

    def _wrong(
        self,
        recorded: Recorded,
        detail: str,
        *,
        field: str = "ticket",
        expected: Any = None,
        found: Any = None,
    ) -> None:
        self._findings.add(
            "treasure_ticket_wrong",
            recorded,
            detail,
            field=field,
            expected=expected,
            found=found,
        )


def _with_ends(given: list[Given]) -> list[tuple[Given, int | None]]:
    """Return tickets with when each was replaced, None for the newest."""
    ends = [*(ticket.at for ticket in given[1:]), None]
    return list(zip(given, ends, strict=False))


def _is_digest(text: str) -> bool:
    try:
        return len(bytes.fromhex(text)) == _DIGEST_BYTES
    except ValueError:
        return False
