"""The room servers: which live, and which of them gets the next game.

Only a living server is in the state: whoever is lost is forgotten, and may register again. How many
games each has is the caller's to count; proof of the cluster's secret is settled before.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from msgspec.structs import replace

from parlour.events import treasure as facts
from parlour.events.errors import RuleViolation
from parlour.events.event import Event
from parlour.events.rules.treasure.state import Server, Servers


def register(servers: Servers, server: Server, *, at: int) -> list[Event]:
    """Return what the registration of a room server causes.

    Raises:
        RuleViolation: "name_taken": a living server has this id.
    """
    if server.server in servers.servers:
        raise RuleViolation("name_taken")
    registered = facts.ServerRegistered(
        at=at,
        server=server.server,
        ip=server.ip,
        port=server.port,
        ws=server.ws,
        capacity=server.capacity,
    )
    return [registered]


def lose(servers: Servers, server: str, *, at: int) -> list[Event]:
    """Return what a server's death causes; nothing when it was not there."""
    return [facts.ServerLost(at=at, server=server)] if server in servers.servers else []


def least_loaded(
    servers: Servers,
    loads: Mapping[str, int],
    *,
    without: Container[str] = (),
    last: Container[str] = (),
) -> str | None:
    """Return the living server with the fewest games that has a place; the older one of equals.

    Args:
        servers: The servers.
        loads: Games by server id; who is missing has none.
        without: Servers that were asked already.
        last: Servers that are chosen only when there is no other.
    """
    free = [
        server.server
        for server in servers.servers.values()
        if server.server not in without and loads.get(server.server, 0) < server.capacity
    ]
    return min(free, key=lambda server: (server in last, loads.get(server, 0)), default=None)


def evolve(servers: Servers, event: Event) -> Servers:
    """Return `servers` as `event` leaves it; never refuses a recorded fact."""
    match event:
        case facts.ServerRegistered():
            server = Server(
                server=event.server,
                ip=event.ip,
                port=event.port,
                ws=event.ws,
                capacity=event.capacity,
            )
            others = _without(servers, event.server)
            return replace(servers, servers={**others, event.server: server})
        case facts.ServerLost():
            return replace(servers, servers=_without(servers, event.server))
        case _:
            return servers


def _without(servers: Servers, lost: str) -> dict[str, Server]:
    return {name: server for name, server in servers.servers.items() if name != lost}
