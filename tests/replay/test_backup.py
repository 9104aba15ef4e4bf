import stat

import pytest
from tables import KEY, Room

from parlour.events.errors import CorruptLog
from parlour.events.reader import LogReader
from parlour.replay.audit import audit
from parlour.replay.backup import BackupRefused, backup


def backed_up(data, out, **options):
    with LogReader(data) as reader:
        return backup(reader, out, **options)


def test_a_backup_is_a_data_folder_with_the_same_head(played, tmp_path):
    made = backed_up(played, tmp_path / "out")
    with LogReader(played) as log, LogReader(tmp_path / "out") as copy:
        assert made.head == log.head() == copy.head()
        assert made.events == log.count()
        assert list(copy.rows()) == list(log.rows())
        assert audit(copy).ok


def test_a_backup_made_beside_a_writer_holds_one_moment(room, tmp_path):
    for uid in (1, 2, 3):
        room.register(uid)
    room.flush()
    with LogReader(room.data) as reader:
        before = reader.count()
        room.register(4)
        room.flush()
        made = backup(reader, tmp_path / "out")
    assert made.events == before
    room.register(5)
    room.flush()  # the writer was not disturbed


def test_a_backup_without_keys_has_no_key(played, tmp_path):
    backed_up(played, tmp_path / "out")
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["log.db"]


def test_a_backup_with_keys_lets_nobody_else_read_them(played, tmp_path):
    backed_up(played, tmp_path / "out", with_keys=True)
    for name in ("log.db", "deck.key"):
        mode = (tmp_path / "out" / name).stat().st_mode
        assert stat.S_IMODE(mode) == 0o600
    assert (tmp_path / "out" / "deck.key").read_bytes() == KEY


def test_a_restored_folder_is_played_on(played, tmp_path):
    backed_up(played, tmp_path / "out", with_keys=True)
    with Room(tmp_path / "out", seed=99) as room:
        room.register(40)
        assert room.repository.get("account:1").name == "player 1"
    with LogReader(tmp_path / "out") as reader:
        assert audit(reader).ok


def test_a_folder_that_holds_something_is_refused(played, tmp_path):
    (tmp_path / "letter.txt").write_text("keep me")
    with pytest.raises(BackupRefused, match="not empty"):
        backed_up(played, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]


def test_an_empty_folder_is_taken(played, tmp_path):
    assert backed_up(played, tmp_path).events


def test_a_file_is_no_folder(played, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BackupRefused, match="is a file"):
        backed_up(played, tmp_path / "file")


def test_keys_that_are_not_there_are_not_copied(tamperer, tmp_path):
    (tamperer.folder / "deck.key").unlink()
    with pytest.raises(BackupRefused, match="leave out --with-keys"):
        backed_up(tamperer.folder, tmp_path / "out", with_keys=True)
    assert not (tmp_path / "out").exists()


def test_a_damaged_log_is_copied_and_called_damaged(tamperer, tmp_path):
    tamperer.change(tamperer.find("landlord.passed"), at=1)
    with pytest.raises(CorruptLog, match="run `parlour audit"):
        backed_up(tamperer.folder, tmp_path / "out")
    assert (tmp_path / "out" / "log.db").exists()


def test_a_key_that_is_none_is_not_copied(tamperer, tmp_path):
    (tamperer.folder / "deck.key").write_bytes(b"short")
    with pytest.raises(BackupRefused, match=r"5 bytes, not 32.*leave out --with-keys"):
        backed_up(tamperer.folder, tmp_path / "out", with_keys=True)
    assert not (tmp_path / "out").exists()


def test_missing_parents_are_not_made(played, tmp_path):
    with pytest.raises(BackupRefused, match=r"there is no folder .*/mnt: make it first"):
        backed_up(played, tmp_path / "mnt" / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", [True, False])
def test_a_backup_that_fails_leaves_nothing(tamperer, tmp_path, there):
    out = tmp_path / "out"
    if there:
        out.mkdir()
    with LogReader(tamperer.folder) as reader:
        reader.close()  # whatever makes the copying fail
        with pytest.raises(CorruptLog, match="cannot be copied"):
            backup(reader, out)
    assert out.exists() == there
    assert not there or list(out.iterdir()) == []
