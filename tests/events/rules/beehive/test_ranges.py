"""A queue's ranges against the set of versions they stand for."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from parlour.events.rules.beehive import ranges

VERSION = st.integers(1, 60)
SPANS = st.lists(st.tuples(VERSION, st.integers(0, 9)), max_size=40)


def build(spans):
    """Return the ranges and the set after adding every (first, length - 1)."""
    kept, model = (), set()
    for first, more in spans:
        kept = ranges.add(kept, first, first + more)
        model |= set(range(first, first + more + 1))
    return kept, model


def members(kept):
    return {
        v for low, high in zip(kept[::2], kept[1::2], strict=True) for v in range(low, high + 1)
    }


@given(SPANS)
def test_ranges_are_the_set_of_what_was_added(spans):
    kept, model = build(spans)
    assert members(kept) == model
    assert [v for v in range(0, 80) if ranges.has(kept, v)] == sorted(model)


@given(SPANS, VERSION)
def test_what_touches_needs_no_further_range(spans, version):
    kept, _ = build(spans)
    grown = ranges.add(kept, version, version)
    assert ranges.touches(kept, version) == (len(grown) <= len(kept))


@given(SPANS)
def test_ranges_ascend_and_never_touch(spans):
    kept, _ = build(spans)
    assert all(low <= high for low, high in zip(kept[::2], kept[1::2], strict=True))
    assert all(high + 1 < low for high, low in zip(kept[1::2], kept[2::2], strict=False))


@given(SPANS, st.integers(0, 80))
def test_gaps_are_what_was_not_added(spans, last):
    kept, model = build(spans)
    gaps = ranges.gaps(kept, last)
    missing = [v for low, high in gaps for v in range(low, high + 1)]
    assert missing == [v for v in range(1, last + 1) if v not in model]
    assert all(high + 1 < low for (_, high), (low, _) in pairwise(gaps))


@given(st.permutations(range(1, 30)))
def test_any_order_ends_in_one_range(order):
    kept = ()
    for version in order:
        kept = ranges.add(kept, version, version)
    assert kept == (1, 29)


def test_a_long_queue_acknowledged_in_order_is_one_range():
    kept = ()
    for version in range(1, 100_001):
        kept = ranges.add(kept, version, version)
    assert kept == (1, 100_000)
