import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.events import techmino as facts
from parlour.events.errors import RuleViolation
from parlour.events.rules.techmino import commands
from parlour.events.rules.techmino import match as rules
from parlour.events.rules.techmino.result import result_of
from parlour.events.rules.techmino.state import Match, Room

SECOND = 1_000_000
TERMS = facts.MatchTerms(connect_seconds=10, settle_seconds=1, end_seconds=3)


class Scene:
    """A match of some players that is told commands; `now` in seconds, opened at 100."""

    def __init__(self, *uids, begun=False, terms=TERMS):
        self.match, self.now, self.log = Match(), 100.0, []
        players = tuple(
            facts.MatchPlayer(sid=sid, uid=uid, username=f"u{uid}", config="c")
            for sid, uid in enumerate(uids)
        )
        self.record(rules.opened(Room(rid="r", type="classic"), players, "m", terms, self.at))
        if begun:
            self.view(*uids)
            self.now += 1
            assert self.ring() == ["MatchBegan"]

    @property
    def at(self):
        return int(self.now * SECOND)

    def record(self, *events):
        for event in events:
            self.match = rules.evolve(self.match, event)
        self.log += events
        return [type(event).__name__ for event in events]

    def do(self, command, **fields):
        return self.record(*rules.decide(self.match, command(at=self.at, **fields)))

    def view(self, *uids):
        return [name for uid in uids for name in self.do(commands.View, uid=uid)]

    def lose(self, *uids):
        lost = [self.do(commands.Leave, uid=uid, reason="lost") for uid in uids]
        return [name for names in lost for name in names]

    def die(self, uid, score=0, seconds=1):
        return self.do(commands.Die, uid=uid, score=score, survival_time=seconds)

    def send(self, uid):
        return self.do(commands.Stream, uid=uid, stream="x")

    def ring(self):
        return self.do(commands.RingMatch, seed=7)

    def ring_in_time(self):
        self.now = self.deadline()
        return self.ring()

    def resume(self):
        return self.do(commands.Resume, return_us=30 * SECOND)

    def deadline(self):
        return rules.next_deadline(self.match) / SECOND

    def standing(self):
        return {p.uid: p.standing for p in self.match.players.values()}

    def places(self):
        return {place.uid: place.place for place in result_of(self.match)}

    def end(self):
        assert self.ring_in_time() == ["MatchEnded"]
        return {p.uid: (p.place, p.score, p.survivalTime) for p in self.match.result}


# --- the beginning --------------------------------------------------------------------------


def test_the_wait_is_ten_seconds_and_a_second_from_the_last_player_when_all_are_there():
    scene = Scene(1, 2)
    assert scene.deadline() == 110
    scene.now = 104
    scene.view(1)
    assert scene.deadline() == 110
    scene.now = 106
    scene.view(2)
    assert scene.deadline() == 107
    scene.now = 106.5
    scene.view(9)
    assert scene.deadline() == 107


def test_who_connects_in_the_last_second_has_a_second():
    scene = Scene(1, 2, 3)
    scene.now = 109.75
    scene.view(1)
    assert scene.deadline() == 110.75


def test_the_beginning_is_put_off_only_so_far():
    scene = Scene(1, 2, 3)
    for tenth in range(1000, 1400):
        scene.now = tenth / 10
        scene.view(1)
        scene.lose(1)
    assert scene.deadline() == 100 + 2 * 10 + 1


def test_a_clock_that_rings_too_early_begins_nothing():
    scene = Scene(1, 2)
    scene.now = 109.9
    assert scene.ring() == []
    scene.now = 110
    assert scene.ring() == ["MatchBegan"]
    assert scene.ring() == []


def test_who_is_not_connected_at_the_beginning_is_missing():
    scene = Scene(1, 2, 3)
    scene.view(1, 3)
    scene.ring_in_time()
    assert scene.standing() == {1: "living", 2: "missing", 3: "living"}
    assert scene.match.seed == 7


def test_watch_is_true_for_whoever_was_not_among_the_players():
    scene = Scene(1)
    scene.view(1, 9)
    assert scene.match.viewers == {1: False, 9: True}


# --- in the game ----------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["send", "die"])
@pytest.mark.parametrize(
    ("prepare", "uid", "code"),
    [
        (lambda s: None, 9, "no_room"),
        (lambda s: s.view(9), 9, "watcher"),
        (lambda s: s.lose(2), 2, "no_room"),
        (lambda s: (s.lose(2), s.view(2)), 2, "dead"),
        (lambda s: (s.lose(2), s.lose(3), s.ring_in_time()), 1, "not_found"),
    ],
)
def test_who_cannot_send_is_told_why(action, prepare, uid, code):
    scene = Scene(1, 2, 3, begun=True)
    prepare(scene)
    with pytest.raises(RuleViolation, match=code):
        getattr(scene, action)(uid)


