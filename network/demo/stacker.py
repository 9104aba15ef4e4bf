"""What a Techmino client streams of its player: plausible keys, lines sent, lines received.

There is no board here: keys fall as a player's would, and now and then a piece clears lines. The
times are real, as are the attacks: what one player sends, the other receives when he has seen it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from random import Random
from typing import Final

from parlour.events.rules.techmino import record
from parlour.events.rules.techmino.record import Attack, RecordEvent, press, release

CHUNK_FRAMES: Final = 9
"""0.15 s: existing clients send so often."""
CHUNK_SECONDS: Final = CHUNK_FRAMES / record.FRAMES_A_SECOND
_LEFT, _RIGHT, _ROTATE, _DROP = 1, 2, 3, 6
_PIECE_FRAMES: Final = (16, 28)
"""From one piece to the next."""
_RISE_FRAMES: Final = 60
"""Until received lines rise."""
_PIECES_A_CLEAR: Final = 2
_COLUMNS: Final = 10
_PIECE_SCORE: Final = 20
_LINE_SCORE: Final = 100


class Stacker:
    """One player's record, chunk by chunk."""

    def __init__(self, sid: int, others: Sequence[int], *, seed: int) -> None:
        """Sit down.

        Args:
            sid: The player's seat.
            others: Seats of the others, in the order in which lines go to them.
            seed: Of the game.
        """
        self.sid = sid
        self.frame = 0
        """Where the record has come to."""
        self.received: list[Attack] = []
        """`sid` is whose they were."""
        self._others = deque(others)
        self._random = Random(seed * 256 + sid)
        self._pieces = 0
        self._lines = 0
        self._planned: deque[RecordEvent] = deque()
        self._next_piece = record.FIRST_FRAME
        self._last = 0
        """Frame of the last event in the record."""
        self._coming: list[Attack] = []
        self._heard: dict[int, record.Progress] = {}

    @property
    def seconds(self) -> float:
        """How long the player has survived, by his own clock."""
        return self.frame / record.FRAMES_A_SECOND

    @property
    def score(self) -> int:
        """Pieces and lines, added up."""
        return self._pieces * _PIECE_SCORE + self._lines * _LINE_SCORE

    def advance(self) -> str:
        """Return the chunk of the next CHUNK_FRAMES."""
        end = self.frame + CHUNK_FRAMES
        while self._next_piece <= end:
            self._plan_piece()
        events = [self._receive(attack) for attack in self._coming]
        self._coming.clear()
        while self._planned and self._planned[0].frame <= end:
            events.append(self._planned.popleft())
        events.sort(key=lambda event: event.frame)
        chunk = record.encode(events or [RecordEvent(end, 0)], self._last)
        self._last = events[-1].frame if events else end
        self.frame = end
        return record.pack(chunk)

    def hear(self, sid: int, stream: str) -> None:
        """Look at another player's chunk: lines for this seat come in."""
        before = self._heard.get(sid, record.START)
        events, self._heard[sid] = record.decode(record.unpack(stream), before)
        for event in events:
            attack = event.attack
            if event.name == "attack_sent" and attack is not None and attack.sid == self.sid:
                self._coming.append(attack._replace(sid=sid))

    def forget(self, sid: int) -> None:
        """Send no more lines to a seat: its player is out."""
        if sid in self._others:
            self._others.remove(sid)

    def _receive(self, attack: Attack) -> RecordEvent:
        self.received.append(attack)
        return record.received(self.frame + 1, attack)

    def _plan_piece(self) -> None:
        """Move a piece, turn it, drop it; every other one clears lines."""
        frame = self._next_piece
        strokes = [self._random.choice((_LEFT, _RIGHT))] * self._random.randint(0, 3)
        strokes += [_ROTATE] * self._random.randint(0, 1)
        for key in strokes:
            self._planned += (press(frame, key), release(frame + 2, key))
            frame += 3
        self._planned += (press(frame, _DROP), release(frame + 1, _DROP))
        self._pieces += 1
        if self._pieces % _PIECES_A_CLEAR == 0 and self._others:
            self._planned.append(record.sent(frame + 1, self._attack()))
        self._next_piece = frame + self._random.randint(*_PIECE_FRAMES)

    def _attack(self) -> Attack:
        """Return lines for whoever's turn it is, with a hole in one column."""
        amount = self._random.randint(1, 4)
        self._lines += amount
        self._others.rotate(-1)
        hole = 1 << self._random.randrange(_COLUMNS)
        return Attack((1 << _COLUMNS) - 1 - hole, _RISE_FRAMES, amount, self._others[-1])
