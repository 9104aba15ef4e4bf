"""What was so cannot become so: a change that is told twice is found, with every seal made anew."""

import json
from collections import Counter

import pytest

from parlour.events.reader import LogReader
from parlour.replay.audit import audit

LISTED = "landlord.table-listed"


@pytest.fixture(params=["", "_of_night", "_of_hunt", "_of_day"])
def tamperer(request):
    return request.getfixturevalue(f"tamperer{request.param}")


def findings(tamperer):
    tamperer.sql("DELETE FROM snapshots")
    tamperer.reseal()
    with LogReader(tamperer.folder) as reader:
        return [(finding.code, finding.position) for finding in audit(reader).findings]


def copy_beside(tamperer, position):
    """Tell an event again in its own commit, right behind it."""
    originator_id, _, topic, state = tamperer.row(position)
    tamperer.put_in(position, originator_id, topic, json.loads(state))
    return position + 1


# By the log it is told in, and what must find its second telling.
TWICE = [
    ("", "account.renamed", "event_repeated"),
    ("", LISTED, "table_differs"),
    ("", "landlord.connection-lost", "table_differs"),
    ("", "landlord.connection-regained", "table_differs"),
    ("_of_night", "techmino.room-listed", "event_repeated"),
    ("_of_night", "techmino.room-delisted", "event_repeated"),
    ("_of_night", "techmino.match-listed", "event_repeated"),
    ("_of_night", "techmino.match-delisted", "event_repeated"),
    ("_of_hunt", "treasure.room-delisted", "event_repeated"),
    ("_of_hunt", "treasure.server-registered", "event_repeated"),
    ("_of_hunt", "treasure.ticket-given", "event_repeated"),
    ("_of_day", "beehive.device-linked", "beehive_device_differs"),
    ("_of_day", "beehive.device-offline", "event_repeated"),
    ("_of_day", "beehive.friend-asked", "event_repeated"),
    ("_of_day", "beehive.friend-made", "event_repeated"),
    ("_of_day", "beehive.friend-notice-sent", "beehive_message_doubled"),
    ("_of_day", "beehive.group-blacklist-changed", "event_repeated"),
    ("_of_day", "beehive.group-entered", "event_repeated"),
    ("_of_day", "beehive.group-gag-changed", "event_repeated"),
    ("_of_day", "beehive.group-left", "event_repeated"),
    ("_of_day", "beehive.group-role-changed", "event_repeated"),
    ("_of_day", "beehive.list-changed", "event_repeated"),
    ("_of_day", "beehive.mark-set", "event_repeated"),
    ("_of_day", "beehive.node-reported", "event_repeated"),
    ("_of_day", "beehive.private-copied", "beehive_copy_unfounded"),
    ("_of_day", "beehive.room-entered", "event_repeated"),
    ("_of_day", "beehive.room-exited", "event_repeated"),
    ("_of_day", "beehive.room-kicked", "event_repeated"),
    ("_of_day", "beehive.room-role-changed", "event_repeated"),
]


@pytest.mark.parametrize(
    ("tamperer", "name", "code"),
    TWICE,
    ids=[name for _, name, _ in TWICE],
    indirect=["tamperer"],
)
def test_a_change_is_told_once(tamperer, name, code):
    position = copy_beside(tamperer, tamperer.find(name))
    assert (code, position) in findings(tamperer)


@pytest.mark.parametrize("tamperer", [""], indirect=True)
@pytest.mark.parametrize(("field", "value"), [("type", 9), ("zone", 9)])
def test_the_lobby_lists_the_table_that_was_opened(tamperer, field, value):
    position = tamperer.change(tamperer.find(LISTED), **{field: value})
    assert findings(tamperer) == [("table_differs", position)]


@pytest.mark.parametrize("tamperer", [""], indirect=True)
@pytest.mark.parametrize("name", [LISTED, "landlord.table-opened"])
def test_lobby_and_table_both_tell_of_a_new_table(tamperer, name):
    position = tamperer.find(name)
    row = tamperer.row(position)
    tamperer.take_out(position)
    tamperer.append((row[0], row[2], json.loads(row[3])))
    codes = Counter(code for code, _ in findings(tamperer))
    assert codes["table_differs"] >= 2


@pytest.mark.parametrize("tamperer", ["_of_hunt"], indirect=True)
@pytest.mark.parametrize(("most", "fits"), [(3, False), (4, True), (8, True), (9, False)])
def test_a_room_is_for_four_to_eight(tamperer, most, fits):
    position = tamperer.change(tamperer.find("treasure.room-opened"), max=most)
    assert (("treasure_step_wrong", position) in findings(tamperer)) is not fits
