"""Instant messaging under audit: a clean day, and what is found after somebody was there.

Whoever alters these logs makes the seals anew, so that only what the events say can tell.
"""

import pytest
from hives import (
    ADA,
    BO,
    BOS,
    CY,
    CYS,
    DEE,
    DEES,
    DESK,
    GONE_GROUP,
    GONE_ROOM,
    GROUP,
    HALL,
    OPERATOR,
    PHONE,
    ROOM,
)
from rich.console import Console

from parlour.events import beehive as facts
from parlour.events.reader import LogReader
from parlour.replay.audit import audit

AT = {"at": 1_795_158_100_000_000}


def report_of(folder):
    with LogReader(folder) as reader:
        return audit(reader)


def found(tamperer):
    """Return code, position and field of every finding, seals made anew."""
    tamperer.reseal()
    findings = report_of(tamperer.folder).findings
    return [(finding.code, finding.position, finding.field) for finding in findings]


@pytest.fixture
def tamperer(tamperer_of_day):
    return tamperer_of_day


@pytest.fixture
def change(tamperer):
    """Alters fields of the nth event of a name; returns its position."""

    def alter(name, *, of="%", nth=0, where=None, **fields):
        position = tamperer.find(f"beehive.{name}", of=of, nth=nth, **(where or {}))
        return tamperer.change(position, **fields)

    return alter


@pytest.fixture
def add(tamperer):
    """Puts an event behind all others under a seal of its own; returns its position."""

    def append(aggregate_id, name, **fields):
        return tamperer.append((aggregate_id, f"beehive.{name}@1", {**AT, **fields}))

    return append


def test_a_whole_day_is_clean(buzzed):
    report = report_of(buzzed)
    assert report.findings == []
    assert report.messages == 14


def test_the_report_tells_what_was_judged(buzzed):
    console = Console(width=120, color_system=None)
    with console.capture() as captured:
        report_of(buzzed).print(console)
    assert "14  beehive messages held against the answers" in captured.get()


# --- messages and answers -------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["private-sent", "group-said", "room-said", "friend-notice-sent"])
def test_a_message_whose_answer_is_gone_is_unanswered(tamperer, kind):
    message = tamperer.find(f"beehive.{kind}")
    sent = tamperer.event(message)
    device = facts.device_id(sent["ssid"])
    answer = tamperer.find("beehive.command-answered", of=device, seq=sent["seq"])
    tamperer.take_out(answer)
    message = tamperer.find(f"beehive.{kind}")
    assert found(tamperer) == [("beehive_unanswered", message, "seq")]


def test_a_message_whose_sender_was_told_no_is_unanswered(tamperer, change):
    message = tamperer.find("beehive.private-sent")
    change("command-answered", of=facts.device_id(PHONE), code=10005)
    assert found(tamperer) == [("beehive_unanswered", message, "code")]


def test_a_message_that_is_sent_again_is_doubled(tamperer, add):
    sent = tamperer.event(tamperer.find("beehive.private-sent"))
    position = add(facts.inbox_id(BO), "private-sent", **sent)
    assert found(tamperer) == [("beehive_message_doubled", position, "seq")]


def test_a_command_sends_one_message(tamperer):
    position = tamperer.find("beehive.private-sent")
    tamperer.put_in(
        position, facts.inbox_id(CY), "beehive.private-sent@1",
        {**tamperer.event(position), "duid": CY},
    )  # fmt: skip
    assert found(tamperer) == [("beehive_message_doubled", position + 1, "seq")]


def test_numbers_of_a_device_only_grow(tamperer, change):
    position = change("command-answered", of=facts.device_id(CYS), nth=1, seq=8)
    message = tamperer.find("beehive.private-sent", suid=CY)
    assert found(tamperer) == [
        ("beehive_unanswered", message, "seq"),
        ("beehive_seq_fell", position, "seq"),
    ]


def test_a_message_is_its_device_s_user_s(tamperer, change):
    position = change("room-said", uid=DEE)
    codes = [code for code, *_ in found(tamperer)]
    assert codes == ["beehive_not_inside", "beehive_device_differs"]
    assert position


