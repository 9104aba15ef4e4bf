import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlour.events.errors import RuleViolation
from parlour.events.rules.beehive import places
from parlour.events.rules.beehive import room as rules
from parlour.events.rules.beehive import room_commands as commands
from parlour.events.rules.beehive.places import Presence, Room

ALICE, BOB, CAROL, EVE = 1, 2, 3, 5
SECOND = 1_000_000
TERMS = commands.RoomTerms(
    epoch=1, auto_create=True, group_size=3, most_listed=3, most_broadcasts=2
)


class Scene:
    """A room that is told commands; `now` in seconds. A user's devices are uid * 10 and up."""

    def __init__(self, *uids, owner=ALICE, terms=TERMS):
        self.room, self.log, self.terms, self.now = Room(), [], terms, 1
        if owner:
            self.do(commands.Create, rid=9, uid=owner, name="n", desc="d")
        for uid in uids:
            self.join(uid)

    def do(self, command, **fields):
        events = rules.decide(self.room, command(at=self.now * SECOND, **fields), self.terms)
        for event in events:
            self.room = rules.evolve(self.room, event)
        self.log += events
        assert self.room.version == len(self.log)
        return [type(event).__name__ for event in events]

    def join(self, uid, device=0):
        return self.do(commands.Join, rid=9, uid=uid, sid=uid * 10 + device)

    def gid(self, uid, device=0):
        return places.sub_group(self.room, uid, uid * 10 + device)

    def say(self, uid, gid=0, device=0):
        fields = {"level": 0, "time": 1, "text": "hi", "data": None, "seq": 8}
        return self.do(commands.Say, uid=uid, ssid=uid * 10 + device, gid=gid, **fields)

    def broadcast(self, expire, data=b"x"):
        return self.do(commands.Broadcast, expire=expire, data=data)

    def restart(self):
        self.terms = msgspec.structs.replace(self.terms, epoch=self.terms.epoch + 1)

    def refuses(self, code, command, **fields):
        before = self.room
        with pytest.raises(RuleViolation) as refusal:
            self.do(command, **fields)
        assert refusal.value.code == code
        assert self.room is before


def test_who_creates_a_room_owns_it_and_is_not_in_it():
    scene = Scene()
    assert (scene.room.owner, scene.room.count, scene.room.name) == (ALICE, 0, "n")
    scene.refuses("forbidden", commands.Create, rid=9, uid=BOB, name="", desc="")


def test_joining_a_room_that_nobody_made_makes_it_without_an_owner():
    scene = Scene(owner=0)
    assert scene.join(BOB) == ["RoomCreated", "RoomJoined"]
    assert (scene.room.owner, scene.room.rid) == (0, 9)
    scene.refuses("forbidden", commands.Dismiss, uid=BOB)


