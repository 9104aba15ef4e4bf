"""What holds in every game, whatever the players do."""

import json
from functools import reduce

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from parlour.events import treasure as facts
from parlour.events.event import decode, encode, topic_of
from parlour.events.messages import treasure as wire
from parlour.events.rules.treasure import commands, draws, settlement, views
from parlour.events.rules.treasure.game import decide, evolve
from parlour.events.rules.treasure.sealing import Kind
from parlour.events.rules.treasure.state import Game, Made, World
from parlour.events.rules.treasure.world import advance, world_of

GAMES = st.fixed_dictionaries(
    {
        "number": st.integers(4, 8),
        "seed": st.integers(0, 10_000),
        "wild": st.sampled_from([0.0, 0.3]),
        "fierce": st.sampled_from([0.0, 0.6, 1.0]),
    }
)
SOME = settings(max_examples=40, deadline=None)
DOCUMENTED = {
    "wrong_stage",
    "dead",
    "already_acted",
    "bad_target",
    "not_adjacent",
    "not_enough_gold",
    "bid_too_low",
    "no_such_lot",
}


def steps(scene):
    """Each event with the game and the world before and after it."""
    game, world = Game(), World()
    for event in scene.log:
        after = evolve(game, event), advance(world, event, scene.seed)
        yield game, world, event, *after
        game, world = after


@SOME
@given(GAMES)
def test_every_game_ends_by_day_seven(play_game, how):
    scene = play_game(**how)
    assert scene.game.phase == "settled"
    assert scene.game.day <= 7


@SOME
@given(GAMES)
def test_gold_comes_from_mining_and_leaves_as_winning_bids(play_game, how):
    mined = paid = 0
    scene = play_game(**how)
    for _, before, event, _, after in steps(scene):
        if isinstance(event, facts.GameOpened):
            assert sum(after.gold) == 5 * how["number"]
            continue
        change = sum(after.gold) - sum(before.gold)
        match event:
            case facts.StageEnded(stage=2):
                dug = [m.seat for m in before.choices if m.choice.kind is Kind.MINE]
                for seat, (now, then) in enumerate(zip(after.gold, before.gold, strict=True)):
                    picks = before.items[seat].count("pick")
                    gain = (3 if before.roles[seat] == "miner" else 2) + picks
                    assert now - then in ((0, gain) if seat in dug else (0,))
                mined += change
            case facts.StageEnded(stage=3):
                assert change == -sum(sale.price for sale in event.sold)
                paid -= change
            case _:
                assert change == 0
        assert min(after.gold) >= 0
    assert sum(scene.world.gold) == 5 * how["number"] + mined - paid


@SOME
@given(GAMES)
def test_found_destroyed_and_left_are_all_treasures(play_game, how):
    for _, _, _, game, world in steps(play_game(**how)):
        gone = sum(world.found) + sum(world.destroyed)
        assert gone + len(world.treasures) == how["number"] - 1
        assert game.left == len(world.treasures)
        for role, found, destroyed in zip(world.roles, world.found, world.destroyed, strict=True):
            assert not (found if role == "evil" else destroyed)


@SOME
@given(GAMES)
def test_hp_is_none_to_three_and_the_dead_stay_dead(play_game, how):
    for _, before, _, _, after in steps(play_game(**how)):
        assert all(0 <= hp <= 3 for hp in after.hp)
        assert all(now == 0 for then, now in zip(before.hp, after.hp, strict=False) if not then)


@SOME
@given(GAMES)
def test_ore_is_what_was_not_mined(play_game, how):
    for _, before, event, _, after in steps(play_game(**how)):
        assert after.ore[draws.CENTRE] == 0
        assert all(0 <= ore <= 3 for ore in after.ore)
        if isinstance(event, facts.StageEnded) and event.stage == 2:
            diggers = sum(a > b for a, b in zip(after.gold, before.gold, strict=True))
            assert sum(before.ore) - sum(after.ore) == diggers


@SOME
@given(GAMES)
def test_what_everybody_may_know_is_what_is(play_game, how):
    for _, _, event, game, world in steps(play_game(**how)):
        assert game.hp == world.hp
        assert (game.day, game.stage, game.lots) == (world.day, world.stage, world.lots)
        # Of the dead it is known where they died.
        assert game.cells == world.cells
        if isinstance(event, facts.StageEnded) and event.stage == 2:
            assert [h.alive for h in event.hp] == [hp > 0 for hp in world.hp]


