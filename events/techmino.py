"""Facts about Techmino chat rooms, play rooms and matches.

Four aggregates: `techmino.lobby:1` (which rooms and matches there are), `techmino.chat:{rid}`
and `techmino.room:{rid}` live long and have snapshots; `techmino.match:{rid}` is one game, from
its players to its result, with every stream chunk as it came in. The match's id is also the
id of the game. Source: docs/protocols/techmino.md.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from parlour.events.event import Event, event

LOBBY_ID = "techmino.lobby:1"

LeaveReason = Literal["left", "lost", "restart"]
"""Asked to; the connection ended; did not come back after a restart of the engine."""


def chat_id(rid: str) -> str:
    """Return the aggregate id of a chat room."""
    return f"techmino.chat:{rid}"


def room_id(rid: str) -> str:
    """Return the aggregate id of a play room."""
    return f"techmino.room:{rid}"


def match_id(rid: str) -> str:
    """Return the aggregate id of a match; `rid` is the stream's, not the room's."""
    return f"techmino.match:{rid}"


def player_key(uid: int) -> str:
    """Claim key of an account's one play room; it leads to the room."""
    return f"techmino/player/{uid}"


def viewer_key(uid: int) -> str:
    """Claim key of an account's one stream connection; it leads to the match."""
    return f"techmino/viewer/{uid}"


# --- the lobby ------------------------------------------------------------------------------


@event("techmino.room-listed")
class RoomListed(Event, frozen=True, kw_only=True):
    """A play room exists."""

    rid: str
    type: str


@event("techmino.room-delisted")
class RoomDelisted(Event, frozen=True, kw_only=True):
    """A play room is no more."""

    rid: str


@event("techmino.match-listed")
class MatchListed(Event, frozen=True, kw_only=True):
    """A match is under way (or about to be)."""

    rid: str


@event("techmino.match-delisted")
class MatchDelisted(Event, frozen=True, kw_only=True):
    """A match is over."""

    rid: str


# --- chat rooms -----------------------------------------------------------------------------


@event("techmino.chat-joined")
class ChatJoined(Event, frozen=True, kw_only=True):
    """An account's connection subscribed to the room."""

    uid: int
    username: str


@event("techmino.chat-left")
class ChatLeft(Event, frozen=True, kw_only=True):
    """The account is not in the room any more."""

    uid: int
    username: str
    reason: LeaveReason


@event("techmino.chat-said")
class ChatSaid(Event, frozen=True, kw_only=True):
    """Somebody said something to the room."""

    uid: int
    username: str
    text: str


@event("techmino.chat-emptied")
class ChatEmptied(Event, frozen=True, kw_only=True):
    """The engine started again: nobody is connected, so nobody is in the room."""


# --- play rooms -----------------------------------------------------------------------------


@event("techmino.room-opened")
class RoomOpened(Event, frozen=True, kw_only=True):
    """A play room was created."""

    rid: str
    type: str
    """solo, classic, r49, r99, unlimited, or what the configuration has."""
    name: str
    capacity: int
    salt: str
    password: str
    """Keyed hash of salt and password; "" for none."""
    uid: int
    """Who created it."""


@event("techmino.player-entered")
class PlayerEntered(Event, frozen=True, kw_only=True):
    """An account is in the room, at the lowest free seat."""

    uid: int
    sid: int
    username: str
    config: str
    """The client's own settings; opaque."""
    plays_only: bool = False
    """His client cannot watch a match: he is not sent to a running one."""

    def claims(self) -> tuple[str, ...]:
        """One room an account."""
        return (player_key(self.uid),)


@event("techmino.player-returned")
class PlayerReturned(Event, frozen=True, kw_only=True):
    """A member came back after a restart of the engine, to the seat he had."""

    uid: int
    sid: int
    config: str
    plays_only: bool = False


@event("techmino.player-left")
class PlayerLeft(Event, frozen=True, kw_only=True):
    """The account is not in the room any more."""

    uid: int
    sid: int
    username: str
    reason: LeaveReason

    def releases(self) -> tuple[str, ...]:
        """He may enter another room."""
        return (player_key(self.uid),)


@event("techmino.room-said")
class RoomSaid(Event, frozen=True, kw_only=True):
    """Somebody said something to the room."""

    uid: int
    username: str
    text: str


