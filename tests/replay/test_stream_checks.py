"""What the checks say of streams: each code once, and silence where there is a reason."""

import base64

import pytest

from parlour.events import techmino as facts
from parlour.events.reader import Recorded
from parlour.events.rules.techmino import record
from parlour.events.rules.techmino.record import Attack, RecordEvent
from parlour.replay.findings import OF_PLAYERS, Findings
from parlour.replay.match_follower import MatchFollower
from parlour.replay.stream_checks import FRAME_SLACK, GRACE, StreamChecks

SECOND = 1_000_000
LINES = Attack(line=5, time=60, amount=2, sid=0)


class Game:
    """Three players (uid 10, 11, 12 at seats 0, 1, 2), by hand."""

    def __init__(self, *, sids=(0, 1, 2)):
        self.found = Findings()
        self.checks = StreamChecks(self.found)
        self.follower = MatchFollower()
        self.position = 0
        self.frames = {}
        players = tuple(
            facts.MatchPlayer(sid=sid, uid=10 + seat, username="", config="")
            for seat, sid in enumerate(sids)
        )
        terms = facts.MatchTerms(connect_seconds=10, settle_seconds=1, end_seconds=3)
        self.see(
            0,
            facts.MatchOpened,
            rid="r",
            room="p",
            type="classic",
            players=players,
            terms=terms,
        )
        for seat in range(len(sids)):
            self.join(0, seat)
        self.see(0, facts.MatchBegan, seed=1)

    def see(self, seconds, kind, **fields):
        self.position += 1
        event = kind(at=round(seconds * SECOND), **fields)
        recorded = Recorded(self.position, "techmino.match:r", self.position, "t@1", event)
        self.checks.see(recorded, self.follower.read(recorded))

    def join(self, seconds, seat):
        self.see(seconds, facts.StreamJoined, uid=10 + seat, watch=False)

    def leave(self, seconds, seat):
        self.see(seconds, facts.StreamLeft, uid=10 + seat, reason="lost")

    def die(self, seconds, seat):
        self.see(seconds, facts.PlayerDied, uid=10 + seat, score=0, survival_time=0)

    def raw(self, seconds, seat, content):
        self.text(seconds, seat, record.pack(content))

    def text(self, seconds, seat, stream):
        self.see(seconds, facts.ChunkStreamed, uid=10 + seat, stream=stream)

    def play(self, seconds, seat, *events):
        frame = int(seconds * 60)
        said = [*(RecordEvent(frame, event.event) for event in events), RecordEvent(frame, 0)]
        after = self.frames.get(seat, 0)
        self.frames[seat] = frame
        self.see(
            seconds,
            facts.ChunkStreamed,
            uid=10 + seat,
            stream=record.pack(record.encode(said, after)),
        )

    def codes(self):
        self.checks.finish()
        return [finding.code for finding in self.found]


@pytest.fixture
def game():
    return Game()


def send(seat):
    return record.sent(0, LINES._replace(sid=seat))


def receive(seat):
    return record.received(0, LINES._replace(sid=seat))


def test_a_game_in_which_attacks_arrive_has_no_findings(game):
    game.play(5, 0, send(1))
    game.play(6, 1, receive(0), send(2))
    game.play(7, 2, receive(1))
    for seat in range(3):
        game.play(40, seat)
    assert game.codes() == []


# --- chunks -----------------------------------------------------------------------------------


def test_what_is_not_base64_is_told_and_the_record_goes_on(game):
    game.text(5, 0, "?")
    game.play(6, 0)
    assert game.codes() == ["chunk_undecodable"]


@pytest.mark.parametrize("torn", [b"\x83", b"\x03", b"\x03\x81"])
def test_a_chunk_that_ends_in_mid_event_is_told(game, torn):
    game.see(5, facts.ChunkStreamed, uid=10, stream=_base64(torn))
    assert game.codes() == ["chunk_torn"]


def test_a_torn_chunk_goes_on_in_the_next(game):
    whole = record.encode([RecordEvent(200, 300)])
    game.see(5, facts.ChunkStreamed, uid=10, stream=_base64(whole[:3]))
    game.see(6, facts.ChunkStreamed, uid=10, stream=_base64(whole[3:]))
    assert game.codes() == ["chunk_torn", "chunk_unknown"]


def test_events_that_no_client_writes_are_told_once_a_chunk(game):
    game.raw(5, 0, record.encode([RecordEvent(1, 65)] * 50))
    (finding,) = (game.codes(), list(game.found))[1]
    assert finding.code == "chunk_unknown"
    assert "50 events" in finding.detail
    assert finding.found == [65] * 5


