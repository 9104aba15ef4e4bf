import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlour.events import beehive as facts
from parlour.events.errors import RuleViolation
from parlour.events.rules.beehive import group as rules
from parlour.events.rules.beehive import group_commands as commands
from parlour.events.rules.beehive.places import MANAGER, MEMBER, OWNER, Group

TERMS = commands.GroupTerms(most_members=5, most_listed=3)
ALICE, BOB, CAROL, DAVE, EVE = 1, 2, 3, 4, 5


class Scene:
    """A group that is told commands."""

    def __init__(self, *members, managers=(), terms=TERMS):
        self.group, self.log, self.terms = Group(), [], terms
        self.do(commands.Create, gid=7, uid=ALICE, name="n", desc="d")
        for uid in members:
            self.do(commands.Join, uid=uid)
        for uid in managers:
            self.do(commands.ChangeRole, by=ALICE, uid=uid, on=True)

    def do(self, command, **fields):
        events = rules.decide(self.group, command(at=len(self.log), **fields), self.terms)
        for event in events:
            self.group = rules.evolve(self.group, event)
        self.log += events
        return [type(event).__name__ for event in events]

    def say(self, uid):
        return self.do(commands.Say, uid=uid, ssid=10, seq=8, level=0, time=1, text="hi", data=None)

    def refuses(self, code, command, **fields):
        before = self.group
        with pytest.raises(RuleViolation) as refusal:
            self.do(command, **fields)
        assert refusal.value.code == code
        assert self.group is before
        return True


def test_who_creates_a_group_owns_it_and_is_in_it():
    scene = Scene()
    assert scene.group.members == {ALICE: OWNER}
    assert (scene.group.name, scene.group.desc) == ("n", "d")


