"""Devices: whose they are, that their numbers grow, and that each message has its answer.

A client's command and what it caused are recorded together: a message without an answer of its
device was never sent by it, and an answer that says "refused" belongs to no message.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

from parlour.events import beehive as facts
from parlour.events.account import account_id
from parlour.events.event import Event
from parlour.events.reader import Recorded
from parlour.replay.audit_beehive_lobby import LobbyExaminer
from parlour.replay.findings import Findings


class Device:
    """What is known of a device."""

    __slots__ = ("last", "rooms", "uid")

    def __init__(self) -> None:
        """Begin as nobody's."""
        self.uid: int | None = None
        self.last = 0
        """The highest number of its commands."""
        self.rooms: dict[int, int] = {}
        """Which rooms it says it is in, with the start of the engine, by rid."""


class Said(NamedTuple):
    """A message of the running commit."""

    recorded: Recorded
    uid: int
    """Who is said to have sent it."""
    sid: int
    seq: int


class Answer(NamedTuple):
    """An answer of the running commit."""

    recorded: Recorded
    code: int
    fell: bool
    """Its number is none that could follow."""


class DevicesExaminer:
    """Judges devices, and at each commit the messages that others told of."""

    def __init__(
        self, findings: Findings, lobby: LobbyExaminer, accounts: Mapping[str, Any]
    ) -> None:
        """Begin before the first event."""
        self._findings = findings
        self._lobby = lobby
        self._accounts = accounts
        self._devices: defaultdict[int, Device] = defaultdict(Device)
        self._answers: defaultdict[tuple[int, int], list[Answer]] = defaultdict(list)
        """Of the running commit, by sid and number."""
        self._said: list[Said] = []
        self._moved: dict[tuple[int, int], Recorded] = {}
        """By sid and rid: who came or went in the running commit, as the devices tell it."""
        self.messages = 0

    def device(self, sid: int) -> Device:
        """Return what is known of a device, also of one that nobody has."""
        return self._devices[sid] if sid in self._devices else Device()

    def say(self, recorded: Recorded, uid: int, *, sid: int, seq: int) -> None:
        """Note a message; what no device sent (`sid` 0) needs no answer."""
        self.messages += 1
        if sid:
            self._said.append(Said(recorded, uid, sid, seq))

    def moves(self) -> dict[tuple[int, int], Recorded]:
        """Return which devices say, in the running commit, that they entered or left a room."""
        return self._moved

    def see(self, recorded: Recorded) -> None:
        """Take the next event of a device."""
        sid = int(recorded.originator_id.partition(":")[2])
        device = self._devices[sid]
        match recorded.event:
            case facts.CommandAnswered() as event:
                self._answer(recorded, event, sid, device)
            case facts.DeviceAdded() as event:
                self._add(recorded, event, sid, device)
            case facts.RoomEntered(rid=rid, epoch=epoch):
                self._lobby.check_epoch(recorded, epoch)
                device.rooms[rid] = epoch
                self._moved[sid, rid] = recorded
            case facts.RoomExited(rid=rid):
                device.rooms.pop(rid, None)
                self._moved[sid, rid] = recorded

    def commit(self) -> None:
        """The events since the last call were committed together."""
        sent: set[tuple[type[Event], str, int, int]] = set()
        for said in self._said:
            self._check_answer(said)
            key = (type(said.recorded.event), _kind_of_notice(said.recorded), said.sid, said.seq)
            if key in sent:
                self._double(said, "one command of a device sent two messages")
            sent.add(key)
        self._said.clear()
        self._answers.clear()
        self._moved.clear()

    def check_owner(self, recorded: Recorded, sid: int, uid: int) -> None:
        """Tell when a device is not that user's."""
        owner = self.device(sid).uid
        if owner != uid:
            self._findings.add(
                "beehive_device_differs",
                recorded,
                f"device {sid} is " + ("nobody's" if owner is None else f"of uid {owner}"),
                field="uid",
                expected=owner,
                found=uid,
            )

    # --- inside -----------------------------------------------------------------------------

    def _add(self, recorded: Recorded, event: facts.DeviceAdded, sid: int, device: Device) -> None:
        if event.sid != sid or device.uid is not None:
            self._findings.add(
                "beehive_device_differs",
                recorded,
                "the device is another one" if event.sid != sid else "it was added before",
                field="sid" if event.sid != sid else "uid",
                expected=sid if event.sid != sid else device.uid,
                found=event.sid if event.sid != sid else event.uid,
            )
        account = self._accounts.get(account_id(event.uid))
        if account is None or not account.registered:
            self._findings.add(
                "beehive_misaddressed",
                recorded,
                "the device is of a user who has no account",
                field="uid",
                found=event.uid,
            )
        device.uid = event.uid
        self._lobby.take("sid", sid)

    def _answer(
        self, recorded: Recorded, event: facts.CommandAnswered, sid: int, device: Device
    ) -> None:
        fell = event.seq <= device.last
        self._answers[sid, event.seq].append(Answer(recorded, event.code, fell))
        if device.uid is None:
            self._findings.add(
                "beehive_device_differs", recorded, f"device {sid} is nobody's", field="sid"
            )
        if fell:
            self._findings.add(
                "beehive_seq_fell",
                recorded,
                "a device's numbers must grow, and each one is answered once",
                field="seq",
                expected=device.last + 1,
                found=event.seq,
            )
        device.last = max(device.last, event.seq)

    def _check_answer(self, said: Said) -> None:
        answers = self._answers.get((said.sid, said.seq), ())
        device = self.device(said.sid)
        if device.uid != said.uid:
            self.check_owner(said.recorded, said.sid, said.uid)
        if not answers and said.seq <= device.last:
            self._double(said, "the device used this number before, in another commit")
        elif len(answers) != 1:
            self._findings.add(
                "beehive_unanswered",
                said.recorded,
                "the message and the one answer its sender got were not committed together",
                field="seq",
                expected=1,
                found=len(answers),
            )
        elif answers[0].code:
            self._findings.add(
                "beehive_unanswered",
                said.recorded,
                "its sender was told that it was refused",
                field="code",
                expected=0,
                found=answers[0].code,
            )

    def _double(self, said: Said, detail: str) -> None:
        self._findings.add(
            "beehive_message_doubled", said.recorded, detail, field="seq", found=said.seq
        )


def _kind_of_notice(recorded: Recorded) -> str:
    """Return what tells the notices of one command apart: to whom, and of what."""
    event = recorded.event
    if isinstance(event, facts.FriendNoticeSent):
        return f"{recorded.originator_id} {event.kind}"
    return ""
