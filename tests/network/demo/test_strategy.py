import random

import pytest

from parlour.events.rules.landlord import CardType, beats, classify
from parlour.events.rules.landlord.cards import DECK
from parlour.network.demo import strategy

THREE, OTHER_THREE, FOUR, FIVE, KING, TWO = 0x03, 0x13, 0x04, 0x05, 0x0D, 0x02
BOMB = (0x06, 0x16, 0x26, 0x36)


@pytest.fixture(params=range(12))
def dealt(request):
    return random.Random(request.param).sample(DECK, 40)


def test_a_lead_is_a_hand_out_of_the_cards_held(dealt):
    play = strategy.lead(dealt[:20])
    assert classify(play) is not None
    assert set(play) <= set(dealt[:20])


def test_a_follow_beats_what_is_on_the_table_or_passes(dealt):
    to_beat = strategy.lead(dealt[20:])
    play = strategy.follow(dealt[:20], to_beat, friend=False, enemy_cards=2)
    assert play == () or beats(play, to_beat)


def test_a_low_pair_is_led_before_a_king():
    assert set(strategy.lead([KING, THREE, OTHER_THREE])) == {THREE, OTHER_THREE}


def test_a_friend_with_high_cards_is_not_beaten():
    assert strategy.follow([TWO, FOUR], (KING,), friend=True, enemy_cards=5) == ()


def test_a_friend_is_beaten_by_a_play_that_ends_the_hand():
    assert strategy.follow([TWO], (KING,), friend=True, enemy_cards=5) == (TWO,)


def test_a_bomb_is_kept_until_an_opponent_is_nearly_out():
    cards = [*BOMB, FIVE, FOUR]
    assert strategy.follow(cards, (TWO,), friend=False, enemy_cards=10) == ()
    bomb = strategy.follow(cards, (TWO,), friend=False, enemy_cards=2)
    assert classify(bomb).card_type == CardType.BOMB


@pytest.mark.parametrize("asked", [1, 2, 3])
def test_a_call_is_no_or_not_below_what_is_open(dealt, asked):
    answer = strategy.call(dealt[:17], asked, must=False)
    assert answer == 0 or asked <= answer <= 3


def test_the_last_one_asked_calls_when_nobody_did():
    assert strategy.call([THREE, FOUR, FIVE], 1, must=True) == 1


@pytest.mark.parametrize(("cards", "answer"), [([THREE], 0), ([0x0E, 0x0F, TWO], strategy.ROB)])
def test_only_a_good_hand_robs(cards, answer):
    assert strategy.call(cards, strategy.ROB, must=False) == answer
