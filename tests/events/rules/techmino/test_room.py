import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.events import techmino as facts
from parlour.events.errors import RuleViolation
from parlour.events.rules.techmino import commands
from parlour.events.rules.techmino import room as rules
from parlour.events.rules.techmino.state import Room

SECOND = 1_000_000
TERMS = commands.RoomTerms(least=2, start_us=2 * SECOND, return_us=30 * SECOND)


class Scene:
    """A room that is told commands; `now` in seconds."""

    def __init__(self, *uids, capacity=6, password="", terms=TERMS):
        self.room, self.now, self.log, self.terms = Room(), 1.0, [], terms
        self.do(
            commands.Open,
            rid="r",
            type="classic",
            name="n",
            capacity=capacity,
            salt="s",
            password=password,
            uid=uids[0],
            username=f"u{uids[0]}",
            config="c",
            plays_only=False,
        )
        for uid in uids[1:]:
            self.enter(uid, password=password)

    @property
    def at(self):
        return int(self.now * SECOND)

    def do(self, command, **fields):
        events = rules.decide(self.room, command(at=self.at, **fields), self.terms)
        for event in events:
            self.room = rules.evolve(self.room, event)
        self.log += events
        return [type(event).__name__ for event in events]

    def enter(self, uid, **fields):
        given = {"username": f"u{uid}", "config": "c", "plays_only": False, "password": ""}
        return self.do(commands.Enter, uid=uid, **{**given, **fields})

    def ready(self, *uids, state=True):
        return [
            name for uid in uids for name in self.do(commands.ChangeReady, uid=uid, ready=state)
        ]

    def leave(self, uid, **fields):
        return self.do(commands.Leave, uid=uid, **fields)

    def wake(self, match="m"):
        return self.do(commands.Wake, match=match)

    def finish(self, match="m"):
        return self.do(commands.FinishMatch, match=match)

    def resume(self):
        return self.do(commands.Resume)

    def sids(self):
        return {m.uid: m.sid for m in self.room.members.values()}

    def deadline(self):
        return rules.next_deadline(self.room, self.terms) / SECOND


# --- seats ----------------------------------------------------------------------------------


def test_the_creator_sits_at_0_and_others_at_the_lowest_free_seat():
    scene = Scene(11, 12, 13)
    assert scene.sids() == {11: 0, 12: 1, 13: 2}
    scene.leave(11)
    scene.leave(12)
    scene.enter(14)
    scene.enter(15)
    scene.enter(16)
    assert scene.sids() == {13: 2, 14: 0, 15: 1, 16: 3}


@pytest.mark.parametrize(
    ("scene", "uid", "fields", "code"),
    [
        (Scene(1, 2, capacity=2), 3, {}, "room_full"),
        (Scene(1, password="hash"), 2, {"password": "other"}, "wrong_password"),
        (Scene(1, 2, capacity=2, password="hash"), 3, {}, "wrong_password"),
        (Scene(1), 1, {}, "one_room"),
    ],
)
def test_who_cannot_enter_is_told_why(scene, uid, fields, code):
    with pytest.raises(RuleViolation, match=code):
        scene.enter(uid, **fields)


@pytest.mark.parametrize("room", [Room(), Scene(1).room], ids=["unopened", "open"])
def test_a_room_that_is_not_open_is_not_found(room):
    closed = rules.evolve(room, facts.RoomClosed(at=1))
    enter = commands.Enter(at=1, uid=3, username="", config="", plays_only=False, password="")
    for command in (enter, commands.Leave(at=1, uid=1), commands.Resume(at=1)):
        with pytest.raises(RuleViolation, match="not_found"):
            rules.decide(closed, command, TERMS)
    assert rules.decide(closed, commands.Wake(at=1), TERMS) == []
    assert rules.next_deadline(closed, TERMS) == 0


def test_the_last_to_leave_closes_the_room():
    scene = Scene(1, 2)
    assert scene.leave(1) == ["PlayerLeft"]
    assert scene.leave(2) == ["PlayerLeft", "RoomClosed"]
    assert not scene.room.open
    assert (scene.room.members, scene.room.histories) == ({}, ())


# --- the countdown --------------------------------------------------------------------------


