"""Reading a log wherever it lies, without leaving a trace."""

import os
import shutil
import subprocess
import sys

import pytest

from parlour.events.account import Posted
from parlour.events.errors import CorruptLog, EngineError
from parlour.events.log import open_log
from parlour.events.reader import MIGRATION, LogChanged, LogNotFound, LogReader, readable


@pytest.fixture
def data(tmp_path, unit):
    """A closed log: log.opened, then account:1 ×3, account:2 ×1 and a claim."""
    folder = tmp_path / "data"
    with open_log(folder, open_mode=True) as log:
        log.recorder.commit([unit(("account:1", 1, 2))])
        log.recorder.commit(
            [
                unit(
                    ("account:2", 1),
                    ("account:1", 3),
                    claims=[("k", "account:2")],
                    snapshots=[("account:1", 3, "s@1", b"{}")],
                )
            ]
        )
    return folder


def listing(folder):
    return {path.name: (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.iterdir()}


def one_line(refused):
    text = str(refused.value)
    assert "\n" not in text
    return text


def test_rows_and_events_come_in_order_of_position(data):
    with LogReader(data) as reader:
        rows = list(reader.rows())
        assert [(row.position, row.originator_id, row.version) for row in rows] == [
            (1, "log", 1),
            (2, "account:1", 1),
            (3, "account:1", 2),
            (4, "account:2", 1),
            (5, "account:1", 3),
        ]
        assert type(rows[0].state) is bytes
        events = list(reader.events(after=2))
        assert [event.position for event in events] == [3, 4, 5]
        assert all(isinstance(event.event, Posted) for event in events)
        assert list(reader.rows(after=5)) == []


def test_an_aggregate_comes_in_order_of_version(data):
    with LogReader(data) as reader:
        events = list(reader.aggregate("account:1"))
        assert [(event.version, event.position) for event in events] == [(1, 2), (2, 3), (3, 5)]
        assert [event.version for event in reader.aggregate("account:1", after=2)] == [3]
        assert list(reader.aggregate("account:9")) == []
        assert list(reader.aggregate("account:\udcff")) == []
        assert list(reader.aggregate_ids("account")) == ["account:1", "account:2"]
        assert list(reader.aggregate_ids("accoun")) == []


def test_what_lies_beside_the_events_is_read_too(data):
    with LogReader(data) as reader:
        assert [seal.number for seal in reader.seals()] == [1, 2, 3]
        assert list(reader.claims()) == [("k", "account:2", 4)]
        assert list(reader.snapshots()) == [("account:1", 3, "s@1", b"{}")]
        assert list(reader.tracking()) == [(MIGRATION, 1)]
        assert reader.deck_key() == (data / "deck.key").read_bytes()
        assert (reader.count(), reader.last_position()) == (5, 5)
        assert reader.opened().open


def test_a_folder_and_its_file_are_the_same_log(data):
    with LogReader(data) as folder, LogReader(str(data / "log.db")) as file:
        assert list(folder.rows()) == list(file.rows())
        assert folder.path == file.path == data / "log.db"


# --- leaving no trace ---------------------------------------------------------------------


def test_reading_a_closed_log_leaves_no_trace(data):
    before = listing(data)
    with LogReader(data) as reader:
        assert len(list(reader.events())) == 5
    assert listing(data) == before


def test_a_bare_copy_is_a_log(data, tmp_path):
    bare = tmp_path / "evidence #1?" / "some name.db"
    bare.parent.mkdir()
    shutil.copy(data / "log.db", bare)
    with LogReader(bare) as reader:
        assert reader.count() == 5
        assert reader.deck_key() is None
        assert reader.head()["position"] == 5
    assert [path.name for path in bare.parent.iterdir()] == ["some name.db"]


def test_a_reader_cannot_write(data):
    with LogReader(data) as reader, pytest.raises(Exception, match="readonly"):
        reader._db.execute("DELETE FROM stored_events")


# --- beside a writer ----------------------------------------------------------------------


def test_a_log_is_read_as_it_was_when_the_reader_was_opened(data, unit):
    with open_log(data, open_mode=True) as log:
        log.recorder.commit([unit(("account:3", 1))])
        with LogReader(data) as reader:
            log.recorder.commit([unit(("account:3", 2, 2000))])
            assert reader.count() == 6
            assert len(list(reader.rows())) == 6
            assert reader.head()["seal"] == 4
        with LogReader(data) as later:
            assert later.count() == 2006


def test_a_log_another_process_writes_is_readable_at_any_moment(data):
    script = (
        "import sys; from pathlib import Path; from parlour.events.log import open_log\n"
        "from parlour.events.account import Enabled\n"
        "from parlour.events.event import encode, topic_of\n"
        "from parlour.events.unit import Entry, Unit\n"
        "log = open_log(Path(sys.argv[1]), open_mode=True)\n"
        "event = Enabled(at=1)\n"
        "for version in range(1, 100_000):\n"
        "    entry = Entry('account:7', version, topic_of(event), encode(event), event)\n"
        "    log.recorder.commit([Unit((entry,))])\n"
        "    print(version, flush=True)\n"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", script, str(data)], stdout=subprocess.PIPE, text=True
    )
    with writer:
        for _ in range(10):
            said = int(writer.stdout.readline())
            with LogReader(data) as reader:
                count = reader.count()
                assert count >= 5 + said
                assert [row.position for row in reader.rows()] == list(range(1, count + 1))
                assert (
                    sum(seal.last_position - seal.first_position + 1 for seal in reader.seals())
                    == count
                )
        writer.kill()
    # A killed engine leaves its WAL behind; what is in it is part of the log.
    assert (data / "log.db-wal").stat().st_size > 0
    with LogReader(data) as reader:
        assert reader.count() >= 5 + 10  # all that was said to be on disk


def test_an_engine_that_starts_while_a_closed_log_is_read_is_noticed(data, unit):
    with LogReader(data) as reader:
        rows = reader.rows()
        next(rows)
        with open_log(data, open_mode=True) as log:
            log.recorder.commit([unit(("account:3", 1, 3000))])
        # No CorruptLog: nothing is wrong with the log.
        with pytest.raises(LogChanged, match="written while it was read"):
            list(rows)


# --- text that is none --------------------------------------------------------------------

NO_TEXT = "CAST(x'ff41' AS TEXT)"
SHOWN = r"\xffA"


@pytest.mark.parametrize("position", [1, 3, 5])
def test_a_row_with_text_that_is_none_is_read_with_those_around_it(data, tamper, position):
    tamper(
        (f"UPDATE stored_events SET topic={NO_TEXT} WHERE rowid={position}",), name="data/log.db"
    )
    with LogReader(data) as reader:
        rows = list(reader.rows())
        assert [row.position for row in rows] == [1, 2, 3, 4, 5]
        assert readable(rows[position - 1].topic) == SHOWN
        with pytest.raises(CorruptLog, match=f"position {position}, ") as refused:
            list(reader.events())
        one_line(refused).encode()


def test_an_id_that_is_no_text_is_no_event(data, tamper):
    tamper((f"UPDATE stored_events SET originator_id={NO_TEXT} WHERE rowid=5",), name="data/log.db")
    with LogReader(data) as reader, pytest.raises(CorruptLog, match=r"position 5.*no UTF-8"):
        list(reader.events())


@pytest.mark.parametrize(
    ("table", "column", "read"),
    [
        ("claims", "key", LogReader.claims),
        ("claims", "originator_id", LogReader.claims),
        ("snapshots", "topic", LogReader.snapshots),
        ("tracking", "application_name", LogReader.tracking),
    ],
)
def test_text_that_is_none_is_read_beside_the_events_too(data, tamper, table, column, read):
    tamper((f"UPDATE {table} SET {column}={NO_TEXT}",), name="data/log.db")
    with LogReader(data) as reader:
        (row,) = read(reader)
    assert SHOWN in [readable(value) for value in row if isinstance(value, str)]


def test_any_text_can_be_shown():
    assert readable("a \udcff \ud800 斗") == r"a \udcff \ud800 斗"
    assert readable("a \udcff 斗") == r"a \xff 斗"


def test_a_column_more_does_not_matter(data, tamper):
    for table in ("stored_events", "seals", "claims", "snapshots", "tracking"):
        tamper((f"ALTER TABLE {table} ADD COLUMN z DEFAULT 7",), name="data/log.db")
    with LogReader(data) as reader:
        assert len(list(reader.events())) == 5
        assert [seal.number for seal in reader.seals()] == [1, 2, 3]
        assert list(reader.claims()) == [("k", "account:2", 4)]
        assert list(reader.snapshots()) == [("account:1", 3, "s@1", b"{}")]
        assert reader.head()["seal"] == 3


# --- no log -------------------------------------------------------------------------------


def test_a_missing_log_is_told_in_one_line(tmp_path):
    for path in (tmp_path, tmp_path / "nothing", tmp_path / "no.db"):
        with pytest.raises(LogNotFound) as refused:
            LogReader(path)
        assert "no log at" in one_line(refused)
    assert issubclass(LogNotFound, FileNotFoundError)
    assert issubclass(LogNotFound, EngineError)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"this is no database" * 300])
