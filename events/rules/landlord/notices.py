"""What players are told: tables, hands and their facts as wire messages.

Pure translations for the table actor, and for replay, which shows what was sent. Nothing here
shows a seat the cards of another. Source: `docs/protocols/landlord.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from parlour.events import landlord as facts
from parlour.events.errors import LocalProtocolError
from parlour.events.event import Event
from parlour.events.messages import landlord as messages
from parlour.events.rules.account import Account
from parlour.events.rules.landlord import bidding, deck
from parlour.events.rules.landlord.state import Hand, Play, Table
from parlour.events.rules.landlord.table import seated

Uids = Sequence[int]
"""By seat."""

_MICRO: Final = 1_000_000

UNKNOWN_BIRTHDAY: Final = "1970/01/01"
"""Clients split the text at the slashes, so an account that has none gets this one."""


def game_end(settled: facts.HandSettled) -> messages.GameEnd:
    """Return the settlement as players are told it."""
    users = tuple(
        messages.EndUser(
            uid=line.uid,
            money=line.after,
            win=int(line.win),
            cmoney=abs(line.change),
            coin=line.coin,
        )
        for line in settled.lines
    )
    return messages.GameEnd(win_type=settled.win_type, users=users, secret=settled.secret)


def start(hand: Hand, seat: int, secrets: deck.Secrets) -> messages.GameStart:
    """Return what one seat is told of the running deal."""
    return messages.GameStart(
        c=hand.bottom,
        private=deck.deal(secrets[hand.deal], hand.nonces).hands[seat],
        nonces=hand.nonces,
    )


def turn_notice(hand: Hand) -> messages.CallTurn | messages.PlayTurn:
    """Return whose turn it is, and what he is asked.

    Raises:
        LocalProtocolError: It is nobody's turn.
    """
    match hand.phase:
        case "calling" | "robbing":
            return messages.CallTurn(
                uid=hand.uids[hand.turn], who=hand.turn, action=bidding.floor(hand)
            )
        case "playing":
            return messages.PlayTurn(uid=hand.uids[hand.turn], flag=int(hand.last is not None))
        case _:
            raise LocalProtocolError(f"it is nobody's turn in a hand that is {hand.phase}")


def table_info(
    table: Table, accounts: Mapping[int, Account], commitments: Sequence[str]
) -> messages.TableInfo:
    """Return who sits at `table`.

    Args:
        table: The table.
        accounts: At least those of its players, by uid.
        commitments: Of the table's open or running hand.
    """
    users = []
    for seat, chair in seated(table):
        account = accounts[chair.uid]
        user = messages.TableUser(
            uid=chair.uid,
            name=account.name,
            sex=account.sex,
            birthday=account.birthday or UNKNOWN_BIRTHDAY,
            zone=account.zone,
            level=account.level,
            exp=account.exp,
            money=account.money,
            coin=account.coin,
            total_board=account.total_board,
            total_win=account.total_win,
            seatid=seat,
            ready=chair.ready,
            online=chair.online,
        )
        users.append(user)
    return messages.TableInfo(users=tuple(users), commitments=tuple(commitments))


def snapshot(
    table: Table,
    hand: Hand | None,
    seat: int,
    secrets: deck.Secrets,
    now: int,
    ready_us: int,
) -> messages.TableSnapshot:
    """Return the table as the returning player in `seat` finds it.

    Args:
        table: The table.
        hand: Its open or running hand.
        seat: Whose own cards are shown.
        secrets: The hand's.
        now: When it is sent (µs).
        ready_us: How long (µs) the players of a full table have to be ready.
    """
    commitments = tuple(hand.commitments) if hand else ()
    if hand is None or hand.phase not in ("calling", "robbing", "playing"):
        seconds = _left(table.full_at + ready_us, now) if table.full_at else 0.0
        return _waiting(table, seat, seconds, commitments)
    uids = hand.uids
    return messages.TableSnapshot(
        type=table.type,
        tid=table.tid,
        seatid=seat,
        state=hand.phase,
        ratio=hand.ratio,
        landlord=0 if hand.landlord is None else uids[hand.landlord],
        turn=uids[hand.turn],
        seconds=_left(hand.deadline, now),
        floor=bidding.floor(hand),
        cards=_own_cards(hand, seat, secrets),
        c=hand.bottom,
        plays=tuple(_play(hand, play) for play in hand.plays),
        left=tuple(
            messages.SnapshotLeft(uid=uids[at], seatid=at, count=count)
            for at, count in enumerate(hand.counts)
        ),
        last=_play(hand, hand.last) if hand.last else None,
        commitments=commitments,
    )


def follow(before: Hand, event: Event, after: Hand) -> list[messages.Message]:
    """Return what the whole table is told because of one event; often nothing.

    Args:
        before: The hand without the event.
        event: The event.
        after: The hand with it.
    """
    tell = _TOLD.get(type(event))
    return [] if tell is None else [tell(after.uids, event)]


def _waiting(
    table: Table, seat: int, seconds: float, commitments: tuple[str, ...]
) -> messages.TableSnapshot:
    return messages.TableSnapshot(
        type=table.type,
        tid=table.tid,
        seatid=seat,
        state="waiting",
        ratio=0,
        landlord=0,
        turn=0,
        seconds=seconds,
        floor=0,
        cards=(),
        c=(),
        plays=(),
        left=(),
        last=None,
        commitments=commitments,
    )


def _left(deadline: int, now: int) -> float:
    return max(deadline - now, 0) / _MICRO


def _own_cards(hand: Hand, seat: int, secrets: deck.Secrets) -> tuple[int, ...]:
    """Return what the seat holds, in the order it came."""
    held = deck.holdings(hand, secrets)[seat]
    came = (*deck.deal(secrets[hand.deal], hand.nonces).hands[seat], *hand.bottom)
    return tuple(card for card in came if card in held)


def _play(hand: Hand, play: Play) -> messages.SnapshotPlay:
    return messages.SnapshotPlay(
        uid=hand.uids[play.seat], cards=play.cards, card_type=play.card_type
    )


def _called(uids: Uids, event: facts.Called) -> messages.Message:
    return messages.CallInfo(uid=uids[event.seat], action=event.score)


def _robbed(uids: Uids, event: facts.Robbed) -> messages.Message:
    return messages.CallInfo(uid=uids[event.seat], action=bidding.ROB if event.rob else 0)


def _named(uids: Uids, event: facts.LandlordNamed) -> messages.Message:
    return messages.LandlordInfo(uid=uids[event.seat], ratio=event.ratio)


def _played(uids: Uids, event: facts.CardsPlayed) -> messages.Message:
    return messages.PlayInfo(uid=uids[event.seat], cards=event.cards, card_type=event.card_type)


def _passed(uids: Uids, event: facts.Passed) -> messages.Message:
    return messages.PlayInfo(uid=uids[event.seat], cards=(), card_type=0)


def _thrown_in(_uids: Uids, event: facts.DealThrownIn) -> messages.Message:
    return messages.Redeal(secret=event.secret)


def _settled(_uids: Uids, event: facts.HandSettled) -> messages.Message:
    return game_end(event)


_TOLD: Final[dict[type[Event], Callable[[Uids, Any], messages.Message]]] = {
    facts.Called: _called,
    facts.Robbed: _robbed,
    facts.LandlordNamed: _named,
    facts.CardsPlayed: _played,
    facts.Passed: _passed,
    facts.DealThrownIn: _thrown_in,
    facts.HandSettled: _settled,
}
