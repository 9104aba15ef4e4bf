from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.events.rules.landlord import CardType, HandType, beats, classify
from parlour.events.rules.landlord.cards import DECK, rank_of
from parlour.events.rules.landlord.hands import BOOKS

RANKS = dict(zip("3456789TJQKA2jB", range(3, 18), strict=True))


def hand(text):
    """Cards from text such as `333 4 2 j B`: j the little joker, B the big one."""
    taken = Counter()
    cards = []
    for letter in text.replace(" ", ""):
        of_rank = [card for card in DECK if rank_of(card) == RANKS[letter]]
        cards.append(of_rank[taken[letter]])
        taken[letter] += 1
    return cards


EXAMPLES = [
    ("3", CardType.SINGLE, 3),
    ("2", CardType.SINGLE, 15),
    ("j", CardType.SINGLE, 16),
    ("B", CardType.SINGLE, 17),
    ("34567", CardType.STRAIGHT, 3),
    ("TJQKA", CardType.STRAIGHT, 10),
    ("3456789TJQKA", CardType.STRAIGHT, 3),
    ("22", CardType.PAIR, 15),
    ("334455", CardType.PAIR_CHAIN, 3),
    ("QQKKAA", CardType.PAIR_CHAIN, 12),
    ("33445566778899TTJJQQ", CardType.PAIR_CHAIN, 3),
    ("AAA", CardType.TRIO, 14),
    ("222", CardType.TRIO, 15),
    ("333444", CardType.TRIO_CHAIN, 3),
    ("KKKAAA", CardType.TRIO_CHAIN, 13),
    ("333444555666", CardType.TRIO_CHAIN, 3),
    ("333444555666777888", CardType.TRIO_CHAIN, 3),
    ("333 4", CardType.TRIO_SINGLE, 3),
    ("222 B", CardType.TRIO_SINGLE, 15),
    ("333 22", CardType.TRIO_PAIR, 3),
    ("222 33", CardType.TRIO_PAIR, 15),
    ("444555 3 6", CardType.AIRPLANE_SINGLES, 4),
    ("444555 2 j", CardType.AIRPLANE_SINGLES, 4),
    ("333444555666777 9 T J Q B", CardType.AIRPLANE_SINGLES, 3),
    ("444555 33 22", CardType.AIRPLANE_PAIRS, 4),
    ("333444555666 77 88 99 AA", CardType.AIRPLANE_PAIRS, 3),
    ("5555 3 4", CardType.QUAD_SINGLES, 5),
    ("2222 3 B", CardType.QUAD_SINGLES, 15),
    ("5555 33 22", CardType.QUAD_PAIRS, 5),
    ("3333", CardType.BOMB, 3),
    ("2222", CardType.BOMB, 15),
    ("jB", CardType.ROCKET, 16),
]

ONLY_LENIENT = [
    ("444555 77", CardType.AIRPLANE_SINGLES, 4),
    ("333444555 77 8", CardType.AIRPLANE_SINGLES, 3),
    ("333444555666 77 22", CardType.AIRPLANE_SINGLES, 3),
    ("333444555666777 99 TT B", CardType.AIRPLANE_SINGLES, 3),
    ("5555 33", CardType.QUAD_SINGLES, 5),
]

NO_HANDS = [
    "3 4",
    "3456",
    "JQKA2",
    "A2345",
    "34567 9",
    "3344",
    "KKAA22",
    "334466",
    "33445",
    "AAA222",
    "333555",
    "33 j",
    "333 jB",
    "5555 jB",
    "444555 jB",
    "333444555 jB 7",
    "3333 444 5",
    "3333 4",
    "444555 3",
    "444555 3 66",
    "444555 33 6",
    "333444555 777",
    "333444555 222",
    "444555 6666",
    "444555 33 66 7",
    "333444555666 7777",
    "333444555666777 8",
    "333444555666 888 9",
    "KKKAAA222 3 4 5",
    "3333 4444",
    "3333 444",
    "3333 44 5",
    "3333 4 5 6",
    "3333 44 55 66",
    "34567 34568",
    "3456789TJQKA2",
]


@pytest.mark.parametrize("book", BOOKS)
@pytest.mark.parametrize(("text", "card_type", "rank"), EXAMPLES)
def test_hand_of_both_books(text, card_type, rank, book):
    cards = hand(text)
    assert classify(cards, book=book) == HandType(card_type, rank, len(cards))


@pytest.mark.parametrize(("text", "card_type", "rank"), ONLY_LENIENT)
def test_two_wings_of_one_rank_are_lenient_only(text, card_type, rank):
    cards = hand(text)
    assert classify(cards) == HandType(card_type, rank, len(cards))
    assert classify(cards, book="pagat") is None


@pytest.mark.parametrize("book", BOOKS)
@pytest.mark.parametrize("text", NO_HANDS)
def test_no_hand_of_either_book(text, book):
    assert classify(hand(text), book=book) is None


@pytest.mark.parametrize("card", DECK)
def test_every_card_alone_is_a_single(card):
    assert classify([card]) == HandType(CardType.SINGLE, rank_of(card), 1)


