"""The rows Techmino becomes: rooms, messages, matches, players, chunks, attacks, deaths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parlour.events import techmino as facts
from parlour.events.event import Event
from parlour.events.kinds import kind_of
from parlour.events.reader import Recorded
from parlour.events.rules.techmino import record
from parlour.events.rules.techmino.state import Player
from parlour.events.times import iso
from parlour.replay.export_shape import Row
from parlour.replay.games import state_after
from parlour.replay.match_follower import MatchFollower, ReadChunk
from parlour.replay.matches import KIND as MATCH


def room_name(rid: str) -> str:
    """Return what a room is called, in `parlour replay chat` as here."""
    return f"techmino:{rid}"


class TechminoRows:
    """Makes rows of events as they come."""

    def __init__(self) -> None:
        """Begin before the first event."""
        self._rooms: dict[str, dict[str, Any]] = {}
        """By name."""
        self._matches: dict[str, _MatchRows] = {}
        """Running ones, by id."""

    def take(self, recorded: Recorded) -> Iterator[Row]:
        """Yield the rows an event of Techmino becomes at once."""
        aggregate_id = recorded.originator_id
        kind = kind_of(aggregate_id)
        if kind in ("techmino.chat", "techmino.room"):
            yield from self._in_room(recorded, aggregate_id.partition(":")[2])
        elif kind == MATCH:
            match = self._matches.setdefault(aggregate_id, _MatchRows(aggregate_id))
            yield from match.take(recorded)
            if state_after(recorded.event) != "running":
                yield from self._matches.pop(aggregate_id).finish()

    def finish(self) -> Iterator[Row]:
        """Yield the rows that only the end tells."""
        for match in self._matches.values():
            yield from match.finish()
        for room in self._rooms.values():
            yield "rooms", room

    def _in_room(self, recorded: Recorded, rid: str) -> Iterator[Row]:
        event, name = recorded.event, room_name(rid)
        room = self._rooms.setdefault(name, _room(name, rid, event))
        match event:
            case facts.ChatSaid() | facts.RoomSaid():
                room["messages"] += 1
                yield "messages", _message(recorded, event, name, room["messages"])
            case facts.MatchStarted():
                room["matches"] += 1
            case facts.RoomClosed():
                room["closed"] = iso(event.at)


def _room(name: str, rid: str, event: Event) -> dict[str, Any]:
    room: dict[str, Any] = {
        "name": name,
        "rid": rid,
        "kind": "chat",
        "opened": iso(event.at),
        "closed": None,
        "messages": 0,
        "matches": 0,
    }
    if isinstance(event, facts.RoomOpened):
        room |= {
            "kind": "play",
            "type": event.type,
            "title": event.name,
            "capacity": event.capacity,
            "private": int(bool(event.password)),
            "creator": event.uid,
        }
    return room


def _message(
    recorded: Recorded, event: facts.ChatSaid | facts.RoomSaid, name: str, seq: int
) -> dict[str, Any]:
    return {
        "position": recorded.position,
        "room": name,
        "seq": seq,
        "at": iso(event.at),
        "uid": event.uid,
        "username": event.username,
        "text": event.text,
    }


class _Record:
    """How far one player's record has come."""

    def __init__(self, player: facts.MatchPlayer) -> None:
        self.player = player
        self.progress = record.START
        self.chunks = 0
        self.bytes = 0


class _MatchRows:
    """The rows of one match."""

    def __init__(self, match_id: str) -> None:
        self._id = match_id
        self._follower = MatchFollower()
        self._opened_at = 0
        self._ended: facts.MatchEnded | None = None
        self._records: dict[int, _Record] = {}

    def take(self, recorded: Recorded) -> Iterator[Row]:
        event = recorded.event
        match event:
            case facts.MatchOpened():
                self._opened_at = event.at
                self._records = {player.uid: _Record(player) for player in event.players}
            case facts.MatchEnded():
                self._ended = event
        chunk = self._follower.read(recorded)
        if chunk is not None:
            yield from self._chunk(recorded, chunk)
        for player in self._follower.deaths(recorded):
            yield "deaths", self._death(recorded, player)

    def finish(self) -> Iterator[Row]:
        match, ended = self._follower.match, self._ended
        if not match.rid:
            return
        state = "running" if ended is None else "finished"
        times = {"started": iso(self._opened_at), "ended": ended and iso(ended.at)}
        yield "games", {"id": self._id, "kind": MATCH, "state": state, **times}
        row = {
            "game": self._id,
            "rid": match.rid,
            "room": room_name(match.room),
            "type": match.type,
            "seed": match.seed or None,
            "began": iso(match.began_at) if match.began_at else None,
            "over": iso(match.over_at) if match.over_at else None,
        }
        yield "matches", row
        places = {} if ended is None else {place.uid: place for place in ended.result}
        for uid, progress in self._records.items():
            sid = progress.player.sid
            yield "seats", {"game": self._id, "seat": sid, "uid": uid, "nonce": None}
            place = places.get(uid)
            player = {
                "game": self._id,
                "sid": sid,
                "uid": uid,
                "username": progress.player.username,
                "config": progress.player.config,
                "standing": match.players[uid].standing,
                "place": place and place.place,
                "score": place and place.score,
                "survival_time": place and place.survivalTime,
                "chunks": progress.chunks,
                "bytes": progress.bytes,
                "frames": progress.progress.frame,
            }
            yield "match_players", player

    def _death(self, recorded: Recorded, player: Player) -> dict[str, Any]:
        return {
            "game": self._id,
            "uid": player.uid,
            "position": recorded.position,
            "at": iso(recorded.event.at),
            "why": player.standing,
            "score": player.score,
            "survival_time": player.survival_time,
        }

    def _chunk(self, recorded: Recorded, chunk: ReadChunk) -> Iterator[Row]:
        event, progress = recorded.event, self._records[chunk.uid]
        assert isinstance(event, facts.ChunkStreamed)
        row: dict[str, Any] = {
            "position": recorded.position,
            "game": self._id,
            "uid": event.uid,
            "at": iso(event.at),
            "stream": event.stream,
        }
        progress.chunks += 1
        if chunk.fault:
            yield "chunks", row
            return
        progress.bytes += len(chunk.content)
        progress.progress = chunk.progress
        keys = sum(moment.key is not None for moment in chunk.events)
        yield (
            "chunks",
            {**row, "bytes": len(chunk.content), "frame": chunk.progress.frame, "keys": keys},
        )
        for moment in chunk.events:
            if moment.attack is not None:
                attack = {
                    "position": recorded.position,
                    "game": self._id,
                    "uid": event.uid,
                    "frame": moment.frame,
                    "way": moment.name.removeprefix("attack_"),
                    **moment.attack._asdict(),
                }
                yield "attacks", attack
