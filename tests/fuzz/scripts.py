"""Scripts: bytes that say what peers do, for whoever obeys them; and how a script is made worse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

Op = tuple[str, int]
"""What is done, and how many bytes say it; "say" and "noise" have more, as their last one tells."""
CHANGES = 4
"""A message is said with less than so many values changed, each by two bytes."""


def steps(data: bytes, ops: Sequence[Op], most: int) -> Iterator[tuple[str, bytes]]:
    """Yield what is done, with its parameters; at most so many steps."""
    at = 0
    for _ in range(most):
        if at >= len(data):
            return
        does, size = ops[data[at] % len(ops)]
        at += 1
        if does in ("say", "noise") and len(data) >= at + size:
            last = data[at + size - 1]
            size += 2 * (last % CHANGES) if does == "say" else last
        yield does, data[at : at + size].ljust(size, b"\0")
        at += size


def worse(seed: bytes, chance: Random, insertions: Sequence[Callable[[Random], bytes]]) -> bytes:
    """Return a script with strange things done in the middle of it."""
    data = bytearray(seed)
    for _ in range(chance.randint(1, 10)):
        at = chance.randrange(len(data) + 1)
        which = chance.randrange(3 + len(insertions))
        if which == 0:
            data[at : at + 1] = chance.randbytes(1)
        elif which == 1:
            del data[at : at + chance.randint(1, 6)]
        elif which == 2:
            data[at:at] = chance.randbytes(chance.randint(1, 10))
        else:
            data[at:at] = insertions[which - 3](chance)
    return bytes(data)
