"""A set of an aggregate's versions at one bit each: small beside the events it stands for."""

from __future__ import annotations


class VersionSet:
    """Grows with the highest version that was added."""

    __slots__ = ("_bits",)

    def __init__(self) -> None:
        """Begin empty."""
        self._bits = bytearray()

    def add(self, version: int) -> None:
        """Put a version in; versions begin at 1."""
        bits, index = self._bits, version >> 3
        if index >= len(bits):
            bits.extend(bytes(index + 1 - len(bits)))
        bits[index] |= 1 << (version & 7)

    def __contains__(self, version: int) -> bool:
        index = version >> 3
        return 0 <= index < len(self._bits) and bool(self._bits[index] >> (version & 7) & 1)
