"""Opening the log for writing: one writer, one identity, checked before the first event.

A DATA folder holds `log.db` (with SQLite's -wal and -shm beside it while it is open),
`deck.key` and `lock`. The lock is an flock: it goes with the process, however that ends.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from eventsourcing.persistence import OperationalError, PersistenceError

from parlour.events import keyfile
from parlour.events.datastore import LogDatastore
from parlour.events.errors import CorruptLog, LogUnavailable
from parlour.events.event import decode, encode, topic_of
from parlour.events.log_events import LOG_ID, LogOpened
from parlour.events.reader import LOG_NAME, disk_is_full
from parlour.events.recorder import SealedSQLiteRecorder
from parlour.events.schema import acting
from parlour.events.seals import fits, head_of
from parlour.events.unit import Entry, Unit

LOCK_NAME = "lock"


def now() -> int:
    """Return microseconds since 1970 UTC."""
    return time.time_ns() // 1000


class Log:
    """The opened log of a DATA folder; a context manager."""

    def __init__(
        self,
        data: Path,
        *,
        recorder: SealedSQLiteRecorder,
        opened: LogOpened,
        deck_key: bytes,
        lock: int,
    ) -> None:
        """Made by `open_log` alone."""
        self.data = data
        self.recorder = recorder
        self.opened = opened
        """The log's first event: its identity."""
        self.deck_key = deck_key
        self._lock = lock

    def __enter__(self) -> Log:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def head(self) -> dict[str, str | int]:
        """Return {"log", "position", "seal", "digest", "signature"?} of the last seal."""
        return head_of(self.opened.log, self.recorder.last_seal())

    def close(self) -> None:
        """Close the file and let go of the lock; closing again does nothing."""
        self.recorder.close()
        lock, self._lock = self._lock, -1
        if lock >= 0:
            os.close(lock)


def open_log(
    data: Path,
    *,
    open_mode: bool,
    signing_key: Path | None = None,
    now: Callable[[], int] = now,
) -> Log:
    """Open (or make) the log in folder `data` as its one writer.

    Args:
        data: The DATA folder; made when it is not there.
        open_mode: Whether the engine runs with `--open`; a log stays as it was made.
        signing_key: PEM file with an Ed25519 private key: every seal is signed.
        now: The clock, in microseconds since 1970 UTC.

    Raises:
        LogUnavailable: Another process writes it, it was made in the other mode, the folder
            cannot be written, or the key cannot be read.
        CorruptLog: Its last rows are not what its last seal says, or something in the file
            acts by itself.
    """
    key = None if signing_key is None else _load_signing_key(signing_key)
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise unavailable(f"the folder {data} cannot be made", error) from error
    try:
        lock = _lock(data)
    except OSError as error:
        raise unavailable(f"{data / LOCK_NAME} cannot be written", error) from error
    recorder: SealedSQLiteRecorder | None = None
    try:
        _create_file(data / LOG_NAME)
        recorder = SealedSQLiteRecorder(LogDatastore(data / LOG_NAME), signing_key=key)
        _refuse_acting(recorder, data)
        recorder.create_table()
        opened = _identity(recorder, data, open_mode=open_mode, now=now)
        _refuse_unsigned(recorder, data, signed=key is not None)
        deck_key = keyfile.load_or_create(data)
        for folder in (data, data.absolute().parent):
            keyfile.sync_folder(folder)
    except BaseException as error:
        if recorder is not None:
            recorder.close()
        os.close(lock)
        raise _plainly(error, data / LOG_NAME) from error
    return Log(data, recorder=recorder, opened=opened, deck_key=deck_key, lock=lock)


def _plainly(error: BaseException, path: Path) -> BaseException:
    """Return the error as one clear line where it is SQLite's or the file system's."""
    if isinstance(error, PersistenceError) and (
        not isinstance(error, OperationalError) or "UTF-8" in str(error)
    ):
        return CorruptLog(f"{path} is damaged ({error}): restore it from a backup")
    if isinstance(error, PersistenceError | OSError):
        if disk_is_full(path):
            return LogUnavailable(f"{path} cannot be opened ({error}): make room on that disk")
        return unavailable(f"{path} cannot be opened", error)
    return error