def test_a_file_that_is_no_log_is_told_in_one_line(tmp_path, content):
    (tmp_path / "log.db").write_bytes(content)
    with pytest.raises(CorruptLog) as refused:
        LogReader(tmp_path)
    assert "is not a Parlour log" in one_line(refused)
    assert [path.name for path in tmp_path.iterdir()] == ["log.db"]


def test_a_database_of_something_else_is_no_log(tmp_path, tamper):
    tamper(("CREATE TABLE stored_events (x)",))
    with pytest.raises(CorruptLog, match="is not a Parlour log"):
        LogReader(tmp_path / "log.db")


def test_an_event_that_does_not_decode_is_named(data, tamper):
    tamper(("UPDATE stored_events SET state=x'7b' WHERE rowid=3",), name="data/log.db")
    with LogReader(data) as reader, pytest.raises(CorruptLog, match="position 3, account:1 2"):
        list(reader.events())
    tamper(("UPDATE stored_events SET state=NULL WHERE rowid=3",), name="data/log.db")
    with LogReader(data) as reader, pytest.raises(CorruptLog, match="position 3"):
        list(reader.events())
    deep = (b'{"x":' + b"[" * 5000).hex()
    tamper((f"UPDATE stored_events SET state=x'{deep}' WHERE rowid=3",), name="data/log.db")
    with LogReader(data) as reader, pytest.raises(CorruptLog, match="position 3"):
        list(reader.events())


def test_a_torn_file_is_told_and_no_traceback(data):
    with open(data / "log.db", "r+b") as file:
        file.seek(2 * 4096)
        file.write(os.urandom(3 * 4096))

    def read():
        with LogReader(data) as reader:
            return [list(part()) for part in (reader.rows, reader.seals, reader.claims)]

    with pytest.raises(CorruptLog):
        read()


def test_a_log_that_does_not_begin_with_its_opening_has_no_identity(data, tamper):
    tamper(("DELETE FROM stored_events WHERE rowid=1",), name="data/log.db")
    with LogReader(data) as reader, pytest.raises(CorruptLog, match=r"log\.opened"):
        reader.opened()


def test_a_schema_that_is_no_text_is_damage(data):
    content = (data / "log.db").read_bytes()
    assert content.count(b"TABLE claims (") == 1
    (data / "log.db").write_bytes(content.replace(b"TABLE claims (", b"TABL\xff claims ("))
    with pytest.raises(CorruptLog, match="is damaged") as refused:
        LogReader(data)
    one_line(refused).encode()
