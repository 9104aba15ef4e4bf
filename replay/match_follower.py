"""One match followed event by event: what each chunk holds, and who dies by which event."""

from __future__ import annotations

from typing import Final, NamedTuple

from parlour.events import techmino
from parlour.events.reader import Recorded
from parlour.events.rules.techmino import match as rules
from parlour.events.rules.techmino import record
from parlour.events.rules.techmino.record import Progress, RecordEvent
from parlour.events.rules.techmino.state import Match, Player

_DEAD: Final = ("died", "lost", "missing")


class ReadChunk(NamedTuple):
    """A player's chunk with what is in it."""

    uid: int
    content: bytes
    """Nothing, when the text is not base64."""
    events: tuple[RecordEvent, ...]
    progress: Progress
    """Where the player's next chunk goes on."""
    fault: str = ""
    """What is wrong with a text that is not base64."""


class MatchFollower:
    """Given a match's events in order, it knows how far each player has come."""

    def __init__(self) -> None:
        """Begin before the first event."""
        self.match = Match()
        """As the events that `deaths` was given leave it."""
        self._progress: dict[int, Progress] = {}
        """Of each player's record, by uid."""

    def read(self, recorded: Recorded) -> ReadChunk | None:
        """Return the chunk that the next event is; None when it is none of a player.

        Asks nothing of the rules, so that altered events can be followed too.
        """
        event = recorded.event
        if isinstance(event, techmino.MatchOpened):
            self._progress = {player.uid: record.START for player in event.players}
        if not isinstance(event, techmino.ChunkStreamed) or event.uid not in self._progress:
            return None
        progress = self._progress[event.uid]
        try:
            content = record.unpack(event.stream)
        except record.RecordError as error:
            return ReadChunk(event.uid, b"", (), progress, str(error))
        events, progress = record.decode(content, progress)
        self._progress[event.uid] = progress
        return ReadChunk(event.uid, content, events, progress)

    def deaths(self, recorded: Recorded) -> list[Player]:
        """Return who is out of the game by the next event, as the rules have it."""
        before, event = self.match, recorded.event
        if isinstance(event, techmino.ChunkStreamed):
            return []
        self.match = rules.evolve(before, event)
        return [
            player
            for uid, player in self.match.players.items()
            if player.standing in _DEAD
            and (uid not in before.players or before.players[uid].standing != player.standing)
        ]
