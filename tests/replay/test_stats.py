from parlour.events.reader import LogReader
from parlour.replay.stats import collect


def test_everything_is_counted_once(played):
    with LogReader(played) as reader:
        stats = collect(reader)
        assert stats.events == sum(stats.names.values()) == reader.count()
    assert stats.games == 9
    assert stats.kinds == {
        "landlord.hand": 11,
        "account": 8,
        "landlord.table": 2,
        "log": 1,
        "landlord.lobby": 1,
    }
    assert next(iter(stats.biggest)) == "account:7"


def test_the_document_has_times_as_text(played):
    with LogReader(played) as reader:
        document = collect(reader).document()
    assert document["first"] == "2026-11-20T07:00:00.000000Z"
    assert document["last"] > document["first"]
    assert document["open"] is True


def test_an_event_that_does_not_decode_is_counted_all_the_same(tamperer):
    tamperer.sql("UPDATE stored_events SET state=x'00' WHERE rowid=?", tamperer.last())
    with LogReader(tamperer.folder) as reader:
        stats = collect(reader)
    assert stats.events == tamperer.last()
    assert stats.last is None
