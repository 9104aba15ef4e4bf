"""Whatever somebody does to a log at random, the audit finds it and names it.

A thousand and more: `python tests/replay/tamper_run.py --times 1000`.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from tamper_run import GROUPS, TamperRun

TIMES = 60


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return TamperRun(tmp_path_factory.mktemp("tampered"))


def test_random_alterations_are_found_and_named(run):
    judged = [run.judge(seed) for seed in range(TIMES)]
    assert [one for one in judged if not one.named] == []
    assert {one.group for one in judged} == {group.name for group in GROUPS}


def test_a_seed_makes_the_same_alteration_again(run):
    assert run.judge(7)[:4] == run.judge(7)[:4]
