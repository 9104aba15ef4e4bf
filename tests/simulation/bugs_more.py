"""More bugs put in on purpose: what is told, counted, kept and loaded otherwise than it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import msgspec
from msgspec.structs import replace

from parlour.actors.beehive.acks import Acks
from parlour.actors.context import Context
from parlour.actors.ports import Publish
from parlour.events.account import GameCounted
from parlour.events.beehive import MessageAcknowledged
from parlour.events.messages.techmino.stream import ChunkBy
from parlour.events.messages.treasure import GameAt
from parlour.events.messages.treasure_link import BatchAnswer
from parlour.events.repository import Repository
from parlour.events.rules.treasure import views
from parlour.network.treasure.remote_store import RemoteStore


@contextmanager
def tell_who_is_evil() -> Iterator[None]:
    """The good are told the mates of the evil."""
    role = views.role

    def careless(game: Any, world: Any, seat: int) -> Any:
        evil = tuple(p.uid for p in game.players if world.roles[p.seat] == "evil")
        return replace(role(game, world, seat), mates=evil)

    with mock.patch.object(views, "role", careless):
        yield


@contextmanager
def show_the_sight() -> Iterator[None]:
    """Everybody sees what the evil see."""
    with mock.patch.object(views, "_sees", lambda world, seat: world.hp[seat] > 0):
        yield


@contextmanager
def tell_a_ticket() -> Iterator[None]:
    """The way to a game is told to the whole lobby."""
    say = Context.say

    def loud(self: Any, output: Any) -> None:
        say(self, output)
        if isinstance(getattr(output, "message", None), GameAt):
            say(self, Publish("treasure", None, output.message))

    with mock.patch.object(Context, "say", loud):
        yield


@contextmanager
def count_a_game_twice() -> Iterator[None]:
    """What a treasure game earned is added twice."""
    record = Repository.record

    def generous(self: Any, aggregate_id: str, *events: Any) -> Any:
        again = [e for e in events if isinstance(e, GameCounted) and "treasure" in e.game]
        return record(self, aggregate_id, *events, *again)

    with mock.patch.object(Repository, "record", generous):
        yield


@contextmanager
def lose_a_chunk() -> Iterator[None]:
    """Every twentieth piece of a stream is kept, and not told."""
    say, count = Context.say, [0]

    def forgetful(self: Any, output: Any) -> None:
        if isinstance(getattr(output, "message", None), ChunkBy):
            count[0] += 1
            if count[0] % 20 == 0:
                return
        say(self, output)

    with mock.patch.object(Context, "say", forgetful):
        yield


@contextmanager
def undo_by_restart() -> Iterator[None]:
    """Who loads a device from the log leaves out the last thing it did."""
    load = Repository._load

    def short(self: Any, aggregate_id: str) -> Any:
        live = load(self, aggregate_id)
        if aggregate_id.startswith("beehive.device:") and live.version:
            live = replace(live, state=replace(live.state, recent=live.state.recent[:-1]))
        return live

    with mock.patch.object(Repository, "_load", short):
        yield


@contextmanager
def keep_a_wrong_snapshot() -> Iterator[None]:
    """What is kept as a snapshot is the state of before everything."""
    due = Repository._due_snapshots

    def stale(self: Any) -> Any:
        def initial(aggregate_id: str) -> bytes:
            return msgspec.json.encode(self._live[aggregate_id].kind.initial(aggregate_id))

        return tuple(one._replace(state=initial(one.aggregate_id)) for one in due(self))

    with mock.patch.object(Repository, "_due_snapshots", stale):
        yield


@contextmanager
def drop_a_message() -> Iterator[None]:
    """With each tenth ack the message after it leaves the queue, too."""
    flush, count = Acks.flush, [0]

    def greedy(self: Any) -> None:
        owner = self._owner
        record = type(owner).record

        def more(self: Any, *events: Any) -> Any:
            count[0] += 1
            if count[0] % 10 == 0 and isinstance(events[0], MessageAcknowledged):
                last = events[0].versions[-1] + 1
                events = (replace(events[0], versions=(*events[0].versions, last)),)
            return record(self, *events)

        with mock.patch.object(type(owner), "record", more):
            flush(self)

    with mock.patch.object(Acks, "flush", greedy):
        yield


@contextmanager
def trust_the_link() -> Iterator[None]:
    """A room server takes what it has sent for committed."""
    ship = RemoteStore._ship

    def hasty(self: Any, units: Any, *, probing: bool = False) -> Any:
        try:
            return ship(self, units, probing=probing)
        except BaseException as waiting:
            if probing or isinstance(waiting, Exception):
                raise
            return BatchAnswer(batch=0)

    with mock.patch.object(RemoteStore, "_ship", hasty):
        yield


MORE: dict[str, Callable[[], Any]] = {
    bug.__name__: bug
    for bug in (
        tell_who_is_evil,
        show_the_sight,
        tell_a_ticket,
        count_a_game_twice,
        lose_a_chunk,
        undo_by_restart,
        keep_a_wrong_snapshot,
        drop_a_message,
        trust_the_link,
    )
}
