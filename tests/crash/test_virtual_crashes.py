"""A game of each kind, crashed at every commit: it comes to what it comes to without a crash.

Every commit of each game has its crash here, at one of the four boundaries in turn;
`python tests/crash/run.py` crashes at every boundary of every commit.
"""

import itertools

import pytest
from crash_disk import BOUNDARIES
from crash_kinds import KINDS
from crash_world import play


@pytest.fixture(scope="module")
def undisturbed():
    return {name: play(kind) for name, kind in KINDS.items()}


@pytest.mark.parametrize("name", KINDS)
def test_a_game_is_the_same_each_time(name, undisturbed):
    once, again = undisturbed[name], play(KINDS[name])
    assert once.faults == []
    assert once.result
    assert (again.result, again.commits) == (once.result, once.commits)


@pytest.mark.parametrize("name", KINDS)
def test_crashed_at_each_commit_a_game_comes_to_the_same(name, undisturbed):
    expected = undisturbed[name]
    assert expected.commits >= 20
    boundaries = itertools.cycle(BOUNDARIES)
    for at, boundary in zip(range(1, expected.commits + 1), boundaries, strict=False):
        outcome = play(KINDS[name], {at: boundary})
        again = f"again: python tests/crash/run.py {name} --at {at} --boundary {boundary}"
        assert outcome.faults == [], again
        assert outcome.result == expected.result, again


@pytest.mark.parametrize("name", KINDS)
def test_crashed_again_and_again_it_comes_to_the_same(name, undisturbed):
    dooms = dict(zip(range(2, 60, 3), itertools.cycle(BOUNDARIES), strict=False))
    outcome = play(KINDS[name], dooms)
    assert outcome.faults == []
    assert outcome.result == undisturbed[name].result