@SOME
@given(GAMES)
def test_the_world_made_again_is_the_live_one_after_every_event(play_game, how):
    scene = play_game(**how)
    for _, _, _, game, world in steps(scene):
        assert world_of(game, scene.seed) == world


@settings(SOME, max_examples=10)
@given(GAMES)
def test_the_same_seed_and_inputs_give_the_same_bytes(play_game, how):
    first, second = play_game(**how), play_game(**how)
    assert [encode(event) for event in first.log] == [encode(event) for event in second.log]
    assert msgspec.json.encode(first.told) == msgspec.json.encode(second.told)


@SOME
@given(GAMES)
def test_the_log_gives_the_game_back(play_game, how):
    scene = play_game(**how)
    stored = [decode(topic_of(event), encode(event)) for event in scene.log]
    assert reduce(evolve, stored, Game()) == scene.game


@SOME
@given(GAMES)
def test_every_event_follows_again_from_the_choices(play_game, how):
    """What audit does: decide anew, and compare."""
    scene = play_game(**how)
    log, at = scene.log, 0
    game, world = Game(), World()
    while at < len(log):
        event = log[at]
        after = advance(world, event, scene.seed)
        match event:
            case facts.ChoiceMade():
                choice = after.choices[-1].choice
                uids = tuple(player.uid for player in game.players)
                command = commands.command_again(
                    choice, game.stage, uids, seat=event.seat, at=event.at
                )
            case facts.StageEnded() | facts.StageBegun():
                command = commands.Ring(at=event.at)
            case facts.PlayerVerified():
                command = commands.VerifyPlayer(at=event.at, seat=event.seat, ticket=event.ticket)
            case facts.PlayerGone():
                command = commands.LosePlayer(at=event.at, seat=event.seat)
            case _:
                command = None
        follow = [event] if command is None else decide(game, world, command, scene.seed)
        assert follow == log[at : at + len(follow)]
        for event in follow:
            game, world = evolve(game, event), advance(world, event, scene.seed)
        at += len(follow)


@SOME
@given(GAMES)
def test_settlements_are_recomputed_from_the_seed_they_reveal(play_game, how):
    scene = play_game(**how)
    settled = scene.game.settled
    seed = bytes.fromhex(settled.seed)
    world = world_of(scene.game, seed)
    ending = settlement.verdict(world, days_over=scene.log[-2].stage == 4 and world.day == 7)
    assert settlement.settle(scene.game, world, ending, seed, at=settled.at) == settled
    assert draws.commitment(seed) == scene.game.commitment


@SOME
@given(GAMES)
def test_random_commands_are_refused_by_documented_codes_alone(new_scene, new_bots, how):
    bots = new_bots(new_scene(how["number"], seed=how["seed"]), how["seed"], wild=0.8)
    bots.play()  # it checks that a refusal changes nothing
    assert set(bots.refused) <= DOCUMENTED
    assert set(bots.refused) <= set(wire.CODES)


def test_games_end_in_all_four_ways(play_game):
    ends = {
        play_game(4 + seed % 5, seed, fierce=fierce).game.settled.reason
        for seed in range(60)
        for fierce in (0.0, 1.0)
    }
    assert ends == {"evil_dead", "good_dead", "no_treasure_left", "days_over"}


# --- hidden information ---------------------------------------------------------------------


