"""Frames of beehive: the two headers, a packet cut out of a stream, a body that is refused.

Source: docs/protocols/beehive.md. What is in a body is not known here.
"""

from __future__ import annotations

import struct
from collections.abc import Hashable
from hashlib import blake2b
from typing import Final, Protocol

import msgspec

from parlour.events.errors import RuleViolation
from parlour.events.messages.beehive.packet import Packet, Request

NARROW: Final = struct.Struct(">IIIIQIQII")
"""type, flag, length, chksum, sid, nid, serial, version, rsv: of dialects v1 and v2."""
WIDE: Final = struct.Struct(">IIQQIQQQ")
"""cmd, length, sid, cid, nid, seq, dsid, dseq: the clients in the wild."""
CHECKSUM: Final = 0x1ED23CB4
FLAG_EXTERNAL: Final = 1
FLAG_SYSTEM: Final = 0xFFFFFFFF
FLAGS: Final = frozenset((0, FLAG_EXTERNAL, FLAG_SYSTEM))
"""What a client may say. We say 1, and the seed's -1 in the system families (of nodes)."""

PARSE: Final = "20005"
"""Code of a body that is no JSON, or no protobuf."""
BODY_INVALID: Final = "20011"
"""Code of a body of the wrong shape."""
UNSUPPORTED: Final = "10007"
"""Code of a key that this peer may not send."""
HEADER_INVALID: Final = 20010
BODY_TOO_LONG: Final = 10018


class Frame(msgspec.Struct, frozen=True):
    """One packet: what its header says, and its body."""

    key: int
    seq: int
    """`seq` or `serial`."""
    sid: int
    body: bytes
    flag: int = FLAG_EXTERNAL
    rsv: int = 0
    """Dialect v1: whom it is for."""


class BodyRefused(RuleViolation):
    """A packet whose header is sound cannot be understood: ERROR, and the connection lives."""

    def __init__(self, code: str, message: str, seq: int = 0) -> None:
        super().__init__(code, message)
        self.seq = seq
        """Of the packet, for the answer."""


class Dialect(Hashable, Protocol):
    """How a connection writes its packets, and reads them."""

    @property
    def name(self) -> str:
        """A short word for logs and metrics."""
        ...

    def encode(self, packet: Packet, /) -> bytes:
        """Return the whole frame; no bytes where the dialect has no such message."""
        ...

    def decode(self, frame: Frame, /) -> Request:
        """Return what a frame says.

        Raises:
            BodyRefused: Nobody may say that here ("10007"), or not so ("20005", "20011").
        """
        ...


def digest_of(frame: Frame) -> str:
    """Return the fingerprint by which a command sent again is known.

    Key and body; and `rsv` where it is used, which names whom the message is for.
    """
    seen = blake2b(frame.key.to_bytes(4, "big"), digest_size=8)
    if frame.rsv:
        seen.update(frame.rsv.to_bytes(4, "big"))
    seen.update(frame.body)
    return seen.hexdigest()
