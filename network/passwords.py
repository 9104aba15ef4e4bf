"""Password hashes: argon2id with the library's current defaults."""

from __future__ import annotations

from argon2 import PasswordHasher

from parlour.events.errors import EngineError

_HASHER = PasswordHasher()
MAX_BYTES = 1024
"""Longest password; hashing is slow on purpose, and must not be made slower by a peer."""


def hash_password(password: str) -> str:
    """Return the hash of a password; takes tens of milliseconds, so never on the loop.

    Raises:
        EngineError: The password is empty, too long, or no UTF-8.
    """
    try:
        size = len(password.encode())
    except UnicodeEncodeError:
        raise EngineError("the password is not valid UTF-8") from None
    if not 1 <= size <= MAX_BYTES:
        raise EngineError(f"a password is 1 to {MAX_BYTES} bytes")
    return _HASHER.hash(password)