class Mask:
    """Another world, which differs only in what is hidden from one seat."""

    def __init__(self, draw, world, seat):
        self.draw, self.seat = draw, seat
        self.evil = world.roles[seat] == "evil"
        self.sees = self.evil and world.hp[seat] > 0
        others = [role for at, role in enumerate(world.roles) if at != seat]
        self.roles = draw(st.permutations(others))
        if self.evil:  # he knows his mates
            rest = iter(draw(st.permutations([role for role in others if role != "evil"])))
            self.roles = [role if role == "evil" else next(rest) for role in others]
        self.roles.insert(seat, world.roles[seat])
        self.more = draw(st.integers(1, 9))
        self.treasures = tuple(sorted(draw(st.sets(st.sampled_from(draws.OUTER)))))
        self.hint = draw(st.integers(-1, 8))

    def __call__(self, world):
        others = self._others
        mask = replace(
            world,
            roles=tuple(self.roles),
            gold=others(world.gold, lambda gold: gold + self.more),
            items=others(world.items, lambda _: ("pick",) * self.more),
            found=others(world.found, lambda found: found + self.more),
            destroyed=others(world.destroyed, lambda destroyed: destroyed + self.more),
            treasures=self.treasures,
            ore=tuple(
                ore if cell == world.cells[self.seat] else (ore + self.more) % 4
                for cell, ore in enumerate(world.ore)
            ),
            choices=tuple(
                [made for made in world.choices if made.seat == self.seat]
                + [
                    Made(made.seat, made.n, made.choice._replace(price=self.more))
                    for made in world.choices[self.more % 3 :]
                    if made.seat != self.seat
                ]
            ),
        )
        if self.sees:
            return mask
        gold = tuple(gold + self.more for gold in world.seen_gold)
        return replace(mask, seen_gold=gold, hint=self.hint)

    def _others(self, values, change):
        return tuple(
            value if seat == self.seat else change(value) for seat, value in enumerate(values)
        )


@settings(SOME, max_examples=60)
@given(GAMES, st.integers(0, 3), st.data())
def test_a_seat_is_told_the_same_in_worlds_that_differ_in_what_is_hidden_from_it(
    play_game, how, seat, data
):
    mask = None
    for _, before, event, game, after in steps(play_game(**how)):
        if isinstance(event, facts.GameOpened):
            mask = Mask(data.draw, after, seat)
            continue
        mask.sees = mask.evil and after.hp[seat] > 0
        shown, masked = (
            [
                telling.message
                for telling in views.follow(game, a, event, b)
                if telling.seat in (None, seat)
            ]
            for a, b in ((before, after), (mask(before), mask(after)))
        )
        assert msgspec.json.encode(shown) == msgspec.json.encode(masked)
        if game.stage:
            welcomes = (
                views.welcome(game, world, seat, event.at) for world in (after, mask(after))
            )
            first, second = map(msgspec.json.encode, welcomes)
            assert first == second


@SOME
@given(GAMES)
def test_before_the_settlement_nobody_is_told_a_role_but_his_own(play_game, how):
    scene = play_game(**how)
    for seat, told in enumerate(scene.told):
        assert isinstance(told[-1], wire.GameOver)
        for message in told[:-1]:
            text = msgspec.json.encode(message)
            own = isinstance(message, wire.Role)
            words = {role for role in set(scene.world.roles) if b'"%b"' % role.encode() in text}
            assert words == ({scene.world.roles[seat]} if own else set())
            assert b'"ticket' not in text
            assert scene.seed.hex().encode() not in text
            fields = set(json.loads(text))
            assert not fields & {"roles", "treasures", "winner", "seed", "bids", "choices"}
            if isinstance(message, wire.Vision):
                assert scene.world.roles[seat] == "evil"


@SOME
@given(GAMES)
def test_before_the_settlement_the_log_names_no_role_and_no_choice(play_game, how):
    scene = play_game(**how)
    assert isinstance(scene.log[-1], facts.GameSettled)
    for event in scene.log[:-1]:
        text = encode(event)
        assert not any(role.encode() in text for role in set(scene.world.roles))
        if isinstance(event, facts.ChoiceMade):
            assert set(json.loads(text)) == {"at", "seat", "sealed"}


@pytest.mark.parametrize(
    ("stage", "one", "other"),
    [
        (2, lambda s: s.mine(3), lambda s: s.heal(3, None)),
        (3, lambda s: s.bid(3, s.world.lots[0].lot_id, 4), lambda s: s.bid(3, None)),
        (4, lambda s: s.explore(3), lambda s: s.explore(3, skip=True)),
    ],
)
def test_what_fails_or_stays_private_looks_to_others_like_a_pass(new_scene, stage, one, other):
    scenes = []
    for act in (one, other):
        scene = new_scene(5)
        scene.arrange(cells=(1, 1, 1, 2, 1), treasures=(5, 6, 7, 8))
        scene.go_to(stage)
        scene.bid(4, scene.world.lots[0].lot_id, 5) if stage == 3 else None
        act(scene)
        scene.wait_out()
        scenes.append(scene)
    first, second = scenes
    for seat in (0, 1, 2, 4):
        assert first.told[seat] == second.told[seat]