@pytest.mark.parametrize("action", ["send", "die"])
def test_before_the_beginning_players_are_told_so_and_watchers_what_they_are(action):
    scene = Scene(1, 2)
    scene.view(1, 9)
    for uid, code in ((1, "not_started"), (9, "watcher"), (2, "no_room")):
        with pytest.raises(RuleViolation, match=code):
            getattr(scene, action)(uid)


def test_a_missing_player_who_comes_late_is_dead():
    scene = Scene(1, 2, 3)
    scene.view(1, 2)
    scene.ring_in_time()
    scene.view(3)
    with pytest.raises(RuleViolation, match="dead"):
        scene.send(3)
    assert scene.standing()[3] == "missing"


def test_a_chunk_leaves_the_match_the_very_same():
    scene = Scene(1, 2, begun=True)
    before = scene.match
    assert scene.send(1) == ["ChunkStreamed"]
    assert scene.match is before


def test_who_reported_his_end_may_send_the_rest_and_not_die_again():
    scene = Scene(1, 2, 3, begun=True)
    scene.die(1)
    assert scene.send(1) == ["ChunkStreamed"]
    with pytest.raises(RuleViolation, match="dead"):
        scene.die(1)


def test_a_connection_that_ends_twice_ends_once():
    scene = Scene(1, 2, 3, begun=True)
    assert scene.lose(2) == ["StreamLeft"]
    assert scene.lose(2) == []
    scene.view(2)
    assert scene.lose(2) == ["StreamLeft"]
    assert [p.out for p in scene.match.players.values()] == [0, 1, 0]


def test_a_newer_connection_of_who_is_connected_is_no_fact():
    scene = Scene(1, 2, begun=True)
    assert scene.view(1) == []


def test_a_match_that_is_not_there_takes_nothing_and_has_no_clock():
    match = Match()
    assert rules.next_deadline(match) == 0
    for command in (
        commands.RingMatch(at=1, seed=1),
        commands.Leave(at=1, uid=1),
        commands.Resume(at=1),
    ):
        assert rules.decide(match, command) == []
    with pytest.raises(RuleViolation, match="not_found"):
        rules.decide(match, commands.View(at=1, uid=1))


# --- the end --------------------------------------------------------------------------------


def test_the_game_is_over_when_one_lives_and_ends_three_seconds_later():
    scene = Scene(1, 2, 3, begun=True)
    scene.now = 120
    scene.die(3, 30, 18.5)
    assert scene.match.over_at == 0
    scene.now = 131.4
    scene.lose(1)
    assert scene.match.over_at == scene.at
    assert scene.deadline() == 134.4
    scene.now = 134
    assert scene.ring() == []
    assert scene.end() == {1: (2, 0, 30), 2: (1, 0, 30), 3: (3, 30, 18.5)}
    assert rules.next_deadline(scene.match) == 0


@pytest.mark.parametrize(("seconds", "told"), [(4.4999, 4), (4.5, 5), (0.1, 0)])
def test_seconds_of_the_survivor_and_the_disconnected_are_whole_and_rounded(seconds, told):
    scene = Scene(1, 2, begun=True)
    scene.now = 101 + seconds
    scene.lose(2)
    assert scene.end() == {1: (1, 0, told), 2: (2, 0, told)}


def test_alone_one_plays_until_nobody_lives():
    scene = Scene(1, begun=True)
    assert scene.match.over_at == 0
    scene.die(1, 5, 6)
    assert scene.end() == {1: (1, 5, 6)}


@pytest.mark.parametrize("there", [(), (2,)])
def test_a_match_for_which_at_most_one_came_is_over_at_its_beginning(there):
    scene = Scene(1, 2)
    scene.view(*there)
    scene.ring_in_time()
    assert scene.match.over_at == scene.match.began_at
    expected = {1: (2, 0, 0), 2: (1, 0, 0)} if there else {1: (1, 0, 0), 2: (2, 0, 0)}
    assert scene.end() == expected


def test_the_survivors_report_counts_and_his_place_stays():
    scene = Scene(1, 2, begun=True)
    scene.die(2, 9, 1)
    scene.die(1, 8, 2.5)
    with pytest.raises(RuleViolation, match="dead"):
        scene.die(1)
    assert scene.end() == {1: (1, 8, 2.5), 2: (2, 9, 1)}


