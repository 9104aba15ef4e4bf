"""What reads logs, keys, heads and names that somebody gave: damage in, nothing out but its errors.

A log that was tampered with is the rule here, not the exception: whatever lies in a row, readers
answer or say `EngineError`, and the audit comes to its end.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from codec_targets import Target, message

from parlour.actors.beehive.tokens import read_token, sign_token
from parlour.events import keyfile
from parlour.events.errors import CorruptLog, EngineError
from parlour.events.event import decode
from parlour.events.log import _load_signing_key
from parlour.events.reader import LogReader
from parlour.events.rules.treasure import sealing
from parlour.network import avatars, listeners
from parlour.network.config import ListenSettings
from parlour.network.netaddr import is_loopback, parse
from parlour.network.production import KeyFileDecks
from parlour.replay import chat, kept_outside, listing, played, stats, stream_file, times
from parlour.replay.audit import audit
from parlour.replay.export import export
from parlour.replay.games import find_game, list_games

LOGS: Final = Path(__file__).parents[1] / "logs"
_ENGINE: Final = (EngineError,)


@cache
def folders() -> tuple[Path, ...]:
    """Return the recorded logs."""
    return tuple(sorted(path.parent for path in LOGS.glob("*/log.db")))


@cache
def rows(folder: Path) -> tuple[Any, ...]:
    """Return the rows of a recorded log."""
    with LogReader(folder) as reader:
        return tuple(reader.rows())


# --- one event -----------------------------------------------------------------------------------


def _event(data: bytes) -> None:
    topic, _, state = data.partition(b"\n")
    message(lambda _: decode(topic.decode("utf-8", "surrogateescape"), state), (CorruptLog,))(data)


def _event_seeds() -> tuple[bytes, ...]:
    one = {row.topic: row.state for folder in folders() for row in rows(folder)}
    return tuple(topic.encode() + b"\n" + state for topic, state in sorted(one.items()))


# --- a whole log -------------------------------------------------------------------------------

_COLUMNS: Final = (
    *(("stored_events", name) for name in ("state", "topic", "originator_id", "rowid")),
    *(("stored_events", "originator_version"), ("seals", "digest"), ("seals", "marks")),
    *(("seals", "signature"), ("seals", "last_position"), ("seals", "number")),
    *(("snapshots", "state"), ("snapshots", "topic"), ("claims", "key"), ("claims", "position")),
    ("tracking", "notification_id"),
)


def _value(kind: int, content: bytes) -> Any:
    match kind % 4:
        case 0:
            return content
        case 1:
            return content.decode("utf-8", "replace")
        case 2:
            return int.from_bytes(content[:8], "little", signed=True)
        case _:
            return None


def _row(data: bytes) -> None:
    """Put bytes into a row: which log, column, row and type, then what."""
    which, column, row, kind, content = *data[:4].ljust(4, b"\0"), data[4:]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        source = folders()[which % len(folders())]
        shutil.copy(source / "log.db", folder / "log.db")
        shutil.copy(source / keyfile.KEY_NAME, folder / keyfile.KEY_NAME)
        table, name = _COLUMNS[column % len(_COLUMNS)]
        statement = f"UPDATE {table} SET {name}=? WHERE rowid=(SELECT rowid FROM {table} "
        statement += "LIMIT 1 OFFSET ? % (SELECT MAX(1, COUNT(*)) FROM " + table + "))"
        with sqlite3.connect(folder / "log.db", isolation_level=None) as db:
            try:
                if table == "stored_events" and kind & 128:  # as text that is no UTF-8
                    statement = statement.replace("=?", "=CAST(? AS TEXT)", 1)
                    db.execute(statement, (content, row))
                else:
                    db.execute(statement, (_value(kind, content), row))
            except (sqlite3.Error, OverflowError):
                return  # SQLite refuses it
        db.close()
        _read_all(folder)


def _file(data: bytes) -> None:
    """Overwrite bytes of the file: which log, two bytes for where, then what."""
    where, content = int.from_bytes(data[1:3], "big"), data[3:]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        file = bytearray((folders()[(data or b"\0")[0] % len(folders())] / "log.db").read_bytes())
        file[where : where + len(content)] = content
        (folder / "log.db").write_bytes(file)
        _read_all(folder)


def _read_all(folder: Path) -> None:
    for read in (_audit, _games, _stats, _listing, _chats, _export):
        try:
            with LogReader(folder) as reader:
                read(reader)
        except EngineError:
            continue


def _audit(reader: LogReader) -> None:
    audit(reader).document()


def _games(reader: LogReader) -> None:
    for game in list_games(reader):
        try:
            played.play(reader, find_game(reader, game.id)).document()
        except EngineError:
            continue


def _stats(reader: LogReader) -> None:
    stats.collect(reader).document()


def _listing(reader: LogReader) -> None:
    for entry in listing.entries(reader):
        listing.line(entry)


def _chats(reader: LogReader) -> None:
    for name in chat._known(reader):
        if name != "…":
            for said in chat.open_room(reader, name).messages:
                chat.line(said)


def _export(reader: LogReader) -> None:
    export(reader, reader.path.with_name("out.db"))


# --- files and words of operators ---------------------------------------------------------------


def _of_file(read: Callable[[Path], Any]) -> Callable[[bytes], None]:
    def feed(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as temporary:
            file = Path(temporary) / keyfile.KEY_NAME
            file.write_bytes(data)
            message(lambda _: read(file), _ENGINE)(data)

    return feed


def _of_text(read: Callable[[str], Any], *refusals: type[Exception]) -> Callable[[bytes], None]:
    def feed(data: bytes) -> None:
        text = data.decode("utf-8", "surrogateescape")
        message(lambda _: read(text), refusals or _ENGINE)(data)

    return feed


def _room_of(name: str) -> None:
    for folder in folders():
        with LogReader(folder) as reader:
            try:
                for said in chat.open_room(reader, name).messages:
                    chat.line(said)
            except EngineError:
                continue


def _game_of(name: str) -> None:
    for folder in folders():
        for kind in (None, "treasure"):
            with LogReader(folder) as reader:
                try:
                    find_game(reader, name, kind)
                except EngineError:
                    continue


_DECKS: Final = KeyFileDecks(bytes(32))
_TOKEN: Final = sign_token(_DECKS, 7, 8, expires=10**15)
_CHOICE: Final = sealing.seal(
    bytes(32), sealing.Place(1, 2, 3, 0), sealing.Choice(sealing.Kind(1), 2, 3)
)


def targets() -> Iterator[Target]:
    """Yield all of them."""
    yield Target("event", _event, _event_seeds())
    count = len(folders())
    plain = [bytes((at % count, at, at * 7, 0)) + b'{"at":1}' for at in range(len(_COLUMNS))]
    text = [bytes((at % count, at, at * 5, 1)) + b"landlord.hand:1:1" for at in range(4)]
    yield Target("log row", _row, (*plain, *text))
    yield Target("log file", _file, tuple(bytes((at, at * 9, 0, 255, 0)) for at in range(4)))
    heads = tuple((folder / "head.json").read_bytes() for folder in folders())
    yield Target("head file", _of_file(kept_outside.read_head), heads)
    keys = tuple((folder / "seal.pub").read_bytes() for folder in folders())
    yield Target("public key", _of_file(kept_outside.read_public_key), (*keys, bytes(32)))
    yield Target("signing key", _of_file(_load_signing_key), (*keys, b"-----BEGIN"))
    yield Target("deck key", _of_file(lambda file: keyfile.load(file.parent)), (bytes(32),))
    picture = b"\x89PNG\r\n\x1a\n" + bytes.fromhex("0000000049454e44ae426082")
    yield Target("avatar", _of_file(avatars.data_uri), (picture, b"\xff\xd8\xff\xff\xd9"))
    configs = (b'{"a":1}', b"eyJhIjoxfQ==", b'{"a":[[]]}')
    yield Target("settings in a replay file", _of_text(_settings_of, LookupError), configs)
    yield Target(
        "time", _of_text(times.parse, ValueError), (b"2026-11-21T10:00:00Z", b"2026-11-21")
    )
    places = (b"127.0.0.1:9100", b"[::1]:0", b":9100")
    yield Target("address", _of_text(lambda text: is_loopback(parse(text).host)), places)
    listen = _of_text(lambda text: listeners.addresses([text], ListenSettings()))
    yield Target("listen", listen, (b"http=127.0.0.1:1", b"landlord=:9100"))
    ids = (b"5:12", b"landlord.hand:1:1", b"techmino.match:1", b"treasure.game:1:1", b"1", b"7:3")
    yield Target("game id", _of_text(_game_of), ids)
    names = (b"user:1:2", b"room:9", b"beehive:group:1", b"techmino:global", b"broadcast", b"9")
    yield Target("chat room", _of_text(_room_of), names)
    token = _of_text(lambda text: read_token(_DECKS, text, now=0))
    yield Target("device token", token, (_TOKEN.encode(), b"im1.1.1.1.x"))
    unseal = _of_text(lambda text: sealing.unseal(bytes(32), sealing.Place(1, 2, 3, 0), text))
    yield Target("sealed choice", unseal, (_CHOICE.encode(), b"00" * 8))


def _settings_of(config: str) -> None:
    line = stream_file.settings_of(config.encode("utf-8", "replace").decode())
    if b"\n" in line:
        raise AssertionError("settings of two lines")
