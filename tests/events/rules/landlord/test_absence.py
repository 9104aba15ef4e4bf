"""Turns that end by their clock: how long each lasts, and what the engine does for the late."""

import pytest

from parlour.events.errors import RuleViolation
from parlour.events.landlord import (
    Called,
    CardsPlayed,
    LandlordNamed,
    Passed,
    Robbed,
    TrusteeSet,
    TurnTimedOut,
)
from parlour.events.rules.landlord import commands


def round_of_two_passes(scene) -> None:
    """Seats 1 and 2 pass on a lead by seat 0, themselves."""
    scene.play(scene.held(0)[0])
    scene.skip()
    scene.skip()


# --- clocks ---------------------------------------------------------------------------------


def test_call_has_its_own_clock(scene) -> None:
    assert (scene.hand.turn_at, scene.seconds_left) == (scene.now, 20)
    scene.wait(5)
    scene.call(1)
    assert (scene.hand.turn_at, scene.seconds_left) == (scene.now, 20)


def test_rob_has_the_clock_of_a_call(new_scene) -> None:
    scene = new_scene(rob=True, call_seconds=7)
    scene.call(3)
    assert scene.seconds_left == 7


def test_play_has_its_own_clock(played) -> None:
    assert played.seconds_left == 22
    played.wait(1)
    played.play(played.held(0)[0])
    assert played.seconds_left == 22


def test_clock_may_be_a_fraction_of_a_second(new_scene) -> None:
    assert new_scene(call_seconds=0.25).seconds_left == 0.25


def test_refused_play_leaves_the_clock_running(played) -> None:
    deadline = played.hand.deadline
    played.wait(10)
    with pytest.raises(RuleViolation):
        played.skip()
    assert played.hand.deadline == deadline


# --- time-outs ------------------------------------------------------------------------------


def test_timer_before_the_deadline_does_nothing(scene) -> None:
    scene.wait(19.999999)
    assert scene.time_out() == []


def test_timer_does_nothing_where_no_clock_runs(new_scene, played) -> None:
    waiting = new_scene(dealt=False)
    waiting.wait(3600)
    assert waiting.time_out() == []
    played.do(commands.Cancel(at=played.now, reason="key_lost", secret=""))
    played.wait(3600)
    assert played.time_out() == []


def test_late_caller_calls_nothing(scene) -> None:
    scene.wait_out()
    assert scene.time_out() == [
        TurnTimedOut(at=scene.now, seat=0),
        Called(at=scene.now, seat=0, score=0),
    ]
    assert (scene.hand.turn, scene.seconds_left) == (1, 20)


def test_late_robber_does_not_rob(new_scene) -> None:
    scene = new_scene(rob=True)
    scene.call(3)
    scene.wait_out()
    assert scene.time_out() == [
        TurnTimedOut(at=scene.now, seat=1),
        Robbed(at=scene.now, seat=1, rob=False),
    ]


def test_last_answer_by_time_out_ends_the_bidding(scene) -> None:
    scene.call_all(0, 1)
    scene.wait_out()
    assert scene.time_out()[-1] == LandlordNamed(at=scene.now, seat=1, ratio=1)


def test_three_late_callers_get_a_redeal(scene, names) -> None:
    events = []
    for _ in range(3):
        scene.wait_out()
        events = scene.time_out()
    assert names(events) == ["TurnTimedOut", "Called", "DealThrownIn", "HandDealt"]


def test_late_leader_leads_his_lowest_single(find_scene) -> None:
    def fits(scene) -> bool:
        held = scene.held(0)
        # Two of the lowest rank, and an ace or a two whose code is lower still.
        return held[0] & 15 == held[1] & 15 and min(held) < held[0]

    scene = find_scene(fits)
    lowest = min(scene.held(0)[:2])
    scene.wait_out()
    assert scene.time_out() == [
        TurnTimedOut(at=scene.now, seat=0),
        CardsPlayed(at=scene.now, seat=0, cards=(lowest,), card_type=1),
    ]


def test_late_follower_passes(played) -> None:
    played.play(played.held(0)[0])
    played.wait_out()
    assert played.time_out() == [
        TurnTimedOut(at=played.now, seat=1),
        Passed(at=played.now, seat=1),
    ]


def test_one_time_out_makes_nobody_trustee(scene) -> None:
    scene.wait_out()
    scene.time_out()
    assert scene.hand.timeouts == (1, 0, 0)
    assert scene.hand.trustees == (False, False, False)


def test_second_time_out_in_a_row_makes_trustee(played) -> None:
    played.wait_out()
    played.time_out()
    played.skip()
    played.skip()
    played.wait_out()
    events = played.time_out()
    assert events[:2] == [
        TurnTimedOut(at=played.now, seat=0),
        TrusteeSet(at=played.now, seat=0, why="timeouts"),
    ]
    assert isinstance(events[2], CardsPlayed)
    assert played.hand.trustees == (True, False, False)


def test_time_outs_in_a_row_count_on_from_calling_to_playing(scene) -> None:
    scene.wait_out()
    scene.time_out()
    scene.call_all(2, 0)
    scene.play(scene.held(1)[0])
    scene.skip()
    scene.wait_out()
    assert TrusteeSet(at=scene.now, seat=0, why="timeouts") in scene.time_out()


def test_own_action_between_two_time_outs_resets_them(played) -> None:
    played.wait_out()
    played.time_out()
    played.skip()
    played.skip()
    round_of_two_passes(played)
    assert played.hand.timeouts == (0, 0, 0)
    played.wait_out()
    assert [type(event) for event in played.time_out()] == [TurnTimedOut, CardsPlayed]


def test_own_call_after_a_time_out_resets_it(scene) -> None:
    scene.wait_out()
    scene.time_out()
    scene.call_all(0, 0)
    assert scene.hand.timeouts == (1, 0, 0)
    scene.call(0)
    assert scene.hand.timeouts == (0, 0, 0)


def test_time_out_while_offline_makes_trustee_at_once(scene) -> None:
    scene.wait_out()
    assert scene.time_out(online=(False, True, True)) == [
        TurnTimedOut(at=scene.now, seat=0),
        TrusteeSet(at=scene.now, seat=0, why="offline"),
        Called(at=scene.now, seat=0, score=0),
    ]


def test_another_seat_offline_makes_nobody_trustee(scene) -> None:
    scene.wait_out()
    scene.time_out(online=(True, False, False))
    assert scene.hand.trustees == (False, False, False)
