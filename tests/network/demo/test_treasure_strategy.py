"""What bots do is allowed: whole games of bots on the rules, and some situations by themselves."""

import random
from itertools import count

import pytest

from parlour.events import treasure as facts
from parlour.events.errors import RuleViolation
from parlour.events.messages import treasure as wire
from parlour.events.rules.treasure import commands, draws, game, views
from parlour.events.rules.treasure.evolution import evolve
from parlour.events.rules.treasure.state import Game, World
from parlour.events.rules.treasure.world import advance
from parlour.network.demo.treasure_mind import ACTION, EXPLORE, MOVE, TreasureMind
from parlour.network.demo.treasure_strategy import choose, distance, surrender

ORE_IS_GONE = "bad_target"


class Play:
    """Bots around one game: no actors, no sockets."""

    def __init__(self, seed, players):
        self.seed, self.players = seed, players
        self.game, self.world = Game(), World()
        self.minds = [TreasureMind() for _ in range(players)]
        self.chances = [random.Random(seat) for seat in range(players)]
        self.clock = count(1)
        self.refused = []
        self.obey(
            commands.OpenGame(
                at=next(self.clock),
                room=1,
                game=1,
                epoch=1,
                server="embedded",
                players=tuple(
                    facts.Player(seat=seat, uid=seat + 1, username=f"p{seat}")
                    for seat in range(players)
                ),
                commitment=draws.commitment(seed),
                times=facts.Times(verify=10**6, stages=(10**6,) * 4),
            )
        )
        for seat in range(players):
            self.obey(commands.VerifyPlayer(at=next(self.clock), seat=seat, ticket="t"))

    def obey(self, command):
        for event in game.decide(self.game, self.world, command, self.seed):
            before, self.world = self.world, advance(self.world, event, self.seed)
            self.game = evolve(self.game, event)
            for seat, message in views.follow(self.game, before, event, self.world):
                for mind in self.minds if seat is None else [self.minds[seat]]:
                    mind.hear(message)

    def act(self, seat):
        mind, at = self.minds[seat], next(self.clock)
        request = choose(mind, self.chances[seat])
        try:
            self.obey(commands.command_of(request, seat=seat, at=at))
        except RuleViolation as refused:
            self.refused.append((type(request), refused.code))
            self.obey(commands.command_of(surrender(mind.stage), seat=seat, at=at))

    def to_end(self):
        while self.game.phase == "playing":
            stage = (self.game.day, self.game.stage)
            for seat in range(self.players):
                if self.minds[seat].alive and stage == (self.game.day, self.game.stage):
                    self.act(seat)
        return self.game.settled


@pytest.mark.parametrize("players", range(4, 9))
def test_bots_play_whole_games_and_are_refused_only_ore_that_is_gone(players):
    for number in range(6):
        play = Play(bytes((players, number)) * 16, players)
        settled = play.to_end()
        assert settled.players
        assert {mind.over.seed for mind in play.minds} == {settled.seed}
        assert all(mind.seed_fits for mind in play.minds)
        assert set(play.refused) <= {(wire.Mine, ORE_IS_GONE)}


def test_no_game_of_bots_is_over_before_the_second_day():
    for number in range(40):
        play = Play(number.to_bytes(32, "big"), 5)
        play.to_end()
        assert play.minds[0].day >= 2


def mind(role="explorer", *, cells=(1, 1, 3, 3), hp=(3, 3, 3, 3), day=2):
    made = TreasureMind()
    made.uid, made.role, made.day, made.gold = 1, role, day, 5
    made.cells = dict(enumerate(cells, 1))
    made.hp = dict(enumerate(hp, 1))
    return made


def chosen(made, stage):
    made.stage = stage
    return choose(made, random.Random(1))


def test_a_healer_heals_whoever_is_worst():
    assert chosen(mind("healer", cells=(1, 1, 1, 3), hp=(2, 3, 1, 1)), ACTION) == wire.Heal(
        target=3
    )


def test_a_suspect_is_hit_and_nobody_else():
    made = mind(cells=(1, 1, 1, 1))
    assert chosen(made, ACTION) == wire.Mine()
    made.suspicion = {4: 1.0, 2: 0.3}
    assert chosen(made, ACTION) == wire.Attack(target=4)


def test_evil_spares_its_mates():
    made = mind("evil", cells=(1, 1, 1, 3))
    made.mates = (2,)
    assert chosen(made, ACTION) == wire.Attack(target=3)


def test_who_knows_of_a_treasure_goes_there():
    made = mind(cells=(0, 1, 1, 1))
    made.hidden = {8}
    for _ in range(4):
        step = chosen(made, MOVE).to
        assert distance(step, 8) == distance(made.cell, 8) - 1
        made.cells[1] = step
    assert made.cell == 8
    assert chosen(made, EXPLORE) == wire.Explore()


def test_an_empty_cell_is_not_explored():
    made = mind()
    made.empty = {1}
    assert chosen(made, EXPLORE) == wire.Explore(skip=True)
