from hypothesis import given
from hypothesis import strategies as st

from parlour.events.rules.techmino import lobby as rules
from parlour.events.rules.techmino.state import Lobby
from parlour.events.techmino import (
    MatchDelisted,
    MatchListed,
    RoomDelisted,
    RoomListed,
    RoomResumed,
)

ROOMS = {"a": "solo", "b": "classic", "c": "solo", "d": "r49"}


def test_rooms_and_matches_are_kept_in_order_of_creation_and_not_when_they_are_over():
    lobby = Lobby()
    for event in (
        RoomListed(at=1, rid="a", type="solo"),
        MatchListed(at=2, rid="m"),
        RoomListed(at=3, rid="b", type="r99"),
        RoomListed(at=4, rid="c", type="solo"),
        MatchListed(at=5, rid="n"),
        RoomDelisted(at=6, rid="b"),
        MatchDelisted(at=7, rid="m"),
    ):
        lobby = rules.evolve(lobby, event)
    assert list(lobby.rooms.items()) == [("a", "solo"), ("c", "solo")]
    assert list(lobby.matches) == ["n"]


def test_listing_leaves_the_lobby_before_as_it_was():
    before = Lobby(rooms={"a": "solo"}, matches={"m": None})
    for event in (
        RoomListed(at=1, rid="b", type="solo"),
        RoomDelisted(at=1, rid="a"),
        MatchDelisted(at=1, rid="m"),
    ):
        rules.evolve(before, event)
    assert before == Lobby(rooms={"a": "solo"}, matches={"m": None})


def test_other_events_change_nothing():
    lobby = Lobby(rooms={"a": "solo"})
    assert rules.evolve(lobby, RoomResumed(at=1)) is lobby
    assert rules.evolve(lobby, RoomDelisted(at=1, rid="unknown")) == lobby


def test_the_window_counts_what_the_filter_leaves():
    lobby = Lobby(rooms=ROOMS)
    assert rules.window(lobby, "", 1, 2) == ["b", "c"]
    assert rules.window(lobby, "SOLO", 1, 10) == ["c"]
    assert rules.window(lobby, "solo", 2, 10) == []
    assert rules.window(lobby, "nothing", 0, 10) == []


@given(st.integers(), st.integers())
def test_no_window_breaks_anything_or_is_longer_than_a_hundred(begin, count):
    lobby = Lobby(rooms={str(n): "solo" for n in range(150)})
    found = rules.window(lobby, "", begin, count)
    first = max(begin, 0)
    assert found == [str(n) for n in range(150)][first : first + min(max(count, 0), 100)]
