"""What the engine has from the system's randomness, from the seed; and hashes that cost nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest import mock

from argon2 import PasswordHasher

_SALT_BYTES = 16


class QuickHasher(PasswordHasher):
    """Argon2 with the least memory there is, and the same salts each time."""

    def __init__(self, random: Random) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.random = random

    def hash(self, password: Any, *, salt: bytes | None = None) -> str:
        return super().hash(password, salt=salt or self.random.randbytes(_SALT_BYTES))


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Have passwords hashed quickly, and all salts and names drawn from the seed."""
    random = Random(f"{seed} chance")
    hasher = QuickHasher(random)
    names = SimpleNamespace(token_hex=lambda size: random.randbytes(size).hex())
    with (
        mock.patch("parlour.network.passwords._HASHER", hasher),
        mock.patch("parlour.network.passwords._NOBODYS", hasher.hash("nobody's")),
        mock.patch("parlour.network.beehive.http.secrets", names),
    ):
        yield
