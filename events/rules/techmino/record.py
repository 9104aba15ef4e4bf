"""Record bytes: what the `stream` of a chunk holds, decoded and encoded.

A record is a run of pairs, VLQ(frames since the pair before) VLQ(event), through all chunks of
a player; the page's section 6 has the layout. A VLQ is base 128, most significant group first,
bit 7 set on all bytes but the last. Refuses nothing while it decodes: what no client writes
comes out as an event called "unknown", a chunk that ends in mid pair as progress that is not
`whole`. Frames cannot fall: a delta has no sign.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from parlour.events.errors import EngineError

FRAMES_A_SECOND: Final = 60

FIRST_FRAME: Final = 180
"""Before it nobody has a piece to move."""

LIMIT: Final = 1 << 53
"""Numbers end here: the client keeps them in doubles, and what is greater is read as this."""

KEYS: Final = {
    1: "left",
    2: "right",
    3: "rotate right",
    4: "rotate left",
    5: "rotate 180",
    6: "hard drop",
    7: "soft drop",
    8: "hold",
    9: "function 1",
    10: "function 2",
    11: "instant left",
    12: "instant right",
    13: "instant down",
    14: "down 1",
    15: "down 4",
    16: "down 10",
    17: "drop left",
    18: "drop right",
    19: "zangi left",
    20: "zangi right",
}
"""What the keys do that have a name; a record may hold 1 to 32."""

Name = Literal["wait", "press", "release", "attack_sent", "attack_received", "unknown"]

_KEY_COUNT: Final = 32
_RECEIVED: Final = 1 << 48
_SENT: Final = 1 << 49
_MORE: Final = 0x80


class RecordError(EngineError):
    """Bytes that are no record, or events that no record can hold."""


class Attack(NamedTuple):
    """Lines on their way, as both sides write them down."""

    line: int
    """Where the holes are: one bit a column."""
    time: int
    """Frames until they rise."""
    amount: int
    sid: int
    """The other side: whom they are for when sent, whom they are from when received."""


class RecordEvent(NamedTuple):
    """Something that happened in a frame."""

    frame: int
    event: int
    """The number in the record."""

    @property
    def name(self) -> Name:
        """Return what kind of event it is."""
        if self.event == 0:
            return "wait"
        if self.event <= _KEY_COUNT:
            return "press"
        if self.event <= 2 * _KEY_COUNT:
            return "release"
        if self.event in _RECEIVED_RANGE:
            return "attack_received"
        return "attack_sent" if self.event in _SENT_RANGE else "unknown"

    @property
    def key(self) -> int | None:
        """Return the key that went down or up."""
        is_key = 0 < self.event <= 2 * _KEY_COUNT
        return (self.event - 1) % _KEY_COUNT + 1 if is_key else None

    @property
    def attack(self) -> Attack | None:
        """Return the attack that was sent or received."""
        if self.name not in ("attack_sent", "attack_received"):
            return None
        return Attack(
            line=self.event >> 32 & 0xFFFF,
            time=self.event >> 16 & 0xFFFF,
            amount=self.event >> 8 & 0xFF,
            sid=self.event & 0xFF,
        )


_RECEIVED_RANGE: Final = range(_RECEIVED, 2 * _RECEIVED)
_SENT_RANGE: Final = range(_SENT, _SENT + _RECEIVED)


class Progress(NamedTuple):
    """How far a record was decoded: what the next chunk goes on from."""

    frame: int = 0
    delta: int | None = None
    """The first half of a pair whose second half is still to come."""
    number: int | None = None
    """The number that is being read, None between numbers."""

    @property
    def whole(self) -> bool:
        """Whether the bytes so far end where a pair ends."""
        return self.delta is None and self.number is None


class Decoded(NamedTuple):
    """What a chunk holds."""

    events: tuple[RecordEvent, ...]
    progress: Progress


START: Final = Progress()


# --- decoding -------------------------------------------------------------------------------


def unpack(stream: str) -> bytes:
    """Return the bytes of a chunk.

    Raises:
        RecordError: The text is not base64.
    """
    try:
        return base64.b64decode(stream.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise RecordError(f"not base64: {error}") from None


def decode(chunk: bytes, progress: Progress = START) -> Decoded:
    """Return the events of a chunk, and where the next one goes on.

    Args:
        chunk: Bytes of the record; any bytes will do.
        progress: What decoding the chunk before left.
    """
    frame, delta, number = progress
    events = []
    for byte in chunk:
        number = min(((number or 0) << 7) | (byte & ~_MORE), LIMIT)
        if byte & _MORE:
            continue
        if delta is None:
            delta = number
        else:
            frame = min(frame + delta, LIMIT)
            events.append(RecordEvent(frame, number))
            delta = None
        number = None
    return Decoded(tuple(events), Progress(frame, delta, number))


# --- encoding -------------------------------------------------------------------------------


def press(frame: int, key: int) -> RecordEvent:
    """Return the event of a key that goes down; keys are 1 to 32.

    Raises:
        RecordError: There is no such key.
    """
    if not 0 < key <= _KEY_COUNT:
        raise RecordError(f"no key {key}: keys are 1 to {_KEY_COUNT}")
    return RecordEvent(frame, key)


def release(frame: int, key: int) -> RecordEvent:
    """Return the event of a key that comes up; keys are 1 to 32.

    Raises:
        RecordError: There is no such key.
    """
    return RecordEvent(frame, press(frame, key).event + _KEY_COUNT)


def sent(frame: int, attack: Attack) -> RecordEvent:
    """Return the event of lines that go out to `attack.sid`.

    Raises:
        RecordError: A field has no room.
    """
    return RecordEvent(frame, _SENT + _packed(attack))


def received(frame: int, attack: Attack) -> RecordEvent:
    """Return the event of lines that come in from `attack.sid`.

    Raises:
        RecordError: A field has no room.
    """
    return RecordEvent(frame, _RECEIVED + _packed(attack))


def encode(events: Iterable[RecordEvent], after: int = 0) -> bytes:
    """Return the record bytes of events.

    Args:
        events: In order of their frames.
        after: The frame of the event before the first, in the chunk before.

    Raises:
        RecordError: A frame falls, or a number has no place in a record.
    """
    out = bytearray()
    for frame, event in events:
        if frame < after:
            raise RecordError(f"frame {frame} comes after frame {after}")
        out += encode_number(frame - after) + encode_number(event)
        after = frame
    return bytes(out)


def encode_number(number: int) -> bytes:
    """Return a number as VLQ.

    Raises:
        RecordError: It is negative, or greater than the client can hold.
    """
    if not 0 <= number <= LIMIT:
        raise RecordError(f"{number} has no place in a record")
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(number & 0x7F | _MORE)
    return bytes(reversed(groups))


def pack(record: bytes) -> str:
    """Return record bytes as a chunk's text.

    One or two pairs "+0 wait" go behind them where base64 would need padding, as the client does.
    """
    return base64.b64encode(record + bytes(len(record) % 3 * 2)).decode()


def _packed(attack: Attack) -> int:
    for value, most in zip(attack, Attack(0xFFFF, 0xFFFF, 0xFF, 0xFF), strict=True):
        if not 0 <= value <= most:
            raise RecordError(f"{attack} has no room in an event")
    return attack.line << 32 | attack.time << 16 | attack.amount << 8 | attack.sid
