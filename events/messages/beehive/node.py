"""What nodes report: keys 0x0601 to 0x0604.

Source: docs/protocols/beehive-commands.json. Fields stand in the order of their protobuf numbers.
"""

from __future__ import annotations

from parlour.events.messages.beehive.packet import Message


class LsndInfo(Message, frozen=True, kw_only=True):
    """LSND-INFO (0x0601). Node to server."""

    type: int
    nid: int
    opid: int
    nation: str
    ip: str
    port: int
    connections: int


class LsndInfoAck(Message, frozen=True, kw_only=True):
    """LSND-INFO-ACK (0x0602). Server to node."""


class FrwdInfo(Message, frozen=True, kw_only=True):
    """FRWD-INFO (0x0603). Node to server."""

    nid: int
    ip: str
    forward_port: int
    backend_port: int


class FrwdInfoAck(Message, frozen=True, kw_only=True):
    """FRWD-INFO-ACK (0x0604). Server to node."""


class NodeAuth(Message, frozen=True, kw_only=True):
    """The first frame of a node, in every dialect (0x06F1): it knows the cluster secret."""

    nid: int
    time: int
    """Seconds since 1970, no more than 60 from ours."""
    nonce: str
    """16 to 64 characters, never the same again."""
    mac: str
    """Hex HMAC-SHA256(cluster secret, "beehive-node|{nid}|{time}|{nonce}")."""


class NodeAuthAck(Message, frozen=True, kw_only=True):
    """The answer (0x06F2)."""

    code: int
    errmsg: str


class Address(Message, frozen=True, kw_only=True):
    """Where a forwarder is."""

    ipaddr: str
    port: int


class ForwarderListWanted(Message, frozen=True, kw_only=True):
    """FRWD-LIST of dialect v1 (0x0405), from a node: it wants the list."""


class ForwarderListWantedAck(Message, frozen=True, kw_only=True):
    """FRWD-LIST-ACK of dialect v1 (0x0406), to a node; the list follows."""


class ForwarderList(Message, frozen=True, kw_only=True):
    """FRWD-LIST of dialect v1 (0x0405), to a node: when asked for, and on every change."""

    list: tuple[Address, ...]


class ForwarderListAck(Message, frozen=True, kw_only=True):
    """FRWD-LIST-ACK of dialect v1 (0x0406), from a node."""
