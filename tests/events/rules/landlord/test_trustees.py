"""Trustees: who becomes one, how the engine plays for them, and what a restart changes."""

import pytest

from parlour.events.errors import RuleViolation
from parlour.events.landlord import (
    Called,
    CardsPlayed,
    HandResumed,
    Passed,
    TrusteeCleared,
    TrusteeSet,
)
from parlour.events.rules.landlord import commands

# --- trustees -------------------------------------------------------------------------------


def test_lost_connection_makes_trustee(scene) -> None:
    assert scene.lose(1) == [TrusteeSet(at=scene.now, seat=1, why="offline")]
    assert scene.seconds_left == 20


def test_connection_lost_in_own_turn_cuts_it_short(scene) -> None:
    scene.wait(3)
    scene.lose(0)
    assert scene.seconds_left == 1.5


def test_connection_lost_at_the_end_of_a_turn_does_not_lengthen_it(scene) -> None:
    scene.wait(19.5)
    scene.lose(0)
    assert scene.seconds_left == 0.5


def test_connection_lost_twice_is_recorded_once(scene) -> None:
    scene.lose(0)
    assert scene.lose(0) == []


def test_connection_that_comes_or_goes_outside_a_running_hand_is_not_the_hands(
    new_scene, played
) -> None:
    waiting = new_scene(dealt=False)
    assert waiting.lose(0) == []
    assert waiting.regain(0) == []
    played.do(commands.Cancel(at=played.now, reason="key_lost", secret=""))
    assert played.lose(0) == []


def test_trustee_has_a_short_turn_and_just_acts(scene) -> None:
    scene.lose(1)
    scene.call(0)
    assert scene.seconds_left == 1.5
    scene.wait_out()
    assert scene.time_out(online=(True, False, True)) == [Called(at=scene.now, seat=1, score=0)]
    assert scene.hand.timeouts == (0, 0, 0)


def test_trustee_leads_his_lowest_single_and_else_passes(played) -> None:
    for seat in range(3):
        played.lose(seat)
    lowest = played.held(0)[0]
    acts = []
    for _ in range(3):
        played.wait_out()
        acts += played.time_out(online=(False, False, False))
    assert [type(act) for act in acts] == [CardsPlayed, Passed, Passed]
    assert acts[0].cards == (lowest,)


def test_trustees_alone_play_a_hand_to_its_end(scene) -> None:
    for seat in range(3):
        scene.lose(seat)
    scene.regain(2)
    scene.time_out()
    scene.wait_out()
    scene.time_out()
    scene.wait_out()
    scene.time_out()
    scene.call(1)
    scene.lose(2)
    while scene.hand.phase == "playing":
        scene.wait_out()
        scene.time_out(online=(False, False, False))
    assert (scene.hand.phase, scene.hand.winner) == ("won", 2)


def test_trustee_stays_trustee_over_a_redeal(scene) -> None:
    scene.lose(1)
    scene.call(0)
    scene.wait_out()
    scene.time_out()
    scene.call(0)
    assert (scene.hand.deal, scene.hand.trustees) == (1, (False, True, False))


def test_regained_connection_clears_trustee(scene) -> None:
    scene.lose(1)
    assert scene.regain(1) == [TrusteeCleared(at=scene.now, seat=1)]
    assert scene.hand.trustees == (False, False, False)
    assert scene.regain(1) == []


def test_who_returns_in_his_turn_has_the_rest_of_a_whole_turn(scene) -> None:
    scene.wait(3)
    scene.lose(0)
    scene.wait(1)
    scene.regain(0)
    assert scene.seconds_left == 16


def test_who_returns_late_in_his_turn_has_a_trustees_moment(new_scene) -> None:
    scene = new_scene(call_seconds=2)
    scene.wait(1)
    scene.lose(0)
    scene.wait(0.5)
    scene.regain(0)
    assert scene.seconds_left == 1.5


def test_who_acts_as_trustee_is_trustee_no_more(played) -> None:
    played.lose(0)
    card = played.held(0)[0]
    assert played.play(card) == [
        TrusteeCleared(at=played.now, seat=0),
        CardsPlayed(at=played.now, seat=0, cards=(card,), card_type=1),
    ]
    assert played.hand.trustees == (False, False, False)


