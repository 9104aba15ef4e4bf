"""The rows the treasure game becomes: rooms, games, players, stages, lots, choices, bids.

Only what the events themselves reveal goes in: what a running game keeps hidden stays out, also
when the key file lies beside the log.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from parlour.events import treasure as facts
from parlour.events.kinds import kind_of
from parlour.events.reader import Recorded
from parlour.events.rules.treasure.sealing import Choice, Kind
from parlour.events.rules.treasure.state import Game
from parlour.events.times import iso
from parlour.replay.export_shape import Row
from parlour.replay.games import TREASURE_KIND, state_after
from parlour.replay.treasure_game import Step, fold
from parlour.replay.treasure_games import AGGREGATES, known
from parlour.replay.treasure_lines import STAGES


def room_name(room: int) -> str:
    """Return what a room is called among the rooms of all protocols."""
    return f"treasure:{room}"


class TreasureRows:
    """Makes rows of events as they come."""

    def __init__(self) -> None:
        """Begin before the first event."""
        self._rooms: dict[str, dict[str, Any]] = {}
        """By aggregate id."""
        self._games: dict[str, list[Recorded]] = {}
        """Running ones, by id."""

    def take(self, recorded: Recorded) -> Iterator[Row]:
        """Yield the rows an event of the treasure game becomes at once."""
        aggregate_id = recorded.originator_id
        kind = kind_of(aggregate_id)
        if kind == "treasure.room":
            self._in_room(recorded)
        elif kind == AGGREGATES:
            self._games.setdefault(aggregate_id, []).append(recorded)
            if state_after(recorded.event) != "running":
                yield from rows_of(self._games.pop(aggregate_id))

    def finish(self) -> Iterator[Row]:
        """Yield the rows that only the end tells."""
        for events in self._games.values():
            yield from rows_of(events)
        for room in self._rooms.values():
            yield "rooms", room

    def _in_room(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, facts.RoomOpened):
            self._rooms[recorded.originator_id] = {
                "name": room_name(event.room),
                "rid": str(event.room),
                "kind": TREASURE_KIND,
                "title": event.name,
                "capacity": event.max,
                "private": int(bool(event.password)),
                "creator": event.uid,
                "opened": iso(event.at),
                "closed": None,
                "messages": 0,
                "matches": 0,
            }
        room = self._rooms.get(recorded.originator_id)
        if room is None:
            return
        match event:
            case facts.GameClosed():
                room["matches"] += 1
            case facts.RoomClosed():
                room["closed"] = iso(event.at)


def rows_of(events: Sequence[Recorded]) -> Iterator[Row]:
    """Yield the rows of a game; none when it was never opened."""
    if not isinstance(events[0].event, facts.GameOpened):
        return
    # Without the key: only a settlement makes the seed known here.
    steps = list(fold(events, known((recorded.event for recorded in events), None, None)))
    yield from _game(steps)
    yield from _players(steps[-1].after, events[0].originator_id)
    yield from _stages(steps)
    ends = (step.recorded.event for step in steps)
    sold = [sale for end in ends if isinstance(end, facts.StageEnded) for sale in end.sold]
    for step in steps:
        yield from _choice(step, sold)


def _game(steps: Sequence[Step]) -> Iterator[Row]:
    first, last = steps[0].recorded, steps[-1].recorded
    game, settled = steps[-1].after, steps[-1].after.settled
    state = state_after(last.event)
    begun = (s.recorded.event for s in steps)
    began = next((e.at for e in begun if isinstance(e, facts.StageBegun)), None)
    yield (
        "games",
        {
            "id": first.originator_id,
            "kind": TREASURE_KIND,
            "state": state,
            "started": iso(first.event.at),
            "ended": None if state == "running" else iso(last.event.at),
        },
    )
    yield (
        "treasure_games",
        {
            "game": first.originator_id,
            "room": room_name(game.room),
            "number": game.game,
            "server": game.server,
            "epoch": game.epoch,
            "commitment": game.commitment,
            "seed": settled and settled.seed,
            "began": None if began is None else iso(began),
            "days": game.day,
            "winner": settled and settled.winner,
            "reason": settled and settled.reason,
        },
    )


def _players(game: Game, game_id: str) -> Iterator[Row]:
    lines = {} if game.settled is None else {line.player_id: line for line in game.settled.players}
    for player in game.players:
        yield "seats", {"game": game_id, "seat": player.seat, "uid": player.uid, "nonce": None}
        line = lines.get(player.uid)
        row: dict[str, Any] = {
            "game": game_id,
            "seat": player.seat,
            "uid": player.uid,
            "username": player.username,
            "role": line and line.role,
            "alive": int(game.hp[player.seat] > 0),
            "treasures": line and line.treasures,
            "gold": line and line.gold,
            "score": line and line.score,
            "win": line and int(line.win),
        }
        yield "treasure_players", row


# --- stages and lots --------------------------------------------------------------------------


def _stages(steps: Sequence[Step]) -> Iterator[Row]:
    begun: dict[tuple[int, int], facts.StageBegun] = {}
    ended: dict[tuple[int, int], facts.StageEnded] = {}
    for step in steps:
        match step.recorded.event:
            case facts.StageBegun() as event:
                begun.setdefault((event.day, event.stage), event)
            case facts.StageEnded() as event:
                ended.setdefault((event.day, event.stage), event)
    game = steps[0].recorded.originator_id
    for place, beginning in begun.items():
        end = ended.get(place)
        yield "treasure_stages", _stage(game, beginning, end)
        sold = {} if end is None else {sale.lot_id: sale for sale in end.sold}
        for lot in beginning.lots:
            sale = sold.get(lot.lot_id)
            row = {
                "game": game,
                "lot": lot.lot_id,
                "day": beginning.day,
                "item": lot.item,
                "min": lot.min,
                "buyer": sale and sale.buyer,
                "price": sale and sale.price,
            }
            yield "treasure_lots", row


def _stage(game: str, begun: facts.StageBegun, ended: facts.StageEnded | None) -> dict[str, Any]:
    outcome = ended or facts.StageEnded(at=0, day=begun.day, stage=begun.stage)
    return {
        "game": game,
        "day": begun.day,
        "stage": begun.stage,
        "name": STAGES[begun.stage],
        "began": iso(begun.at),
        "ended": None if ended is None else iso(ended.at),
        "positions": _json(outcome.positions),
        "hp": _json(outcome.hp),
        "found": _json(outcome.found) if outcome.left >= 0 else None,
        "left": outcome.left if outcome.left >= 0 else None,
    }


def _json(told: Sequence[msgspec.Struct]) -> str | None:
    return msgspec.json.encode(told).decode() if told else None


# --- choices ----------------------------------------------------------------------------------


def _choice(step: Step, sold: Sequence[facts.Sale]) -> Iterator[Row]:
    event, world = step.recorded.event, step.world
    if not isinstance(event, facts.ChoiceMade) or world is None or not world.choices:
        return
    game, choice = step.after, world.choices[-1].choice
    uid = game.players[event.seat].uid
    row = {
        "position": step.recorded.position,
        "game": step.recorded.originator_id,
        "at": iso(event.at),
        "day": game.day,
        "stage": game.stage,
        "seat": event.seat,
        "uid": uid,
        "kind": choice.kind.name.lower(),
        "cell": choice.what if choice.kind is Kind.MOVE else world.cells[event.seat],
        "target": _target(choice, game),
    }
    yield "treasure_choices", row
    if choice.kind is Kind.BID:
        bid = {
            "position": step.recorded.position,
            "game": step.recorded.originator_id,
            "lot": choice.what,
            "uid": uid,
            "price": choice.price,
            "won": int(facts.Sale(lot_id=choice.what, buyer=uid, price=choice.price) in sold),
        }
        yield "treasure_bids", bid


def _target(choice: Choice, game: Game) -> int | None:
    attacked = choice.kind in (Kind.ATTACK, Kind.HEAL)
    return game.players[choice.what].uid if attacked else None
