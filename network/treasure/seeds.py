"""The key of a room server: the seeds it was given, and none besides."""

from __future__ import annotations

import hmac
import secrets

from parlour.events.errors import LocalProtocolError

_KEY_BYTES = 32


class GivenSeeds:
    """Seeds of the games that were given to this process; the key file stays at the lobby."""

    def __init__(self) -> None:
        self._seeds: dict[int, tuple[int, bytes]] = {}
        """Number and seed of the last game that was given, by room."""
        self._key = secrets.token_bytes(_KEY_BYTES)

    def keep(self, room: int, game: int, seed: bytes) -> None:
        """Take the seed of a game."""
        self._seeds[room] = (game, seed)

    def forget(self, room: int) -> None:
        """Drop the seed of a game that is not here any more."""
        self._seeds.pop(room, None)

    def seed(self, room: int, game: int, salt: str) -> bytes:
        """Return the seed (32 bytes) of a game.

        Raises:
            LocalProtocolError: It was not given.
        """
        known, seed = self._seeds.get(room, (0, b""))
        if known != game or not seed:
            raise LocalProtocolError(f"the seed of game {game} of room {room} is not here")
        return seed

    def secrets(self, tid: int, hand: int, salt: str) -> tuple[bytes, bytes, bytes]:
        """Refuse: no cards are dealt here."""
        raise LocalProtocolError("a room server deals no cards")

    def keyed_hash(self, purpose: str, text: str) -> str:
        """Return HMAC-SHA256 over purpose and text, in hex, under a key of this process."""
        message = purpose.encode() + b"\0" + text.encode("utf-8", "surrogatepass")
        return hmac.new(self._key, message, "sha256").hexdigest()
