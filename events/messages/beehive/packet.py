"""What every message of beehive is, and what its header says of it."""

from __future__ import annotations

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all messages. The seeds' names; a field that is None is not on the wire."""


class Packet(msgspec.Struct, frozen=True):
    """A message to a client, with what its header says."""

    message: Message
    seq: int = 0
    """Of the command it answers; of a message somebody sent, the sender's; else 0."""
    sid: int = 0
    """Of a message somebody sent, the sender's device; 0 for the receiving session's own."""


class Request(msgspec.Struct, frozen=True):
    """A message from a client, with what its header says."""

    message: Message
    seq: int
    sid: int
    digest: str
    """Hex BLAKE2b-64 of the key and the body: the same command sent again has the same one.
    Of what has no number of its own (an ack) it is not made: ""."""
    implied: bool = False
    """Dialect v1: the body names no sender; whose connection it is, is meant (`uid`, `suid` 0)."""
