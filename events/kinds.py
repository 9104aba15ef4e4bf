"""Which kinds of aggregates there are, and how each is rebuilt from its events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from parlour.events.errors import CorruptLog
from parlour.events.event import Event, decode
from parlour.events.log_events import LogOpened
from parlour.events.repository import AggregateKind
from parlour.events.rules import account
from parlour.events.rules.beehive import device as beehive_device
from parlour.events.rules.beehive import group as beehive_group
from parlour.events.rules.beehive import lobby as beehive_lobby
from parlour.events.rules.beehive import nodes as beehive_nodes
from parlour.events.rules.beehive import room_evolution as beehive_room
from parlour.events.rules.beehive import user as beehive_user
from parlour.events.rules.beehive.places import Group as BeehiveGroup
from parlour.events.rules.beehive.places import Room as BeehiveRoom
from parlour.events.rules.beehive.state import Device, Inbox, User
from parlour.events.rules.beehive.state import Lobby as BeehiveLobby
from parlour.events.rules.landlord import hand, lobby, table
from parlour.events.rules.landlord.state import Hand, Table
from parlour.events.rules.techmino import chat, match, room
from parlour.events.rules.techmino import lobby as techmino_lobby
from parlour.events.rules.techmino.state import Chat, Match, Room
from parlour.events.rules.techmino.state import Lobby as TechminoLobby
from parlour.events.rules.treasure import game as treasure_game
from parlour.events.rules.treasure import lobby as treasure_lobby
from parlour.events.rules.treasure import room as treasure_room
from parlour.events.rules.treasure import servers as treasure_servers
from parlour.events.rules.treasure import state as treasure
from parlour.events.seals import StoredRow

__all__ = ["KINDS", "AggregateKind", "LogState", "Rebuilt", "kind_of", "rebuild"]


class LogState(msgspec.Struct, frozen=True, kw_only=True):
    """The log's own aggregate: which log it is."""

    opened: LogOpened | None = None


class Rebuilt(NamedTuple):
    """An aggregate folded from its events alone."""

    state: Any
    version: int


def kind_of(aggregate_id: str) -> str:
    """Return the text before the first ":" (or all of it)."""
    return aggregate_id.partition(":")[0]


def rebuild(
    rows: Iterable[StoredRow], kinds: Mapping[str, AggregateKind] | None = None
) -> dict[str, Rebuilt]:
    """Return every aggregate as its events leave it, by id; trusts no snapshot.

    Raises:
        CorruptLog: An event does not decode, or a version is missing or doubled.
    """
    kinds = KINDS if kinds is None else kinds
    live: dict[str, list[Any]] = {}
    """Version, state and evolve, by id."""
    for position, aggregate_id, version, topic, content in rows:
        aggregate = live.get(aggregate_id)
        if aggregate is None:
            kind = kinds.get(kind_of(aggregate_id))
            if kind is None:
                raise CorruptLog(f"position {position}: no kind is called {aggregate_id}")
            aggregate = live[aggregate_id] = [0, kind.initial(aggregate_id), kind.evolve]
        before, state, evolve = aggregate
        if version != before + 1:
            raise CorruptLog(f"position {position}: {aggregate_id} {version} follows {before}")
        aggregate[0], aggregate[1] = version, evolve(state, decode(topic, content))
    return {key: Rebuilt(state, version) for key, (version, state, _) in live.items()}


def _open_log(state: LogState, event: Event) -> LogState:
    return LogState(opened=event) if isinstance(event, LogOpened) else state


