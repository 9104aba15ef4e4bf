"""Opening a log: one writer, one identity, nothing built on a broken end."""

import re
import stat
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from eventsourcing.persistence import OperationalError

from parlour.events import seals
from parlour.events.datastore import LogDatastore
from parlour.events.errors import CorruptLog, LogUnavailable
from parlour.events.log import open_log, unavailable
from parlour.events.reader import LogReader
from parlour.events.recorder import SealedSQLiteRecorder

AT = 1_790_000_000_000_000


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


def pem(path, key):
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def one_line(refused):
    text = str(refused.value)
    assert "\n" not in text
    return text


def test_a_new_log_begins_with_its_identity_under_a_seal(data):
    with open_log(data, open_mode=True, now=lambda: AT) as log:
        opened = log.opened
        assert (opened.at, opened.open) == (AT, True)
        assert re.fullmatch("[0-9a-f]{32}", opened.log)
    with LogReader(data) as reader:
        (first,) = reader.events()
        assert (first.position, first.originator_id, first.version) == (1, "log", 1)
        assert first.event == opened
        assert list(seals.verify_chain(reader)) == []


def test_opening_again_keeps_identity_and_adds_no_event(data):
    with open_log(data, open_mode=False) as log:
        opened, key = log.opened, log.deck_key
    with open_log(data, open_mode=False) as log:
        assert (log.opened, log.deck_key) == (opened, key)
        assert log.recorder.last_position() == 1


def test_two_logs_differ(tmp_path):
    with (
        open_log(tmp_path / "a", open_mode=True) as one,
        open_log(tmp_path / "b", open_mode=True) as other,
    ):
        assert one.opened.log != other.opened.log


def test_everything_in_the_folder_is_its_owners_alone(data):
    with open_log(data, open_mode=True):
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        names = {path.name: stat.S_IMODE(path.stat().st_mode) for path in data.iterdir()}
    assert set(names) == {"log.db", "log.db-wal", "log.db-shm", "deck.key", "lock"}
    assert set(names.values()) == {0o600}


@pytest.mark.parametrize("made", [True, False])
def test_a_log_is_run_only_in_the_mode_it_was_made_in(data, made):
    open_log(data, open_mode=made).close()
    with pytest.raises(LogUnavailable) as refused:
        open_log(data, open_mode=not made)
    text = one_line(refused)
    assert ("was made with --open" if made else "was made without --open") in text
    open_log(data, open_mode=made).close()


def test_a_second_writer_is_refused_with_the_pid_of_the_first(data):
    script = (
        "import sys; from pathlib import Path; from parlour.events.log import open_log\n"
        "log = open_log(Path(sys.argv[1]), open_mode=True)\n"
        "print('open', flush=True)\n"
        "sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(LogUnavailable) as refused:
            open_log(data, open_mode=True)
        assert f"in use by process {holder.pid}:" in one_line(refused)
        holder.kill()
    # The lock went with the process, however that ended.
    open_log(data, open_mode=True).close()


def test_closing_twice_does_nothing(data):
    log = open_log(data, open_mode=True)
    log.close()
    log.close()
    open_log(data, open_mode=True).close()


def test_a_refused_opening_lets_go_of_the_lock(data):
    open_log(data, open_mode=True).close()
    for _ in range(2):
        with pytest.raises(LogUnavailable, match="was made with --open"):
            open_log(data, open_mode=False)


def test_a_making_that_was_interrupted_before_the_first_event_is_finished(data):
    data.mkdir()
    recorder = SealedSQLiteRecorder(LogDatastore(data / "log.db"))
    recorder.create_table()
    recorder.close()
    with open_log(data, open_mode=True) as log:
        assert log.recorder.last_position() == 1


# --- a broken end -------------------------------------------------------------------------


@pytest.fixture
def ended(data, unit):
    with open_log(data, open_mode=True) as log:
        for version in range(1, 4):
            log.recorder.commit([unit(("account:1", version), ("account:2", version))])


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE stored_events SET state=x'00' WHERE rowid=7",
        "DELETE FROM stored_events WHERE rowid=7",
        "DELETE FROM stored_events WHERE rowid=6",
        "INSERT INTO stored_events VALUES ('x', 1, 'account.enabled@1', x'7b7d')",
        "DELETE FROM seals WHERE number=4",
        "DELETE FROM seals WHERE number=3",
        "DELETE FROM seals",
        "UPDATE seals SET digest=x'00' WHERE number=4",
        "UPDATE stored_events SET state='text' WHERE rowid=7",
        "UPDATE seals SET first_position=NULL WHERE number=4",
        "UPDATE stored_events SET topic='x@1' WHERE rowid=1",
        "DELETE FROM stored_events WHERE rowid=1",
    ],
)
def test_a_log_whose_end_does_not_fit_its_seal_is_not_written(ended, data, tamper, change):
    tamper((change,), name="data/log.db")
    with pytest.raises(CorruptLog) as refused:
        open_log(data, open_mode=True)
    assert f"run `parlour audit --data {data}`" in one_line(refused)


