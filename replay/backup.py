"""A copy of a DATA folder that can be used as one, made while the engine runs.

SQLite's online backup copies the log as it was at one moment; the copy is then checked seal by
seal. The deck key comes along only when it is asked for: who has it sees the hidden cards of
running hands. To restore, copy the folder back.
"""

from __future__ import annotations

import os
import shutil
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
        BackupRefused: The folder is not empty, cannot be written, or there is no key to copy.
        CorruptLog: The copy's seals do not fit: the log itself is damaged.
    """
    key = reader.path.parent / KEY_NAME
    if with_keys and not key.is_file():
        raise BackupRefused(f"there is no {key}: leave out --with-keys")
    try:
        _prepare(folder)
        _copy(reader, folder / LOG_NAME, progress)
        if with_keys:
            _copy_key(key, folder / KEY_NAME)
        sync_folder(folder)
    except OSError as error:
        raise BackupRefused(
            f"{folder} cannot be written ({error.strerror}): name another"
        ) from error
    with LogReader(folder) as copy:
        events = _verify(copy)
        return Backup(folder, events, copy.head(), with_keys)


def _prepare(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise BackupRefused(f"{folder} is a file: name a new or an empty folder")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise BackupRefused(f"{folder} is not empty: name a new or an empty folder")


def _copy(reader: LogReader, target: Path, progress: Progress) -> None:
    # Made beforehand, so that nobody else can read it even while it is written.
    os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, _MODE))
    try:
        reader.copy_to(target, progress)
        with target.open("rb") as file:
            os.fsync(file.fileno())
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _copy_key(key: Path, target: Path) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
    with os.fdopen(descriptor, "wb") as file, key.open("rb") as source:
        shutil.copyfileobj(source, file)
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
