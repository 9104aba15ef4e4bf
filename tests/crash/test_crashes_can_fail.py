"""Bugs put in on purpose: a crash must show each, or crashing proves nothing.

The simulation's watch, which looks inside, is made blind: what is compared here is what clients
were told and what the log says in the end.
"""

from unittest import mock

import pytest
import sim_watch
from crash_kinds import KINDS
from crash_world import play

from parlour.events.journal import Journal
from parlour.events.rules.beehive import device


def drop_the_hold():
    append = Journal.append

    def hasty(self, unit, held=None, *, origin=None):
        append(self, unit, () if held else held, origin=origin)
        return False  # nothing is to wait for

    return mock.patch.object(Journal, "append", hasty)


def do_a_resend_twice():
    return mock.patch.object(device, "judge", return_value="new")


@pytest.mark.parametrize(
    ("name", "boundary", "bug"),
    [("landlord", "before", drop_the_hold), ("beehive", "after", do_a_resend_twice)],
)
def test_a_bug_that_a_crash_shows_is_found(name, boundary, bug):
    kind = KINDS[name]
    expected = play(kind)
    for at in range(8, 30):
        with bug(), mock.patch.object(sim_watch.Watch, "blame"):
            outcome = play(kind, {at: boundary})
        if outcome.faults or outcome.result != expected.result:
            return
    pytest.fail("no crash shows it")
