"""Section 5 of the page, stage 3: the auction. Of `scene`: 0 evil, 1 healer, 2 miner."""

import pytest

from parlour.events import treasure as facts
from parlour.events.errors import RuleViolation
from parlour.events.messages.treasure import CODES, MapAnswer
from parlour.events.rules.treasure import draws


def refused(code):
    """The number a client would be told."""
    return pytest.raises(RuleViolation, match=f"^{next(w for w, n in CODES.items() if n == code)}$")


@pytest.fixture
def auction(scene):
    """Lots of the first day: 1 is a pick (from 3), 2 a potion (from 2)."""
    scene.go_to(3)
    scene.arrange(
        lots=(
            facts.Lot(lot_id=1, item="pick", min=3),
            facts.Lot(lot_id=2, item="potion", min=2),
        )
    )
    return scene


def test_the_highest_price_wins_and_pays_itself(auction):
    auction.bid(3, 1, 4)
    auction.bid(4, 1, 5)
    auction.wait_out()
    assert auction.last(facts.StageEnded).sold == (facts.Sale(lot_id=1, buyer=105, price=5),)
    assert auction.world.gold == (5, 5, 5, 5, 0)
    assert auction.world.items == ((), (), (), (), ("pick",))


def test_of_equal_prices_the_earlier_wins(auction):
    auction.bid(3, 1, 4)
    auction.bid(4, 1, 4)
    auction.wait_out()
    assert auction.last(facts.StageEnded).sold[0].buyer == 104


def test_a_raise_takes_its_own_time(auction):
    auction.bid(3, 1, 3)
    auction.bid(4, 1, 4)
    auction.bid(3, 1, 4)
    auction.wait_out()
    assert auction.last(facts.StageEnded).sold[0].buyer == 105


def test_a_lot_without_a_bid_stays(auction):
    auction.wait_out()
    assert auction.last(facts.StageEnded).sold == ()


def test_one_player_may_buy_both(auction):
    auction.bid(3, 1, 3)
    auction.bid(3, 2, 2)
    auction.wait_out()
    assert auction.world.gold[3] == 0
    assert len(auction.last(facts.StageEnded).sold) == 2


@pytest.mark.parametrize(("lot", "price"), [(1, 2), (2, 1), (1, 0), (1, -5)])
def test_less_than_the_lowest_bid_is_too_low(auction, lot, price):
    with refused(19):
        auction.bid(3, lot, price)


@pytest.mark.parametrize("price", [3, 4])
def test_a_bid_is_only_raised(auction, price):
    auction.bid(3, 1, 4)
    with refused(19):
        auction.bid(3, 1, price)


@pytest.mark.parametrize("lot", [0, 3, -1, 2**40])
def test_only_the_days_lots_are_sold(auction, lot):
    with refused(20):
        auction.bid(3, lot, 5)


def test_nobody_offers_more_than_his_gold(auction):
    with refused(18):
        auction.bid(3, 1, 6)
    with refused(18):
        auction.bid(3, 1, 2**70)


def test_standing_bids_together_are_within_the_gold(auction):
    auction.bid(3, 1, 3)
    with refused(18):
        auction.bid(3, 2, 3)
    auction.bid(3, 2, 2)
    with refused(18):
        auction.bid(3, 1, 4)


def test_a_raise_stands_in_for_the_bid_before(auction):
    auction.bid(3, 1, 3)
    auction.bid(3, 1, 5)
    auction.wait_out()
    assert auction.world.gold[3] == 0


def test_a_pass_after_a_bid_changes_nothing(auction):
    auction.bid(3, 1, 3)
    assert auction.bid(3, None) == []
    auction.wait_out()
    assert auction.last(facts.StageEnded).sold[0].buyer == 104


def test_a_bid_after_a_pass_counts(auction):
    auction.bid(3, None)
    auction.bid(3, 1, 3)
    auction.wait_out()
    assert auction.last(facts.StageEnded).sold[0].buyer == 104


@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 3), (3, 3)])
def test_a_potion_heals_one_at_once_and_never_above_three(auction, before, after):
    auction.arrange(hp=(3, 3, 3, before, 3))
    auction.bid(3, 2, 2)
    auction.wait_out()
    assert auction.world.hp[3] == auction.game.hp[3] == after
    assert auction.world.items[3] == ()


def test_a_map_tells_whether_its_cell_hides_a_treasure(auction):
    auction.arrange(lots=(facts.Lot(lot_id=1, item="map", min=2),))
    cell = draws.map_cell(auction.seed, 1)
    auction.bid(3, 1, 2)
    auction.wait_out()
    known = cell in auction.world.treasures
    assert auction.world.items[3] == (MapAnswer(cell=cell, treasure=known),)


def test_the_lots_of_a_day_come_with_its_third_stage(scene):
    scene.go_to(3, day=2)
    assert scene.game.lots == scene.world.lots == draws.lots(scene.seed, 2)
    assert [lot.lot_id for lot in scene.game.lots] == [3, 4]
