"""The deck key: 32 random bytes beside the log, from which every deck's secret follows.

It stays outside the log, so that the log of a running hand shows nobody a hidden card. Lost,
the running hands are cancelled and past ones stay provable: their secrets are in the log.
"""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from parlour.events.errors import CorruptLog
from parlour.events.rules.landlord import deck

KEY_NAME = "deck.key"
KEY_BYTES = 32
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def load_or_create(data: Path) -> bytes:
    """Return the key of a DATA folder; made, readable by its owner alone, when there is none.

    Raises:
        CorruptLog: The file is there and is no key.
    """
    key = load(data)
    return _create(data) if key is None else key


def load(data: Path) -> bytes | None:
    """Return the key of a DATA folder, None when there is none.

    Raises:
        CorruptLog: The file is there and is no key.
    """
    path = data / KEY_NAME
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        return None
    if len(key) != KEY_BYTES:
        raise CorruptLog(
            f"{path} is not a deck key ({len(key)} bytes, not {KEY_BYTES}): "
            "put the right file back, or remove it to cancel the running hands"
        )
    return key


def exposed(data: Path) -> str | None:
    """Return the mode of a key that others than its owner may read or write, like "0644"."""
    try:
        mode = stat.S_IMODE((data / KEY_NAME).stat().st_mode)
    except OSError:
        return None
    return f"{mode:04o}" if mode & _OTHERS else None


def deck_secrets(key: bytes, tid: int, hand: int, salt: str) -> tuple[bytes, bytes, bytes]:
    """Return the secrets of deal 0, 1 and 2 of a hand (32 bytes each); salt is 32 hex digits."""
    return deck.secrets(key, tid, hand, salt)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _create(data: Path) -> bytes:
    # Written aside and renamed: after a crash there is a whole key or none.
    aside = data / f"{KEY_NAME}.new"
    key = secrets.token_bytes(KEY_BYTES)
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    aside.rename(data / KEY_NAME)
    sync_folder(data)
    return key
