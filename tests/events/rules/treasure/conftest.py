import random
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from msgspec.structs import replace

from parlour.events import treasure as facts
from parlour.events.errors import RuleViolation
from parlour.events.event import Event
from parlour.events.rules.treasure import commands, draws, stages, views
from parlour.events.rules.treasure.game import decide, evolve
from parlour.events.rules.treasure.state import Game, World
from parlour.events.rules.treasure.world import advance

SECOND = 1_000_000
START = 1_700_000_000 * SECOND
TIMES = facts.Times(verify=20 * SECOND, stages=(30 * SECOND, 30 * SECOND, 20 * SECOND, 20 * SECOND))


def uid_of(seat: int) -> int:
    return 101 + seat


def players(number: int) -> tuple[facts.Player, ...]:
    return tuple(
        facts.Player(seat=seat, uid=uid_of(seat), username=f"name{seat}") for seat in range(number)
    )


class Scene:
    """A game that is told commands at a time of the test's choice; seat s is uid 101 + s."""

    def __init__(self, number: int = 5, *, seed: int = 0, begun: bool = True) -> None:
        self.now = START
        self.seed = sha256(b"scene %d" % seed).digest()
        self.game = Game()
        self.world = World()
        self.log: list[Event] = []
        self.told: list[list[Any]] = [[] for _ in range(number)]
        """What each seat was told."""
        self.do(
            commands.OpenGame(
                at=self.now,
                room=7,
                game=3,
                epoch=1,
                server="embedded",
                players=players(number),
                commitment=draws.commitment(self.seed),
                times=TIMES,
            )
        )
        if begun:
            for seat in range(number):
                self.verify(seat)

    @property
    def seats(self) -> range:
        return range(len(self.game.players))

    @property
    def living(self) -> list[int]:
        return [seat for seat in self.seats if self.world.hp[seat]]

    def do(self, command: commands.Command) -> list[Event]:
        events = decide(self.game, self.world, command, self.seed)
        for event in events:
            before = self.world
            self.game = evolve(self.game, event)
            self.world = advance(self.world, event, self.seed)
            for telling in views.follow(self.game, before, event, self.world):
                to = self.seats if telling.seat is None else [telling.seat]
                for seat in to:
                    self.told[seat].append(telling.message)
        self.log += events
        return events

    def arrange(self, **fields: Any) -> None:
        """Make the hidden side another one; the public cells and hp follow."""
        self.world = replace(self.world, **fields)
        self.game = replace(self.game, cells=self.world.cells, hp=self.world.hp)

    def wait(self, seconds: float) -> None:
        self.now += round(seconds * SECOND)

    def verify(self, seat: int, ticket: str = "") -> list[Event]:
        ticket = ticket or f"{seat:064x}"
        return self.do(commands.VerifyPlayer(at=self.now, seat=seat, ticket=ticket))

    def lose(self, seat: int) -> list[Event]:
        return self.do(commands.LosePlayer(at=self.now, seat=seat))

    def ring(self) -> list[Event]:
        return self.do(commands.Ring(at=self.now))

    def wait_out(self) -> list[Event]:
        self.now = self.game.until
        return self.ring()

    def move(self, seat: int, to: int | None) -> list[Event]:
        return self.do(commands.Move(at=self.now, seat=seat, to=to))

    def attack(self, seat: int, target: int | None) -> list[Event]:
        uid = None if target is None else uid_of(target)
        return self.do(commands.Attack(at=self.now, seat=seat, target=uid))

    def heal(self, seat: int, target: int | None) -> list[Event]:
        uid = None if target is None else uid_of(target)
        return self.do(commands.Heal(at=self.now, seat=seat, target=uid))

    def mine(self, seat: int) -> list[Event]:
        return self.do(commands.Mine(at=self.now, seat=seat))

    def bid(self, seat: int, lot_id: int | None, price: int = 0) -> list[Event]:
        return self.do(commands.Bid(at=self.now, seat=seat, lot_id=lot_id, price=price))

    def explore(self, seat: int, *, skip: bool = False) -> list[Event]:
        return self.do(commands.Explore(at=self.now, seat=seat, skip=skip))

    def act(self, seat: int) -> list[Event]:
        """Pass, in whatever stage is on."""
        match self.game.stage:
            case stages.MOVE:
                return self.move(seat, None)
            case stages.ACTION:
                return self.attack(seat, None)
            case stages.AUCTION:
                return self.bid(seat, None)
            case _:
                return self.explore(seat, skip=True)

    def go_to(self, stage: int, day: int = 1) -> "Scene":
        """Let stages run out until this one is on."""
        while (self.game.day, self.game.stage) != (day, stage):
            self.wait_out()
        return self

    def last(self, kind: type[Event]) -> Any:
        return next(event for event in reversed(self.log) if isinstance(event, kind))


