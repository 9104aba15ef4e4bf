"""Streams as people read them: who played, and frame by frame what he did.

Lines are plain text, one for each frame in which a player did something; waits are left out. The
same lines can be played at the speed at which they happened.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import merge
from itertools import groupby
from typing import Final, NamedTuple

from parlour.events.rules.techmino import record
from parlour.events.rules.techmino.record import RecordEvent
from parlour.replay.findings import Finding
from parlour.replay.screen import number, printable
from parlour.replay.streams import MatchStreams, Moment, Stream
from parlour.replay.times import clock

_NAME_WIDTH: Final = 20
_LONGEST_WAIT: Final = 3_600.0
"""Seconds between two lines that are played."""


class Line(NamedTuple):
    """One line of a timeline."""

    frame: int
    sid: int
    text: str

    @property
    def seconds(self) -> float:
        """Return when it is, in seconds since the beginning."""
        return self.frame / record.FRAMES_A_SECOND


def header(match: MatchStreams, streams: Sequence[Stream]) -> Iterator[str]:
    """Yield what is to be said before a timeline."""
    opened = match.opened
    yield f"Techmino  {match.id}  {opened.type}, in room {opened.room}"
    if match.began is None:
        yield f"opened {clock(opened.at)} UTC; the game did not begin"
        return
    yield f"began {clock(match.began.at)} UTC with seed {match.began.seed}"
    for stream in streams:
        player = stream.player
        last = stream.moments[-1].event.frame if stream.moments else 0
        yield (
            f"  seat {player.sid}  {_name(stream):{_NAME_WIDTH}}  uid {player.uid}  "
            f"{_count(len(stream.chunks), 'chunk')}, {_count(len(stream.record), 'byte')}, "
            f"to frame {last}"
        )
    yield ""


def timeline(match: MatchStreams, streams: Sequence[Stream]) -> Iterator[Line]:
    """Yield what happened in order of frames; deaths by when they were recorded."""
    return merge(*(_lines(match, stream) for stream in streams))


def footer(streams: Sequence[Stream]) -> Iterator[str]:
    """Yield what is wrong with the streams, if anything."""
    findings = [finding for stream in streams for finding in stream.findings]
    if findings:
        yield ""
        yield f"{_count(len(findings), 'finding')}:"
    yield from map(_finding, findings)


def play(
    lines: Iterable[Line],
    speed: float,
    echo: Callable[[str], object],
    *,
    sleep: Callable[[float], object] = time.sleep,
    now: Callable[[], float] = time.monotonic,
) -> None:
    """Say lines when they are due.

    Args:
        lines: In order of frames.
        speed: 1 is as it happened, 2 is twice as fast.
        echo: Takes a line's text.
        sleep: Waits some seconds.
        now: Tells the time in seconds.
    """
    start = now()
    for line in lines:
        wait = start + line.seconds / speed - now()
        if wait > 0:
            # A record may claim any frame; no clock sleeps for ages.
            sleep(min(wait, _LONGEST_WAIT))
        echo(line.text)


# --- lines ----------------------------------------------------------------------------------


def _lines(match: MatchStreams, stream: Stream) -> Iterator[Line]:
    ends = iter(() if match.began is None else _end(match.began.at, stream))
    return merge(_acts(stream), ends)


def _acts(stream: Stream) -> Iterator[Line]:
    sid = stream.player.sid
    for frame, moments in groupby(stream.moments, key=_frame):
        said = ", ".join(filter(None, (_words(moment.event) for moment in moments)))
        if said:
            yield Line(frame, sid, _text(frame, stream, said))


def _end(began: int, stream: Stream) -> Iterator[Line]:
    if stream.end is None:
        return
    frame = max((stream.end.at - began) * record.FRAMES_A_SECOND // 1_000_000, 0)
    match stream.end.why:
        case "died":
            score, seconds = number(stream.end.score), number(stream.end.survival_time)
            said = f"DIES: score {score}, {seconds} s by his clock"
        case "lost":
            said = "DIES: connection lost"
        case _:
            said = "is MISSING: did not connect in time"
    yield Line(frame, stream.player.sid, _text(frame, stream, said))


def _frame(moment: Moment) -> int:
    return moment.event.frame


def _text(frame: int, stream: Stream, said: str) -> str:
    seconds = frame / record.FRAMES_A_SECOND
    minutes, rest = divmod(seconds, 60)
    return f"{frame:>7}  {minutes:>3.0f}:{rest:06.3f}  {_name(stream):{_NAME_WIDTH}}  {said}"


def _words(event: RecordEvent) -> str:
    attack, key = event.attack, event.key
    if attack is not None:
        way = "sends {} to" if event.name == "attack_sent" else "receives {} from"
        lines = way.format(_count(attack.amount, "line"))
        return f"{lines} seat {attack.sid} (holes {attack.line:#x}, {attack.time} frames)"
    if key is not None:
        return f"{'+' if event.name == 'press' else '-'}{record.KEYS.get(key, f'key {key}')}"
    return "" if event.name == "wait" else f"unknown event {event.event}"


def _name(stream: Stream) -> str:
    name = printable(stream.player.username) or f"uid {stream.player.uid}"
    return name if len(name) <= _NAME_WIDTH else name[: _NAME_WIDTH - 1] + "…"


def _finding(finding: Finding) -> str:
    return f"  {finding.code}  position {finding.position}: {finding.detail}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
