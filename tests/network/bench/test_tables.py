"""Hands that a bench leaves in play."""

import pytest

from parlour.network.bench.tables import Tables


@pytest.fixture
def tables(tmp_path):
    with Tables(tmp_path / "data", tables=3) as living:
        yield living


def test_hands_left_in_play_are_never_over(tables):
    tables.play_into(200)
    before = tables.events
    assert tables.turn(to_the_end=False) == 0  # everybody whose turn it is keeps his last cards
    assert tables.hands_over == 0
    assert tables.events == before


def test_who_keeps_his_last_cards_may_still_play_them(tables):
    tables.play_into(200)
    assert tables.turn() == 3
    assert tables.hands_over == 3
