"""What may be asked of a chat room, a play room and a match, with the time it is asked at."""

from __future__ import annotations

import msgspec

from parlour.events.techmino import LeaveReason


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """An order; what it causes is decided by `chat`, `room` and `match`."""

    at: int
    """µs since 1970 UTC."""


# --- chat rooms and play rooms --------------------------------------------------------------


class Join(Command, frozen=True, kw_only=True):
    """Subscribe to a chat room."""

    uid: int
    username: str
    capacity: int


class Leave(Command, frozen=True, kw_only=True):
    """Be in a chat room, a play room or a match's stream no more."""

    uid: int
    reason: LeaveReason = "left"


class Say(Command, frozen=True, kw_only=True):
    """Say something to the room."""

    uid: int
    username: str
    text: str


class Resume(Command, frozen=True, kw_only=True):
    """The engine started again: nobody is connected."""

    return_us: int = 0
    """How long (µs) a match waits for its players."""


# --- play rooms -----------------------------------------------------------------------------


class RoomTerms(msgspec.Struct, frozen=True, kw_only=True):
    """The settings a play room's decisions need."""

    least: int
    """Players a match needs."""
    start_us: int
    """From everybody ready to the start of the match."""
    return_us: int
    """How long members are waited for after a restart of the engine."""


class Open(Command, frozen=True, kw_only=True):
    """Make a play room and enter it."""

    rid: str
    type: str
    name: str
    capacity: int
    salt: str
    password: str
    """Keyed hash; "" for none."""
    uid: int
    username: str
    config: str
    plays_only: bool


class Enter(Command, frozen=True, kw_only=True):
    """Enter a play room, or come back to it."""

    uid: int
    username: str
    config: str
    plays_only: bool
    password: str
    """Keyed hash of the room's salt and what the user gave."""


class ChangeConfig(Command, frozen=True, kw_only=True):
    """Change a member's settings."""

    uid: int
    config: str


class ChangeReady(Command, frozen=True, kw_only=True):
    """Be ready, or not any more."""

    uid: int
    ready: bool


class Wake(Command, frozen=True, kw_only=True):
    """A clock of the room rang, or what it waits for may have come; nothing may follow."""

    match: str = ""
    """rid for the match, should one start."""


class FinishMatch(Command, frozen=True, kw_only=True):
    """The room's match is over."""

    match: str


# --- matches --------------------------------------------------------------------------------


class View(Command, frozen=True, kw_only=True):
    """Connect to a match's stream."""

    uid: int


class Die(Command, frozen=True, kw_only=True):
    """A player reports his end."""

    uid: int
    score: int | float
    survival_time: int | float


class Stream(Command, frozen=True, kw_only=True):
    """A player sends a piece of his record."""

    uid: int
    stream: str


class RingMatch(Command, frozen=True, kw_only=True):
    """A clock of the match rang."""

    seed: int
    """For the random generators, should the game begin."""
