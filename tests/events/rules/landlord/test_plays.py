import random
from collections import Counter
from itertools import product
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlour.events.rules.landlord import CardType, HandType, beats, classify, legal_plays
from parlour.events.rules.landlord.cards import BIG_JOKER, DECK, LITTLE_JOKER, rank_of
from parlour.events.rules.landlord.hands import BOOKS

# --- The oracle: docs/protocols/landlord.md read aloud, slow and plain. It takes a
# --- hand apart where the code puts hands together.

SUITED = range(3, 16)
JOKERS = {16, 17}


def runs(least):
    """All runs of `least` or more ranks from three to ace."""
    return [
        list(range(low, high + 1)) for low in range(3, 15) for high in range(low + least - 1, 15)
    ]


ONE_RANK = [[rank] for rank in SUITED]
CHAINS = ((2, 1, runs(5)), (4, 2, runs(3)), (6, 3, runs(2)))
WINGED = (
    (7, 3, ONE_RANK, 1, False),
    (8, 3, ONE_RANK, 1, True),
    (9, 3, runs(2), 1, False),
    (10, 3, runs(2), 1, True),
    (11, 4, ONE_RANK, 2, False),
    (12, 4, ONE_RANK, 2, True),
)


def oracle(ranks, book):
    """All of (card_type, main_rank, size) that the page lets these ranks be; at most one."""
    counts, size = Counter(ranks), len(ranks)
    found = []
    if size == 1:
        found.append((1, ranks[0], 1))
    if set(ranks) == JOKERS and size == 2:
        found.append((14, 16, 2))
    for card_type, copies in ((3, 2), (5, 3), (13, 4)):
        found += [(card_type, r, size) for r in SUITED if counts == Counter({r: copies})]
    for card_type, copies, cores in CHAINS:
        for run in cores:
            if size == copies * len(run) and all(counts[r] == copies for r in run):
                found.append((card_type, run[0], size))
    for card_type, copies, cores, each, pair in WINGED:
        for run in cores:
            if any(counts[r] < copies for r in run):
                continue
            wings = counts - Counter(dict.fromkeys(run, copies))
            if wings_allowed(wings, run, each * len(run), pair, book):
                found.append((card_type, run[0], size))
    assert len(found) <= 1, (ranks, found)
    return found[0] if found else None


def wings_allowed(wings, run, number, pair, book):
    if any(r in run for r in wings):
        return False  # the fourth card is never a wing of its own trio
    if set(wings) >= JOKERS:
        return False  # both jokers
    if any(n >= 3 for n in wings.values()):
        return False  # a trio or a quad among the wings
    if pair:
        return len(wings) == number and all(n == 2 for n in wings.values())
    if book == "pagat" and any(n == 2 for n in wings.values()):
        return False  # two wings of one rank; a pair as the two singles
    return wings.total() == number


def oracle_beats(a, b):
    if a[0] == 14:
        return b[0] != 14
    if a[0] == 13 and b[0] != 13:
        return b[0] != 14
    return a[0] == b[0] and a[2] == b[2] and a[1] > b[1]


def sub_multisets(ranks):
    counts = sorted(Counter(ranks).items())
    for taken in product(*(range(n + 1) for _, n in counts)):
        yield tuple(r for (r, _), n in zip(counts, taken, strict=True) for _ in range(n))


# --- Hands to try.

OF_RANK = {rank: [card for card in DECK if rank_of(card) == rank] for rank in range(3, 18)}


def ranks_of(cards):
    return tuple(sorted(map(rank_of, cards)))


def as_tuple(hand):
    return None if hand is None else (int(hand.card_type), hand.main_rank, hand.size)


@st.composite
def dense_hands(draw, most=10):
    """Cards of few ranks, many of them neighbours: rich in trios, chains and quads."""
    low = draw(st.integers(3, 11))
    near = range(low, min(low + draw(st.integers(1, 5)), 16))
    ranks = {*near, *draw(st.sets(st.integers(3, 17), max_size=2))}
    cards = [card for rank in ranks for card in OF_RANK[rank]]
    return draw(st.lists(st.sampled_from(cards), unique=True, max_size=most))


hands = dense_hands() | st.lists(st.sampled_from(DECK), unique=True, max_size=8)


def check_plays(cards, to_beat, book):
    plays = legal_plays(cards, to_beat, book=book)
    found = Counter(ranks_of(play) for play in plays)
    target = None if to_beat is None else as_tuple(classify(to_beat, book=book))
    expected = set()
    for ranks in sub_multisets(map(rank_of, cards)):
        hand = oracle(ranks, book)
        if hand and (target is None or oracle_beats(hand, target)):
            expected.add(ranks)
    assert found == Counter(expected)
    assert all(set(play) <= set(cards) and len(set(play)) == len(play) for play in plays)


@pytest.mark.parametrize("book", BOOKS)
@settings(max_examples=40, deadline=None)
@given(hands)
def test_leads_are_all_that_the_oracle_allows(book, cards):
    check_plays(cards, None, book)


@pytest.mark.parametrize("book", BOOKS)
@settings(max_examples=60, deadline=None)
@given(cards=hands, other=dense_hands(most=14), choice=st.randoms(use_true_random=False))
def test_follows_are_all_that_the_oracle_allows(book, cards, other, choice):
    leads = legal_plays(other, book=book)
    # Often on one of his own hands, so that the type is one which he has.
    leads += legal_plays(cards, book=book)
    check_plays(cards, choice.choice(leads or [[0x03]]), book)


@pytest.mark.parametrize("book", BOOKS)
@settings(max_examples=150, deadline=None)
@given(dense_hands(most=20))
def test_classification_is_the_oracles(book, cards):
    assert as_tuple(classify(cards, book=book)) == oracle(ranks_of(cards), book)


