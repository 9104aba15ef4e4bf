"""Who may what in a group: gags, kicks, black lists, roles, and its end."""

import pytest
from group_talk import ALICE, BOB, CAROL, FORBIDDEN, MISSING, chat, found, members

from parlour.events import beehive as facts
from parlour.events.messages.beehive import group


@pytest.fixture
def people(hive):
    return [hive.come(uid) for uid in (ALICE, BOB, CAROL)]


def test_who_is_gagged_is_refused_until_he_may_speak_again(people):
    one, two, three = people
    gid = found(one, two, three)
    assert one.code(group.GroupGagAdd(uid=BOB, gid=gid)) == 0
    for client in people:
        assert client.heard() == [group.GroupGagAddNtf(uid=BOB, gid=gid)]
    assert two.code(chat(two, gid)) == FORBIDDEN
    assert two.code(group.GroupGagDel(uid=BOB, gid=gid)) == FORBIDDEN
    assert one.code(group.GroupGagDel(uid=BOB, gid=gid)) == 0
    assert three.heard() == [group.GroupGagDelNtf(uid=BOB, gid=gid)]
    assert two.code(chat(two, gid)) == 0


def test_a_kicked_member_is_told_and_does_nothing_more(hive, people):
    one, two, three = people
    gid = found(one, two, three)
    assert one.code(group.GroupKick(uid=BOB, gid=gid)) == 0
    for client in people:
        assert client.heard() == [group.GroupKickNtf(uid=BOB, gid=gid)]
    assert hive.state(facts.user_id(BOB)).groups == {}
    assert two.code(chat(two, gid)) == FORBIDDEN
    assert two.code(group.GroupInvite(uid=BOB, gid=gid, to=BOB)) == FORBIDDEN
    one.code(chat(one, gid))
    assert two.take() == []
    assert two.code(group.GroupJoin(uid=BOB, gid=gid)) == 0


def test_a_blacklisted_member_is_out_is_told_and_stays_out(hive, people):
    one, two, three = people
    gid = found(one, two, three)
    assert one.code(group.GroupBlAdd(uid=BOB, gid=gid)) == 0
    for client in people:
        assert client.heard() == [group.GroupBlAddNtf(uid=BOB, gid=gid)]
    assert hive.state(facts.user_id(BOB)).groups == {}
    assert two.code(group.GroupJoin(uid=BOB, gid=gid)) == FORBIDDEN
    assert three.code(group.GroupInvite(uid=CAROL, gid=gid, to=BOB)) == FORBIDDEN
    assert one.code(group.GroupBlDel(uid=BOB, gid=gid)) == 0
    assert three.heard() == [group.GroupBlDelNtf(uid=BOB, gid=gid)]
    assert two.code(group.GroupJoin(uid=BOB, gid=gid)) == 0


def test_an_outsider_is_blacklisted_without_leaving_a_trace_on_him(hive, people):
    one, _, _ = people
    gid = found(one)
    assert one.code(group.GroupBlAdd(uid=CAROL, gid=gid)) == 0
    assert "GroupLeft" not in hive.names(facts.user_id(CAROL))


def test_roles_are_changed_by_the_owner_and_handed_over_by_him(people):
    one, two, three = people
    gid = found(one, two, three)
    assert two.code(group.GroupMgrAdd(uid=CAROL, gid=gid)) == FORBIDDEN
    assert one.code(group.GroupMgrAdd(uid=BOB, gid=gid)) == 0
    for client in people:
        assert client.heard() == [group.GroupMgrAddNtf(uid=BOB, gid=gid)]
    assert two.code(group.GroupKick(uid=ALICE, gid=gid)) == FORBIDDEN
    assert one.code(group.GroupQuit(uid=ALICE, gid=gid)) == FORBIDDEN
    assert one.code(group.GroupMgrAdd(uid=BOB, gid=gid)) == 0
    assert members(one.hive, gid) == {ALICE: 2, BOB: 1, CAROL: 0}
    assert one.code(group.GroupMgrAdd(uid=CAROL, gid=gid)) == FORBIDDEN
    assert two.code(group.GroupMgrDel(uid=ALICE, gid=gid)) == 0
    assert three.heard()[-1] == group.GroupMgrDelNtf(uid=ALICE, gid=gid)
    assert one.code(group.GroupQuit(uid=ALICE, gid=gid)) == 0


def test_each_member_of_a_dismissed_group_is_told_that_he_is_out(hive, people):
    one, two, three = people
    gid = found(one, two, three)
    second = hive.come(BOB, 201)
    assert two.code(group.GroupDimiss(uid=BOB, gid=gid)) == FORBIDDEN
    assert one.code(group.GroupDimiss(uid=ALICE, gid=gid)) == 0
    for client in (*people, second):
        assert client.heard() == [group.GroupKickNtf(uid=client.uid, gid=gid)]
        assert hive.state(facts.user_id(client.uid)).groups == {}
    for message in (
        chat(one, gid),
        group.GroupJoin(uid=ALICE, gid=gid),
        group.GroupDimiss(uid=ALICE, gid=gid),
        group.GroupMgrAdd(uid=BOB, gid=gid),
    ):
        assert one.code(message) == MISSING
    taken = one.ask(group.GroupCreat(uid=ALICE, gid=gid, name="", desc=""))
    assert taken.code == 0
    assert taken.gid != gid
