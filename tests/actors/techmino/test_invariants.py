"""Anything at any time through the real engine, restarts included; what must always hold."""

import tempfile
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from parlour.events.kinds import rebuild
from parlour.events.messages.techmino import common, play, stream
from parlour.events.rules.techmino import match as match_rules
from parlour.events.rules.techmino.result import result_of
from parlour.events.rules.techmino.state import Match
from parlour.events.techmino import MatchEnded, match_id, player_key, room_id

UIDS = st.sampled_from([1, 2, 3, 4])


class Evening(RuleBasedStateMachine):
    """Four accounts that do whatever the protocol lets them send, and more."""

    open_club = None

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.club = type(self).open_club(Path(self.folder.name))
        self.plays, self.streams = {}, {}

    def teardown(self):
        self._every_result_is_the_one_the_log_gives()
        self._each_countdown_starts_at_most_one_match()
        self._memory_is_what_the_log_says()
        self.club.house.recorder.close()
        self.folder.cleanup()

    def _rid(self, uid):
        """Return a room to enter: the one that is fullest, for there to be games."""
        rooms = sorted(self.club.lobby.rooms, key=lambda rid: -len(self.club.room(rid).members))
        return rooms[uid % len(rooms)] if rooms and uid == 4 else rooms[0] if rooms else "none"

    @initialize(started=st.booleans())
    def gather(self, started):
        """Most evenings begin with a room of three, many with their match."""
        for uid in (1, 2, 3, 4):
            self.plays[uid] = self.club.play(uid, plays_only=uid == 3)
        self.create(1)
        self.enter(2)
        self.enter(3)
        if started:
            self.start()

    @rule(uid=UIDS, only=st.booleans())
    def connect(self, uid, only):
        self.plays[uid] = self.club.play(uid, plays_only=only)

    @rule()
    def everybody_enters(self):
        for uid in (1, 2, 3, 4):
            if uid not in self.plays:
                self.plays[uid] = self.club.play(uid)
            self.enter(uid)

    @rule()
    def start(self):
        self.all_ready()
        self.wait(2.0)
        self.all_follow()
        self.wait(1.0)

    @precondition(lambda self: self.plays)
    @rule(uid=UIDS)
    def create(self, uid):
        if uid in self.plays:
            self.plays[uid].send(play.CreateRoom(type="classic"))

    @rule(uid=UIDS)
    def enter(self, uid):
        if uid in self.plays:
            self.plays[uid].send(play.EnterRoom(rid=self._rid(uid), config=str(uid)))

    @rule(uid=UIDS)
    def leave(self, uid):
        if uid in self.plays:
            self.plays[uid].send(play.LeaveRoom())

    @rule(uid=UIDS, ready=st.sampled_from([True, True, True, False]))
    def change_ready(self, uid, ready):
        if uid in self.plays:
            self.plays[uid].send(play.ChangeReady(ready=ready))

    @rule()
    def all_ready(self):
        for client in list(self.plays.values()):
            client.send(play.ChangeReady(ready=True))

    @rule(uid=UIDS)
    def cut_play(self, uid):
        if uid in self.plays:
            self.plays.pop(uid).cut()

    @precondition(lambda self: self.club.lobby.matches)
    @rule(uid=UIDS, last=st.booleans())
    def follow(self, uid, last):
        rid = list(self.club.lobby.matches)[-1 if last else 0]
        self.streams[uid] = self.club.stream(uid, rid)

    @rule()
    def all_follow(self):
        for rid in list(self.club.lobby.matches):
            for uid in self.club.match(rid).players:
                self.streams[uid] = self.club.stream(uid, rid)

    @rule(uid=UIDS)
    def cut_stream(self, uid):
        if uid in self.streams:
            self.streams.pop(uid).cut()

    @rule(uid=UIDS, score=st.integers(0, 9))
    def die(self, uid, score):
        if uid in self.streams:
            self.streams[uid].send(stream.Die(score=score, survivalTime=score / 2))

    @rule(uid=UIDS)
    def send_chunk(self, uid):
        if uid in self.streams:
            self.streams[uid].send(stream.SendChunk(stream="AyEA"))

    @rule(seconds=st.sampled_from([0.5, 1.0, 2.0, 3.0, 11.0, 31.0]))
    def wait(self, seconds):
        self.club.pass_time(seconds)

    @rule()
    def restart(self):
        self._memory_is_what_the_log_says()
        self.plays, self.streams = {}, {}
        self.club.restart()

    # --- what must always hold -------------------------------------------------------------

    @invariant()
    def nothing_failed_inside(self):
        assert self.club.house.reports == []

    @invariant()
    def nobody_is_in_two_rooms_and_the_claims_say_where_he_is(self):
        where = {}
        for rid in self.club.lobby.rooms:
            room = self.club.room(rid)
            assert room.open
            assert room.members
            sids = [member.sid for member in room.members.values()]
            assert len(set(sids)) == len(sids) <= room.capacity
            for uid in room.members:
                assert uid not in where
                where[uid] = room_id(rid)
        for uid in (1, 2, 3, 4):
            assert self.club.house.engine.repository.claimed(player_key(uid)) == where.get(uid)

    @invariant()
    def nobody_follows_two_matches(self):
        viewers = [uid for rid in self.club.lobby.matches for uid in self.club.match(rid).viewers]
        assert len(set(viewers)) == len(viewers)

    @invariant()
    def what_is_listed_runs_and_has_a_clock_or_players(self):
        armed = {actor for actor, _ in self.club.house.engine.timers._armed}
        for rid in self.club.lobby.matches:
            match = self.club.match(rid)
            assert match_rules.running(match)
            connected = all(p.uid in match.viewers for p in match_rules.living(match))
            assert match_id(rid) in armed or (match.began_at and connected)

    @invariant()
    def every_connected_client_that_is_in_a_room_is_heard(self):
        for rid in self.club.lobby.rooms:
            for uid, member in self.club.room(rid).members.items():
                assert member.away or uid in self.plays

    @invariant()
    def nobody_is_told_an_internal_error_or_two_starts_of_one_countdown(self):
        for client in (*self.plays.values(), *self.streams.values()):
            told = client.take()
            assert common.Error(reason=common.INTERNAL) not in told
            goes = [message.data.rid for message in told if isinstance(message, play.Go)]
            assert len(set(goes)) == len(goes)

    # --- and what the log must say at the end ---------------------------------------------

    def _every_result_is_the_one_the_log_gives(self):
        for aggregate in {row[0] for row in self.club.house.rows() if "match:" in row[0]}:
            match = Match()
            for event in self.club.events(aggregate):
                if isinstance(event, MatchEnded):
                    assert event.result == result_of(match)
                    places = sorted(place.place for place in event.result)
                    assert places == list(range(1, len(match.players) + 1))
                    assert {place.uid for place in event.result} == set(match.players)
                assert match.result is None  # nothing is recorded after the end
                match = match_rules.evolve(match, event)

    def _each_countdown_starts_at_most_one_match(self):
        for aggregate in {row[0] for row in self.club.house.rows() if "room:" in row[0]}:
            counting = False
            for name in self.club.names(aggregate):
                if name == "MatchStarted":
                    assert counting
                counting = name == "CountdownStarted" or (
                    counting and name not in ("MatchStarted", "CountdownCancelled", "RoomResumed")
                )

    def _memory_is_what_the_log_says(self):
        rows = [
            (n.id, n.originator_id, n.originator_version, n.topic, n.state)
            for n in self.club.house.recorder.select_notifications(1, 1_000_000)
        ]
        for aggregate, rebuilt in rebuild(rows).items():
            assert self.club.house.state(aggregate) == rebuilt.state


@pytest.fixture
def machine(new_club, new_house):
    class Here(Evening):
        @staticmethod
        def open_club(folder):
            return new_club(lambda **options: new_house(folder, **options))

    return Here


def test_whatever_is_done_in_whatever_order_the_rooms_and_matches_stay_right(machine):
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=40,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
