"""A copy of a DATA folder that can be used as one, made while the engine runs.

SQLite's online backup copies the log as it was at one moment; the copy is then checked seal by
seal. The deck key comes along only when it is asked for: who has it sees the hidden cards of
running hands. To restore, copy the folder back.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from parlour.events.errors import CorruptLog, EngineError
from parlour.events.keyfile import KEY_NAME, sync_folder
from parlour.events.reader import LOG_NAME, LogReader
from parlour.events.seals import check

Progress = Callable[[int], object]
"""Told how many more pages were copied."""

_MODE = 0o600


class BackupRefused(EngineError):
    """The backup cannot be made there, or not like this."""


class Backup(NamedTuple):
    """What was made."""

    folder: Path
    events: int
    head: dict[str, str | int]
    with_key: bool


def backup(
    reader: LogReader,
    folder: Path,
    *,
    with_keys: bool = False,
    progress: Progress = lambda pages: None,
) -> Backup:
    """Copy the log `reader` sees into a new or empty folder, and check the copy.

    Args:
        reader: The log.
        folder: Becomes a DATA folder.
        with_keys: Copy the deck key as well.
        progress: Told how the copying goes on.

    Raises:
        BackupRefused: The folder is not empty, cannot be made or written, or there is no sound
            key to copy. Nothing is left behind.
        CorruptLog: The copy's seals do not fit: the log itself is damaged.
    """
    key = _key_of(reader) if with_keys else None
    made = _prepare(folder)
    try:
        _copy(reader, folder / LOG_NAME, progress)
        if key is not None:
            _write_key(key, folder / KEY_NAME)
        sync_folder(folder)
    except BaseException as error:
        _remove(folder, made=made)
        if isinstance(error, OSError):
            raise _refused(folder, error) from error
        raise
    with LogReader(folder) as copy:
        events = _verify(copy)
        return Backup(folder, events, copy.head(), with_keys)


def _key_of(reader: LogReader) -> bytes:
    path = reader.path.parent / KEY_NAME
    try:
        key = reader.deck_key()
    except (CorruptLog, OSError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise BackupRefused(f"{path} cannot be copied ({why}); or leave out --with-keys") from error
    if key is None:
        raise BackupRefused(f"there is no {path}: leave out --with-keys")
    return key


def _prepare(folder: Path) -> bool:
    """Make the folder; return whether it was not there before."""
    try:
        if folder.exists() and not folder.is_dir():
            raise BackupRefused(f"{folder} is a file: name a new or an empty folder")
        if folder.is_dir():
            if any(folder.iterdir()):
                raise BackupRefused(f"{folder} is not empty: name a new or an empty folder")
            return False
        folder.mkdir(mode=0o700)
    except FileNotFoundError as error:
        # Rather than a folder made where a disk should have been mounted.
        raise BackupRefused(f"there is no folder {folder.parent}: make it first") from error
    except OSError as error:
        raise _refused(folder, error) from error
    return True


def _remove(folder: Path, *, made: bool) -> None:
    """Take back what was begun."""
    with contextlib.suppress(OSError):
        for name in (LOG_NAME, f"{LOG_NAME}-journal", KEY_NAME):
            (folder / name).unlink(missing_ok=True)
        if made:
            folder.rmdir()


def _refused(folder: Path, error: OSError) -> BackupRefused:
    return BackupRefused(f"{folder} cannot be written ({error.strerror}): name another")


def _copy(reader: LogReader, target: Path, progress: Progress) -> None:
    # Made beforehand, so that nobody else can read it even while it is written.
    os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, _MODE))
    reader.copy_to(target, progress)
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _write_key(key: bytes, target: Path) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())


def _verify(copy: LogReader) -> int:
    events = 0
    for checked in check(copy.rows(), copy.seals()):
        events += len(checked.rows)
        if checked.findings:
            fault = checked.findings[0]
            raise CorruptLog(
                f"the copy in {copy.path} is as damaged as the log: {fault.detail}; "
                f"run `parlour audit --data {copy.path.parent}`"
            )
    return events