@pytest.mark.parametrize(
    "cards",
    [
        [],
        (),
        [0],
        [True],
        [False],
        [True, 0x11],
        [True, 0x11, 0x21],
        [True, 0x11, 0x21, 0x31],
        [True, 0x0A, 0x0B, 0x0C, 0x0D],
        [-1],
        [-1, 3, 3, 3],
        [-253, 0x13, 0x23, 0x33],
        [3, 10**30],
        [3, 0x13, 0x23, 10**30],
        [259, 0x13, 0x23, 0x33],
        [0x10],
        [0x1E],
        [0x1E, 0x0F],
        [0x3F],
        [0x40, 0x41, 0x42, 0x43],
        [3, 4, 5, 6, 7, 0],
        [3, 3],
        [3, 3, 3],
        [3, 3, 0x13, 0x23],
        [3, 0x13, 0x23, 4, 4],
        [3, 3, 4, 5, 6, 7],
        [3] * 8,
        [0x0E, 0x0E],
        list(DECK),
        list(DECK) * 100,
    ],
    ids=str,
)
def test_what_is_no_set_of_cards_is_no_hand(cards):
    for book in BOOKS:
        assert classify(cards, book=book) is None


def test_chain_longer_than_any_seat_holds_is_no_hand():
    assert classify(hand("33445566778899TTJJQQKK")) is None
    assert classify(hand("333444555666777888999")) is None


@pytest.mark.parametrize("cards", [[], [3], [3, 4], hand("333444"), [0]])
def test_unknown_book_is_refused_whatever_the_cards(cards):
    with pytest.raises(ValueError, match="no such rule book"):
        classify(cards, book="hoyle")


def test_cards_may_come_as_any_collection():
    cards = hand("444555 3 6")
    expected = HandType(CardType.AIRPLANE_SINGLES, 4, 8)
    for form in (list, tuple, set, frozenset, bytes):
        assert classify(form(cards)) == expected


@given(
    st.one_of(
        st.sampled_from([text for text, *_ in EXAMPLES + ONLY_LENIENT]).map(hand),
        st.lists(st.sampled_from(DECK), unique=True, max_size=20),
    ).flatmap(lambda cards: st.tuples(st.just(cards), st.permutations(cards))),
)
def test_order_of_the_cards_does_not_matter(pair):
    cards, shuffled = pair
    assert classify(cards) == classify(shuffled)


@given(st.lists(st.integers() | st.booleans(), max_size=24))
def test_any_integers_are_answered_without_an_error(cards):
    found = classify(cards)
    assert found is None or found.size == len(set(cards)) == len(cards)


@given(st.lists(st.sampled_from(DECK), unique=True, max_size=20))
def test_what_pagat_accepts_lenient_accepts_alike(cards):
    strict = classify(cards, book="pagat")
    assert strict is None or classify(cards) == strict


@pytest.mark.parametrize(
    ("high", "low"),
    [
        ("4", "3"),
        ("B", "j"),
        ("j", "2"),
        ("2", "A"),
        ("22", "AA"),
        ("45678", "34567"),
        ("445566", "334455"),
        ("555 3", "444 A"),
        ("555 33", "444 AA"),
        ("555666 3 4", "444555 2 B"),
        ("555666 33 44", "333444 AA 22"),
        ("6666 3 4", "5555 2 B"),
        ("6666 33 44", "5555 22 AA"),
        ("4444", "3333"),
        ("3333", "2"),
        ("3333", "3456789TJQKA"),
        ("3333", "2222 AA KK"),
        ("3333", "2222 A B"),
        ("jB", "2222"),
        ("jB", "3"),
    ],
)
def test_high_beats_low_and_low_does_not_beat_high(high, low):
    assert beats(hand(high), hand(low))
    assert not beats(hand(low), hand(high))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("34567", "456789"),
        ("334455", "44556677"),
        ("333444", "444555666"),
        ("333 4", "444 55"),
        ("333444 5 6", "444555 66 77"),
        ("4444 3 5", "5555 33 66"),
        ("33", "4"),
        ("333", "44"),
        ("2222 A B", "3"),
        ("3", "3"),
        ("3333", "3333"),
        ("jB", "jB"),
    ],
)
def test_neither_beats_the_other(one, other):
    assert not beats(hand(one), hand(other))
    assert not beats(hand(other), hand(one))


def test_types_and_cards_may_be_mixed():
    high, low = hand("555 3"), hand("444 A")
    for a in (high, classify(high)):
        for b in (low, classify(low)):
            assert beats(a, b)


def test_what_is_no_hand_neither_beats_nor_is_beaten():
    for nothing in ([], [0], hand("3 4")):
        assert not beats(nothing, [3])
        assert not beats(hand("jB"), nothing)


def test_book_decides_what_cards_may_beat():
    high, low = hand("6666 33"), hand("5555 3 4")
    assert beats(high, low)
    assert not beats(high, low, book="pagat")


hand_types = st.builds(
    HandType,
    st.sampled_from([kind for kind in CardType if kind is not CardType.PASS]),
    st.integers(3, 17),
    st.integers(1, 20),
)


@given(hand_types, hand_types, hand_types)
def test_beating_is_a_strict_order(a, b, c):
    assert not beats(a, a)
    assert not (beats(a, b) and beats(b, a))
    if beats(a, b) and beats(b, c):
        assert beats(a, c)