def test_who_calls_as_trustee_is_trustee_no_more(scene) -> None:
    scene.lose(0)
    assert scene.call(1) == [
        TrusteeCleared(at=scene.now, seat=0),
        Called(at=scene.now, seat=0, score=1),
    ]


def test_action_as_trustee_takes_the_time_outs_away(played) -> None:
    for _ in range(2):
        played.wait_out()
        played.time_out()
        played.skip()
        played.skip()
    assert (played.hand.trustees[0], played.hand.timeouts[0]) == (True, 2)
    played.play(played.held(0)[0])
    assert (played.hand.trustees[0], played.hand.timeouts[0]) == (False, 0)


def test_what_the_engine_does_for_a_trustee_is_no_action_of_his_own(played) -> None:
    for _ in range(3):
        played.wait_out()
        played.time_out()
        played.skip()
        played.skip()
    assert (played.hand.trustees[0], played.hand.timeouts[0]) == (True, 2)


def test_who_returned_may_be_late_once_again(played) -> None:
    for _ in range(2):
        played.wait_out()
        played.time_out()
        played.skip()
        played.skip()
    played.regain(0)
    assert played.hand.timeouts == (0, 0, 0)
    played.wait_out()
    played.time_out()
    assert played.hand.trustees == (False, False, False)


def test_refused_play_of_a_trustee_leaves_him_trustee(played) -> None:
    played.lose(0)
    with pytest.raises(RuleViolation):
        played.skip()
    assert played.hand.trustees == (True, False, False)


# --- restart --------------------------------------------------------------------------------


def test_turn_keeps_what_it_had_left_at_the_last_commit(scene) -> None:
    scene.wait(4)
    left_at = scene.now
    scene.wait(3600)
    assert scene.resume(left_at=left_at) == [HandResumed(at=scene.now, left=16_000_000, cold=True)]
    assert scene.seconds_left == 16
    assert scene.hand.turn_at == scene.now - 4_000_000


def test_turn_has_at_least_the_floor_after_a_restart(scene) -> None:
    scene.wait(15)
    left_at = scene.now
    scene.wait(60)
    scene.resume(left_at=left_at)
    assert scene.seconds_left == 10


def test_floor_may_be_longer_than_a_whole_turn(new_scene) -> None:
    scene = new_scene(call_seconds=1)
    scene.resume(left_at=scene.now)
    assert scene.seconds_left == 10
    assert scene.hand.turn_at == scene.now + 9_000_000


def test_nobody_is_trustee_after_a_restart(played) -> None:
    played.wait_out()
    played.time_out()
    played.lose(1)
    played.lose(2)
    played.resume(left_at=played.now)
    assert played.hand.trustees == (False, False, False)
    assert played.hand.timeouts == (0, 0, 0)
    assert played.regain(1) == []


def test_after_a_log_without_room_everybody_is_as_he_was(played) -> None:
    played.lose(1)
    played.wait(4)
    played.resume(left_at=played.now, cold=False)
    assert played.hand.trustees == (False, True, False)
    assert played.seconds_left == 18


def test_who_stays_away_after_a_restart_becomes_trustee_when_his_turn_passes(played) -> None:
    played.resume(left_at=played.now)
    played.wait_out()
    events = played.time_out(online=(False, False, False))
    assert events[1] == TrusteeSet(at=played.now, seat=0, why="offline")
    assert played.seconds_left == 22


def test_trustee_set_and_cleared_after_a_restart_keeps_the_shifted_turn(scene) -> None:
    scene.wait(4)
    left_at = scene.now
    scene.wait(100)
    scene.resume(left_at=left_at)
    scene.lose(0)
    scene.wait(1)
    scene.regain(0)
    assert scene.seconds_left == 15


def test_hand_that_is_not_running_is_not_resumed(new_scene) -> None:
    waiting = new_scene(dealt=False)
    assert waiting.resume(left_at=waiting.now) == []
