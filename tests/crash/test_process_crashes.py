"""Real processes that kill themselves at their commits: the game comes to what it comes to anyway.

What it should come to is what an undisturbed game comes to in virtual time.
"""

import itertools

import crash_process
import crash_world
import pytest
from crash_kinds import KINDS

_DEATHS = {"landlord": 6, "beehive": 6, "techmino": 3, "treasure": 3}


@pytest.mark.parametrize("name", KINDS)
def test_killed_again_and_again_a_game_comes_to_the_same(name, tmp_path):
    expected = crash_world.play(KINDS[name])
    assert expected.faults == []
    # Each process gets a little farther than the one before.
    numbers = itertools.count(4, 2)
    boundaries = itertools.cycle(crash_process.BOUNDARIES)
    dooms = list(itertools.islice(zip(numbers, boundaries, strict=False), _DEATHS[name]))
    folder = tmp_path / "engine"
    result, faults, deaths = crash_process.play(KINDS[name], folder, expected.key, dooms)
    assert faults == []
    assert deaths == len(dooms)
    assert result == expected.result
