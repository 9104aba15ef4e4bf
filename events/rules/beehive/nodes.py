"""The nodes that are alive, and who wants to know how many people they serve."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from parlour.events import beehive as facts
from parlour.events.errors import RuleViolation
from parlour.events.event import Event


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A node that is alive."""

    nid: int
    type: int
    ip: str
    port: int
    backend_port: int = 0
    opid: int = 0
    nation: str = ""


class Nodes(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""

    nodes: dict[int, Node] = {}
    """By nid."""
    watchers: tuple[int, ...] = ()
    """Devices that subscribed ROOM-LSN-STAT, by sid."""


def evolve(nodes: Nodes, event: Event) -> Nodes:
    """Return `nodes` as `event` leaves them."""
    match event:
        case facts.NodeReported():
            node = Node(
                nid=event.nid,
                type=event.type,
                ip=event.ip,
                port=event.port,
                backend_port=event.backend_port,
                opid=event.opid,
                nation=event.nation,
            )
            return replace(nodes, nodes={**nodes.nodes, event.nid: node})
        case facts.NodeLost():
            left = {nid: node for nid, node in nodes.nodes.items() if nid != event.nid}
            return replace(nodes, nodes=left)
        case facts.WatchChanged():
            others = tuple(sid for sid in nodes.watchers if sid != event.sid)
            return replace(nodes, watchers=(*others, event.sid) if event.on else others)
        case _:
            return nodes


def report(nodes: Nodes, node: Node, *, at: int) -> list[Event]:
    """Return what a node's word about itself causes: nothing when it is known already.

    Raises:
        RuleViolation: node_conflict: a living node has its number at another address, or its
            address under another number.
    """
    known = nodes.nodes.get(node.nid)
    if known == node:
        return []
    if known is not None and (known.ip, known.port) != (node.ip, node.port):
        raise RuleViolation("node_conflict", f"nid {node.nid} is at {known.ip}:{known.port}")
    for other in nodes.nodes.values():
        if other.nid != node.nid and (other.ip, other.port) == (node.ip, node.port):
            raise RuleViolation("node_conflict", f"{node.ip}:{node.port} is nid {other.nid}'s")
    return [
        facts.NodeReported(
            at=at,
            nid=node.nid,
            type=node.type,
            ip=node.ip,
            port=node.port,
            backend_port=node.backend_port,
            opid=node.opid,
            nation=node.nation,
        )
    ]


def forwarders(nodes: Nodes) -> list[Node]:
    """Return the nodes that forward, by number."""
    return sorted((n for n in nodes.nodes.values() if n.type == 0), key=lambda n: n.nid)