KINDS: Mapping[str, AggregateKind] = {
    "log": AggregateKind(
        initial=lambda _: LogState(),
        evolve=_open_log,
        state_type=LogState,
        snapshot_topic="log.state@1",
    ),
    "account": AggregateKind(
        initial=lambda _: account.Account(),
        evolve=account.evolve,
        state_type=account.Account,
        snapshot_topic="account.state@1",
        snapshot_every=100,
    ),
    "landlord.lobby": AggregateKind(
        initial=lambda _: lobby.Lobby(),
        evolve=lobby.evolve,
        state_type=lobby.Lobby,
        snapshot_topic="landlord.lobby.state@1",
        snapshot_every=100,
    ),
    "landlord.table": AggregateKind(
        initial=lambda _: Table(),
        evolve=table.evolve,
        state_type=Table,
        snapshot_topic="landlord.table.state@1",
        snapshot_every=100,
    ),
    # Never long, and a snapshot of a running hand is one more thing to keep secrets out of.
    "landlord.hand": AggregateKind(
        initial=lambda _: Hand(),
        evolve=hand.evolve,
        state_type=Hand,
        snapshot_topic="landlord.hand.state@1",
    ),
    "techmino.lobby": AggregateKind(
        initial=lambda _: TechminoLobby(),
        evolve=techmino_lobby.evolve,
        state_type=TechminoLobby,
        snapshot_topic="techmino.lobby.state@1",
        snapshot_every=100,
    ),
    "techmino.chat": AggregateKind(
        initial=lambda _: Chat(),
        evolve=chat.evolve,
        state_type=Chat,
        snapshot_topic="techmino.chat.state@1",
        snapshot_every=100,
    ),
    "techmino.room": AggregateKind(
        initial=lambda _: Room(),
        evolve=room.evolve,
        state_type=Room,
        snapshot_topic="techmino.room.state@1",
        snapshot_every=100,
    ),
    # Most of its events are chunks, which change nothing: rarely is often enough.
    "techmino.match": AggregateKind(
        initial=lambda _: Match(),
        evolve=match.evolve,
        state_type=Match,
        snapshot_topic="techmino.match.state@1",
        snapshot_every=1000,
    ),
    "treasure.lobby": AggregateKind(
        initial=lambda _: treasure.Lobby(),
        evolve=treasure_lobby.evolve,
        state_type=treasure.Lobby,
        snapshot_topic="treasure.lobby.state@1",
        snapshot_every=100,
    ),
    "treasure.room": AggregateKind(
        initial=lambda _: treasure.Room(),
        evolve=treasure_room.evolve,
        state_type=treasure.Room,
        snapshot_topic="treasure.room.state@1",
        snapshot_every=100,
    ),
    "treasure.servers": AggregateKind(
        initial=lambda _: treasure.Servers(),
        evolve=treasure_servers.evolve,
        state_type=treasure.Servers,
        snapshot_topic="treasure.servers.state@1",
        snapshot_every=100,
    ),
    # Its hidden side is in no state: a snapshot has public facts and sealed choices.
    "treasure.game": AggregateKind(
        initial=lambda _: treasure.Game(),
        evolve=treasure_game.evolve,
        state_type=treasure.Game,
        snapshot_topic="treasure.game.state@1",
        snapshot_every=100,
    ),
    "beehive.lobby": AggregateKind(
        initial=lambda _: BeehiveLobby(),
        evolve=beehive_lobby.evolve,
        state_type=BeehiveLobby,
        snapshot_topic="beehive.lobby.state@1",
        snapshot_every=100,
    ),
    "beehive.user": AggregateKind(
        initial=lambda _: User(),
        evolve=beehive_user.evolve,
        state_type=User,
        snapshot_topic="beehive.user.state@1",
        snapshot_every=400,  # long lists and remarks are written whole
    ),
    # The state is a number: a snapshot costs next to nothing.
    "beehive.inbox": AggregateKind(
        initial=lambda _: Inbox(),
        evolve=beehive_user.evolve_inbox,
        state_type=Inbox,
        snapshot_topic="beehive.inbox.state@1",
        snapshot_every=100,
    ),
    "beehive.device": AggregateKind(
        initial=lambda _: Device(),
        evolve=beehive_device.evolve,
        state_type=Device,
        snapshot_topic="beehive.device.state@1",
        snapshot_every=200,
    ),
    "beehive.nodes": AggregateKind(
        initial=lambda _: beehive_nodes.Nodes(),
        evolve=beehive_nodes.evolve,
        state_type=beehive_nodes.Nodes,
        snapshot_topic="beehive.nodes.state@1",
        snapshot_every=100,
    ),
    "beehive.group": AggregateKind(
        initial=lambda _: BeehiveGroup(),
        evolve=beehive_group.evolve,
        state_type=BeehiveGroup,
        snapshot_topic="beehive.group.state@1",
        snapshot_every=100,
    ),
    "beehive.room": AggregateKind(
        initial=lambda _: BeehiveRoom(),
        evolve=beehive_room.evolve,
        state_type=BeehiveRoom,
        snapshot_topic="beehive.room.state@1",
        snapshot_every=500,
    ),
}
"""By the text before the first ":" of an aggregate id."""
