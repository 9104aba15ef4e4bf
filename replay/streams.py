"""The streams of a match: who sent which chunks, and what they hold.

Chunks are decoded as they come; what is wrong with them is found by the same checks that the
audit makes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from parlour.events import techmino
from parlour.events.errors import EngineError
from parlour.events.reader import Recorded
from parlour.events.rules.techmino import record
from parlour.events.rules.techmino.record import RecordEvent
from parlour.events.rules.techmino.state import Standing
from parlour.events.times import iso
from parlour.replay.findings import Finding, Findings
from parlour.replay.match_follower import MatchFollower, ReadChunk
from parlour.replay.stream_checks import StreamChecks


class NoSuchPlayer(EngineError):
    """That account did not play in the match, or it is not said which one is meant."""


class Chunk(NamedTuple):
    """A chunk as it was recorded."""

    position: int
    at: int
    stream: str


class Moment(NamedTuple):
    """An event of a record, and the chunk it came in."""

    position: int
    at: int
    """When its chunk came (µs)."""
    event: RecordEvent


class End(NamedTuple):
    """How a player's game was over."""

    position: int
    at: int
    why: Standing
    """"died", "lost" or "missing"."""
    score: int | float | None = None
    survival_time: int | float | None = None


class Stream:
    """All that one player sent."""

    def __init__(self, player: techmino.MatchPlayer) -> None:
        """Begin with nothing."""
        self.player = player
        self.chunks: list[Chunk] = []
        self.moments: list[Moment] = []
        self.record = bytearray()
        """Every byte that he sent; what is not base64 has none."""
        self.findings: list[Finding] = []
        self.end: End | None = None

    def document(self) -> dict[str, Any]:
        """Return this player's part of the JSON document."""
        end = self.end
        return {
            "uid": self.player.uid,
            "sid": self.player.sid,
            "username": self.player.username,
            "chunks": [
                {"position": chunk.position, "at": iso(chunk.at), "stream": chunk.stream}
                for chunk in self.chunks
            ],
            "events": [document_of(moment) for moment in self.moments],
            "end": None if end is None else {**end._asdict(), "at": iso(end.at)},
            "findings": msgspec.to_builtins(self.findings),
        }


class MatchStreams:
    """The streams of one match, from all its events."""

    def __init__(self, events: Sequence[Recorded]) -> None:
        """Take a match apart.

        Args:
            events: All its events; the first opens it.
        """
        opened = events[0].event
        assert isinstance(opened, techmino.MatchOpened)
        self.id = events[0].originator_id
        self.opened = opened
        self.began: techmino.MatchBegan | None = None
        self.last = events[-1]
        self.streams = {player.uid: Stream(player) for player in opened.players}
        """By uid."""
        self._read(events)

    @property
    def seed(self) -> int | None:
        """Return the seed of the game, None when it did not begin."""
        return None if self.began is None else self.began.seed

    def of(self, uid: int | None) -> list[Stream]:
        """Return the streams of one player or of all, in order of their seats.

        Raises:
            NoSuchPlayer: `uid` did not play in this match.
        """
        if uid is None:
            return sorted(self.streams.values(), key=lambda stream: stream.player.sid)
        if uid not in self.streams:
            played = ", ".join(str(stream.player.uid) for stream in self.of(None))
            raise NoSuchPlayer(f"{uid} did not play in {self.id}: give one of --uid {played}")
        return [self.streams[uid]]

    def document(self, uid: int | None = None) -> dict[str, Any]:
        """Return the JSON document of `parlour replay stream`."""
        return {
            "rid": self.opened.rid,
            "id": self.id,
            "room": self.opened.room,
            "began": None if self.began is None else iso(self.began.at),
            "seed": self.seed,
            "players": [stream.document() for stream in self.of(uid)],
        }

    def _read(self, events: Sequence[Recorded]) -> None:
        follower = MatchFollower()
        found = Findings()
        checks = StreamChecks(found)
        by_position: dict[int, int] = {}
        for recorded in events:
            chunk = follower.read(recorded)
            checks.see(recorded, chunk)
            if chunk is not None:
                by_position[recorded.position] = chunk.uid
                self._add(recorded, chunk)
            elif isinstance(recorded.event, techmino.MatchBegan):
                self.began = recorded.event
            for player in follower.deaths(recorded):
                self.streams[player.uid].end = End(
                    recorded.position,
                    recorded.event.at,
                    player.standing,
                    player.score,
                    player.survival_time,
                )
        checks.finish()
        for finding in found:
            if finding.position in by_position:
                self.streams[by_position[finding.position]].findings.append(finding)

    def _add(self, recorded: Recorded, chunk: ReadChunk) -> None:
        stream, event = self.streams[chunk.uid], recorded.event
        assert isinstance(event, techmino.ChunkStreamed)
        stream.chunks.append(Chunk(recorded.position, event.at, event.stream))
        stream.record += chunk.content
        stream.moments += [Moment(recorded.position, event.at, moment) for moment in chunk.events]


def document_of(moment: Moment) -> dict[str, Any]:
    """Return an event of a record as JSON shows it."""
    event = moment.event
    fields: dict[str, Any] = {"frame": event.frame, "event": event.event, "name": event.name}
    if event.key is not None:
        fields |= {"key": event.key, "key_name": record.KEYS.get(event.key)}
    if event.attack is not None:
        fields |= event.attack._asdict()
    return {**fields, "position": moment.position}
