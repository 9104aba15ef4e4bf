"""One treasure game, step by step, from above or as one seat saw it.

From above everything is shown that the seed tells, also of a running game when its key file lies
beside the log. From a seat nothing is shown that this seat could not see at the time: what it did
itself, and what the room server told it. Without the seed only what everybody saw is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from parlour.events import treasure as facts
from parlour.events.errors import CorruptLog
from parlour.events.event import name_of
from parlour.events.messages.treasure import Message
from parlour.events.reader import Recorded
from parlour.events.rules.treasure import views
from parlour.events.rules.treasure.draws import Role
from parlour.events.rules.treasure.evolution import evolve
from parlour.events.rules.treasure.sealing import Choice, Kind
from parlour.events.rules.treasure.state import Game, World
from parlour.events.rules.treasure.world import advance
from parlour.events.times import iso
from parlour.replay.games import TREASURE_KIND, State, state_after
from parlour.replay.seats import NoSuchSeat
from parlour.replay.treasure_games import UNKNOWN

_OWN: Final = (facts.ChoiceMade, facts.PlayerVerified, facts.PlayerGone)
"""Events of one seat that no other is told of."""
_NEVER_SENT: Final = ("sealed", "ticket", "server", "epoch")
"""Fields that no player was ever sent."""

_BEYOND_RULES: Final = (ArithmeticError, LookupError, TypeError, ValueError)
"""What the rules raise when an altered event gives them what no command can."""


class Step(NamedTuple):
    """One event of a game with the game it found and left; worlds are None when unknown."""

    recorded: Recorded
    before: Game
    after: Game
    world_before: World | None
    world: World | None


class PlayedTreasure:
    """A game up to one of its events, as one seat or nobody in particular sees it."""

    def __init__(
        self,
        events: Sequence[Recorded],
        *,
        seed: bytes = UNKNOWN,
        at: int | None = None,
        seat: int | None = None,
    ) -> None:
        """Fold a game.

        Args:
            events: All its events.
            seed: Its seed, as far as it is known today; what may be shown is decided here.
            at: The last version to show; None for all.
            seat: Whose view it is; None for the view from above.

        Raises:
            NoSuchSeat: Nobody plays at `seat`.
        """
        self.id = events[0].originator_id
        self.seat = seat
        self.opened = next(r.event for r in events if isinstance(r.event, facts.GameOpened))
        if seat is not None and seat not in range(len(self.opened.players)):
            last = len(self.opened.players) - 1
            raise NoSuchSeat(f"there is no seat {seat} (--seat): seats are 0 to {last}")
        shown = [recorded for recorded in events if at is None or recorded.version <= at]
        self._all = list(fold(shown, seed))
        self.steps = [step for step in self._all if self._sees(step.recorded.event)]

    @property
    def state(self) -> State:
        """What the game is at the last shown event."""
        return state_after(self._all[-1].recorded.event) if self._all else "running"

    @property
    def game(self) -> Game:
        """The public side at the last shown event."""
        return self._all[-1].after if self._all else Game()

    @property
    def world(self) -> World | None:
        """The hidden side at the last shown event, as far as this view may ask it."""
        return self._all[-1].world if self._all else None

    @property
    def settled(self) -> facts.GameSettled | None:
        """The settlement, when it is shown."""
        return self.game.settled

    @property
    def last_at(self) -> int:
        """When the last shown event happened (µs)."""
        return self._all[-1].recorded.event.at if self._all else self.opened.at

    def role(self, seat: int) -> Role | None:
        """Return a seat's role, None when this view does not know it."""
        if self.settled is not None:
            uid = self.opened.players[seat].uid
            return next((p.role for p in self.settled.players if p.player_id == uid), None)
        world = self.world
        if world is None or not world.roles:
            return None
        known = self.seat is None or (self.game.day > 0 and self._knows_role(world, seat))
        return world.roles[seat] if known else None

    def choice(self, step: Step) -> Choice | None:
        """Return what was chosen in a step, None when this view does not know it."""
        if not isinstance(step.recorded.event, facts.ChoiceMade) or step.world is None:
            return None
        made = step.world.choices[-1] if step.world.choices else None
        return None if made is None or made.seat != step.recorded.event.seat else made.choice

    def told(self, step: Step) -> list[Message]:
        """Return what this view's seat was told because of a step, in order."""
        if self.seat is None or step.world is None or step.world_before is None:
            return []
        followed = views.follow(step.after, step.world_before, step.recorded.event, step.world)
        return [telling.message for telling in followed if telling.seat in (None, self.seat)]

    def document(self) -> dict[str, Any]:
        """Return the JSON document of `parlour replay game`."""
        settled = self.settled
        return {
            "id": self.id,
            "kind": TREASURE_KIND,
            "room": self.opened.room,
            "game": self.opened.game,
            "state": self.state,
            "commitment": self.opened.commitment,
            "seats": [
                {
                    "seat": player.seat,
                    "uid": player.uid,
                    "username": player.username,
                    "role": self.role(player.seat),
                }
                for player in self.opened.players
            ],
            "events": [self._event(step) for step in self.steps],
            "result": msgspec.to_builtins(views.game_over(settled)) if settled else None,
        }

    def _sees(self, event: object) -> bool:
        if self.seat is None or not isinstance(event, _OWN):
            return True
        return event.seat == self.seat

    def _knows_role(self, world: World, seat: int) -> bool:
        assert self.seat is not None
        mates = world.roles[self.seat] == world.roles[seat] == "evil"
        return seat == self.seat or mates

    def _event(self, step: Step) -> dict[str, Any]:
        recorded, event = step.recorded, step.recorded.event
        fields: dict[str, Any] = msgspec.to_builtins(event)
        if self.seat is not None:
            for name in _NEVER_SENT:
                fields.pop(name, None)
            fields["told"] = [
                {"service": message.service, **msgspec.to_builtins(message)}
                for message in self.told(step)
            ]
        elif isinstance(event, facts.StageEnded | facts.StageBegun):
            fields["world"] = None if step.world is None else _world(step.world)
        if isinstance(event, facts.ChoiceMade):
            choice = self.choice(step)
            fields["choice"] = None if choice is None else choice_document(choice, step.after)
        head = {
            "position": recorded.position,
            "version": recorded.version,
            "at": iso(event.at),
            "name": name_of(recorded.topic),
        }
        return {**head, **fields, **head}