def test_it_is_not_made_when_the_operator_does_not_want_that_or_for_rid_0():
    scene = Scene(owner=0)
    scene.refuses("no_such_room", commands.Join, rid=0, uid=BOB, sid=20)
    scene.terms = msgspec.structs.replace(TERMS, auto_create=False)
    scene.refuses("no_such_room", commands.Join, rid=9, uid=BOB, sid=20)


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        (commands.Quit, {"uid": ALICE, "sid": 10}),
        (commands.Lose, {"uid": ALICE, "sid": 10, "reason": "lost"}),
        (commands.Dismiss, {"uid": ALICE}),
        (commands.Kick, {"by": ALICE, "uid": BOB}),
        (commands.ChangeManager, {"by": ALICE, "uid": BOB, "on": True}),
        (commands.Broadcast, {"expire": 1, "data": b""}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_of_no_room_and_of_a_dismissed_one_everything_is_missing(command, fields):
    dismissed = Scene(ALICE, BOB)
    dismissed.do(commands.Dismiss, uid=ALICE)
    dismissed.refuses("no_such_room", command, **fields)
    Scene(owner=0).refuses("no_such_room", command, **fields)


def test_a_dismissed_room_is_empty_and_nobody_joins_or_makes_it_again():
    scene = Scene(ALICE, BOB)
    scene.broadcast(60)
    assert scene.do(commands.Dismiss, uid=ALICE) == ["RoomDismissed"]
    assert (scene.room.count, scene.room.sizes, scene.room.broadcasts) == (0, (), ())
    scene.refuses("no_such_room", commands.Join, rid=9, uid=BOB, sid=20)
    scene.refuses("no_such_room", commands.Create, rid=9, uid=ALICE, name="", desc="")
    scene.restart()
    scene.refuses("no_such_room", commands.Join, rid=9, uid=BOB, sid=20)


# --- sub-groups -----------------------------------------------------------------------------


def test_the_first_sub_group_is_filled_then_a_new_one():
    scene = Scene(1, 2, 3, 4, 5, 6, 7)
    assert [scene.gid(uid) for uid in range(1, 8)] == [1, 1, 1, 2, 2, 2, 3]
    assert scene.room.sizes == (3, 3, 1)


def test_a_gap_in_the_first_is_filled_first_then_the_emptiest():
    scene = Scene(1, 2, 3, 4, 5, 6, 7)
    for uid in (4, 5):
        scene.do(commands.Quit, uid=uid, sid=uid * 10)
    assert scene.room.sizes == (3, 1, 1)
    for uid in (8, 9):
        scene.join(uid)
    assert [scene.gid(8), scene.gid(9)] == [2, 3]
    scene.do(commands.Quit, uid=1, sid=10)
    scene.join(10)
    assert scene.gid(10) == 1


def test_who_joins_again_causes_nothing_and_keeps_his_sub_group():
    scene = Scene(1, 2, 3, 4)
    scene.do(commands.Quit, uid=1, sid=10)
    assert scene.join(4) == []
    assert scene.gid(4) == 2


def test_a_users_second_device_is_no_second_user():
    scene = Scene(ALICE)
    assert scene.join(ALICE, device=1) == ["RoomJoined"]
    assert (scene.room.count, scene.room.sizes) == (1, (2,))
    scene.do(commands.Quit, uid=ALICE, sid=10)
    assert (scene.room.count, scene.room.sizes) == (1, (1,))
    scene.do(commands.Quit, uid=ALICE, sid=11)
    assert (scene.room.count, scene.room.sizes) == (0, (0,))


# --- leaving --------------------------------------------------------------------------------


def test_who_is_not_in_the_room_cannot_quit_it_but_may_be_lost():
    scene = Scene(ALICE)
    scene.refuses("forbidden", commands.Quit, uid=BOB, sid=20)
    scene.refuses("forbidden", commands.Quit, uid=ALICE, sid=11)
    scene.refuses("forbidden", commands.Quit, uid=BOB, sid=10)
    assert scene.do(commands.Lose, uid=BOB, sid=20, reason="lost") == []
    assert scene.do(commands.Lose, uid=ALICE, sid=10, reason="offline") == ["RoomLeft"]
    assert scene.log[-1].reason == "offline"


def test_in_a_new_epoch_the_room_is_emptied_before_anything_else():
    scene = Scene(ALICE, BOB)
    scene.restart()
    with pytest.raises(RuleViolation, match="forbidden"):
        scene.say(ALICE)
    scene.refuses("forbidden", commands.Quit, uid=ALICE, sid=10)
    assert scene.do(commands.Lose, uid=ALICE, sid=10, reason="lost") == []
    assert scene.join(CAROL) == ["RoomEmptied", "RoomJoined"]
    assert list(places.everybody(scene.room)) == [(CAROL, Presence(30, 1))]
    assert scene.join(BOB) == ["RoomJoined"]


def test_a_room_made_in_this_epoch_is_not_emptied():
    scene = Scene(owner=0, terms=msgspec.structs.replace(TERMS, epoch=4))
    assert scene.join(BOB) == ["RoomCreated", "RoomJoined"]
    assert scene.join(CAROL) == ["RoomJoined"]


# --- talking --------------------------------------------------------------------------------


def test_a_remark_is_for_a_sub_group_that_exists_or_for_everybody():
    scene = Scene(1, 2, 3, 4)
    assert scene.say(1) == ["RoomSaid"]
    assert scene.say(1, gid=2) == ["RoomSaid"]
    with pytest.raises(RuleViolation, match="no_such_sub_group"):
        scene.say(1, gid=3)
    with pytest.raises(RuleViolation, match="forbidden"):
        scene.say(EVE)
    with pytest.raises(RuleViolation, match="forbidden"):
        scene.say(1, device=1)


def test_the_room_knows_at_which_versions_something_was_said():
    scene = Scene(ALICE)
    for uid in (None, ALICE, ALICE, BOB, ALICE, CAROL):
        scene.say(ALICE) if uid in (None, ALICE) else scene.join(uid)
    assert scene.room.said == ((3, 5), (7, 7))
    assert places.last_remarks(scene.room, 3) == [(4, 5), (7, 7)]
    assert places.last_remarks(scene.room, 1) == [(7, 7)]
    assert places.last_remarks(scene.room, 9) == [(3, 5), (7, 7)]
    assert places.last_remarks(scene.room, 0) == []


def test_the_last_thousand_remarks_are_known_and_no_more():
    scene = Scene(ALICE)
    for _ in range(1_100):
        scene.say(ALICE)
        scene.do(commands.Broadcast, expire=0, data=b"")
    assert len(scene.room.said) == 1_000
    assert scene.room.said[-1] == (scene.room.version - 1,) * 2


# --- managing -------------------------------------------------------------------------------


def test_only_the_owner_dismisses():
    scene = Scene(ALICE, BOB)
    scene.do(commands.ChangeManager, by=ALICE, uid=BOB, on=True)
    scene.refuses("forbidden", commands.Dismiss, uid=BOB)
    assert scene.do(commands.Dismiss, uid=ALICE) == ["RoomDismissed"]


def test_a_kick_is_never_upwards_on_ones_like_or_on_oneself():
    scene = Scene(ALICE, BOB, CAROL, EVE)
    for uid in (BOB, CAROL):
        scene.do(commands.ChangeManager, by=ALICE, uid=uid, on=True)
    for by, uid in [(BOB, ALICE), (BOB, CAROL), (BOB, BOB), (ALICE, ALICE), (EVE, EVE), (EVE, BOB)]:
        scene.refuses("forbidden", commands.Kick, by=by, uid=uid)
    assert scene.do(commands.Kick, by=BOB, uid=EVE) == ["RoomKicked"]
    assert scene.do(commands.Kick, by=ALICE, uid=BOB) == ["RoomKicked"]
    scene.refuses("forbidden", commands.Kick, by=BOB, uid=CAROL)


def test_who_is_kicked_is_out_with_all_devices_and_stays_out():
    scene = Scene(ALICE, BOB)
    scene.join(BOB, device=1)
    scene.do(commands.Kick, by=ALICE, uid=BOB)
    assert (scene.room.count, scene.room.sizes, places.devices(scene.room, BOB)) == (1, (1,), ())
    scene.refuses("forbidden", commands.Join, rid=9, uid=BOB, sid=20)
    scene.refuses("forbidden", commands.ChangeManager, by=ALICE, uid=BOB, on=True)
    assert scene.do(commands.Kick, by=ALICE, uid=BOB) == []
    scene.restart()
    scene.refuses("forbidden", commands.Join, rid=9, uid=BOB, sid=20)


def test_who_just_left_may_be_kept_out():
    scene = Scene(ALICE)
    assert scene.do(commands.Kick, by=ALICE, uid=EVE) == ["RoomKicked"]
    scene.refuses("forbidden", commands.Join, rid=9, uid=EVE, sid=50)


def test_only_the_owner_makes_managers_and_not_of_himself():
    scene = Scene(ALICE, BOB)
    assert scene.do(commands.ChangeManager, by=ALICE, uid=BOB, on=True) == ["RoomRoleChanged"]
    assert scene.do(commands.ChangeManager, by=ALICE, uid=BOB, on=True) == []
    scene.refuses("forbidden", commands.ChangeManager, by=BOB, uid=CAROL, on=True)
    scene.refuses("forbidden", commands.ChangeManager, by=ALICE, uid=ALICE, on=True)
    assert scene.do(commands.ChangeManager, by=ALICE, uid=BOB, on=False) == ["RoomRoleChanged"]
    scene.refuses("forbidden", commands.Kick, by=BOB, uid=CAROL)


def test_nobody_manages_a_room_without_an_owner():
    scene = Scene(ALICE, owner=0)
    for by in (ALICE, EVE):
        scene.refuses("forbidden", commands.ChangeManager, by=by, uid=BOB, on=True)
        scene.refuses("forbidden", commands.Kick, by=by, uid=BOB)


def test_the_lists_have_an_end():
    scene = Scene(ALICE)
    for uid in (11, 12, 13):
        scene.do(commands.Kick, by=ALICE, uid=uid)
        scene.do(commands.ChangeManager, by=ALICE, uid=uid + 10, on=True)
    scene.refuses("full", commands.Kick, by=ALICE, uid=14)
    scene.refuses("full", commands.ChangeManager, by=ALICE, uid=24, on=True)


# --- broadcasts -----------------------------------------------------------------------------


def test_a_broadcast_stays_until_it_expires_and_is_forgotten_by_the_next_join():
    scene = Scene(ALICE)
    scene.broadcast(10, b"long")
    scene.broadcast(5, b"short")
    scene.now = 5
    assert [b.data for b in places.standing(scene.room, 5 * SECOND)] == [b"long", b"short"]
    scene.now = 6
    assert [b.data for b in places.standing(scene.room, 6 * SECOND)] == [b"long"]
    scene.join(BOB)
    assert [b.data for b in scene.room.broadcasts] == [b"long"]


def test_a_broadcast_without_a_time_is_told_and_not_kept():
    scene = Scene(ALICE)
    assert scene.broadcast(0) == ["RoomBroadcast"]
    assert scene.room.broadcasts == ()


def test_broadcasts_outlive_a_restart_and_have_numbers_of_their_own():
    scene = Scene(ALICE)
    scene.broadcast(60)
    scene.restart()
    scene.join(BOB)
    scene.broadcast(60)
    first, second = scene.room.broadcasts
    assert first.msgid < second.msgid == scene.room.version


def test_there_is_an_end_to_what_stays():
    scene = Scene(ALICE)
    scene.broadcast(5)
    scene.broadcast(60)
    scene.refuses("full", commands.Broadcast, expire=60, data=b"")
    assert scene.broadcast(0) == ["RoomBroadcast"]
    scene.now = 6
    assert scene.broadcast(60) == ["RoomBroadcast"]


@pytest.mark.parametrize("expire", [-1, 1 << 32])
def test_a_time_that_is_no_u32_is_refused(expire):
    Scene(ALICE).refuses("expire_invalid", commands.Broadcast, expire=expire, data=b"")


# --- whatever is asked ----------------------------------------------------------------------

UIDS = st.integers(1, 40)
FEW = st.integers(1, 3)
ORDERS = st.lists(
    st.one_of(
        st.tuples(st.just(commands.Join), UIDS, FEW),
        st.tuples(st.just(commands.Join), UIDS, FEW),
        st.tuples(st.just(commands.Quit), UIDS, FEW),
        st.tuples(st.just(commands.Lose), UIDS, FEW),
        st.tuples(st.just(commands.Say), UIDS, FEW),
        st.tuples(st.just(commands.Kick), FEW, UIDS),
        st.tuples(st.just(commands.ChangeManager), FEW, UIDS),
        st.tuples(st.just(commands.Broadcast), st.integers(0, 3), UIDS),
        st.tuples(st.just("restart"), UIDS, UIDS),
    ),
    max_size=80,
)
FIELDS = {
    commands.Join: lambda a, b: {"rid": 9, "uid": a, "sid": a * 10 + b},
    commands.Quit: lambda a, b: {"uid": a, "sid": a * 10 + b},
    commands.Lose: lambda a, b: {"uid": a, "sid": a * 10 + b, "reason": "lost"},
    commands.Kick: lambda a, b: {"by": a, "uid": b},
    commands.ChangeManager: lambda a, b: {"by": a, "uid": b, "on": b % 3 > 0},
    commands.Broadcast: lambda a, b: {"expire": a, "data": b"%d" % b},
    commands.Say: lambda a, b: {
        **{"uid": a, "ssid": a * 10 + b, "gid": b, "seq": 1},
        **{"level": 0, "time": 0, "text": "", "data": None},
    },
}


@given(ORDERS)
@settings(max_examples=300, deadline=None)
def test_the_counts_are_those_of_the_people_and_no_sub_group_is_too_big(orders):
    scene = Scene()
    for command, a, b in orders:
        if command == "restart":
            scene.restart()
            continue
        scene.now += b % 2
        try:
            caused = scene.do(command, **FIELDS[command](a, b))
        except RuleViolation:
            continue
        room = scene.room
        assert not caused or room.epoch == scene.terms.epoch
        everybody = list(places.everybody(room))
        assert room.count == len({uid for uid, _ in everybody}) == len(list(places.uids(room)))
        assert len({there.sid for _, there in everybody}) == len(everybody)
        sizes = [0] * len(room.sizes)
        for _, there in everybody:
            sizes[there.gid - 1] += 1
        assert tuple(sizes) == room.sizes
        assert all(size <= TERMS.group_size for size in sizes)
        assert not room.black & {uid for uid, _ in everybody}
        assert not room.black & room.managers
        assert room.owner not in room.black
        assert all(there.sid // 10 == uid for uid, there in everybody)
    rebuilt = Room()
    for event in scene.log:
        rebuilt = rules.evolve(rebuilt, event)
    assert rebuilt == scene.room
    assert msgspec.json.decode(msgspec.json.encode(rebuilt), type=Room) == rebuilt