def test_a_group_is_created_once():
    assert Scene().refuses("forbidden", commands.Create, gid=7, uid=BOB, name="", desc="")


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        (commands.Join, {"uid": BOB}),
        (commands.Quit, {"uid": ALICE}),
        (commands.Dismiss, {"uid": ALICE}),
        (commands.Invite, {"by": ALICE, "uid": BOB}),
        (commands.Kick, {"by": ALICE, "uid": BOB}),
        (commands.ChangeGag, {"by": ALICE, "uid": BOB, "on": True}),
        (commands.ChangeBlacklist, {"by": ALICE, "uid": BOB, "on": True}),
        (commands.ChangeRole, {"by": ALICE, "uid": BOB, "on": True}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_of_no_group_and_of_a_dismissed_one_everything_is_missing(command, fields):
    dismissed = Scene(BOB)
    dismissed.do(commands.Dismiss, uid=ALICE)
    assert dismissed.refuses("no_such_group", command, **fields)
    with pytest.raises(RuleViolation, match="no_such_group"):
        rules.decide(Group(), command(at=0, **fields), TERMS)


def test_a_dismissed_group_is_not_made_again():
    scene = Scene()
    scene.do(commands.Dismiss, uid=ALICE)
    assert scene.refuses("forbidden", commands.Create, gid=7, uid=ALICE, name="", desc="")


def test_only_the_owner_dismisses():
    scene = Scene(BOB, CAROL, managers=[BOB])
    for uid in (BOB, CAROL, EVE):
        scene.refuses("forbidden", commands.Dismiss, uid=uid)
    assert scene.do(commands.Dismiss, uid=ALICE) == ["GroupDismissed"]
    assert scene.group.members == {}


def test_a_member_who_joins_again_causes_nothing():
    scene = Scene(BOB)
    assert scene.do(commands.Join, uid=BOB) == []
    assert scene.do(commands.Join, uid=ALICE) == []
    assert scene.group.members == {ALICE: OWNER, BOB: MEMBER}


def test_any_member_invites_and_an_outsider_does_not():
    scene = Scene(BOB)
    assert scene.do(commands.Invite, by=BOB, uid=CAROL) == ["GroupMemberAdded"]
    assert scene.log[-1].by == BOB
    assert scene.do(commands.Invite, by=BOB, uid=ALICE) == []
    scene.refuses("forbidden", commands.Invite, by=EVE, uid=DAVE)


def test_who_is_black_neither_joins_nor_is_invited():
    scene = Scene(BOB)
    scene.do(commands.ChangeBlacklist, by=ALICE, uid=EVE, on=True)
    scene.refuses("forbidden", commands.Join, uid=EVE)
    scene.refuses("forbidden", commands.Invite, by=BOB, uid=EVE)
    scene.do(commands.ChangeBlacklist, by=ALICE, uid=EVE, on=False)
    assert scene.do(commands.Join, uid=EVE) == ["GroupMemberAdded"]


def test_a_full_group_takes_nobody():
    scene = Scene(BOB, CAROL, DAVE, EVE)
    scene.refuses("full", commands.Join, uid=6)
    assert scene.do(commands.Join, uid=EVE) == []


def test_the_owner_cannot_quit_until_he_has_handed_over():
    scene = Scene(BOB)
    scene.refuses("forbidden", commands.Quit, uid=ALICE)
    scene.do(commands.ChangeRole, by=ALICE, uid=BOB, on=True)
    scene.do(commands.ChangeRole, by=ALICE, uid=BOB, on=True)
    assert scene.group.members == {ALICE: MANAGER, BOB: OWNER}
    assert scene.do(commands.Quit, uid=ALICE) == ["GroupMemberRemoved"]
    assert scene.log[-1].reason == "quit"
    scene.refuses("forbidden", commands.Quit, uid=ALICE)


def test_the_owner_cannot_hand_over_to_himself_or_an_outsider():
    scene = Scene(BOB)
    for on in (True, False):
        scene.refuses("forbidden", commands.ChangeRole, by=ALICE, uid=ALICE, on=on)
        scene.refuses("no_such_member", commands.ChangeRole, by=ALICE, uid=EVE, on=on)


def test_only_the_owner_changes_roles():
    scene = Scene(BOB, CAROL, managers=[BOB])
    for by in (BOB, CAROL, EVE):
        scene.refuses("forbidden", commands.ChangeRole, by=by, uid=CAROL, on=True)
        scene.refuses("forbidden", commands.ChangeRole, by=by, uid=BOB, on=False)
    assert scene.do(commands.ChangeRole, by=ALICE, uid=BOB, on=False) == ["GroupRoleChanged"]
    assert scene.do(commands.ChangeRole, by=ALICE, uid=BOB, on=False) == []
    assert scene.group.members[BOB] == MEMBER


ACTIONS = [
    (commands.Kick, {}),
    (commands.ChangeGag, {"on": True}),
    (commands.ChangeBlacklist, {"on": True}),
]


@pytest.mark.parametrize(("command", "fields"), ACTIONS, ids=["kick", "gag", "blacklist"])
def test_nobody_acts_upwards_on_his_like_or_on_himself(command, fields):
    scene = Scene(BOB, CAROL, DAVE, managers=[BOB, CAROL])
    for by, uid in [
        (BOB, ALICE),
        (BOB, CAROL),
        (BOB, BOB),
        (ALICE, ALICE),
        (DAVE, DAVE),
        (DAVE, BOB),
        (EVE, DAVE),
        (EVE, EVE),
    ]:
        scene.refuses("forbidden", command, by=by, uid=uid, **fields)
    assert scene.do(command, by=BOB, uid=DAVE, **fields)
    assert scene.do(command, by=ALICE, uid=BOB, **fields)


def test_a_kicked_member_can_do_nothing_more_but_may_come_back():
    scene = Scene(BOB)
    scene.do(commands.Kick, by=ALICE, uid=BOB)
    assert (scene.log[-1].reason, scene.log[-1].by) == ("kicked", ALICE)
    scene.refuses("no_such_member", commands.Kick, by=ALICE, uid=BOB)
    scene.refuses("forbidden", commands.Quit, uid=BOB)
    scene.refuses("forbidden", commands.Invite, by=BOB, uid=BOB)
    with pytest.raises(RuleViolation, match="forbidden"):
        scene.say(BOB)
    assert scene.do(commands.Join, uid=BOB) == ["GroupMemberAdded"]


def test_a_manager_who_was_kicked_comes_back_as_a_member():
    scene = Scene(BOB, managers=[BOB])
    scene.do(commands.Kick, by=ALICE, uid=BOB)
    scene.do(commands.Join, uid=BOB)
    assert scene.group.members[BOB] == MEMBER


def test_who_is_gagged_cannot_speak_also_when_he_leaves_and_comes_back():
    scene = Scene(BOB)
    scene.do(commands.ChangeGag, by=ALICE, uid=BOB, on=True)
    assert scene.do(commands.ChangeGag, by=ALICE, uid=BOB, on=True) == []
    scene.do(commands.Quit, uid=BOB)
    scene.do(commands.Join, uid=BOB)
    with pytest.raises(RuleViolation, match="forbidden"):
        scene.say(BOB)
    scene.do(commands.Quit, uid=BOB)
    assert scene.do(commands.ChangeGag, by=ALICE, uid=BOB, on=False) == ["GroupGagChanged"]
    scene.do(commands.Join, uid=BOB)
    assert scene.say(BOB) == ["GroupSaid"]


def test_an_outsider_is_not_gagged():
    scene = Scene()
    for on in (True, False):
        scene.refuses("no_such_member", commands.ChangeGag, by=ALICE, uid=EVE, on=on)


def test_a_gagged_manager_does_not_free_himself():
    scene = Scene(BOB, managers=[BOB])
    scene.do(commands.ChangeGag, by=ALICE, uid=BOB, on=True)
    scene.refuses("forbidden", commands.ChangeGag, by=BOB, uid=BOB, on=False)


def test_a_gagged_manager_who_becomes_owner_may_speak():
    scene = Scene(BOB, managers=[BOB])
    scene.do(commands.ChangeGag, by=ALICE, uid=BOB, on=True)
    scene.do(commands.ChangeRole, by=ALICE, uid=BOB, on=True)
    assert scene.say(BOB) == ["GroupSaid"]


def test_a_member_who_is_put_on_the_blacklist_is_out_and_an_outsider_may_be_put_there():
    scene = Scene(BOB)
    assert scene.do(commands.ChangeBlacklist, by=ALICE, uid=BOB, on=True) == [
        "GroupBlacklistChanged"
    ]
    assert scene.group.members == {ALICE: OWNER}
    assert scene.do(commands.ChangeBlacklist, by=ALICE, uid=EVE, on=True)
    assert scene.do(commands.ChangeBlacklist, by=ALICE, uid=EVE, on=True) == []
    assert scene.do(commands.ChangeBlacklist, by=ALICE, uid=DAVE, on=False) == []


def test_the_lists_have_an_end():
    scene = Scene()
    for uid in (11, 12, 13):
        scene.do(commands.ChangeBlacklist, by=ALICE, uid=uid, on=True)
    scene.refuses("full", commands.ChangeBlacklist, by=ALICE, uid=14, on=True)
    assert scene.do(commands.ChangeBlacklist, by=ALICE, uid=11, on=False)


def test_members_speak_outsiders_do_not_and_an_operator_does():
    scene = Scene(BOB)
    assert scene.say(BOB) == ["GroupSaid"]
    assert scene.say(0) == ["GroupSaid"]
    with pytest.raises(RuleViolation, match="forbidden"):
        scene.say(EVE)


def test_the_roll_is_for_members_in_order_of_entering():
    scene = Scene(BOB, CAROL, managers=[BOB])
    scene.do(commands.ChangeGag, by=BOB, uid=CAROL, on=True)
    everybody = [(ALICE, OWNER, False), (BOB, MANAGER, False), (CAROL, MEMBER, True)]
    for num in (0, 3, 99):
        assert rules.roll(scene.group, CAROL, num=num) == everybody
    assert rules.roll(scene.group, CAROL, num=2) == everybody[:2]
    with pytest.raises(RuleViolation, match="forbidden"):
        rules.roll(scene.group, EVE, num=0)
    with pytest.raises(RuleViolation, match="no_such_group"):
        rules.roll(Group(), ALICE, num=0)


# --- whatever is asked ----------------------------------------------------------------------

UIDS = st.integers(1, 8)
ORDERS = st.lists(
    st.one_of(
        st.builds(commands.Join, at=st.just(1), uid=UIDS),
        st.builds(commands.Quit, at=st.just(1), uid=UIDS),
        st.builds(commands.Invite, at=st.just(1), by=UIDS, uid=UIDS),
        st.builds(commands.Kick, at=st.just(1), by=UIDS, uid=UIDS),
        st.builds(commands.ChangeGag, at=st.just(1), by=UIDS, uid=UIDS, on=st.booleans()),
        st.builds(commands.ChangeBlacklist, at=st.just(1), by=UIDS, uid=UIDS, on=st.booleans()),
        st.builds(commands.ChangeRole, at=st.just(1), by=UIDS, uid=UIDS, on=st.booleans()),
        st.builds(commands.Dismiss, at=st.just(1), uid=st.integers(1, 40)),
    ),
    max_size=60,
)


@given(ORDERS)
@settings(max_examples=300, deadline=None)
def test_a_living_group_has_one_owner_and_no_black_member_whatever_is_asked(orders):
    group, log = Group(), []
    create = commands.Create(at=0, gid=7, uid=ALICE, name="", desc="")
    for order in (create, *orders):
        before = group
        try:
            events = rules.decide(group, order, TERMS)
        except RuleViolation:
            continue
        for event in events:
            group = rules.evolve(group, event)
        log += events
        assert (group != before) == bool(events)
        owners = [uid for uid, role in group.members.items() if role == OWNER]
        assert len(owners) == (1 if rules.alive(group) else 0)
        assert not group.black & set(group.members)
        assert len(group.members) <= TERMS.most_members
        assert len(group.gagged) <= TERMS.most_listed >= len(group.black)
        assert not group.gagged & set(owners)
    rebuilt = Group()
    for event in log:
        rebuilt = rules.evolve(rebuilt, event)
    assert rebuilt == group
    assert msgspec.json.decode(msgspec.json.encode(group), type=Group) == group
    assert isinstance(log[0], facts.GroupCreated)
