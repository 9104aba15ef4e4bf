"""Queues and acknowledgements of instant messaging, kept a second time with plain sets.

Fed by what commits put on disk and by what devices really did. A message leaves a queue only when
its device acknowledged it; a number is used up once; what users' states say of their queues is what
these sets say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from parlour.events import beehive as facts

_MESSAGES = (facts.PrivateSent, facts.PrivateCopied)


class Queues:
    """Of all devices."""

    def __init__(self, blame: Callable[[str], None]) -> None:
        self._blame = blame
        self._inboxes: dict[int, list[Any]] = {}
        """What was sent to each user, in order."""
        self._acked: dict[tuple[int, int], set[int]] = {}
        """By user and device: what it has."""
        self.answered: dict[tuple[int, int], int] = {}
        """By device and number: the code a command was answered with."""
        self._highest: dict[int, int] = {}
        self.clicked: dict[int, set[Any]] = {}
        """By device: what it says it has (text, or data)."""
        self._dirty: set[int] = set()

    def acknowledge(self, sid: int, content: Any) -> None:
        """A device sends an ack."""
        self.clicked.setdefault(sid, set()).add(content)

    def note(self, aggregate_id: str, event: Any) -> None:
        """An event is on disk."""
        number = int(aggregate_id.rpartition(":")[2])
        if aggregate_id.startswith("beehive.inbox:"):
            self._inboxes.setdefault(number, []).append(event)
        elif aggregate_id.startswith("beehive.user:"):
            self._dirty.add(number)
            self._note_user(number, event)
        elif isinstance(event, facts.CommandAnswered):
            if event.seq <= self._highest.get(number, 0):
                self._blame(f"device {number}: number {event.seq} is used again or falls")
            self._highest[number] = event.seq
            self.answered[number, event.seq] = event.code

    def _note_user(self, uid: int, event: Any) -> None:
        match event:
            case facts.DeviceLinked():
                before = self._acked.pop((uid, event.heir_of), None)
                acked = set(range(1, event.after + 1)) if before is None else before
                self._acked[uid, event.sid] = acked
                if event.heir_of:
                    heard = self.clicked.get(event.heir_of, set())
                    self.clicked.setdefault(event.sid, set()).update(heard)
            case facts.DeviceUnlinked():
                self._acked.pop((uid, event.sid), None)
            case facts.MessageAcknowledged():
                for version in event.versions:
                    self._drop(uid, event.sid, version)
            case facts.DeviceSynced():
                for version in event.notices:
                    self._drop_notice(uid, event.sid, version)
            case facts.NoticeTold():
                for sid in event.sids:
                    self._drop_notice(uid, sid, event.version)

    def _drop(self, uid: int, sid: int, version: int) -> None:
        acked, inbox = self._acked.get((uid, sid)), self._inboxes.get(uid, [])
        if acked is None:
            return
        if version > len(inbox) or not isinstance(inbox[version - 1], _MESSAGES):
            self._blame(f"device {sid} of {uid} acknowledged {version}, which is no message")
        elif version in acked:
            self._blame(f"device {sid} of {uid} acknowledged {version} twice")
        else:
            said = inbox[version - 1]
            content = said.data if said.kind == "p2p" else said.text
            if said.ssid != sid and content not in self.clicked.get(sid, ()):
                self._blame(f"device {sid} of {uid} never acknowledged {said!r:.300}")
        acked.add(version)

    def _drop_notice(self, uid: int, sid: int, version: int) -> None:
        acked, inbox = self._acked.get((uid, sid)), self._inboxes.get(uid, [])
        if version > len(inbox) or isinstance(inbox[version - 1], _MESSAGES):
            self._blame(f"device {sid} of {uid} was told {version}, which is no notice")
        if acked is not None:
            acked.add(version)

    def differences(self, states: dict[str, Any]) -> Iterator[str]:
        """Say what users' states have otherwise, of what has changed since the last time."""
        for uid in self._dirty:
            user = states[facts.user_id(uid)]
            ours = {sid for owner, sid in self._acked if owner == uid}
            if ours != set(user.devices):
                yield f"user {uid} has devices {set(user.devices)}, and should have {ours}"
                continue
            for sid, line in user.devices.items():
                pairs = zip(line.acked[::2], line.acked[1::2], strict=True)
                acked = {version for first, last in pairs for version in range(first, last + 1)}
                if acked != self._acked[uid, sid]:
                    yield f"device {sid} of {uid}: {acked ^ self._acked[uid, sid]} are otherwise"
        self._dirty.clear()
