"""Who pays whom when a hand is over.

Owns "Settlement" of `docs/protocols/landlord.md`. Money is integer and conserved:
the three changes and the rake sum to 0, and nobody pays what he does not hold. Purses are read
by the caller in the unit that records the result; audit calls `recompute` with those recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from parlour.events.errors import RuleViolation
from parlour.events.landlord import HandSettled, Line, Terms
from parlour.events.rules.landlord.evolution import running
from parlour.events.rules.landlord.hand import spring
from parlour.events.rules.landlord.state import SEATS, Hand

LANDLORD_WON: Final = 0
FARMERS_WON: Final = 1
PLAYER_QUIT: Final = 2

_WINNER_EXP: Final = 3
_LOSER_EXP: Final = 1
_QUIT_SHARES: Final = 3
"""A quitter pays three shares of twice the stake: one for each other seat, one for the house."""

Purses = tuple[int, int, int]
"""What each seat holds, never negative."""


def settle(hand: Hand, purses: Purses, coins: Purses, secret: bytes, *, at: int) -> HandSettled:
    """Return the settlement of a won hand.

    Args:
        hand: In phase "won".
        purses: Money of each seat before.
        coins: Coins of each seat; they stay as they are.
        secret: Of the last deal, to be revealed.
        at: When it is settled (µs).

    Raises:
        RuleViolation: "wrong_state": nobody has won.
    """
    terms, landlord = hand.terms, hand.landlord
    if hand.phase != "won" or terms is None:
        raise RuleViolation("wrong_state")
    if landlord is None or landlord not in range(SEATS):
        raise RuleViolation("wrong_state")
    doubled = spring(hand)
    ratio = hand.ratio * 2 if doubled else hand.ratio
    landlord_won = hand.winner == landlord
    changes = _changes(terms, ratio, purses, landlord, landlord_won=landlord_won)
    won = [(seat == landlord) == landlord_won for seat in range(SEATS)]
    return HandSettled(
        at=at,
        tid=hand.tid,
        hand=hand.hand,
        win_type=LANDLORD_WON if landlord_won else FARMERS_WON,
        ratio=ratio,
        spring=doubled,
        quitter=None,
        lines=_lines(hand, purses, coins, changes, won),
        rake=-sum(changes),
        secret=secret.hex(),
    )


def settle_quit(
    hand: Hand, quitter: int, purses: Purses, coins: Purses, secret: bytes, *, at: int
) -> HandSettled:
    """Return the settlement of a hand that the seat `quitter` left.

    He pays for the spring he may be facing, as far as his money goes; the others get a third of
    it each, the house gets the rest. The level's rake does not apply.

    Raises:
        RuleViolation: "wrong_state": the hand is not running, or has no such seat.
    """
    terms = hand.terms
    if not running(hand) or terms is None or quitter not in range(SEATS):
        raise RuleViolation("wrong_state")
    # Before the first call the ratio is 0, but leaving is not free.
    ratio = max(hand.ratio, 1)
    paid = min(_QUIT_SHARES * 2 * ratio * terms.base, purses[quitter])
    share = paid // _QUIT_SHARES
    changes = [-paid if seat == quitter else share for seat in range(SEATS)]
    return HandSettled(
        at=at,
        tid=hand.tid,
        hand=hand.hand,
        win_type=PLAYER_QUIT,
        ratio=ratio,
        spring=False,
        quitter=quitter,
        lines=_lines(hand, purses, coins, changes, [seat != quitter for seat in range(SEATS)]),
        rake=-sum(changes),
        secret=secret.hex(),
    )


def recompute(hand: Hand, recorded: HandSettled) -> HandSettled:
    """Return the settlement that should have been recorded for `hand`, as it was before.

    Takes the purses, the secret, the time and whether somebody quit from `recorded`, and nothing
    else.

    Raises:
        RuleViolation: "wrong_state": the hand could not be settled in that way.
    """
    a, b, c = recorded.lines
    purses, coins = (a.before, b.before, c.before), (a.coin, b.coin, c.coin)
    secret = bytes.fromhex(recorded.secret)
    if recorded.quitter is not None:
        return settle_quit(hand, recorded.quitter, purses, coins, secret, at=recorded.at)
    return settle(hand, purses, coins, secret, at=recorded.at)


def _changes(
    terms: Terms, ratio: int, purses: Purses, landlord: int, *, landlord_won: bool
) -> list[int]:
    # A landlord who could not pay twice plays for the half of what he holds.
    bet = min(ratio * terms.base, purses[landlord] // 2)
    stakes = [0 if seat == landlord else min(bet, purses[seat]) for seat in range(SEATS)]
    pot = sum(stakes)
    if landlord_won:
        changes = [-stake for stake in stakes]
        changes[landlord] = pot - _rake(pot, terms)
    else:
        changes = [stake - _rake(stake, terms) for stake in stakes]
        changes[landlord] = -pot
    return changes


def _rake(won: int, terms: Terms) -> int:
    return won * terms.rake // 100


def _lines(
    hand: Hand, purses: Purses, coins: Purses, changes: Sequence[int], won: Sequence[bool]
) -> tuple[Line, Line, Line]:
    first, second, third = (
        Line(
            seat=seat,
            uid=hand.uids[seat],
            before=purses[seat],
            change=changes[seat],
            after=purses[seat] + changes[seat],
            win=won[seat],
            exp=_WINNER_EXP if won[seat] else _LOSER_EXP,
            coin=coins[seat],
        )
        for seat in range(SEATS)
    )
    return first, second, third