# --- queues ---------------------------------------------------------------------------------


def test_a_copy_says_what_its_message_says(tamperer, change):
    position = change("private-copied", text="is the money ready?")
    assert found(tamperer) == [("beehive_copy_unfounded", position, "text")]


def test_a_copy_has_a_message(tamperer, change):
    position = change("private-copied", seq=99)
    assert found(tamperer) == [("beehive_copy_unfounded", position, None)]


@pytest.mark.parametrize(
    ("name", "fields"), [("private-sent", {"duid": CY}), ("private-copied", {"suid": CY})]
)
def test_a_message_lies_with_whom_it_names(tamperer, change, name, fields):
    position = change(name, **fields)
    assert ("beehive_misaddressed", position, *fields) in found(tamperer)


def test_a_receiver_has_an_account(tamperer, add):
    message = {"kind": "p2p", "suid": 0, "ssid": 0, "seq": 0, "duid": 77}
    position = add(facts.inbox_id(77), "private-sent", **message)
    assert found(tamperer) == [("beehive_misaddressed", position, None)]


def test_who_is_on_the_black_list_sends_nothing(tamperer):
    message = tamperer.find("beehive.private-sent", suid=BO)
    listed = {**AT, "list": "black", "uid": BO, "on": True}
    tamperer.put_in(message, facts.user_id(ADA), "beehive.list-changed@1", listed)
    assert found(tamperer) == [("beehive_blacklisted", message + 1, "suid")]


@pytest.mark.parametrize(("suid", "muted"), [(CY, False), (ADA, True)])
def test_only_who_is_gagged_is_muted(tamperer, change, suid, muted):
    position = change("private-sent", where={"suid": suid}, muted=muted)
    assert found(tamperer) == [("beehive_muted_wrong", position, "muted")]


@pytest.mark.parametrize("version", [0, 99, 5])
def test_only_messages_of_the_queue_are_acknowledged(tamperer, change, version):
    # 5 is a notice of Bo's inbox, which is told and not acknowledged.
    position = change("message-acknowledged", of=facts.user_id(BO), nth=1, versions=[version])
    assert found(tamperer) == [("beehive_ack_unfounded", position, "versions")]


def test_a_device_acknowledges_a_message_once(tamperer, add):
    position = add(facts.user_id(BO), "message-acknowledged", sid=BOS, versions=[1])
    assert found(tamperer) == [("beehive_ack_doubled", position, "versions")]


def test_each_device_acknowledges_for_itself(tamperer, add):
    add(facts.user_id(ADA), "message-acknowledged", sid=DESK, versions=[2])
    assert found(tamperer) == []


def test_a_device_acknowledges_nothing_from_before_its_queue(tamperer, change):
    change("device-linked", where={"sid": DESK}, after=2)
    acknowledged = tamperer.find("beehive.message-acknowledged", sid=DESK)
    assert ("beehive_ack_unfounded", acknowledged, "versions") in found(tamperer)


def test_an_heir_goes_on_with_the_queue(tamperer, add):
    heir = {"sid": 500, "uid": BO}
    tamperer.sql("INSERT INTO claims VALUES (?,?,?)", "beehive/sid/500", "beehive.device:500", 0)
    position = add(facts.device_id(500), "device-added", **heir)
    tamperer.sql("UPDATE claims SET position=? WHERE position=0", position)
    add(facts.user_id(BO), "device-linked", sid=500, heir_of=BOS)
    add(facts.user_id(BO), "message-acknowledged", sid=500, versions=[3])
    doubled = add(facts.user_id(BO), "message-acknowledged", sid=500, versions=[1])
    gone = add(facts.user_id(BO), "message-acknowledged", sid=BOS, versions=[3])
    assert found(tamperer) == [
        ("beehive_ack_doubled", doubled, "versions"),
        ("beehive_device_differs", gone, "sid"),
    ]


