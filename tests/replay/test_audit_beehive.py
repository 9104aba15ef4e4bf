"""Instant messaging under audit: a clean day, and what is found after somebody was there.

Whoever alters these logs makes the seals anew, so that only what the events say can tell.
"""

import pytest
from auditing import audited
from day_audits import AT, adding, changing, found
from hives import ADA, BO, BOS, CY, CYS, DEE, DESK, GROUP, OPERATOR, PHONE, ROOM
from rich.console import Console

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


def test_a_whole_day_is_clean(buzzed):
    report = audited(buzzed)
    assert report.findings == []
    assert report.messages == 14


def test_the_report_tells_what_was_judged(buzzed):
    console = Console(width=120, color_system=None)
    with console.capture() as captured:
        audited(buzzed).print(console)
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