def test_a_tail_cut_with_its_seal_is_not_seen_here(ended, data, tamper):
    tamper(
        ("DELETE FROM stored_events WHERE rowid>5",),
        ("DELETE FROM seals WHERE number=4",),
        name="data/log.db",
    )
    open_log(data, open_mode=True).close()


def test_a_file_that_is_no_database_is_not_written(data):
    data.mkdir()
    (data / "log.db").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(CorruptLog, match="is damaged") as refused:
        open_log(data, open_mode=True)
    one_line(refused)
    assert (data / "log.db").read_bytes() == b"this is no database at all" * 100


def test_a_folder_that_is_a_file_is_refused_in_one_line(tmp_path):
    (tmp_path / "data").write_text("")
    with pytest.raises(LogUnavailable) as refused:
        open_log(tmp_path / "data", open_mode=True)
    one_line(refused)


def test_a_broken_deck_key_is_refused(data):
    open_log(data, open_mode=True).close()
    (data / "deck.key").write_bytes(b"short")
    with pytest.raises(CorruptLog, match="not a deck key"):
        open_log(data, open_mode=True)


# --- head and signature -------------------------------------------------------------------


def test_the_head_names_the_last_seal(ended, data):
    with open_log(data, open_mode=True) as log, LogReader(data) as reader:
        last = list(reader.seals())[-1]
        assert log.head() == {
            "log": log.opened.log,
            "position": 7,
            "seal": 4,
            "digest": last.digest.hex(),
        }
        assert reader.head() == log.head()
        head = log.head()
        assert list(seals.check_head(head, log=log.opened.log, seals=reader.seals())) == []


def test_with_a_signing_key_each_seal_and_the_head_are_signed(data, tmp_path, unit):
    key = Ed25519PrivateKey.generate()
    path = pem(tmp_path / "key.pem", key)
    with open_log(data, open_mode=True, signing_key=path) as log:
        log.recorder.commit([unit(("account:1", 1))])
        head = log.head()
    key.public_key().verify(bytes.fromhex(head["signature"]), bytes.fromhex(head["digest"]))
    with LogReader(data) as reader:
        assert list(seals.verify_chain(reader, public_key=key.public_key())) == []


def test_a_signing_key_that_is_none_is_refused_before_anything_is_made(data, tmp_path):
    missing = tmp_path / "missing.pem"
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("nothing")
    other = pem(tmp_path / "rsa.pem", rsa.generate_private_key(65537, 2048))
    for path in (missing, garbage, other):
        with pytest.raises(LogUnavailable) as refused:
            open_log(data, open_mode=True, signing_key=path)
        assert str(path) in one_line(refused)
    assert not data.exists()


def test_a_signed_log_is_not_gone_on_with_without_its_key(data, tmp_path):
    path = pem(tmp_path / "key.pem", Ed25519PrivateKey.generate())
    open_log(data, open_mode=True, signing_key=path).close()
    with pytest.raises(LogUnavailable, match="is signed") as refused:
        open_log(data, open_mode=True)
    assert "log.signing_key" in one_line(refused)
    open_log(data, open_mode=True, signing_key=path).close()


# --- what is no log's ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER evil AFTER INSERT ON claims BEGIN DELETE FROM claims; END",
        "CREATE VIEW evil AS SELECT 1",
    ],
)
def test_a_log_in_which_something_acts_by_itself_is_not_written(data, tamper, statement):
    open_log(data, open_mode=True).close()
    tamper((statement,), name="data/log.db")
    with pytest.raises(CorruptLog, match="evil, and a log has none") as refused:
        open_log(data, open_mode=True)
    assert "parlour audit" in one_line(refused)


def test_text_that_is_none_at_the_end_is_damage(data, tamper):
    open_log(data, open_mode=True).close()
    tamper(("UPDATE stored_events SET topic=CAST(x'ff41' AS TEXT)",), name="data/log.db")
    with pytest.raises(CorruptLog, match="is damaged") as refused:
        open_log(data, open_mode=True)
    one_line(refused)


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (OSError(28, "No space left on device"), "make room"),
        (OperationalError("database or disk is full"), "make room"),
        (PermissionError(13, "Permission denied"), "must be able to write there"),
        (OperationalError("attempt to write a readonly database"), "must be able to write there"),
        (FileNotFoundError(2, "No such file or directory"), "name another --data"),
    ],
)
def test_what_the_system_refuses_is_told_with_what_to_do(error, advice):
    told = str(unavailable("x cannot be written", error))
    assert told.startswith("x cannot be written (")
    assert advice in told
    assert "Errno" not in told
