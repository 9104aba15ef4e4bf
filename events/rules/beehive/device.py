"""Which numbers a device's commands have used, and what each was answered."""

from __future__ import annotations

from typing import Final, Literal

from msgspec.structs import replace

from parlour.events import beehive as facts
from parlour.events.event import Event
from parlour.events.rules.beehive.state import REMEMBERED, Answered, Device

SEQ_STEP: Final = 8
"""ONLINE-ACK's number is a multiple of it."""
MOST_SEQ: Final = 2**63 - 1
"""The highest number of a command: behind 2^64 - 1 none could follow, nor be told at ONLINE."""


def evolve(device: Device, event: Event) -> Device:
    """Return `device` as `event` leaves it."""
    match event:
        case facts.CommandAnswered():
            answered = Answered(event.seq, event.digest, event.code, event.value)
            recent = (*device.recent[1 - REMEMBERED :], answered)
            return replace(device, highest=event.seq, recent=recent)
        case facts.DeviceAdded():
            return replace(device, sid=event.sid, uid=event.uid)
        case facts.RoomEntered():
            rooms = {rid: epoch for rid, epoch in device.rooms.items() if epoch == event.epoch}
            rooms.pop(event.rid, None)
            return replace(device, rooms={**rooms, event.rid: event.epoch})
        case facts.RoomExited():
            rooms = {rid: epoch for rid, epoch in device.rooms.items() if rid != event.rid}
            return replace(device, rooms=rooms)
        case _:
            return device


def next_seq(device: Device) -> int:
    """Return the number the device may go on with after ONLINE."""
    return (device.highest // SEQ_STEP + 1) * SEQ_STEP


def judge(device: Device, seq: int, digest: str) -> Literal["new", "old"] | Answered:
    """Tell what a command's number means: a new one, one sent again, or one gone by."""
    if seq > device.highest:
        return "new"
    for answered in reversed(device.recent):
        if answered.seq == seq:
            return answered if answered.digest == digest else "old"
        if answered.seq < seq:
            break
    return "old"


def rooms(device: Device, epoch: int) -> list[int]:
    """Return the rooms the device is in, in order of joining."""
    return [rid for rid, entered in device.rooms.items() if entered == epoch]
