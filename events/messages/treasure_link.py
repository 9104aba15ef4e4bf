"""What the lobby and its room servers say to each other on the node link.

1000, 501 and 502 are the seed's; 510, 512 and 513 are ours: a room server's events travel to the
lobby engine's journal, both say that they live, and a game may be taken back. Source:
docs/protocols/treasure.md, "Room servers".
"""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

import msgspec

from parlour.events.messages.treasure import GameOver, Message
from parlour.events.treasure import Times

Number = Annotated[int, msgspec.Meta(ge=1, lt=2**53)]
"""Of a room, a game, an epoch, a version, a player."""


class Row(NamedTuple):
    """One event of an aggregate, as the log has it."""

    aggregate_id: str
    version: int
    topic: str
    state: msgspec.Raw
    """The event's bytes: a JSON object."""


class State(NamedTuple):
    """All an aggregate's events come to, as its snapshots have it."""

    aggregate_id: str
    version: Number
    """Of the last event in it."""
    topic: str
    """Name and version of its shape; a room server with another one cannot serve the game."""
    state: msgspec.Raw
    """A JSON object."""


class Challenge(Message, frozen=True, kw_only=True):
    """1000 to a room server, on connecting."""

    service = 1000
    challenge: str
    """32 hex digits."""


class Register(Message, frozen=True, kw_only=True):
    """1000 from a room server."""

    service = 1000
    server_id: str
    ip: str
    port: int
    """Where clients connect to it."""
    capacity: int
    """Games it takes at the same time."""
    nonce: str
    mac: str
    """Hex HMAC-SHA256(cluster secret, "challenge|server_id|ip|port|capacity|nonce")."""
    ws: str = ""
    """URL of its WebSocket, if it has one."""


class Registered(Message, frozen=True, kw_only=True):
    """1000 to a room server: whether it may serve; before it came all games that are its own.

    Any other code than 0 is followed by the end of the connection.
    """

    service = 1000
    code: int


class TicketHash(msgspec.Struct, frozen=True, kw_only=True):
    """A player as 501 tells of him."""

    player_id: Number
    name: str
    seat: int
    ticket_hash: str


class Assign(Message, frozen=True, kw_only=True):
    """501: serve this game. Said again, it is answered again: somebody got a new ticket."""

    service = 501
    room_id: Number
    game: Number
    seed: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
    """64 hex digits."""
    options: Times
    players: tuple[TicketHash, ...]
    epoch: Number
    commitment: str
    left_at: Annotated[int, msgspec.Meta(ge=0, lt=2**53)]
    """When the room server before, or this one, was heard last (µs); 0 for a new game."""
    states: tuple[State, ...]
    """Of the room; of the game too, if it has begun and this room server does not have it."""
    game_topic: str = ""
    """Topic of the game's state, whenever that will be given; "" when it is not told."""


class Placed(Message, frozen=True, kw_only=True):
    """502 from a room server: it has the game, or not; at the end with its result."""

    service = 502
    room_id: int
    game: int
    epoch: int
    code: int = 0
    ip: str = ""
    port: int = 0
    ws: str = ""
    result: GameOver | None = None


class PlacedAnswer(Message, frozen=True, kw_only=True):
    """502 to a room server: the result is settled and on disk (or of an older epoch: code 28)."""

    service = 502
    room_id: Number
    game: Number
    epoch: Number
    code: int = 0
    states: tuple[State, ...] = ()
    """Of the game, settled."""


class Batch(Message, frozen=True, kw_only=True):
    """510 from a room server: commit these units, in order, all or none."""

    service = 510
    batch: int
    """1, 2, 3, … in a process."""
    units: tuple[tuple[Row, ...], ...]


class BatchAnswer(Message, frozen=True, kw_only=True):
    """510 to a room server: they are on disk, or none of them is."""

    service = 510
    batch: int
    code: int = 0
    """27: the log takes no events now; 28: see `refused`."""
    refused: tuple[int, ...] = ()
    """Indexes of units that stand on a game it does not have any more, or not so."""


class Beat(Message, frozen=True, kw_only=True):
    """512, both ways: I am alive."""

    service = 512


class Withdraw(Message, frozen=True, kw_only=True):
    """513 to a room server: the game is not yours any more."""

    service = 513
    room_id: Number
    game: Number
    epoch: Number


MAX_FRAME: Final = 16 * 1024 * 1024
"""Longest frame on the link, in bytes; before a room server is let in that of clients."""
MAX_ROWS: Final = 512
"""Most events, and units, of a batch."""
STALE: Final = 28
"""Code of what is of an older epoch."""
FROM_SERVER: Final[dict[int, type[Message]]] = {
    cls.service: cls for cls in (Register, Placed, Batch, Beat)
}
"""What a room server may send."""
TO_SERVER: Final[dict[int, tuple[type[Message], ...]]] = {
    1000: (Challenge, Registered),
    501: (Assign,),
    502: (PlacedAnswer,),
    510: (BatchAnswer,),
    512: (Beat,),
    513: (Withdraw,),
}
"""What it is sent; where there are several, the first comes first and once."""
