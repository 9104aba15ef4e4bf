"""What can be said of streams that the engine relayed unread: do they decode, do they fit.

Everything found here is the doing of the client that sent the stream, or of somebody who wrote
the log: the engine neither reads nor writes a record. Each match is followed event by event and
judged when it is over, because an attack that was sent shows later in its target's record.
"""

from __future__ import annotations

from collections import defaultdict, deque
from typing import Final, NamedTuple

from parlour.events import techmino
from parlour.events.reader import Recorded
from parlour.events.rules.techmino import record
from parlour.events.rules.techmino.record import Attack, RecordEvent
from parlour.replay.findings import Findings, Where
from parlour.replay.match_follower import ReadChunk

SECOND: Final = 1_000_000

FRAME_SLACK: Final = 600
"""Frames (10 s) that a client may be ahead of the clock of the log."""
HASTE: Final = 1.05
"""How much faster than 60 frames a second a client's clock may run."""
GRACE: Final = 10 * SECOND
"""In this time (µs) an attack is received, if nobody of the two is gone in it."""

FOR_EVER: Final = 1 << 63
"""A time (µs) that never comes."""

_SHOWN: Final = 5
"""Unknown events that a finding names."""


class _Sent(NamedTuple):
    """An attack under way."""

    where: Where
    at: int
    frame: int


class _Lines(NamedTuple):
    """An attack, with both its ends."""

    attacker: int
    """uid"""
    target: int
    """uid"""
    line: int
    time: int
    amount: int


class _Player:
    """What is known of a player."""

    def __init__(self, player: techmino.MatchPlayer) -> None:
        self.uid = player.uid
        self.sid = player.sid
        self.last_chunk = 0
        """When it came (µs)."""
        self.connected = False
        self.dead = FOR_EVER
        """When he died (µs)."""
        self.away: list[tuple[int, int]] = []
        """From when to when he was gone without dying of it (µs)."""

    def die(self, at: int) -> None:
        self.dead = min(self.dead, at)

    def go(self, at: int) -> None:
        if self.connected:
            self.connected = False
            self.away.append((at, FOR_EVER))

    def come(self, at: int) -> None:
        self.connected = True
        if self.away:
            self.away[-1] = (self.away[-1][0], at)

    def present(self, start: int, end: int) -> bool:
        """Return whether he was there, and alive, all that time."""
        return self.dead > end and not any(
            gone <= end and back >= start for gone, back in self.away
        )


class StreamChecks:
    """Follows the streams of one match."""

    def __init__(self, findings: Findings) -> None:
        """Begin before its first event."""
        self._findings = findings
        self._players: dict[int, _Player] = {}
        """By uid."""
        self._seats: dict[int, _Player | None] = {}
        """By sid, as far as one byte tells it; None where two share it."""
        self._began: int | None = None
        self._last = 0
        self._sent: defaultdict[_Lines, deque[_Sent]] = defaultdict(deque)

    def see(self, recorded: Recorded, chunk: ReadChunk | None) -> None:
        """Take the next event of the match, and what a `MatchFollower` read in it."""
        event = recorded.event
        self._last = max(self._last, event.at)
        player = self._players.get(getattr(event, "uid", -1))
        match event:
            case techmino.MatchOpened():
                self._open(event)
            case techmino.MatchBegan():
                self._began = event.at
                for missing in self._players.values():
                    if not missing.connected:
                        missing.die(event.at)
            case techmino.MatchResumed():
                for every in self._players.values():
                    every.go(event.at)
            case techmino.ChunkStreamed() if player is not None and chunk is not None:
                self._chunk(recorded, event, player, chunk)
            case techmino.StreamJoined() if player is not None:
                player.come(event.at)
            case techmino.PlayerDied() if player is not None:
                player.die(event.at)
            case techmino.StreamLeft() if player is not None:
                player.go(event.at)
                if self._began is not None:
                    player.die(event.at)

    def finish(self) -> None:
        """The match is over, or the log is: what was not received by now never was."""
        for lines, waiting in self._sent.items():
            for attack in waiting:
                if self._was_due(lines, attack):
                    self._unreceived(lines, attack)
        self._sent.clear()

    def _open(self, event: techmino.MatchOpened) -> None:
        self._players = {player.uid: _Player(player) for player in event.players}
        for player in self._players.values():
            byte = player.sid & 0xFF
            self._seats[byte] = None if byte in self._seats else player

    # --- one chunk -------------------------------------------------------------------------

    def _chunk(
        self, recorded: Recorded, event: techmino.ChunkStreamed, player: _Player, chunk: ReadChunk
    ) -> None:
        player.last_chunk = event.at
        if chunk.fault:
            detail = f"the chunk is {chunk.fault}"
            self._add("chunk_undecodable", recorded, detail, "base64", event.stream)
            return
        events = chunk.events
        if not chunk.progress.whole:
            self._add(
                "chunk_torn",
                recorded,
                "the chunk ends in the middle of an event",
                "a chunk that ends with an event",
                event.stream,
            )
        unknown = [moment.event for moment in events if moment.name == "unknown"]
        if unknown:
            self._add(
                "chunk_unknown",
                recorded,
                f"{len(unknown)} events of the chunk are neither waits, keys nor attacks",
                None,
                unknown[:_SHOWN],
            )
        if events:
            self._check_pace(recorded, event, events[-1].frame)
        for moment in events:
            if moment.attack is not None:
                self._attack(recorded, player, moment, moment.attack)

    def _check_pace(self, recorded: Recorded, event: techmino.ChunkStreamed, frame: int) -> None:
        if self._began is None:
            return
        seconds = (event.at - self._began) / SECOND
        most = int(seconds * record.FRAMES_A_SECOND * HASTE) + FRAME_SLACK
        if frame > most:
            self._add(
                "frame_implausible",
                recorded,
                f"the record is at frame {frame}, {seconds:.1f} s after the beginning",
                most,
                frame,
            )

    def _attack(
        self, recorded: Recorded, player: _Player, moment: RecordEvent, attack: Attack
    ) -> None:
        other = self._seats.get(attack.sid)
        if other is None:
            return  # nobody's seat, or one that a byte does not tell
        where = Where(recorded.position, recorded.originator_id, recorded.version)
        if moment.name == "attack_sent":
            lines = _Lines(player.uid, other.uid, attack.line, attack.time, attack.amount)
            self._sent[lines].append(_Sent(where, recorded.event.at, moment.frame))
            return
        waiting = self._sent.get(_Lines(other.uid, player.uid, *attack[:3]))
        if waiting:
            waiting.popleft()
        else:
            self._add(
                "attack_unsent",
                recorded,
                f"{player.uid} received an attack of {other.uid} at frame {moment.frame} that is "
                "not in that player's record before",
                None,
                attack._asdict(),
            )

    # --- the end ---------------------------------------------------------------------------

    def _was_due(self, lines: _Lines, attack: _Sent) -> bool:
        attacker, target = self._players[lines.attacker], self._players[lines.target]
        due = attack.at + GRACE
        return (
            attacker is not target
            and due <= min(self._last, target.last_chunk)
            and attacker.present(attack.at, due)
            and target.present(attack.at, due)
        )

    def _unreceived(self, lines: _Lines, attack: _Sent) -> None:
        self._add(
            "attack_unreceived",
            attack.where,
            f"{lines.target} played on and never received what {lines.attacker} sent at "
            f"frame {attack.frame}",
            lines._asdict(),
            None,
        )

    def _add(self, code: str, where: object, detail: str, expected: object, found: object) -> None:
        self._findings.add(code, where, detail, field="stream", expected=expected, found=found)
