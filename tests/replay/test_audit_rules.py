"""A log altered by somebody who made the whole chain of seals anew: only the rules find it."""

import pytest
from auditing import audited, found
from swindles_at_tables import SWINDLES_AT_TABLES
from swindles_in_play import SWINDLES_IN_PLAY
from swindles_with_money import SWINDLES_WITH_MONEY

SWINDLES = [*SWINDLES_IN_PLAY, *SWINDLES_WITH_MONEY, *SWINDLES_AT_TABLES]


@pytest.mark.parametrize("swindle", SWINDLES, ids=lambda swindle: swindle.__name__)
def test_the_rules_find_what_no_seal_shows(tamperer, swindle):
    expected = swindle(tamperer)
    tamperer.reseal()
    report = audited(tamperer.folder)
    assert expected <= found(report)
    assert not [f for f in report.findings if f.code.startswith(("seal", "event_alt", "event_uns"))]
