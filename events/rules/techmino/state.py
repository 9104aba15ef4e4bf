"""The states of Techmino's lobby, chat rooms, play rooms and matches.

Never changed, only replaced: whoever keeps a mapping from here (an audience made of it, say)
knows by its identity whether it is still the one.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from parlour.events.techmino import MatchTerms, Place

HISTORY = 10
"""Remarks a newcomer is shown."""


class Lobby(msgspec.Struct, frozen=True, kw_only=True):
    """What there is, in order of creation; what is over is not kept."""

    rooms: dict[str, str] = {}
    """Type by rid."""
    matches: dict[str, None] = {}
    """By the rid of the stream."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A remark."""

    at: int
    uid: int
    username: str
    text: str


class Chat(msgspec.Struct, frozen=True, kw_only=True):
    """A chat room."""

    members: dict[int, str] = {}
    """Username by uid, in order of arrival."""
    histories: tuple[Said, ...] = ()
    """The last remarks, oldest first."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a play room."""

    sid: int
    uid: int
    username: str
    config: str
    plays_only: bool = False
    """His client cannot watch: he is not sent to a running match."""
    ready: bool = False
    away: bool = False
    """The engine started again and he has not entered again yet."""


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """A play room; before it is opened and after it is closed, `open` is False."""

    open: bool = False
    rid: str = ""
    type: str = ""
    name: str = ""
    capacity: int = 0
    salt: str = ""
    password: str = ""
    """Keyed hash; "" for none."""
    members: dict[int, Member] = {}
    """By uid, in order of arrival."""
    histories: tuple[Said, ...] = ()
    countdown: int = 0
    """When the match starts (µs); 0 while no countdown runs."""
    match: str = ""
    """rid of the running match's stream; "" for none."""
    resumed_at: int = 0
    """When the engine last started again (µs): from then on members who are away are waited for."""


Standing = Literal["waiting", "living", "died", "lost", "missing"]
"""Before the beginning; in the game; reported his end; lost his connection; never came."""


class Player(msgspec.Struct, frozen=True, kw_only=True):
    """One player of a match."""

    sid: int
    uid: int
    username: str
    standing: Standing = "waiting"
    out: int = 0
    """Who is out first has 1, who is out next 2; 0 for who is not, or never was in."""
    out_at: int = 0
    """When (µs)."""
    score: int | float | None = None
    """As he reported it; None while he has not."""
    survival_time: int | float | None = None


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A match; `rid` is "" before it is opened."""

    rid: str = ""
    room: str = ""
    type: str = ""
    terms: MatchTerms | None = None
    players: dict[int, Player] = {}
    """By uid, in order of sid."""
    viewers: dict[int, bool] = {}
    """Who is connected, in order of arrival; True for who only watches."""
    connect_until: int = 0
    """How long players' connections are waited for (µs)."""
    connected_at: int = 0
    """When the last player connected (µs); 0 for none."""
    began_at: int = 0
    """When the game began (µs); 0 before."""
    seed: int = 0
    return_until: int = 0
    """After a restart of the engine: how long players who are away are waited for (µs)."""
    over_at: int = 0
    """When at most one player was left (µs); 0 before."""
    result: tuple[Place, ...] | None = None
    """None until the match has ended."""
