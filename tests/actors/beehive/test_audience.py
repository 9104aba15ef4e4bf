from hypothesis import given, settings
from hypothesis import strategies as st

from parlour.actors.beehive.audience import GroupAudience, RoomAudience
from parlour.events.errors import RuleViolation
from parlour.events.rules.beehive import places
from parlour.events.rules.beehive import room as rules
from parlour.events.rules.beehive import room_commands as commands
from parlour.events.rules.beehive.places import Room

SIDS = {1: (10, 11), 2: (20,), 3: ()}


def test_a_groups_audience_is_every_device_of_its_members_but_one():
    audience = GroupAudience(SIDS.__getitem__)
    members = {2: 0, 1: 1, 3: 0}
    assert audience.of(members) == (20, 10, 11)
    assert audience.of(members, without=10) == (20, 11)
    assert audience.of(members, without=99) == (20, 10, 11)


def test_a_groups_audience_is_made_once_while_the_members_are_the_same():
    asked = []
    audience = GroupAudience(lambda uid: asked.append(uid) or SIDS[uid])
    members = {1: 1, 2: 0}
    first = audience.of(members, without=20)
    assert audience.of(members, without=20) is first
    assert audience.of({**members, 3: 0}) == (10, 11, 20)
    assert asked == [1, 2, 3]


def test_a_new_device_is_in_the_audience_once_it_is_told_of():
    sids = dict(SIDS)
    audience = GroupAudience(lambda uid: sids[uid])
    members = {1: 1, 3: 0}
    assert audience.of(members) == (10, 11)
    sids[3] = (30,)
    audience.forget(3)
    assert audience.of(members) == (10, 11, 30)


def test_audiences_of_a_large_group_do_not_pile_up():
    audience = GroupAudience(lambda uid: (uid,))
    members = dict.fromkeys(range(1, 3001), 0)
    for uid in members:
        assert len(audience.of(members, without=uid)) == 2999
    assert sum(map(len, audience._tuples.values())) < 1.1 * (1 << 20)


TERMS = commands.RoomTerms(epoch=1, auto_create=True, group_size=3, most_listed=50)
MOVES = st.lists(
    st.tuples(
        st.sampled_from(["join", "join", "leave", "kick", "epoch", "look"]),
        st.integers(1, 12),
        st.integers(0, 1),
    ),
    max_size=60,
)


@given(MOVES, st.booleans())
@settings(max_examples=200, deadline=None)
def test_a_rooms_audience_follows_its_facts(moves, early):
    room, audience, terms = Room(), RoomAudience(), TERMS
    room = rules.evolve(
        room, *rules.decide(room, commands.Create(at=0, rid=9, uid=99, name="", desc=""), terms)
    )
    if early:
        audience.of(room)
    for move, uid, device in moves:
        at, sid = 1, uid * 10 + device
        match move:
            case "join":
                command = commands.Join(at=at, rid=9, uid=uid, sid=sid)
            case "leave":
                command = commands.Lose(at=at, uid=uid, sid=sid, reason="lost")
            case "kick":
                command = commands.Kick(at=at, by=99, uid=uid)
            case "epoch":
                terms = commands.RoomTerms(
                    epoch=terms.epoch + 1, auto_create=True, group_size=3, most_listed=50
                )
                continue
            case _:
                audience.of(room)
                continue
        try:
            events = rules.decide(room, command, terms)
        except RuleViolation:
            continue
        for event in events:
            before, room = room, rules.evolve(room, event)
            audience.follow(before, event, room)
        everybody = list(places.everybody(room))
        assert sorted(audience.of(room)) == sorted(p.sid for _, p in everybody)
        for gid in range(1, len(room.sizes) + 2):
            expected = sorted(p.sid for _, p in everybody if p.gid == gid)
            assert sorted(audience.of(room, gid)) == expected
        assert audience.of(room) is audience.of(room)