@event("techmino.config-changed")
class ConfigChanged(Event, frozen=True, kw_only=True):
    """A member changed his settings."""

    uid: int
    config: str


@event("techmino.ready-changed")
class ReadyChanged(Event, frozen=True, kw_only=True):
    """A member is ready, or is not any more."""

    uid: int
    ready: bool


@event("techmino.countdown-started")
class CountdownStarted(Event, frozen=True, kw_only=True):
    """Everybody is ready; the match begins when nobody thinks again."""

    until: int
    """µs since 1970 UTC."""


@event("techmino.countdown-cancelled")
class CountdownCancelled(Event, frozen=True, kw_only=True):
    """Somebody is not ready any more, or left."""


@event("techmino.match-started")
class MatchStarted(Event, frozen=True, kw_only=True):
    """The room's match is on: nobody is ready any more."""

    match: str
    """The rid of its stream."""


@event("techmino.match-finished")
class MatchFinished(Event, frozen=True, kw_only=True):
    """The room's match is over."""

    match: str


@event("techmino.room-resumed")
class RoomResumed(Event, frozen=True, kw_only=True):
    """The engine started again: everybody is away and not ready; no countdown runs."""


@event("techmino.room-closed")
class RoomClosed(Event, frozen=True, kw_only=True):
    """The last member left."""


# --- matches --------------------------------------------------------------------------------


class MatchPlayer(msgspec.Struct, frozen=True, kw_only=True):
    """One player of a match, as he was when it started."""

    sid: int
    uid: int
    username: str
    config: str


class MatchTerms(msgspec.Struct, frozen=True, kw_only=True):
    """Under what a match is played, recorded with it so that it can be judged for ever."""

    connect_seconds: float
    """How long the match waits for its players' stream connections."""
    settle_seconds: float
    """Least time from the last such connection to the beginning."""
    end_seconds: float
    """From game over to the announcement of the result."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One player's line of a result; field names are the wire's."""

    uid: int
    place: int
    """1 is best; every player has his own."""
    score: int | float
    survivalTime: int | float  # noqa: N815
    """Seconds from the beginning."""


@event("techmino.match-opened")
class MatchOpened(Event, frozen=True, kw_only=True):
    """A match waits for its players' stream connections."""

    rid: str
    room: str
    """rid of the play room."""
    type: str
    players: tuple[MatchPlayer, ...]
    terms: MatchTerms


@event("techmino.stream-joined")
class StreamJoined(Event, frozen=True, kw_only=True):
    """An account's stream connection is there; `watch` for whoever is no player."""

    uid: int
    watch: bool

    def claims(self) -> tuple[str, ...]:
        """One stream connection an account."""
        return (viewer_key(self.uid),)

    def releases(self) -> tuple[str, ...]:
        """Matches that a restart cut off, or that ended, did not give it back."""
        return (viewer_key(self.uid),)


@event("techmino.stream-left")
class StreamLeft(Event, frozen=True, kw_only=True):
    """An account's stream connection ended; a living player dies of it once the game is on."""

    uid: int
    reason: LeaveReason

    def releases(self) -> tuple[str, ...]:
        """He may connect to another stream."""
        return (viewer_key(self.uid),)


@event("techmino.match-began")
class MatchBegan(Event, frozen=True, kw_only=True):
    """The game is on; players who are not connected are dead (`Match.missing`)."""

    seed: int
    """Of every client's random generator, 1 to 2^30 - 1."""


@event("techmino.chunk-streamed")
class ChunkStreamed(Event, frozen=True, kw_only=True):
    """A piece of a player's record, as it came: base64, relayed byte for byte."""

    uid: int
    stream: str


@event("techmino.player-died")
class PlayerDied(Event, frozen=True, kw_only=True):
    """A player reports his own end."""

    uid: int
    score: int | float
    survival_time: int | float
    """Seconds, as his client counts them."""


@event("techmino.match-resumed")
class MatchResumed(Event, frozen=True, kw_only=True):
    """The engine started again in mid-match: nobody is connected, nobody died of it.

    Players have until `until` to connect again; then who is away has left ("restart").
    """

    until: int
    """µs since 1970 UTC."""


@event("techmino.match-ended")
class MatchEnded(Event, frozen=True, kw_only=True):
    """The result, as sent to clients: every player once, in order of `sid`."""

    result: tuple[Place, ...]
