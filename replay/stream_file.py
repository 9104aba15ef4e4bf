"""A player's stream as the client's own replay file (`.rep` of v0.14), which plays there.

Four lines (date, mode, version, player), then, compressed with zlib, three more (seed, settings,
mods) and the record: exactly the bytes that the player sent. The client shows what his keys did;
it skips attacks when it plays a replay, so from the first lines that rose the board may differ.
"""

from __future__ import annotations

import base64
import binascii
import os
import zlib
from pathlib import Path
from typing import Final

import msgspec

from parlour.events.errors import EngineError
from parlour.events.times import moment
from parlour.replay.screen import printable
from parlour.replay.streams import MatchStreams, NoSuchPlayer, Stream

MODE: Final = "netBattle"
"""The mode that the client plays matches in, with the same rules for falling and locking."""
VERSION: Final = "V0.14.6"

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class ReplayRefused(EngineError):
    """There is nothing to write, or it cannot be written there."""


def replay_file(match: MatchStreams, stream: Stream) -> bytes:
    """Return a player's replay file.

    Raises:
        ReplayRefused: The game did not begin.
    """
    if match.began is None:
        raise ReplayRefused(f"{match.id} did not begin: nobody sent a stream")
    begun = moment(match.began.at)
    # Not strftime's %A: the name of the day must not depend on where this runs.
    date = f"{begun:%Y/%m/%d} {_DAYS[begun.weekday()]} {begun:%H:%M:%S}"
    player = printable(stream.player.username) or f"uid {stream.player.uid}"
    head = "\n".join((date, MODE, VERSION, player)) + "\n"
    settings = settings_of(stream.player.config)
    body = f"{match.began.seed}\n".encode() + settings + b"\n[]\n" + stream.record
    return head.encode() + zlib.compress(body)


def settings_of(config: str) -> bytes:
    """Return a player's settings as one line of JSON; `{}` when his config holds none."""
    for text in (config.encode(), _from_base64(config)):
        try:
            settings = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
        return msgspec.json.encode(settings).replace(b"\r", b"").replace(b"\n", b"")
    return b"{}"


def one_stream(match: MatchStreams, uid: int | None) -> Stream:
    """Return the stream of a player; without `uid`, of the only one there is.

    Raises:
        NoSuchPlayer: It is not said which of several players is meant, or he did not play.
    """
    streams = match.of(uid)
    if len(streams) > 1:
        uids = " or ".join(str(stream.player.uid) for stream in streams)
        raise NoSuchPlayer(f"a replay file is of one player: give --uid {uids}")
    return streams[0]


def write(out: Path, content: bytes, *, log: Path) -> None:
    """Write a file, whole or not at all; one that is there is replaced.

    Raises:
        ReplayRefused: It cannot be written there, or is the log that is read.
    """
    if out.exists() and out.resolve() == log.resolve():
        raise ReplayRefused(f"{out} is the log itself: name another file")
    aside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        aside.write_bytes(content)
        aside.replace(out)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise ReplayRefused(f"{out} cannot be written ({error}): name another file") from error


def _from_base64(config: str) -> bytes:
    try:
        return base64.b64decode(config.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return b""