def test_places_are_survivor_then_deaths_backwards_then_missing_by_sid():
    scene = Scene(1, 2, 3, 4, 5, 6)
    scene.view(1, 3, 4, 6)
    scene.ring_in_time()
    scene.lose(6)
    scene.die(1)
    scene.lose(4)
    assert scene.places() == {3: 1, 4: 2, 1: 3, 6: 4, 2: 5, 5: 6}
    assert [p.uid for p in result_of(scene.match)] == [1, 2, 3, 4, 5, 6]


def test_a_result_survives_json():
    scene = Scene(1, 2, begun=True)
    scene.die(2, 2**53, 0.1)
    scene.end()
    assert msgspec.json.decode(msgspec.json.encode(scene.match), type=Match) == scene.match


# --- after a restart ------------------------------------------------------------------------


def test_before_the_beginning_a_restart_starts_the_wait_again():
    scene = Scene(1, 2)
    scene.view(1, 2)
    scene.now = 105
    scene.resume()
    assert scene.match.viewers == {}
    assert scene.deadline() == 115


def test_in_mid_game_a_restart_kills_nobody_who_comes_back_in_time():
    scene = Scene(1, 2, 3, begun=True)
    scene.lose(3)
    scene.now = 110
    scene.resume()
    assert scene.standing() == {1: "living", 2: "living", 3: "lost"}
    assert scene.deadline() == 140
    scene.view(1)
    assert scene.deadline() == 140
    scene.view(2)
    assert scene.deadline() == 0
    scene.send(1)


def test_who_is_not_back_when_the_wait_is_over_dies_in_order_of_sid():
    scene = Scene(1, 2, 3, 4, begun=True)
    scene.resume()
    scene.view(3)
    assert scene.ring_in_time() == ["StreamLeft"] * 3
    assert [(e.uid, e.reason) for e in scene.log[-3:]] == [
        (1, "restart"),
        (2, "restart"),
        (4, "restart"),
    ]
    assert scene.places() == {3: 1, 4: 2, 2: 3, 1: 4}


def test_a_player_who_went_elsewhere_while_he_was_away_is_dead():
    scene = Scene(1, 2, 3, begun=True)
    scene.resume()
    assert scene.do(commands.Leave, uid=2, reason="restart") == ["StreamLeft"]
    assert scene.standing()[2] == "lost"


def test_a_watcher_of_before_the_restart_leaves_without_a_fact():
    scene = Scene(1, 2, begun=True)
    scene.view(9)
    scene.resume()
    assert scene.lose(9) == []


def test_a_game_that_was_over_before_the_restart_ends_at_its_time():
    scene = Scene(1, 2, begun=True)
    scene.lose(2)
    deadline = scene.deadline()
    scene.resume()
    assert scene.deadline() == deadline


# --- what always holds ----------------------------------------------------------------------

UID = st.integers(1, 6)
STEP = st.one_of(
    st.tuples(st.just("view"), UID),
    st.tuples(st.just("lose"), UID),
    st.tuples(st.just("die"), UID),
    st.tuples(st.just("send"), UID),
    st.tuples(st.just("wait"), st.sampled_from([0.3, 1.0, 10.0, 40.0])),
    st.tuples(st.just("resume"), st.just(0)),
)


@given(st.integers(1, 4), st.lists(STEP, max_size=40))
def test_every_player_has_one_place_and_the_log_alone_gives_it_again(players, steps):
    scene = Scene(*range(1, players + 1))
    for step, value in steps:
        try:
            match step:
                case "view" | "lose" | "die" | "send":
                    getattr(scene, step)(value)
                case "wait":
                    scene.now += value
                    scene.ring()
                case "resume":
                    scene.resume()
        except RuleViolation:
            pass
        living = rules.living(scene.match)
        if scene.match.began_at and not scene.match.over_at:
            assert len(living) > (1 if players > 1 else 0)
    for _ in range(4):
        scene.now = max(scene.now, scene.deadline()) + 60
        scene.ring()
        if not scene.match.over_at:
            scene.lose(*range(1, players + 1))
    assert scene.match.result is not None
    assert [p.uid for p in scene.match.result] == list(range(1, players + 1))
    assert sorted(p.place for p in scene.match.result) == list(range(1, players + 1))
    again = Match()
    for event in scene.log:
        if not isinstance(event, facts.MatchEnded):
            again = rules.evolve(again, event)
    assert result_of(again) == scene.match.result
    assert [type(e).__name__ for e in scene.log].count("MatchEnded") == 1
