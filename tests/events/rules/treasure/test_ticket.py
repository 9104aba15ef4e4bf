"""Tickets: first used in time, and good while they are the newest."""

import pytest

from parlour.events.rules.treasure.room import (
    good_ticket,
)
from parlour.events.rules.treasure.state import Ticket

TICKET = Ticket(game=1, epoch=2, ticket="aa", expires=60)


@pytest.mark.parametrize(
    ("ticket", "given", "epoch", "used", "at", "good"),
    [
        (TICKET, "aa", 2, "", 60, True),
        (TICKET, "aa", 2, "", 61, False),
        (TICKET, "aa", 2, "aa", 10**9, True),
        (TICKET, "aa", 2, "bb", 61, False),
        (TICKET, "bb", 2, "bb", 1, False),
        (TICKET, "aä", 2, "", 1, False),
        (TICKET, "aa", 3, "", 1, False),
        (None, "", 2, "", 1, False),
    ],
)
def test_a_ticket_is_first_used_in_time_and_then_good_while_it_is_the_newest(
    ticket, given, epoch, used, at, good
):
    assert good_ticket(ticket, given, epoch=epoch, used=used, at=at) is good
