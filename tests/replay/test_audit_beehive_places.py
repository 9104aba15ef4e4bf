"""Groups and rooms of instant messaging under audit.

Whoever alters these logs makes the seals anew, so that only what the events say can tell.
"""

import pytest
from day_audits import AT, adding, changing, found
from hives import ADA, BO, CY, DEE, DEES, GONE_GROUP, GONE_ROOM, GROUP, HALL, OPERATOR

from parlour.events import beehive as facts


@pytest.fixture
def tamperer(tamperer_of_day):
    return tamperer_of_day


@pytest.fixture
def change(tamperer):
    return changing(tamperer)


@pytest.fixture
def add(tamperer):
    return adding(tamperer)


# --- groups ---------------------------------------------------------------------------------


def test_only_members_speak_in_a_group(tamperer, change):
    position = change("group-said", uid=OPERATOR)
    assert ("beehive_not_inside", position, "uid") in found(tamperer)


def test_who_is_gagged_does_not_speak(tamperer):
    position = tamperer.find("beehive.group-said")
    gag = {**AT, "uid": CY, "by": ADA, "on": True}
    tamperer.put_in(position, facts.group_id(GROUP), "beehive.group-gag-changed@1", gag)
    said = tamperer.find("beehive.group-said")
    tamperer.change(said, uid=CY)
    assert ("beehive_gagged", said, "uid") in found(tamperer)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("group-role-changed", {"by": CY}),
        ("group-gag-changed", {"by": CY}),
        ("group-gag-changed", {"uid": ADA}),
        ("group-member-removed", {"by": CY}),
        ("group-member-removed", {"reason": "quit"}),
        ("group-blacklist-changed", {"by": CY}),
        ("group-dismissed", {"uid": ADA}),
        ("group-member-added", {"by": OPERATOR}),
        ("room-kicked", {"by": DEE}),
        ("room-role-changed", {"by": BO}),
        ("room-dismissed", {"uid": BO}),
    ],
)
def test_nobody_does_what_his_role_does_not_let_him(tamperer, change, name, fields):
    position = change(name, **fields)
    assert ("beehive_not_allowed", position, "by") in found(tamperer)


def test_nobody_rises_past_a_manager(tamperer, change):
    position = change("group-role-changed", role=1)
    assert ("beehive_not_allowed", position, "by") in found(tamperer)


def test_a_group_keeps_an_owner(tamperer, change):
    position = change("group-role-changed", where={"role": 1}, uid=ADA, role=0)
    assert ("beehive_owner_wrong", position, None) in found(tamperer)


def test_who_is_on_a_group_s_black_list_stays_out(tamperer, add):
    entered = {"uid": CY, "by": CY}
    position = add(facts.group_id(GROUP), "group-member-added", **entered)
    assert found(tamperer) == [
        ("beehive_blacklisted", position, "uid"),
        ("beehive_member_differs", position, None),
    ]


@pytest.mark.parametrize("name", ["group-entered", "group-left"])
def test_group_and_user_agree(tamperer, name):
    told = tamperer.find(f"beehive.{name}", of=facts.user_id(DEE))
    tamperer.take_out(told)
    assert "beehive_member_differs" in [code for code, *_ in found(tamperer)]


def test_group_and_user_agree_on_since_when(tamperer, change):
    position = change("group-entered", version=9)
    assert found(tamperer) == [("beehive_member_differs", position, None)]


@pytest.mark.parametrize(
    ("aggregate_id", "name", "fields"),
    [
        (facts.group_id(GONE_GROUP), "group-gag-changed", {"uid": BO, "by": CY, "on": True}),
        (facts.group_id(5), "group-gag-changed", {"uid": BO, "by": CY, "on": True}),
        (facts.room_id(HALL), "room-emptied", {"epoch": 2}),
        (facts.room_id(GONE_ROOM), "room-emptied", {"epoch": 2}),
    ],
)
def test_nothing_happens_in_what_is_not_there(tamperer, add, aggregate_id, name, fields):
    position = add(aggregate_id, name, **fields)
    assert ("beehive_after_end", position, None) in found(tamperer)


# --- rooms ----------------------------------------------------------------------------------


def test_only_who_is_inside_speaks_in_a_room(tamperer, change):
    position = change("room-said", ssid=DEES, uid=DEE)
    assert ("beehive_not_inside", position, "ssid") in found(tamperer)


def test_nobody_is_in_a_room_of_an_older_start(tamperer):
    position = tamperer.find("beehive.room-emptied")
    tamperer.take_out(position)
    codes = {code for code, *_ in found(tamperer)}
    assert {"beehive_epoch_wrong", "beehive_presence_differs"} <= codes


@pytest.mark.parametrize(("name", "nth", "gid"), [("room-said", 0, 9), ("room-joined", 1, 0)])
def test_a_sub_group_is_one_the_room_has(tamperer, change, name, nth, gid):
    position = change(name, nth=nth, gid=gid)
    assert found(tamperer)[0] == ("beehive_sub_group_unknown", position, "gid")


@pytest.mark.parametrize("name", ["room-entered", "room-exited"])
def test_room_and_device_agree(tamperer, name):
    tamperer.take_out(tamperer.find(f"beehive.{name}"))
    assert [code for code, *_ in found(tamperer)] == ["beehive_presence_differs"]


def test_who_was_kicked_does_not_come_back(tamperer):
    position = tamperer.find("beehive.room-joined", of=facts.room_id(HALL), uid=DEE)
    kicked = {**AT, "uid": DEE, "by": ADA}
    tamperer.put_in(position, facts.room_id(HALL), "beehive.room-kicked@1", kicked)
    assert found(tamperer) == [("beehive_blacklisted", position + 1, "uid")]