def fold(events: Iterable[Recorded], seed: bytes) -> Iterator[Step]:
    """Yield each event of a game with the game and, as far as the seed tells, the world."""
    game, world = Game(), None if seed == UNKNOWN else World()
    for recorded in events:
        after, now = evolve(game, recorded.event), _advance(world, recorded, seed)
        yield Step(recorded, game, after, world, now)
        game, world = after, now


def choice_document(choice: Choice, game: Game) -> dict[str, Any]:
    """Return a choice for programs, with the names of the wire's requests."""
    kind, what, price = choice
    document: dict[str, Any] = {"kind": kind.name.lower()}
    match kind:
        case Kind.MOVE:
            document["to"] = what
        case Kind.ATTACK | Kind.HEAL:
            document["target"] = game.players[what].uid
        case Kind.BID:
            document |= {"lot_id": what, "price": price}
    return document


def _advance(world: World | None, recorded: Recorded, seed: bytes) -> World | None:
    if world is None:
        return None
    try:
        return advance(world, recorded.event, seed)
    except (CorruptLog, *_BEYOND_RULES):
        return None  # altered by hand: from here on only what everybody saw is shown


def _world(world: World) -> dict[str, Any]:
    hidden = ("cells", "hp", "gold", "items", "ore", "treasures", "found", "destroyed")
    return {name: msgspec.to_builtins(getattr(world, name)) for name in hidden}