@pytest.mark.parametrize("book", BOOKS)
@pytest.mark.parametrize("ranks", [(3, 4, 5, 15, 16, 17), (13, 14, 15, 16, 17), (3, 5, 14, 15)])
def test_classification_is_the_oracles_for_all_cards_of_some_ranks(ranks, book):
    for numbers in product(*(range(len(OF_RANK[rank]) + 1) for rank in ranks)):
        cards = [card for r, n in zip(ranks, numbers, strict=True) for card in OF_RANK[r][:n]]
        assert as_tuple(classify(cards, book=book)) == oracle(ranks_of(cards), book)


def airplanes(length, book):
    """The number of airplanes with singles: runs x wings of the other suited ranks and a joker."""
    ranks = 13 - length

    def wings(count):
        pairs = range(count // 2 + 1) if book == "lenient" else [0]
        return sum(comb(ranks, p) * comb(ranks - p, count - 2 * p) for p in pairs)

    return (13 - length) * (wings(length) + 2 * wings(length - 1))


@pytest.mark.parametrize("book", BOOKS)
def test_the_whole_deck_holds_as_many_hands_as_counted_by_hand(book):
    expected = {
        CardType.SINGLE: 15,
        CardType.STRAIGHT: sum(range(1, 9)),
        CardType.PAIR: 13,
        CardType.PAIR_CHAIN: sum(range(3, 11)),
        CardType.TRIO: 13,
        CardType.TRIO_CHAIN: sum(range(7, 12)),
        CardType.TRIO_SINGLE: 13 * 14,
        CardType.TRIO_PAIR: 13 * 12,
        CardType.AIRPLANE_SINGLES: sum(airplanes(length, book) for length in range(2, 6)),
        CardType.AIRPLANE_PAIRS: 11 * comb(11, 2) + 10 * comb(10, 3) + 9 * comb(9, 4),
        CardType.QUAD_SINGLES: 13 * (comb(14, 2) - 1 + (12 if book == "lenient" else 0)),
        CardType.QUAD_PAIRS: 13 * comb(12, 2),
        CardType.BOMB: 13,
        CardType.ROCKET: 1,
    }
    plays = legal_plays(DECK, book=book)
    assert len({ranks_of(play) for play in plays}) == len(plays)
    assert Counter(classify(play, book=book).card_type for play in plays) == expected
    for play in random.Random(1).sample(plays, 1000):
        assert as_tuple(classify(play, book=book)) == oracle(ranks_of(play), book)


@pytest.mark.parametrize("book", BOOKS)
def test_hand_with_one_card_exchanged_is_what_the_oracle_says(book):
    rng = random.Random(2)
    for play in rng.sample(legal_plays(DECK, book=book), 1000):
        cards = rng.sample(play, len(play))
        cards[0] = rng.choice([card for card in DECK if card not in play])
        assert as_tuple(classify(cards, book=book)) == oracle(ranks_of(cards), book)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(DECK), unique=True, max_size=20), st.data())
def test_follows_are_the_leads_that_beat(cards, data):
    target = data.draw(st.sampled_from(legal_plays(data.draw(st.permutations(DECK))[:17])))
    leads = legal_plays(cards)
    follows = legal_plays(cards, target)
    assert len(follows) == len(set(follows))
    assert set(follows) == {play for play in leads if beats(play, target)}


@given(st.lists(st.sampled_from(DECK), unique=True, max_size=20), st.randoms())
def test_order_of_the_cards_does_not_matter(cards, rng):
    assert legal_plays(cards) == legal_plays(rng.sample(cards, len(cards)))


@given(st.lists(st.sampled_from(DECK), unique=True, max_size=20))
def test_leads_are_ordered_by_type(cards):
    types = [classify(play).card_type for play in legal_plays(cards)]
    assert types == sorted(types)


def test_hand_type_and_its_cards_are_followed_alike():
    target = [0x04, 0x14, 0x24, 0x05]
    assert legal_plays(DECK[:30], target) == legal_plays(DECK[:30], classify(target))


def test_no_cards_on_the_table_is_a_lead():
    assert legal_plays([3, 4], []) == legal_plays([3, 4], None) == [(3,), (4,)]


def test_nothing_follows_the_rocket():
    assert legal_plays(DECK[:20], [LITTLE_JOKER, BIG_JOKER]) == []
    assert legal_plays(DECK, HandType(CardType.ROCKET, 16, 2)) == []


def test_nobody_without_cards_has_a_play():
    assert legal_plays([]) == []
    assert legal_plays([], [3]) == []


def test_lowest_suits_stand_for_a_rank():
    assert legal_plays([0x33, 0x23, 0x13]) == [(0x13,), (0x13, 0x23), (0x13, 0x23, 0x33)]


def test_run_comes_before_the_wings():
    trio_on_top = [0x06, 0x16, 0x26, 0x03]
    assert legal_plays(trio_on_top, [0x05, 0x15, 0x25, 0x04]) == [(0x06, 0x16, 0x26, 0x03)]


@pytest.mark.parametrize(
    ("cards", "to_beat"),
    [([0], None), ([3, 3], None), ([0x1E], None), ([-1, 3], None), ([3], [3, 4]), ([3], [0])],
)
def test_what_is_no_set_of_cards_or_no_hand_is_refused(cards, to_beat):
    with pytest.raises(ValueError, match=r"no such card|twice|no hand"):
        legal_plays(cards, to_beat)


def test_unknown_book_is_refused():
    with pytest.raises(ValueError, match="no such rule book"):
        legal_plays([3], book="hoyle")
