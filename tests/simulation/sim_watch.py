"""What must be true after every step, whatever went wrong before it.

The watch keeps a state of its own, folded from nothing but what commits put on disk. Against that
it holds what leaves the engine, what lives in its memory, and what players were promised.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
from sim_follow import Follower
from sim_queues import Queues
from sim_secrets import Secrets

from parlour.actors.engine import Engine
from parlour.events import account, beehive, landlord, techmino, treasure
from parlour.events.account import HOUSE_UID
from parlour.events.event import decode
from parlour.events.kinds import KINDS, kind_of, rebuild
from parlour.events.unit import Entry, Snapshot, Unit
from parlour.network.hub import ConnectionHub


class Violation(AssertionError):
    """Something is so that must never be."""


class Watch:
    """Looks at everything; `fault` is the first thing that was wrong."""

    def __init__(self, key: bytes) -> None:
        self.secrets = Secrets(key, self.blame)
        self.queues = Queues(self.blame)
        self.states: dict[str, Any] = {}
        self.versions: dict[str, int] = {}
        self.fault = ""
        self.events = 0
        self.seen: Counter[str] = Counter()
        """Events by topic."""
        self.said: dict[str, int] = {}
        """How many times each text of a client is on disk."""
        self.chunks: dict[tuple[str, int], list[str]] = {}
        """By match and player: what he streamed."""
        self.reports: set[tuple[int, int, int]] = set()
        """Nodes, what they were (0 forwards), and the ports they were at."""
        self.emails: dict[str, int] = {}
        """Whose each is, of those that accounts began with."""
        self.matches: dict[int, str] = {}
        """Matches by seed."""
        self.paid: set[tuple[str, int, str, str]] = set()
        self.settled: set[str] = set()
        self.cancelled: set[str] = set()
        self.begun: set[str] = set()
        """Games that need an end."""
        self.holdings: Counter[str] = Counter()
        """How much of each currency there is, the house's debts included: nothing."""
        self.followers: list[Follower] = []
        self._contents: dict[tuple[str, int], bytes] = {}
        """Of events that room servers make."""

    def blame(self, what: str) -> None:
        """Remember that something is wrong."""
        self.fault = self.fault or what

    def follow(self, engine: Engine, hub: ConnectionHub, *, remote: bool = False) -> Follower:
        """Look into a new process, from now on."""
        follower = Follower(self, engine, hub, remote=remote)
        self.followers.append(follower)
        return follower

    # --- on disk -------------------------------------------------------------------------------

    def on_disk(self, units: Sequence[Unit]) -> None:
        """A commit is on disk."""
        for unit in units:
            sums: Counter[str] = Counter()
            for entry in unit.entries:
                self._take(entry, sums)
            if any(sums.values()):
                self.blame(f"money came from nowhere: {dict(sums)}")
            for snapshot in unit.snapshots:
                self._compare(snapshot)
            for follower in self.followers:
                follower.on_disk(unit)

    def has(self, unit: Unit) -> bool:
        """Tell whether what a room server recorded is on disk."""
        return all(
            self._contents.get((entry.aggregate_id, entry.version)) == entry.state
            for entry in unit.entries
        )

    def _take(self, entry: Entry, sums: Counter[str]) -> None:
        aggregate_id, event = entry.aggregate_id, decode(entry.topic, entry.state)
        kind = KINDS[kind_of(aggregate_id)]
        before = self.states.get(aggregate_id)
        if before is None:
            before = kind.initial(aggregate_id)
        if entry.version != self.versions.get(aggregate_id, 0) + 1:
            self.blame(f"{aggregate_id} has a version {entry.version} out of order")
        self.versions[aggregate_id] = entry.version
        self._note(aggregate_id, before, event, sums)
        self.states[aggregate_id] = kind.evolve(before, event)
        self.events += 1
        self.seen[entry.topic] += 1
        if aggregate_id.startswith("treasure.game:"):
            self._contents[aggregate_id, entry.version] = entry.state

    def _compare(self, snapshot: Snapshot) -> None:
        aggregate_id = snapshot.aggregate_id
        if snapshot.version != self.versions[aggregate_id]:
            return  # more of the unit's events followed
        state = msgspec.json.decode(snapshot.state, type=KINDS[kind_of(aggregate_id)].state_type)
        if state != self.states[aggregate_id]:
            self.blame(f"the snapshot of {aggregate_id} is otherwise: {state!r:.400}")

    def _note(self, aggregate_id: str, before: Any, event: Any, sums: Counter[str]) -> None:
        secrets = self.secrets
        if aggregate_id.startswith("beehive."):
            self.queues.note(aggregate_id, event)
        match event:
            case account.Posted():
                sums[event.currency] += event.amount
                self._note_posting(aggregate_id, before, event)
            case account.Registered():
                self.emails[event.email] = event.uid
            case account.GameCounted():
                self._pay(("counted", int(aggregate_id.rpartition(":")[2]), "", event.game))
            case landlord.HandOpened():
                self.begun.add(aggregate_id)
                for number, secret in enumerate(secrets.of_hand(event)):
                    secrets.hide(secret, f"{aggregate_id} {number}")
            case landlord.DealThrownIn():
                secrets.reveal(event.secret)
            case landlord.HandCancelled():
                secrets.reveal(event.secret)
                self.cancelled.add(aggregate_id)
            case landlord.HandSettled():
                self._settle(aggregate_id)
                for number in range(3):
                    secrets.forget(f"{aggregate_id} {number}")
            case treasure.GameCancelled():
                self.cancelled.add(aggregate_id)
            case treasure.GameOpened():
                self.begun.add(aggregate_id)
            case treasure.GameCommitted():
                room = int(aggregate_id.rpartition(":")[2])
                secrets.forget(aggregate_id)
                secrets.hide(secrets.decks.seed(room, event.game, event.salt), aggregate_id)
            case treasure.GameSettled():
                self._settle(aggregate_id)
                secrets.reveal(event.seed)
            case techmino.RoomListed() | techmino.MatchListed():
                secrets.show(event.rid)
            case techmino.MatchBegan():
                self.begun.add(aggregate_id)
                self.matches[event.seed] = aggregate_id
            case techmino.ChunkStreamed():
                self.chunks.setdefault((aggregate_id, event.uid), []).append(event.stream)
            case techmino.MatchEnded():
                self._settle(aggregate_id)
            case beehive.PrivateSent() | beehive.RoomSaid() | beehive.GroupSaid():
                self._note_words(event.text or (event.data or b"").decode("latin-1"))
            case beehive.NodeReported():
                self.reports.add((event.nid, event.type, event.port))
            case beehive.BroadcastSent():
                self._note_words(event.text)
                if event.suid and not self.states[account.account_id(event.suid)].operator:
                    self.blame(f"no operator's: {event!r}")
            case beehive.RoomBroadcast():
                self._note_words(event.data.decode())
            case techmino.ChatSaid():
                self.said[event.text] = self.said.get(event.text, 0) + 1

    def _note_words(self, text: str) -> None:
        self.said[text] = self.said.get(text, 0) + 1
        if text.startswith(("once ", "push ")) and self.said[text] > 1:
            self.blame(f"done twice: {text}")

    def _note_posting(self, aggregate_id: str, before: Any, event: account.Posted) -> None:
        uid = int(aggregate_id.rpartition(":")[2])
        held = before.money if event.currency == "money" else before.coin
        if held + event.amount != event.balance:
            self.blame(f"{aggregate_id} had {held}: {event!r}")
        self.holdings[event.currency] += event.amount
        if event.reason not in ("settlement", "quit") or uid == HOUSE_UID:
            return
        self._pay((event.currency, uid, event.reason, event.ref))

    def _pay(self, payment: tuple[str, int, str, str]) -> None:
        if payment in self.paid:
            self.blame(f"paid twice: {payment}")
        self.paid.add(payment)

    @property
    def unfinished(self) -> int:
        """How many games have begun and not ended."""
        return len(self.begun - self.settled - self.cancelled)

    def _settle(self, game: str) -> None:
        if game in self.settled or game in self.cancelled:
            self.blame(f"settled twice: {game}")
        self.settled.add(game)

    # --- after a step --------------------------------------------------------------------------

    def check(self) -> None:
        """Hold the memory of what runs against the disk.

        Raises:
            Violation: Something is wrong, now or since the last time.
        """
        for follower in self.followers:
            for what in follower.differences():
                self.blame(what)
        for what in self.queues.differences(self.states):
            self.blame(what)
        if any(self.holdings.values()):
            self.blame(f"there is more or less money than before: {self.holdings}")
        if self.fault:
            raise Violation(self.fault)

    def check_all(self, rows: Sequence[Any]) -> None:
        """Compare every aggregate four ways: the file, the commits, memory, a fresh load.

        Raises:
            Violation: They differ.
        """
        self.check_log(rows)
        for follower in self.followers:
            for what in follower.differences(of_all=True):
                self.blame(what)
            for what in () if follower.remote else follower.reload():
                self.blame(what)
        if self.fault:
            raise Violation(self.fault)

    def check_log(self, rows: Sequence[Any]) -> None:
        """Hold what is in the file against what commits put there.

        Raises:
            Violation: They differ.
        """
        found = rebuild(rows)
        for aggregate_id, rebuilt in found.items():
            if aggregate_id.startswith("log"):
                continue
            if rebuilt.version != self.versions.get(aggregate_id):
                self.blame(f"{aggregate_id} has {rebuilt.version} versions on disk")
            elif rebuilt.state != self.states[aggregate_id]:
                self.blame(f"{aggregate_id} is rebuilt to {rebuilt.state!r:.300}")
        if missing := self.states.keys() - found.keys():
            self.blame(f"not in the file any more: {sorted(missing)}")
        if self.fault:
            raise Violation(self.fault)
