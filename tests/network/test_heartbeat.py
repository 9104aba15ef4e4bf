import pytest

from parlour.network.heartbeat import LEAST, asking_always, asking_when_silent


@pytest.mark.parametrize(("silence", "next_look"), [(0, 30), (29, 1), (30, 15), (31, 15)])
def test_who_is_silent_is_pinged_and_has_half_the_time_to_answer(silence, next_look):
    assert asking_when_silent(30).next_look(silence) == next_look


@pytest.mark.parametrize(("silence", "next_look"), [(0, 10), (9.5, 10), (49, 10), (55, 5)])
def test_who_is_pinged_anyway_is_given_up_on_time(silence, next_look):
    assert asking_always(10, 60).next_look(silence) == next_look


@pytest.mark.parametrize("silence", [30 - 4e-15, 59.99999999999999])
@pytest.mark.parametrize("heartbeat", [asking_when_silent(30), asking_always(10, 60)])
def test_a_look_a_moment_too_early_is_not_repeated_in_no_time(heartbeat, silence):
    assert heartbeat.next_look(silence) >= LEAST