def test_the_countdown_starts_with_the_last_who_is_ready():
    scene = Scene(1, 2, 3)
    assert scene.ready(1, 2) == ["ReadyChanged", "ReadyChanged"]
    assert scene.ready(3) == ["ReadyChanged", "CountdownStarted"]
    assert scene.deadline() == 3


def test_a_clock_that_rings_too_early_starts_nothing():
    scene = Scene(1, 2)
    scene.ready(1, 2)
    scene.now = 2.999
    assert scene.wake() == []
    scene.now = 3
    assert scene.wake() == ["MatchStarted"]
    assert (scene.room.match, scene.room.countdown) == ("m", 0)
    assert scene.wake() == []


def test_un_ready_and_leave_cancel_the_countdown():
    scene = Scene(1, 2, 3)
    scene.ready(1, 2, 3)
    assert scene.ready(2, state=False) == ["ReadyChanged", "CountdownCancelled"]
    scene.ready(2)
    assert scene.leave(2) == ["PlayerLeft", "CountdownCancelled", "CountdownStarted"]


def test_who_leaves_so_that_too_few_are_left_starts_nothing():
    scene = Scene(1, 2)
    scene.ready(1, 2)
    assert scene.leave(2) == ["PlayerLeft", "CountdownCancelled"]
    assert scene.deadline() == 0


def test_a_newcomer_does_not_stop_the_countdown_and_does_not_play_unless_ready():
    scene = Scene(1, 2)
    scene.ready(1, 2)
    scene.enter(3)
    scene.enter(4)
    assert scene.ready(4) == ["ReadyChanged"]
    assert [player.uid for player in rules.players(scene.room)] == [1, 2, 4]
    scene.now = 3
    assert scene.wake() == ["MatchStarted"]


def test_players_are_those_who_are_ready_in_order_of_sid():
    scene = Scene(1, 2, 3)
    scene.leave(1)
    scene.enter(4)
    scene.ready(3, 2, 4)
    assert [(p.sid, p.uid, p.username, p.config) for p in rules.players(scene.room)] == [
        (0, 4, "u4", "c"),
        (1, 2, "u2", "c"),
        (2, 3, "u3", "c"),
    ]


def test_one_player_is_enough_for_practice():
    scene = Scene(1, terms=commands.RoomTerms(least=1, start_us=SECOND, return_us=SECOND))
    assert scene.ready(1) == ["ReadyChanged", "CountdownStarted"]


def test_no_countdown_starts_while_a_match_runs_and_one_starts_when_it_is_over():
    scene = Scene(1, 2)
    scene.ready(1, 2)
    scene.now = 3
    scene.wake()
    assert not any(m.ready for m in scene.room.members.values())
    assert scene.ready(1, 2) == ["ReadyChanged", "ReadyChanged"]
    assert scene.finish("another") == []
    assert scene.finish() == ["MatchFinished", "CountdownStarted"]


def test_being_as_ready_as_before_is_no_fact_and_cancels_nothing():
    scene = Scene(1, 2)
    scene.ready(1, 2)
    scene.enter(3)
    assert scene.ready(3, state=False) == []
    assert scene.ready(1) == []
    assert scene.room.countdown


# --- after a restart ------------------------------------------------------------------------


def test_after_a_restart_everybody_is_away_and_unready_and_no_countdown_runs():
    scene = Scene(1, 2)
    scene.ready(1, 2)
    scene.now = 10
    assert scene.resume() == ["RoomResumed"]
    assert all(m.away and not m.ready for m in scene.room.members.values())
    assert rules.connected(scene.room) == ()
    assert scene.deadline() == 40


def test_who_enters_again_has_his_seat_and_needs_no_password_and_no_room():
    scene = Scene(1, 2, capacity=2, password="hash")
    scene.resume()
    assert scene.enter(2, config="new", plays_only=True) == ["PlayerReturned"]
    assert (scene.sids()[2], scene.room.members[2].config) == (1, "new")
    assert scene.room.members[2].plays_only
    assert rules.connected(scene.room) == (2,)
    with pytest.raises(RuleViolation, match="one_room"):
        scene.enter(2)


def test_who_is_away_takes_part_in_nothing():
    scene = Scene(1, 2)
    scene.resume()
    for command, fields in (
        (commands.Say, {"username": "", "text": ""}),
        (commands.ChangeConfig, {"config": ""}),
        (commands.ChangeReady, {"ready": True}),
    ):
        with pytest.raises(RuleViolation, match="no_room"):
            scene.do(command, uid=1, **fields)


