"""Recorded events against what the rules give."""

from parlour.events import techmino as facts
from parlour.events.reader import Recorded
from parlour.replay.step_comparison import compare

LISTED = facts.RoomListed(at=1, rid="a", type="r99")
DELISTED = facts.RoomDelisted(at=1, rid="a")


def recorded(*events):
    return [Recorded(n, "techmino.lobby:1", n, "t@1", event) for n, event in enumerate(events, 1)]


def test_what_is_as_the_rules_give_it_is_looked_at_and_no_more():
    assert compare(recorded(LISTED, DELISTED), [LISTED]) == (1, [])
    assert compare(recorded(LISTED, DELISTED), [LISTED, DELISTED]) == (2, [])


def test_each_field_that_differs_is_told_and_then_it_ends():
    other = facts.RoomListed(at=2, rid="a", type="solo")
    looked_at, faults = compare(recorded(other, LISTED), [LISTED, DELISTED])
    assert looked_at == 1
    assert [fault[2:] for fault in faults] == [("at", 1, 2), ("type", "r99", "solo")]


def test_another_event_is_told_whole():
    looked_at, (fault,) = compare(recorded(DELISTED), [LISTED])
    assert (looked_at, fault.field) == (1, None)
    assert fault.expected["name"] == "techmino.room-listed"
    assert fault.found["name"] == "techmino.room-delisted"


def test_what_is_not_there_is_told_of_the_last_that_is():
    steps = recorded(LISTED)
    looked_at, (fault,) = compare(steps, [LISTED, DELISTED])
    assert looked_at == 1
    assert fault.recorded is steps[0]
    assert fault.expected["name"] == "techmino.room-delisted"