def test_a_record_may_be_a_little_ahead_of_the_clock_and_no_more(game):
    most = int(10 * 60 * 1.05) + FRAME_SLACK
    game.raw(10, 0, record.encode([RecordEvent(most, 0)]))
    assert len(game.found) == 0
    game.raw(10, 1, record.encode([RecordEvent(most + 1, 0)]))
    (finding,) = (game.codes(), list(game.found))[1]
    assert (finding.code, finding.expected, finding.found) == ("frame_implausible", most, most + 1)


def test_a_record_may_be_as_far_behind_as_it_likes(game):
    game.raw(3_600, 0, record.encode([RecordEvent(1, 0)]))
    assert game.codes() == []


# --- attacks ----------------------------------------------------------------------------------


def test_an_attack_that_its_target_never_receives_is_told(game):
    game.play(5, 0, send(1))
    for seat in range(3):
        game.play(5 + GRACE / SECOND, seat)
    (finding,) = (game.codes(), list(game.found))[1]
    assert (finding.code, finding.position) == ("attack_unreceived", 6)
    assert finding.expected == {"attacker": 10, "target": 11, "line": 5, "time": 60, "amount": 2}


def test_each_attack_counts_also_when_it_is_like_another(game):
    game.play(5, 0, send(1), send(1), send(1))
    game.play(6, 1, receive(0), receive(0))
    for seat in range(3):
        game.play(40, seat)
    assert game.codes() == ["attack_unreceived"]


@pytest.mark.parametrize(
    "why",
    [
        lambda game: game.die(10, 1),
        lambda game: game.leave(10, 1),
        lambda game: game.die(10, 0),
        lambda game: game.leave(10, 0),
        lambda game: game.see(10, facts.MatchResumed, until=0),
    ],
    ids=["target died", "target left", "attacker died", "attacker left", "engine restarted"],
)
def test_near_the_end_of_one_of_the_two_an_attack_may_be_lost(game, why):
    game.play(5, 0, send(1))
    why(game)
    for seat in range(3):
        game.play(40, seat)
    assert game.codes() == []


def test_after_a_restart_attacks_are_expected_again(game):
    game.see(5, facts.MatchResumed, until=0)
    for seat in range(3):
        game.join(6, seat)
    game.play(7, 0, send(1))
    for seat in range(3):
        game.play(40, seat)
    assert game.codes() == ["attack_unreceived"]


def test_near_the_end_of_the_log_an_attack_may_be_under_way(game):
    game.play(5, 0, send(1))
    game.play(14, 1)
    game.play(14, 0)
    assert game.codes() == []


def test_a_target_whose_record_stops_receives_nothing_more(game):
    game.play(5, 0, send(1))
    game.play(60, 0)
    assert game.codes() == []


@pytest.mark.parametrize("seat", [0, 9])
def test_an_attack_on_oneself_or_on_nobody_is_received_by_nobody(game, seat):
    game.play(5, 0, send(seat))
    for other in range(3):
        game.play(60, other)
    assert game.codes() == []


def test_an_attack_on_who_is_dead_or_missing_is_not_received():
    game = Game()
    game.die(4, 1)
    game.play(5, 0, send(1))
    for seat in range(3):
        game.play(60, seat)
    assert game.codes() == []


def test_lines_that_nobody_sent_are_told(game):
    game.play(5, 0, receive(1))
    assert game.codes() == ["attack_unsent"]


def test_lines_are_received_after_they_were_sent_and_only_by_their_target(game):
    game.play(5, 1, receive(0))
    game.play(5, 0, send(1))
    game.play(6, 2, receive(0))
    assert game.codes() == ["attack_unsent", "attack_unsent"]


def test_seats_that_one_byte_cannot_tell_apart_are_not_judged():
    game = Game(sids=(0, 1, 257))
    game.play(5, 0, send(1))
    game.play(5, 0, receive(1))
    for seat in range(3):
        game.play(60, seat)
    assert game.codes() == []


def test_chunks_of_who_does_not_play_are_not_read(game):
    game.see(5, facts.ChunkStreamed, uid=99, stream="?")
    assert game.codes() == []


def test_all_of_these_are_what_a_player_s_program_can_cause():
    told = {"chunk_undecodable", "chunk_torn", "chunk_unknown", "frame_implausible"}
    assert told | {"attack_unreceived", "attack_unsent"} == OF_PLAYERS


def _base64(content):
    return base64.b64encode(content).decode()
