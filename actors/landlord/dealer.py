"""What a table does with its hand: open, deal, obey, settle, and tell the players.

Works on the unit of the message being handled; holds nothing between messages.
"""

from __future__ import annotations

from collections.abc import Sequence

from parlour.actors import accounts
from parlour.actors.context import Context
from parlour.actors.landlord.settings import Level
from parlour.actors.ports import Publish
from parlour.events import landlord as facts
from parlour.events.account import HOUSE_UID, GameCounted, Unseated, account_id
from parlour.events.messages import landlord as wire
from parlour.events.rules.account import Account
from parlour.events.rules.landlord import commands, deck, notices, settlement
from parlour.events.rules.landlord import hand as rules
from parlour.events.rules.landlord import table as table_rules
from parlour.events.rules.landlord.state import Hand, Table
from parlour.events.times import MICROSECONDS

_SALT_BYTES = 16


class Dealer:
    """The hand of one table."""

    def __init__(self, context: Context, table_aggregate: str) -> None:
        self._context = context
        self._table_id = table_aggregate

    @property
    def table(self) -> Table:
        """The table with everything recorded so far."""
        state: Table = self._context.state(self._table_id)
        return state

    @property
    def hand_id(self) -> str:
        """Aggregate id of the open or running hand."""
        table = self.table
        return facts.hand_id(table.tid, table.hand)

    @property
    def hand(self) -> Hand:
        """The open or running hand."""
        state: Hand = self._context.state(self.hand_id)
        return state

    def secrets(self) -> tuple[bytes, bytes, bytes]:
        """Return the three secrets of the hand, derived from the key file."""
        hand = self.hand
        return self._context.decks.secrets(hand.tid, hand.hand, hand.salt)

    # --- telling ---------------------------------------------------------------------------

    def publish(self, message: wire.Message) -> None:
        """Tell everybody at the table."""
        self.publish_to(tuple(c.uid for _, c in table_rules.seated(self.table)), message)

    def publish_to(self, uids: tuple[int, ...], message: wire.Message) -> None:
        """Tell some users."""
        if uids:
            self._context.say(Publish("landlord", uids, message))

    def publish_table(self) -> None:
        """Tell everybody who sits here now."""
        table = self.table
        accounts_of = {c.uid: self._account(c.uid) for _, c in table_rules.seated(table)}
        if accounts_of:
            self.publish(notices.table_info(table, accounts_of, self.hand.commitments))

    def snapshot(self, seat: int) -> wire.TableSnapshot:
        """Return the table as a returning player finds it."""
        ready = int(self._context.settings.landlord.ready_seconds * MICROSECONDS)
        return notices.snapshot(
            self.table, self.hand, seat, self.secrets(), self._context.now(), ready
        )

    def _account(self, uid: int) -> Account:
        account: Account = self._context.state(account_id(uid))
        return account

    # --- the hand --------------------------------------------------------------------------

    def open_next(self) -> None:
        """Commit to the secrets of the table's next hand."""
        at, table = self._context.now(), self.table
        number = table.hand + 1
        salt = self._context.randomness.token(_SALT_BYTES).hex()
        secrets = self._context.decks.secrets(table.tid, number, salt)
        self._context.record(self._table_id, facts.HandNumbered(at=at, hand=number))
        opened = rules.decide(
            self.hand,
            commands.OpenHand(at=at, tid=table.tid, hand=number, salt=salt),
            secrets,
        )
        self._context.record(self.hand_id, *opened)

    def begin(self, level: Level) -> None:
        """Deal: all three are ready."""
        settings = self._context.settings.landlord
        at, table = self._context.now(), self.table
        a, b, c = (chair for chair in table.chairs if chair is not None)
        self._context.record(self._table_id, facts.HandBegun(at=at, hand=table.hand))
        terms = facts.Terms(
            type=table.type,
            zone=table.zone,
            base=level.base,
            rake=level.rake,
            book=level.book,
            rob=level.rob,
            call_seconds=settings.call_seconds,
            play_seconds=settings.play_seconds,
            trustee_seconds=settings.trustee_seconds,
        )
        self.obey(
            commands.Deal(
                at=at,
                uids=(a.uid, b.uid, c.uid),
                nonces=(a.nonce, b.nonce, c.nonce),
                terms=terms,
                first=table_rules.first_caller(table),
            )
        )
        for seat, chair in table_rules.seated(table):
            if not chair.online:  # ready, then gone: the engine takes his turns
                self.obey(commands.LoseConnection(at=at, seat=seat))

    def obey(self, command: commands.Command) -> None:
        """Record what a command causes, tell the table, settle a won hand.

        Raises:
            RuleViolation: The command is refused; nothing was recorded.
        """
        events = rules.decide(self.hand, command, self.secrets())
        asked = _asked(self.hand)
        for event in events:
            before = self.hand
            self._context.record(self.hand_id, event)
            after = self.hand
            for message in notices.follow(before, event, after):
                self.publish(message)
            if isinstance(event, facts.HandDealt):
                self._show_cards(after)
        hand = self.hand
        if hand.phase == "won":
            self._settle_won()
        elif hand.phase == "cancelled":
            self._dissolve("nobody_called")
        elif rules.running(hand) and _asked(hand) != asked:
            self.publish(notices.turn_notice(hand))

    def _show_cards(self, hand: Hand) -> None:
        secrets = self.secrets()
        for seat, uid in enumerate(hand.uids):
            self.publish_to((uid,), notices.start(hand, seat, secrets))

    # --- the end ---------------------------------------------------------------------------

    def _settle_won(self) -> None:
        hand, secret = self.hand, self.secrets()[self.hand.deal]
        money, coins = self._purses(hand.uids)
        self._pay(settlement.settle(hand, money, coins, secret, at=self._context.now()))

    def settle_quit(self, seat: int) -> None:
        """End the hand because the player in `seat` left it."""
        hand, secret = self.hand, self.secrets()[self.hand.deal]
        money, coins = self._purses(hand.uids)
        self._pay(settlement.settle_quit(hand, seat, money, coins, secret, at=self._context.now()))

    def _purses(self, uids: Sequence[int]) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
        a, b, c = (self._account(uid) for uid in uids)
        return (a.money, b.money, c.money), (a.coin, b.coin, c.coin)

    def _pay(self, settled: facts.HandSettled) -> None:
        """Record a settlement with its postings: one unit, once."""
        game = self.hand_id
        landlord = self.hand.landlord
        reason = "quit" if settled.win_type == 2 else "settlement"
        self._context.record(game, settled)
        for line in settled.lines:
            accounts.post(self._context, line.uid, line.change, reason=reason, ref=game)
            self._context.record(
                account_id(line.uid),
                GameCounted(at=settled.at, game=game, exp=line.exp, win=line.win),
            )
        accounts.post(self._context, HOUSE_UID, settled.rake, reason="rake", ref=game)
        self.publish(notices.game_end(settled))
        self._close(landlord)
        if settled.quitter is None:
            self.publish_table()

    def _close(self, landlord: int | None) -> None:
        closed = facts.HandClosed(at=self._context.now(), hand=self.table.hand, landlord=landlord)
        self._context.record(self._table_id, closed)
        self.open_next()

    def _dissolve(self, reason: str) -> None:
        uids = tuple(chair.uid for _, chair in table_rules.seated(self.table))
        self.publish(wire.TableDissolved(reason=reason))
        self._close(None)
        for uid in uids:
            leave(self._context, self.table.tid, uid, "dissolved")

    # --- after a start ---------------------------------------------------------------------

    def recover(self) -> None:
        """Check that the key file still fits the commitments; without it a hand is void."""
        hand = self.hand
        if not hand.commitments or hand.phase in ("settled", "cancelled"):
            return
        if tuple(map(deck.commitment, self.secrets())) == hand.commitments:
            return
        self._context.report("deck_key_lost", table=self.table.tid, hand=hand.hand)
        at = self._context.now()
        self._context.record(self.hand_id, facts.HandCancelled(at=at, reason="key_lost", secret=""))
        if self.table.playing:
            self._close(None)
        else:
            self.open_next()


def _asked(hand: Hand) -> tuple[str, int, int]:
    """What a turn notice says: it is sent again only when that changes."""
    return (hand.phase, hand.turn, len(hand.calls) + len(hand.plays) + hand.deal * 100)


def leave(context: Context, tid: int, uid: int, reason: facts.Reason) -> None:
    """Record that a user's seat at a table is empty, on the table and on the account."""
    at = context.now()
    aggregate = facts.table_id(tid)
    seat = table_rules.seat_of(context.state(aggregate), uid)
    if seat is None:
        return
    context.record(aggregate, facts.PlayerLeft(at=at, uid=uid, seat=seat, reason=reason))
    context.record(account_id(uid), Unseated(at=at, seat=aggregate))
