from hashlib import sha256

import pytest

from parlour.events.messages import treasure as wire
from parlour.events.treasure import Found, Health, Lot, Position, Sale
from parlour.network.demo.treasure_mind import AUCTION, CELLS, TreasureMind

ADA, BO, CY, DI = 1, 2, 3, 4
SEED = bytes(range(32))


def role(**changed):
    players = tuple(
        wire.Companion(player_id=uid, name=f"p{uid}", seat=seat, cell=4, hp=3, alive=True)
        for seat, uid in enumerate((ADA, BO, CY, DI))
    )
    known = {
        "player_id": ADA,
        "seat": 0,
        "role": "explorer",
        "hp": 3,
        "gold": 5,
        "cell": 4,
        "days": 7,
        "cells": CELLS,
        "items": (),
        "left": 3,
        "players": players,
        "commitment": sha256(SEED).hexdigest(),
    }
    return wire.Role(**{**known, **changed})


def positions(*cells):
    return wire.Positions(
        day=1,
        positions=tuple(Position(player_id=uid, cell=cell) for uid, cell in enumerate(cells, 1)),
    )


def healths(*hp):
    return wire.Healths(
        day=1,
        hp=tuple(Health(player_id=uid, hp=n, alive=n > 0) for uid, n in enumerate(hp, 1)),
    )


def goods(*, ore=1, items=(), gold=5):
    return wire.Goods(gold=gold, items=items, ore_here=ore)


@pytest.fixture
def mind():
    """Ada's; she and Bo are in cell 1, Cy and Di in cell 3."""
    return heard(TreasureMind(), role(), positions(1, 1, 3, 3))


def heard(mind, *messages):
    for message in messages:
        mind.hear(message)
    return mind


def test_who_is_in_the_same_cell_and_lives_is_here(mind):
    assert mind.here == (BO,)
    assert heard(mind, healths(3, 0, 3, 3)).here == ()


def test_what_51_says_on_coming_back_is_what_was_known(mind):
    heard(mind, wire.Stage(day=2, stage=2, ends_in=3.5), goods(items=("lamp",)))
    again = role(cell=1, items=("lamp",), players=())
    known = mind.known
    mind.hear(again)
    assert (mind.known.cell, mind.known.items, mind.known.gold) == (1, ("lamp",), 5)
    assert known._replace(others=()) == mind.known._replace(others=())


def test_whoever_stood_beside_a_victim_is_suspected(mind):
    heard(mind, positions(1, 1, 1, 1), healths(3, 1, 3, 3))
    assert mind.suspicion == {CY: 0.5, DI: 0.5}


def test_who_was_alone_with_a_victim_is_suspected_for_certain(mind):
    assert heard(mind, healths(3, 3, 1, 3)).suspicion == {DI: 1.0}


def test_own_hits_arouse_no_suspicion_of_oneself(mind):
    assert ADA not in heard(mind, healths(3, 1, 3, 3)).suspicion


def test_a_map_says_where_something_is_until_it_is_found(mind):
    map_answer = wire.MapAnswer(cell=7, treasure=True)
    heard(mind, goods(items=(map_answer,)))
    assert mind.hidden == {7}
    heard(mind, wire.Findings(day=1, found=(Found(cell=7, count=1),), left=2))
    heard(mind, goods(items=(map_answer,)))
    assert mind.hidden == set()
    assert (mind.empty, mind.left) == ({7}, 2)


def test_who_explored_knows_that_his_cell_is_empty_then(mind):
    assert heard(mind, wire.Exploration(success=False)).empty == {1}


def test_a_potion_shows_on_its_buyer(mind):
    lots = (Lot(lot_id=1, item="potion", min=2), Lot(lot_id=2, item="lamp", min=3))
    heard(mind, healths(3, 1, 2, 3), wire.Lots(day=1, lots=lots))
    sold = (Sale(lot_id=1, buyer=BO, price=2), Sale(lot_id=2, buyer=CY, price=3))
    heard(mind, wire.Sales(day=1, sold=sold))
    assert (mind.hp[BO], mind.hp[CY]) == (2, 2)


def test_ore_is_known_where_he_was_told(mind):
    assert heard(mind, goods(ore=0)).ore[1] == 0


def test_a_new_stage_forgets_a_refusal(mind):
    heard(mind, wire.ActionStatus(of=55, code=16))
    assert mind.refused == 16
    heard(mind, wire.Stage(day=1, stage=AUCTION, ends_in=20.0))
    assert (mind.refused, mind.stage) == (0, AUCTION)


@pytest.mark.parametrize(("seed", "fits"), [(SEED, True), (SEED[::-1], False)])
def test_the_seed_is_held_against_the_commitment(mind, seed, fits):
    assert not mind.seed_fits
    over = wire.GameOver(winner="good", reason="days_over", players=(), seed=seed.hex())
    assert heard(mind, over).seed_fits is fits