def unavailable(what: str, error: Exception) -> LogUnavailable:
    """Return an error of one line: what happened, what the system said of it, what to do."""
    number = error.errno if isinstance(error, OSError) else None
    said = (error.strerror if isinstance(error, OSError) else None) or str(error)
    if number in (errno.ENOSPC, errno.EDQUOT) or "is full" in said:
        advice = "make room on that disk"
    elif number in (errno.EACCES, errno.EPERM, errno.EROFS) or "readonly" in said:
        advice = "the engine's user must be able to write there"
    else:
        advice = "check folder and disk, or name another --data"
    return LogUnavailable(f"{what} ({said}): {advice}")


def _refuse_acting(recorder: SealedSQLiteRecorder, data: Path) -> None:
    """Refuse a file in which something would change or hide what is written.

    Raises:
        CorruptLog: It has a trigger or a view.
    """
    found = acting(recorder.schema())
    if found is not None:
        raise CorruptLog(
            f"{data / LOG_NAME} has a {found.kind} {found.name}, and a log has none: "
            f"run `parlour audit --data {data}`, restore a backup"
        )


def _refuse_unsigned(recorder: SealedSQLiteRecorder, data: Path, *, signed: bool) -> None:
    """Refuse to go on with a signed log without its key: each seal would be a finding.

    Raises:
        LogUnavailable: Its last seal is signed, and there is no key.
    """
    last = recorder.last_seal()
    if not signed and last is not None and last.signature is not None:
        raise LogUnavailable(
            f"the log in {data} is signed: name the engine's configuration with --config, "
            "or the key with log.signing_key"
        )


def _lock(data: Path) -> int:
    """Return the descriptor that holds the folder's lock."""
    descriptor = os.open(data / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
        os.close(descriptor)
        raise LogUnavailable(
            f"{data} is in use by process {holder}: stop that engine, or name another --data"
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def _create_file(path: Path) -> None:
    # It holds password and token hashes; SQLite gives -wal and -shm the same mode.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _identity(
    recorder: SealedSQLiteRecorder, data: Path, *, open_mode: bool, now: Callable[[], int]
) -> LogOpened:
    """Return the log's first event, recorded now when the log is new."""
    if recorder.last_position() == 0 and recorder.last_seal() is None:
        return _record_opening(recorder, open_mode=open_mode, now=now)
    fault = _fault(recorder)
    if fault is not None:
        raise CorruptLog(f"{data / LOG_NAME}: {fault}: run `parlour audit --data {data}`")
    opened = _opening(recorder)
    if opened is None:
        raise CorruptLog(
            f"{data / LOG_NAME} does not begin with log.opened: run `parlour audit --data {data}`"
        )
    if opened.open != open_mode:
        made, now_run = ("with", "without") if opened.open else ("without", "with")
        raise LogUnavailable(
            f"the log in {data} was made {made} --open and cannot be run {now_run} it: "
            f"run it {made} --open, or name another --data"
        )
    return opened


def _opening(recorder: SealedSQLiteRecorder) -> LogOpened | None:
    """Return the log's first event, None when that is something else."""
    for _, topic, state in recorder.history(LOG_ID)[:1]:
        try:
            event = decode(topic, state)
        except (CorruptLog, TypeError):
            return None
        if isinstance(event, LogOpened):
            return event
    return None


def _fault(recorder: SealedSQLiteRecorder) -> str | None:
    """Return what contradicts the last seal, None when the end of the log is as it says."""
    seal = recorder.last_seal()
    if seal is None:
        return "events, but no seal"
    last = recorder.last_position()
    if last != seal.last_position:
        return f"the last seal ends at position {seal.last_position}, the events at {last}"
    rows = recorder.select_notifications(seal.first_position, last - (seal.first_position or 0) + 1)
    contents = [
        (str(row.originator_id), row.originator_version, row.topic, row.state) for row in rows
    ]
    if not fits(recorder.seal(seal.number - 1), seal, contents):
        return f"seal {seal.number} does not fit its events"
    return None


def _record_opening(
    recorder: SealedSQLiteRecorder, *, open_mode: bool, now: Callable[[], int]
) -> LogOpened:
    event = LogOpened(
        at=now(), log=secrets.token_hex(16), open=open_mode, engine=version("parlour")
    )
    entry = Entry(LOG_ID, 1, topic_of(event), encode(event), event)
    recorder.commit([Unit(entries=(entry,))])
    return event


def _load_signing_key(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise LogUnavailable(f"the signing key {path} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise LogUnavailable(
            f"the signing key {path} is no PEM file with a private key that needs no password: "
            "make one with `openssl genpkey -algorithm ed25519`"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise LogUnavailable(
            f"{path} holds no Ed25519 key: make one with `openssl genpkey -algorithm ed25519`"
        )
    return key
