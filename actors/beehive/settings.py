"""What an operator may set about beehive, with defaults from docs/protocols/beehive.md."""

from __future__ import annotations

import msgspec


class BeehiveSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings under `beehive.`."""

    body_bytes: int = 65_536
    """Longest body of a packet; a longer one is refused on its header."""
    online_seconds: float = 5.0
    """Time to ONLINE."""
    farewell_seconds: float = 5.0
    """How long a connection stays open after a KICK or a refused ONLINE."""
    idle_tcp_seconds: float = 180.0
    """Silence that ends a TCP connection."""
    idle_websocket_seconds: float = 300.0
    """Silence that ends a WebSocket."""
    device_days: int = 30
    """How long a device keeps its queue without being seen."""
    devices: int = 64
    """Most devices of a user; a further one takes the place of the one seen longest ago."""
    auto_create_rooms: bool = True
    """Whether joining a room that nobody created makes it."""
    default_room: int = 1
    """The room dialect v1 joins when it names none."""
    room_group_size: int = 10_000
    """Devices in one sub-group of a room."""
    room_history: int = 100
    """Remarks of a room that /im/history tells."""
    group_members: int = 2_000
    """Most members of a group."""
    list_entries: int = 5_000
    """Most friends, and most entries of each list and of the remarks, of one user."""
    count_seconds: float = 1.0
    """Least time between two ROOM-USR-NUM of a room."""
    register: bool = True
    """Whether /im/register without a uid makes an account."""
    advertise: str = ""
    """Address ("ip") /im/iplist gives for this engine; empty for the one it was asked at."""
    node_seconds: float = 30.0
    """Silence after which a node is dead; nodes report every 5 s."""


class ClusterSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings under `cluster.`: what the parts of one installation share."""

    secret: str = ""
    """Nodes and room servers prove that they know it; without it only --open lets them in."""
