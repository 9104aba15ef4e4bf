import sqlite3

import pytest

from parlour.events.errors import EngineError
from parlour.events.event import decode
from parlour.events.reader import LogReader
from parlour.network.bench.tables import Tables
from parlour.network.demo.evidence import forge, search_excerpt, stream_excerpt
from parlour.replay.audit import audit

GAME = "landlord.hand:1:1"


@pytest.fixture
def data(tmp_path):
    with Tables(tmp_path, tables=1) as tables:
        while not tables.hands_over:
            tables.turn()
    return tmp_path


def row(data, position):
    with LogReader(data) as log:
        return next(log.rows(position - 1))


def test_one_card_of_one_play_is_forged_and_nothing_else(data):
    with LogReader(data) as log:
        before = list(log.rows())
    forgery = forge(data / "log.db", GAME)
    with LogReader(data) as log:
        after = list(log.rows())
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    ((old, new),) = changed
    assert old.position == forgery.position
    assert decode(old.topic, old.state).cards[0] == forgery.before
    assert decode(new.topic, new.state).cards[0] == forgery.after != forgery.before


def test_the_audit_finds_the_forgery(data):
    with LogReader(data) as log:
        assert audit(log).ok
    forgery = forge(data / "log.db", GAME)
    with LogReader(data) as log:
        found = {(finding.code, finding.position) for finding in audit(log).findings}
    assert ("event_altered", forgery.position) in found


def test_a_game_without_plays_cannot_be_forged(data):
    with pytest.raises(EngineError, match="nothing was played"):
        forge(data / "log.db", "landlord.hand:9:9")


def test_a_forgery_is_made_with_plain_sqlite(data):
    forgery = forge(data / "log.db", GAME)
    with sqlite3.connect(data / "log.db") as db:
        (state,) = db.execute(
            "SELECT state FROM stored_events WHERE rowid = ?", (forgery.position,)
        ).fetchone()
    db.close()
    assert b'"cards":[%d' % forgery.after in state


def test_an_excerpt_of_streams_has_who_played_the_first_lines_received_and_every_end():
    quiet = [f"{frame}  Bo  +left" for frame in range(10)]
    lines = [
        "title",
        "seat 0",
        "",
        *quiet,
        "11  Ada  receives 1 line",
        *quiet,
        "99  Bo  DIES: lost",
    ]
    assert stream_excerpt(lines) == [
        *("title", "seat 0", "…", *quiet[-3:], "11  Ada  receives 1 line", *quiet[:2]),
        *("…", quiet[-1], "99  Bo  DIES: lost"),
    ]


def test_what_is_no_timeline_is_shown_whole():
    assert stream_excerpt(["no log"]) == ["no log"]


def test_an_excerpt_of_a_search_has_who_played_what_is_around_the_crash_and_the_end():
    quiet = [f"{number}  Di  mines" for number in range(20)]
    lines = ["title", "seat 0", "", "0  set up", "Day 1", *quiet, "51  goes on: 26 s", *quiet]
    lines += ["Settlement: good wins", "Di"]
    assert search_excerpt(lines) == [
        *("title", "seat 0", "…", *quiet[-9:], "51  goes on: 26 s", *quiet[:6], "…"),
        *("Settlement: good wins", "Di"),
    ]


def test_a_search_that_did_not_crash_is_shown_whole():
    assert search_excerpt(["Day 1", "Settlement"]) == ["Day 1", "Settlement"]
