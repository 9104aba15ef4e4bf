import pytest

from parlour.events.rules.landlord.cards import (
    BIG_JOKER,
    DECK,
    LITTLE_JOKER,
    describe,
    rank_of,
    sort_key,
)


def test_deck_is_the_54_codes_ascending():
    suited = [suit << 4 | n for suit in range(4) for n in range(1, 14)]
    assert list(DECK) == sorted([*suited, 0x0E, 0x0F])


@pytest.mark.parametrize(
    ("card", "rank"),
    [
        (0x03, 3),
        (0x3D, 13),
        (0x01, 14),
        (0x31, 14),
        (0x22, 15),
        (LITTLE_JOKER, 16),
        (BIG_JOKER, 17),
    ],
)
def test_ace_and_two_rank_over_the_king_and_the_jokers_over_all(card, rank):
    assert rank_of(card) == rank


def test_each_suited_rank_has_four_cards_and_each_joker_is_alone():
    ranks = [rank_of(card) for card in DECK]
    assert [ranks.count(rank) for rank in range(3, 18)] == [4] * 13 + [1, 1]


def test_sorting_is_by_rank_then_by_suit():
    cards = [BIG_JOKER, 0x02, 0x31, 0x01, 0x33, 0x03, LITTLE_JOKER, 0x0D]
    assert sorted(cards, key=sort_key) == [
        *(0x03, 0x33, 0x0D, 0x01, 0x31, 0x02),
        *(LITTLE_JOKER, BIG_JOKER),
    ]


def test_sort_keys_of_the_deck_are_distinct():
    assert len({sort_key(card) for card in DECK}) == 54


def test_cards_are_described_in_the_order_given():
    assert describe([0x33, 0x23, 0x0A, 0x1D]) == "♠3 ♥3 ♦10 ♣K"
    assert describe([0x01, 0x12, 0x2B, 0x3C]) == "♦A ♣2 ♥J ♠Q"
    assert describe([LITTLE_JOKER, BIG_JOKER]) == "joker JOKER"
    assert describe([]) == ""


def test_descriptions_of_the_deck_are_distinct():
    assert len({describe([card]) for card in DECK}) == 54


@pytest.mark.parametrize("code", [0x00, 0x10, 0x1E, 0x3F, 0x40, 255, -1, 10**30])
def test_code_outside_the_deck_is_refused(code):
    for call in (rank_of, sort_key):
        with pytest.raises(ValueError, match="no such card"):
            call(code)
    with pytest.raises(ValueError, match="no such card"):
        describe([0x03, code])
