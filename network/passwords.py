"""Password hashes: argon2id with the library's current defaults."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from parlour.events.errors import EngineError
from parlour.network.turns import Peer, Turns

_HASHER = PasswordHasher()
_NOBODYS = (
    "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)
"""Tried when there is no hash, so that nobody can time who has an account."""
MAX_BYTES = 1024
"""Longest password; hashing is slow on purpose, and must not be made slower by a peer."""
_AT_ONCE = 2
"""Hashes computed at a time: each takes 64 MiB."""
WAITING = 1024
"""Peers that may wait for one."""
WAITING_OF_ADDRESS = 32
"""How many of them at one address."""
Result = TypeVar("Result")


class PasswordUnfit(EngineError):
    """Nobody may have this password."""


def hash_password(password: str) -> str:
    """Return the hash of a password; takes tens of milliseconds, so never on the loop.

    Raises:
        PasswordUnfit: The password is empty, too long, or no UTF-8.
    """
    try:
        size = len(password.encode())
    except UnicodeEncodeError:
        raise PasswordUnfit("the password is not valid UTF-8") from None
    if not 1 <= size <= MAX_BYTES:
        raise PasswordUnfit(f"a password is 1 to {MAX_BYTES} bytes")
    return _HASHER.hash(password)


def is_password(password: str, hashed: str) -> bool:
    """Tell whether a password has that hash; "" stands for no password, and takes as long."""
    if len(password.encode("utf-8", "surrogateescape")) > MAX_BYTES:
        return False
    try:
        return _HASHER.verify(hashed or _NOBODYS, password) and bool(hashed)
    except (VerificationError, InvalidHashError):
        return False


class PasswordThread:
    """Hashes beside the loop, a few at a time; addresses take turns."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="argon2")
        self._turns = Turns(
            at_once=_AT_ONCE,
            of_address=_AT_ONCE,
            waiting=WAITING,
            waiting_of=WAITING_OF_ADDRESS,
        )

    async def hash(self, password: str, *, peer: Peer) -> str:
        """Return the hash of a password.

        Raises:
            PasswordUnfit: The password is empty or too long.
            TooManyWait: They do, or they do at the peer's address.
            PeerGone: The peer did not wait for its turn.
        """
        return await self._run(lambda: hash_password(password), peer)

    async def matches(self, password: str, hashed: str, *, peer: Peer) -> bool:
        """Tell whether a password has that hash.

        Raises:
            TooManyWait: They do, or they do at the peer's address.
            PeerGone: The peer did not wait for its turn.
        """
        return await self._run(lambda: is_password(password, hashed), peer)

    async def _run(self, work: Callable[[], Result], peer: Peer) -> Result:
        async with self._turns.turn(peer):
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def close(self) -> None:
        """Let the threads end; what still waits is given up."""
        self._pool.shutdown(wait=False, cancel_futures=True)
