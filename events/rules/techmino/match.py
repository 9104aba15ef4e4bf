"""A match, from its players' stream connections to its result.

It begins when all players are connected (and the last of them had a moment to settle), or
when the time for that is over: who is missing then is dead. A player dies of his own report
or of a lost connection. When at most one is left the game is over, and the result is told a
little later: the survivor may still report his score.

After a restart of the engine nobody is connected and nobody has died of it: living players
have until `return_until` to connect again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from parlour.events import techmino as facts
from parlour.events.errors import RuleViolation
from parlour.events.event import Event
from parlour.events.rules.techmino import commands, result
from parlour.events.rules.techmino.state import Match, Player, Room

_MICRO: Final = 1_000_000
_LONGEST_WAIT: Final = 2
"""The beginning is not put off beyond this many times the wait for connections, however often
a player comes and goes."""


def decide(match: Match, command: commands.Command) -> list[Event]:
    """Return the events that obeying `command` would cause, in order.

    Raises:
        RuleViolation: "not_found" (no such match, or it is over), "no_room" (he is not
            connected), "watcher", "not_started" or "dead".
    """
    if not running(match):
        if isinstance(command, _QUIET):
            return []
        raise RuleViolation("not_found")
    return _DECISIONS[type(command)](match, command)


def evolve(match: Match, event: Event) -> Match:
    """Return `match` as `event` leaves it; never refuses a recorded fact.

    A chunk changes nothing: the match stays the very same.
    """
    step = _STEPS.get(type(event))
    return match if step is None else step(match, event)


def opened(
    room: Room, players: tuple[facts.MatchPlayer, ...], rid: str, terms: facts.MatchTerms, at: int
) -> facts.MatchOpened:
    """Return the first fact of a match of some members of a room."""
    return facts.MatchOpened(
        at=at, rid=rid, room=room.rid, type=room.type, players=players, terms=terms
    )


def running(match: Match) -> bool:
    """Tell whether the match is open and has not ended."""
    return bool(match.rid) and match.result is None


def living(match: Match) -> list[Player]:
    """Return the players who live, in order of sid."""
    return [player for player in match.players.values() if player.standing == "living"]


def next_deadline(match: Match) -> int:
    """Return when (µs) the match must be woken; 0 when no clock runs."""
    if not running(match):
        return 0
    if not match.began_at:
        return _begin_at(match)
    if match.over_at:
        return match.over_at + _us(match, "end_seconds")
    return match.return_until if _away(match) else 0


# --- decisions ------------------------------------------------------------------------------


def _view(match: Match, command: commands.View) -> list[Event]:
    if command.uid in match.viewers:
        return []  # a newer connection took over the older one's place
    watch = command.uid not in match.players
    return [facts.StreamJoined(at=command.at, uid=command.uid, watch=watch)]


def _leave(match: Match, command: commands.Leave) -> list[Event]:
    if command.uid not in match.viewers and all(p.uid != command.uid for p in _away(match)):
        return []
    return [facts.StreamLeft(at=command.at, uid=command.uid, reason=command.reason)]


def _sender(match: Match, uid: int) -> Player:
    """Return the player who may send something."""
    if uid not in match.viewers:
        raise RuleViolation("no_room")
    player = match.players.get(uid)
    if player is None:
        raise RuleViolation("watcher")
    if not match.began_at:
        raise RuleViolation("not_started")
    if player.standing in ("lost", "missing"):
        raise RuleViolation("dead")
    return player


def _die(match: Match, command: commands.Die) -> list[Event]:
    if _sender(match, command.uid).score is not None:
        raise RuleViolation("dead")
    died = facts.PlayerDied(
        at=command.at,
        uid=command.uid,
        score=command.score,
        survival_time=command.survival_time,
    )
    return [died]


def _stream(match: Match, command: commands.Stream) -> list[Event]:
    _sender(match, command.uid)
    return [facts.ChunkStreamed(at=command.at, uid=command.uid, stream=command.stream)]


def _ring(match: Match, command: commands.RingMatch) -> list[Event]:
    at = command.at
    deadline = next_deadline(match)
    if not deadline or at < deadline:
        return []
    if not match.began_at:
        return [facts.MatchBegan(at=at, seed=command.seed)]
    if match.over_at:
        return [facts.MatchEnded(at=at, result=result.result_of(match))]
    return [facts.StreamLeft(at=at, uid=p.uid, reason="restart") for p in _away(match)]


def _resume(match: Match, command: commands.Resume) -> list[Event]:
    wait = command.return_us if match.began_at else _us(match, "connect_seconds")
    return [facts.MatchResumed(at=command.at, until=command.at + wait)]


def _away(match: Match) -> list[Player]:
    """Return the living players who are not connected since a restart of the engine."""
    if not match.return_until or match.over_at:
        return []
    return [player for player in living(match) if player.uid not in match.viewers]


def _us(match: Match, field: str) -> int:
    return int(getattr(match.terms, field) * _MICRO)


def _begin_at(match: Match) -> int:
    settled = match.connected_at + _us(match, "settle_seconds")
    if match.connected_at and all(uid in match.viewers for uid in match.players):
        return settled
    wait = _us(match, "connect_seconds")
    latest = match.connect_until + (_LONGEST_WAIT - 1) * wait + _us(match, "settle_seconds")
    return min(max(match.connect_until, settled), latest)


_QUIET: Final = (commands.Leave, commands.RingMatch, commands.Resume)
"""Commands of nobody who waits for an answer."""

_DECISIONS: Final[dict[type[commands.Command], Callable[[Match, Any], list[Event]]]] = {
    commands.View: _view,
    commands.Leave: _leave,
    commands.Die: _die,
    commands.Stream: _stream,
    commands.RingMatch: _ring,
    commands.Resume: _resume,
}

# --- evolution ------------------------------------------------------------------------------


def _match_opened(_match: Match, event: facts.MatchOpened) -> Match:
    players = {
        player.uid: Player(sid=player.sid, uid=player.uid, username=player.username)
        for player in sorted(event.players, key=lambda player: player.sid)
    }
    return Match(
        rid=event.rid,
        room=event.room,
        type=event.type,
        terms=event.terms,
        players=players,
        connect_until=event.at + int(event.terms.connect_seconds * _MICRO),
    )


def _joined(match: Match, event: facts.StreamJoined) -> Match:
    viewers = {**match.viewers, event.uid: event.watch}
    connected_at = match.connected_at if event.watch else event.at
    return replace(match, viewers=viewers, connected_at=connected_at)


def _left(match: Match, event: facts.StreamLeft) -> Match:
    viewers = {uid: watch for uid, watch in match.viewers.items() if uid != event.uid}
    return _take_out(replace(match, viewers=viewers), event.uid, event.at, standing="lost")


def _died(match: Match, event: facts.PlayerDied) -> Match:
    player = match.players.get(event.uid)
    if player is None or player.score is not None:
        return match
    told = replace(player, score=event.score, survival_time=event.survival_time)
    match = replace(match, players={**match.players, event.uid: told})
    return _take_out(match, event.uid, event.at, standing="died")


def _take_out(match: Match, uid: int, at: int, **changes: object) -> Match:
    """Return `match` with a living player out; after game over nobody dies any more."""
    player = match.players.get(uid)
    if player is None or player.standing != "living" or match.over_at:
        return match
    out = 1 + max(p.out for p in match.players.values())
    dead = replace(player, out=out, out_at=at, **changes)
    return _judge(replace(match, players={**match.players, uid: dead}), at)


def _judge(match: Match, at: int) -> Match:
    """Return `match`, over when at most one player lives (none, where one plays alone)."""
    left = 1 if len(match.players) > 1 else 0
    return replace(match, over_at=at) if len(living(match)) <= left else match


def _began(match: Match, event: facts.MatchBegan) -> Match:
    players = {
        uid: replace(player, standing="living" if uid in match.viewers else "missing")
        for uid, player in match.players.items()
    }
    return _judge(replace(match, began_at=event.at, seed=event.seed, players=players), event.at)


def _resumed(match: Match, event: facts.MatchResumed) -> Match:
    if match.began_at:
        return replace(match, viewers={}, return_until=event.until)
    return replace(match, viewers={}, connected_at=0, connect_until=event.until)


_STEPS: Final[dict[type[Event], Callable[[Match, Any], Match]]] = {
    facts.MatchOpened: _match_opened,
    facts.StreamJoined: _joined,
    facts.StreamLeft: _left,
    facts.MatchBegan: _began,
    facts.PlayerDied: _died,
    facts.MatchResumed: _resumed,
    facts.MatchEnded: lambda match, event: replace(match, result=event.result),
}