def test_who_stays_away_leaves_in_order_of_sid_and_then_the_others_may_start():
    scene = Scene(1, 2, 3, 4)
    scene.resume()
    for uid in (2, 4):
        scene.enter(uid)
        assert scene.ready(uid) == ["ReadyChanged"]
    scene.now = 30.9
    assert scene.wake() == []
    scene.now = 31
    assert scene.wake() == ["PlayerLeft", "PlayerLeft", "CountdownStarted"]
    assert [(e.uid, e.reason) for e in scene.log[-3:-1]] == [(1, "restart"), (3, "restart")]


def test_an_empty_room_that_is_resumed_closes():
    opened = facts.RoomOpened(
        at=1, rid="r", type="solo", name="n", capacity=2, salt="", password="", uid=1
    )
    room = rules.evolve(Room(), opened)
    events = rules.decide(room, commands.Resume(at=2), TERMS)
    assert [type(e).__name__ for e in events] == ["RoomResumed", "RoomClosed"]


# --- what always holds ----------------------------------------------------------------------

UID = st.integers(1, 5)
STEP = st.one_of(
    st.tuples(st.just("enter"), UID),
    st.tuples(st.just("leave"), UID),
    st.tuples(st.just("ready"), UID),
    st.tuples(st.just("unready"), UID),
    st.tuples(st.just("wait"), st.sampled_from([0.5, 2.0, 31.0])),
    st.tuples(st.just("finish"), st.just(0)),
    st.tuples(st.just("resume"), st.just(0)),
)


@given(st.lists(STEP, max_size=40))
def test_seats_are_unique_and_a_countdown_runs_exactly_while_those_counted_are_ready(steps):
    scene = Scene(1, capacity=4)
    matches = 0
    for step, value in steps:
        try:
            match step:
                case "enter":
                    scene.enter(value)
                case "leave":
                    scene.leave(value)
                case "ready" | "unready":
                    scene.ready(value, state=step == "ready")
                case "wait":
                    scene.now += value
                    matches += "MatchStarted" in scene.wake(f"m{matches}")
                case "finish":
                    scene.finish(scene.room.match)
                case "resume":
                    scene.resume()
        except RuleViolation:
            continue
        room = scene.room
        sids = list(scene.sids().values())
        assert len(set(sids)) == len(sids) <= 4
        assert set(sids) <= set(range(4))
        assert bool(room.members) is room.open
        if room.countdown:
            assert not room.match
            assert len(rules.players(room)) >= 2
            assert not any(m.away for m in room.members.values())
        elif room.open and not room.match:
            assert len(room.members) < 2 or not all(m.ready for m in room.members.values())
    names = [type(event).__name__ for event in scene.log]
    starts = names.count("CountdownStarted")
    ends = names.count("CountdownCancelled") + names.count("MatchStarted")
    assert 0 <= starts - ends <= 1 + names.count("RoomResumed")


FACTS = st.one_of(
    st.builds(
        facts.PlayerEntered, at=UID, uid=UID, sid=UID, username=st.just(""), config=st.just("")
    ),
    st.builds(
        facts.PlayerLeft,
        at=UID,
        uid=UID,
        sid=UID,
        username=st.just(""),
        reason=st.just("left"),
    ),
    st.builds(facts.PlayerReturned, at=UID, uid=UID, sid=UID, config=st.just("")),
    st.builds(facts.ReadyChanged, at=UID, uid=UID, ready=st.booleans()),
    st.builds(facts.ConfigChanged, at=UID, uid=UID, config=st.just("x")),
    st.builds(facts.MatchStarted, at=UID, match=st.just("m")),
    st.builds(facts.MatchFinished, at=UID, match=st.just("m")),
    st.builds(facts.RoomResumed, at=UID),
    st.builds(facts.RoomClosed, at=UID),
    st.builds(facts.ChatEmptied, at=UID),
)


@given(st.lists(FACTS, max_size=20))
def test_no_order_of_facts_is_refused(events):
    room = Room()
    for event in events:
        before, copy = room, repr(room)
        room = rules.evolve(room, event)
        assert repr(before) == copy
