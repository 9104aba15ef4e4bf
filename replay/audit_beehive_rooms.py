"""Live rooms: which devices are in one, in which sub-group, and who may do what to whom.

Nobody is in a room of an older start of the engine, whatever the room and the devices say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from parlour.events import beehive as facts
from parlour.events.event import Event
from parlour.events.reader import Recorded
from parlour.replay.audit_beehive_devices import DevicesExaminer
from parlour.replay.audit_beehive_lobby import LobbyExaminer
from parlour.replay.findings import Findings

_ALWAYS: Final = (facts.RoomCreated, facts.RoomEmptied)
"""What brings a room into the running start of the engine."""


class Visitor(NamedTuple):
    """A device in a room."""

    uid: int
    gid: int


class Room:
    """A room as its events leave it."""

    __slots__ = (
        "black",
        "created",
        "dismissed",
        "epoch",
        "inside",
        "managers",
        "msgid",
        "owner",
        "sub_groups",
    )

    def __init__(self) -> None:
        """Begin before it is created."""
        self.created = False
        self.dismissed = False
        self.owner = 0
        self.managers: set[int] = set()
        self.black: set[int] = set()
        self.epoch = 0
        self.inside: dict[int, Visitor] = {}
        """By sid."""
        self.sub_groups = 0
        self.msgid = 0

    def rank(self, uid: int) -> int:
        """Return how high somebody stands: 2 the owner, 1 a manager, 0 anybody else."""
        if uid and uid == self.owner:
            return 2
        return 1 if uid in self.managers else 0


class RoomsExaminer:
    """Judges rooms, and compares them with what the devices say."""

    def __init__(self, findings: Findings, lobby: LobbyExaminer, devices: DevicesExaminer) -> None:
        """Begin before the first event."""
        self._findings = findings
        self._lobby = lobby
        self._devices = devices
        self._rooms: defaultdict[int, Room] = defaultdict(Room)
        self._moved: dict[tuple[int, int], Recorded] = {}
        """By sid and rid: who came or went in the running commit, as the rooms tell it."""
        self._steps: dict[type[Event], Callable[[Recorded, Any, Room], None]] = {
            facts.RoomCreated: self._create,
            facts.RoomDismissed: self._dismiss,
            facts.RoomEmptied: self._empty,
            facts.RoomJoined: self._join,
            facts.RoomLeft: self._leave,
            facts.RoomKicked: self._kick,
            facts.RoomRoleChanged: self._change_role,
            facts.RoomSaid: self._say,
            facts.RoomBroadcast: self._broadcast,
        }

    def see(self, recorded: Recorded) -> None:
        """Take the next event of a room."""
        rid = _rid(recorded)
        room = self._rooms[rid]
        event = recorded.event
        if (not room.created and type(event) is not facts.RoomCreated) or room.dismissed:
            what = "was dismissed before" if room.dismissed else "was never created"
            self._findings.add("beehive_after_end", recorded, f"room {rid} {what}")
        elif not isinstance(event, _ALWAYS):
            self._lobby.check_epoch(recorded, room.epoch)
        self._steps[type(event)](recorded, event, room)

    def commit(self) -> None:
        """The events since the last call were committed together."""
        for (sid, rid), recorded in {**self._devices.moves(), **self._moved}.items():
            room, epoch = self._rooms[rid], self._lobby.epoch
            inside = room.epoch == epoch and sid in room.inside
            says = self._devices.device(sid).rooms.get(rid) == epoch
            if inside != says:
                self._findings.add(
                    "beehive_presence_differs",
                    recorded,
                    f"the room and device {sid} do not agree on whether it is in the room",
                    expected=inside,
                    found=says,
                )
        self._moved.clear()

    # --- its life ---------------------------------------------------------------------------

    def _create(self, recorded: Recorded, event: facts.RoomCreated, room: Room) -> None:
        rid = _rid(recorded)
        if room.created:
            self._findings.add("beehive_number_doubled", recorded, f"there was a room {rid}")
        if event.rid != rid:
            self._findings.add(
                "beehive_misaddressed",
                recorded,
                "the room is another one",
                field="rid",
                expected=rid,
                found=event.rid,
            )
        self._lobby.check_epoch(recorded, event.epoch)
        self._lobby.take("place", rid)
        room.created, room.owner, room.epoch = True, event.uid, event.epoch

    def _dismiss(self, recorded: Recorded, event: facts.RoomDismissed, room: Room) -> None:
        if not event.uid or event.uid != room.owner:
            self._forbid(recorded, "only its owner dismisses a room", event.uid)
        self._put_out(recorded, room, list(room.inside))
        room.dismissed = True

    def _empty(self, recorded: Recorded, event: facts.RoomEmptied, room: Room) -> None:
        self._lobby.check_epoch(recorded, event.epoch)
        if event.epoch <= room.epoch:
            self._findings.add(
                "beehive_epoch_wrong",
                recorded,
                "the room was emptied for this start of the engine before",
                field="epoch",
                expected=room.epoch + 1,
                found=event.epoch,
            )
        room.epoch, room.inside, room.sub_groups = event.epoch, {}, 0

    # --- coming and going -------------------------------------------------------------------

    def _join(self, recorded: Recorded, event: facts.RoomJoined, room: Room) -> None:
        self._devices.check_owner(recorded, event.sid, event.uid)
        if event.sid in room.inside:
            self._findings.add(
                "beehive_presence_differs",
                recorded,
                "the device is in the room already",
                field="sid",
                found=event.sid,
            )
        if event.uid in room.black:
            self._findings.add(
                "beehive_blacklisted",
                recorded,
                "who entered the room was thrown out of it",
                field="uid",
                found=event.uid,
            )
        if not 1 <= event.gid <= room.sub_groups + 1:
            self._miss_sub_group(recorded, event.gid, room)
        room.sub_groups = max(room.sub_groups, event.gid)
        room.inside[event.sid] = Visitor(event.uid, event.gid)
        self._moved[event.sid, _rid(recorded)] = recorded

    def _leave(self, recorded: Recorded, event: facts.RoomLeft, room: Room) -> None:
        there = room.inside.get(event.sid)
        if there is None or there.uid != event.uid:
            self._findings.add(
                "beehive_presence_differs",
                recorded,
                "the device was not in the room for this user",
                field="sid",
                expected=there,
                found=event.sid,
            )
        self._put_out(recorded, room, [event.sid])

    def _put_out(self, recorded: Recorded, room: Room, sids: list[int]) -> None:
        for sid in sids:
            room.inside.pop(sid, None)
            self._moved[sid, _rid(recorded)] = recorded

    # --- rights -----------------------------------------------------------------------------

    def _kick(self, recorded: Recorded, event: facts.RoomKicked, room: Room) -> None:
        if room.rank(event.by) == 0:
            self._forbid(recorded, "who did this is neither owner nor manager", event.by)
        elif room.rank(event.by) <= room.rank(event.uid):
            self._forbid(recorded, "who did this does not stand above the one kicked", event.by)
        if event.uid in room.black:
            self._repeat(recorded, "he was thrown out of the room before", event.uid)
        room.black.add(event.uid)
        room.managers.discard(event.uid)
        out = [sid for sid, there in room.inside.items() if there.uid == event.uid]
        self._put_out(recorded, room, out)

    def _change_role(self, recorded: Recorded, event: facts.RoomRoleChanged, room: Room) -> None:
        if not event.by or event.by != room.owner or event.uid == event.by:
            self._forbid(recorded, "only the owner makes managers, of others", event.by)
        if (event.uid in room.managers) is event.manager:
            self._repeat(recorded, "his role was this already", event.uid)
        (room.managers.add if event.manager else room.managers.discard)(event.uid)

    def _say(self, recorded: Recorded, event: facts.RoomSaid, room: Room) -> None:
        self._devices.say(recorded, event.uid, sid=event.ssid, seq=event.seq)
        there = room.inside.get(event.ssid)
        if there is None or there.uid != event.uid:
            self._findings.add(
                "beehive_not_inside",
                recorded,
                "the device that said this is not in the room for this user",
                field="ssid",
                found=event.ssid,
            )
        if not 0 <= event.gid <= room.sub_groups:
            self._miss_sub_group(recorded, event.gid, room)

    def _broadcast(self, recorded: Recorded, event: facts.RoomBroadcast, room: Room) -> None:
        self._devices.say(recorded, 0, sid=0, seq=0)
        if event.msgid <= room.msgid:
            self._findings.add(
                "beehive_msgid_doubled",
                recorded,
                "a broadcast's number is not above the one before it in the room",
                field="msgid",
                expected=room.msgid + 1,
                found=event.msgid,
            )
        room.msgid = max(room.msgid, event.msgid)

    def _miss_sub_group(self, recorded: Recorded, gid: int, room: Room) -> None:
        self._findings.add(
            "beehive_sub_group_unknown",
            recorded,
            f"the room has {room.sub_groups} sub-groups",
            field="gid",
            expected=room.sub_groups,
            found=gid,
        )

    def _repeat(self, recorded: Recorded, detail: str, uid: int) -> None:
        self._findings.add("event_repeated", recorded, detail, field="uid", found=uid)

    def _forbid(self, recorded: Recorded, detail: str, by: int) -> None:
        self._findings.add("beehive_not_allowed", recorded, detail, field="by", found=by)


def _rid(recorded: Recorded) -> int:
    return int(recorded.originator_id.partition(":")[2])