class Bots:
    """Players who do something allowed, or (at a rate) anything; the same seed does the same.

    At another rate they stay and fight.
    """

    def __init__(self, scene: Scene, seed: int, *, wild: float = 0.0, fierce: float = 0.0) -> None:
        self.scene = scene
        self.random = random.Random(seed)
        self.wild = wild
        self.fierce = fierce
        self.refused: list[str] = []

    def play(self) -> None:
        """Play to the end."""
        while self.scene.game.phase == "playing":
            self.step()

    def step(self) -> None:
        """One seat does something, or a stage runs out, or somebody goes or comes."""
        scene, chance = self.scene, self.random.random()
        scene.wait(self.random.random() / 2)
        seat = self.random.choice(scene.seats)
        if chance < 0.03:
            scene.wait_out()
        elif chance < 0.05:
            scene.lose(seat)
        elif not scene.game.present[seat]:
            scene.verify(seat)
        else:
            self._act(seat)

    def _act(self, seat: int) -> None:
        wild = self.random.random() < self.wild
        command = self._anything(seat) if wild else self._sensible(seat)
        before = (self.scene.game, self.scene.world)
        try:
            self.scene.do(command)
        except RuleViolation as refused:
            self.refused.append(refused.code)
            assert (self.scene.game, self.scene.world) == before

    def _anything(self, seat: int) -> commands.Act:
        some = self.random.choice([None, -1, *range(12), *range(100, 111), 2**63])
        price = self.random.randint(-1, 12)
        lot = self.random.choice([None, *range(1, 15)])
        at = self.scene.now
        return self.random.choice(
            [
                commands.Move(at=at, seat=seat, to=some),
                commands.Attack(at=at, seat=seat, target=some),
                commands.Heal(at=at, seat=seat, target=some),
                commands.Mine(at=at, seat=seat),
                commands.Bid(at=at, seat=seat, lot_id=lot, price=price),
                commands.Explore(at=at, seat=seat, skip=self.random.random() < 0.5),
            ]
        )

    def _sensible(self, seat: int) -> commands.Act:
        world, at, pick = self.scene.world, self.scene.now, self.random.choice
        here = world.cells[seat]
        near = [uid_of(s) for s in self.scene.living if world.cells[s] == here]
        if self.random.random() < self.fierce:
            if world.stage == stages.MOVE:
                return commands.Move(at=at, seat=seat, to=None)
            if world.stage == stages.ACTION:
                return commands.Attack(at=at, seat=seat, target=pick([None, *near]))
        match world.stage:
            case stages.MOVE:
                to = pick([None, *sorted(stages.REACH[here])])
                return commands.Move(at=at, seat=seat, to=to)
            case stages.ACTION:
                return pick(
                    [
                        commands.Mine(at=at, seat=seat),
                        commands.Attack(at=at, seat=seat, target=pick([None, *near])),
                        commands.Heal(at=at, seat=seat, target=pick([None, *near])),
                    ]
                )
            case stages.AUCTION:
                lot = pick([None, *(lot.lot_id for lot in world.lots)])
                price = self.random.randint(2, max(2, world.gold[seat]))
                return commands.Bid(at=at, seat=seat, lot_id=lot, price=price)
            case _:
                return commands.Explore(at=at, seat=seat, skip=self.random.random() < 0.3)


def play_out(number: int, seed: int, *, wild: float = 0.0, fierce: float = 0.0) -> Scene:
    scene = Scene(number, seed=seed)
    Bots(scene, seed, wild=wild, fierce=fierce).play()
    return scene


@pytest.fixture(scope="session")
def new_scene() -> type[Scene]:
    return Scene


@pytest.fixture
def scene() -> Scene:
    """Five players on day 1, stage 1: seat 0 is evil, 1 heals, 2 mines, 3 and 4 explore."""
    scene = Scene()
    scene.arrange(roles=("evil", "healer", "miner", "explorer", "explorer"))
    return scene


@pytest.fixture(scope="session")
def new_bots() -> type[Bots]:
    return Bots


@pytest.fixture(scope="session")
def play_game() -> Callable[..., Scene]:
    """Returns a game of bots that was played to its end."""
    return play_out