@pytest.mark.parametrize("name", ["notice-told", "device-synced"])
def test_only_notices_are_told_once(tamperer, change, name):
    field, value = ("version", 1) if name == "notice-told" else ("notices", [2])
    position = change(name, **{field: value})
    assert found(tamperer) == [("beehive_ack_unfounded", position, field)]


def test_nobody_has_heard_what_was_not_said(tamperer, change):
    position = change("device-offline", heard={GROUP: 99})
    assert found(tamperer) == [("beehive_heard_wrong", position, f"heard.{GROUP}")]


# --- devices and friends --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["device-online", "device-offline", "notice-told"])
def test_a_user_has_the_device_that_is_spoken_of(tamperer, change, name):
    position = change(name, **({"sids": [5]} if name == "notice-told" else {"sid": 5}))
    assert found(tamperer) == [("beehive_device_differs", position, "sid")]


def test_nobody_takes_up_another_s_device(tamperer, add):
    position = add(facts.user_id(CY), "device-linked", sid=PHONE)
    assert found(tamperer) == [("beehive_device_differs", position, "uid")]


def test_friendship_needs_both_to_have_asked(tamperer):
    position = tamperer.find("beehive.friend-asked", of=facts.user_id(BO))
    tamperer.take_out(position)
    made = [tamperer.find("beehive.friend-made", nth=nth) for nth in (0, 1)]
    assert found(tamperer) == [("beehive_friend_unfounded", at, "uid") for at in made]


def test_friendship_is_of_both(tamperer, add):
    position = add(facts.user_id(ADA), "friend-lost", uid=BO)
    assert found(tamperer) == [("beehive_friend_differs", position, None)]


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


# --- starts, numbers, nodes -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "nth"), [("engine-started", 1), ("device-online", 5), ("room-emptied", 0)]
)
def test_starts_are_counted_one_by_one(tamperer, change, name, nth):
    position = change(name, nth=nth, epoch=7)
    assert ("beehive_epoch_wrong", position, "epoch") in found(tamperer)


@pytest.mark.parametrize(
    ("series", "number"), [("sid", 500), ("sid", PHONE), ("place", GROUP), ("place", ROOM)]
)
def test_a_number_is_given_once(tamperer, add, series, number):
    position = add(facts.LOBBY_ID, "number-given", series=series, number=number)
    assert found(tamperer) == [("beehive_number_doubled", position, "number")]


def test_numbers_of_broadcasts_grow(tamperer, add):
    told = tamperer.event(tamperer.find("beehive.broadcast-sent"))
    position = add(facts.LOBBY_ID, "broadcast-sent", **told)
    rest = tamperer.event(tamperer.find("beehive.room-broadcast"))
    again = add(facts.room_id(ROOM), "room-broadcast", **rest)
    assert found(tamperer) == [
        ("beehive_msgid_doubled", position, "msgid"),
        ("beehive_msgid_doubled", again, "msgid"),
    ]


@pytest.mark.parametrize(("suid", "code"), [(OPERATOR, []), (ADA, ["beehive_not_allowed"])])
def test_only_operators_tell_everybody_something(tamperer, change, suid, code):
    account = tamperer.find("account.registered", uid=OPERATOR)
    tamperer.change(account, operator=True)
    change("broadcast-sent", suid=suid)
    assert [code for code, *_ in found(tamperer)] == code


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("node-reported", {"nid": 3, "type": 2, "ip": "192.0.2.1", "port": 9002}),
        ("node-reported", {"nid": 2, "type": 1, "ip": "192.0.2.9", "port": 9002}),
        ("node-lost", {"nid": 1}),
    ],
)
def test_living_nodes_have_one_address_each(tamperer, add, name, fields):
    position = add(facts.NODES_ID, name, **fields)
    assert [(code, at) for code, at, _ in found(tamperer)] == [("beehive_node_conflict", position)]


def test_an_event_of_a_user_does_not_belong_to_a_room(tamperer, add):
    position = add(facts.room_id(ROOM), "subscription-changed", sid=PHONE, cmd=1, on=True)
    assert found(tamperer) == [("event_misplaced", position, "originator_id")]
