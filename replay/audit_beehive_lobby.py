"""Starts of the engine, numbers given out, broadcasts to everybody, and the nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from parlour.events import beehive as facts
from parlour.events.account import account_id
from parlour.events.reader import Recorded
from parlour.replay.findings import Findings


class Address(NamedTuple):
    """Where clients reach a node."""

    ip: str
    port: int


class LobbyExaminer:
    """Judges lobby and nodes; knows which start of the engine is the running one."""

    def __init__(self, findings: Findings, accounts: Mapping[str, Any]) -> None:
        """Begin before the first start."""
        self._findings = findings
        self._accounts = accounts
        self.epoch = 0
        """Of the running engine."""
        self._given: set[tuple[str, int]] = set()
        self._taken: set[tuple[str, int]] = set()
        """Series and numbers that are in use, whether they were given or brought."""
        self._fresh: set[tuple[str, int]] = set()
        """Taken in the running commit."""
        self._msgid = 0
        self._nodes: dict[int, Address] = {}
        """Live ones, by nid."""
        self._held: dict[Address, int] = {}

    def see(self, recorded: Recorded) -> None:
        """Take the next event of the lobby or of the nodes."""
        match recorded.event:
            case facts.EngineStarted(epoch=epoch):
                self._check_start(recorded, epoch)
            case facts.NumberGiven(series=series, number=number):
                self._check_number(recorded, series, number)
            case facts.BroadcastSent() as event:
                self._check_broadcast(recorded, event)
            case facts.NodeReported() as event:
                self._check_node(recorded, event)
            case facts.NodeLost(nid=nid):
                self._lose(recorded, nid)

    def take(self, series: str, number: int) -> None:
        """A device, a group or a room has this number from now on."""
        if (series, number) not in self._taken:
            self._taken.add((series, number))
            self._fresh.add((series, number))

    def commit(self) -> None:
        """The events since the last call were committed together."""
        self._fresh.clear()

    def check_epoch(self, recorded: Recorded, epoch: int) -> None:
        """Tell when something happened in another run of the engine than the running one."""
        if epoch != self.epoch:
            self._findings.add(
                "beehive_epoch_wrong",
                recorded,
                "this start of the engine is not the running one",
                field="epoch",
                expected=self.epoch,
                found=epoch,
            )

    def _check_start(self, recorded: Recorded, epoch: int) -> None:
        if epoch != self.epoch + 1:
            self._findings.add(
                "beehive_epoch_wrong",
                recorded,
                "starts of the engine are not counted one by one",
                field="epoch",
                expected=self.epoch + 1,
                found=epoch,
            )
        self.epoch = epoch

    def _check_number(self, recorded: Recorded, series: str, number: int) -> None:
        key = (series, number)
        if key in self._given or (key in self._taken and key not in self._fresh):
            self._findings.add(
                "beehive_number_doubled",
                recorded,
                f"this number of the series {series!r} was given or taken before",
                field="number",
                found=number,
            )
        self._given.add(key)

    def _check_broadcast(self, recorded: Recorded, event: facts.BroadcastSent) -> None:
        if event.msgid <= self._msgid:
            self._findings.add(
                "beehive_msgid_doubled",
                recorded,
                "a broadcast's number is not above the one before it",
                field="msgid",
                expected=self._msgid + 1,
                found=event.msgid,
            )
        self._msgid = max(self._msgid, event.msgid)
        sender = self._accounts.get(account_id(event.suid))
        if event.suid and not (sender and sender.operator):
            self._findings.add(
                "beehive_not_allowed",
                recorded,
                "who told everybody something was no operator",
                field="suid",
                found=event.suid,
            )

    # --- nodes -------------------------------------------------------------------------------

    def _check_node(self, recorded: Recorded, event: facts.NodeReported) -> None:
        address = Address(event.ip, event.port)
        holder, before = self._held.get(address), self._nodes.get(event.nid)
        if holder not in (None, event.nid):
            self._findings.add(
                "beehive_node_conflict",
                recorded,
                f"node {holder}, which lives, has this address",
                field="nid",
                expected=holder,
                found=event.nid,
            )
        elif before not in (None, address):
            self._findings.add(
                "beehive_node_conflict",
                recorded,
                "the node lives at another address",
                field="ip",
                expected=before,
                found=address,
            )
        if before is not None:
            self._held.pop(before, None)
        self._nodes[event.nid] = address
        self._held[address] = event.nid

    def _lose(self, recorded: Recorded, nid: int) -> None:
        address = self._nodes.pop(nid, None)
        if address is None:
            self._findings.add(
                "beehive_node_conflict",
                recorded,
                "a node was lost that was not there",
                field="nid",
                found=nid,
            )
        elif self._held.get(address) == nid:
            del self._held[address]
