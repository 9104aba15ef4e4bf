"""Both numberings as tables: the 116 rows of seed 002 from commands.json, the 48 of seed 004 here.

Nothing of Parlour is imported. `sent` and `heard` say what a client (or a node) may send and
what it may be told.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, NamedTuple

from bee_proto import Field

Rows = dict[str, "Row"]


class Row(NamedTuple):
    """One command."""

    key: int
    keyword: str
    fields: tuple[Field, ...] = ()
    sent: bool = False
    heard: bool = False
    raw: bool = False
    """Its body is anybody's bytes."""


def _new_rows() -> Rows:
    text = (Path(__file__).parent / "commands.json").read_text()
    rows = {}
    for command in json.loads(text)["commands"]:
        fields = tuple(
            Field(f["name"], f["number"], f["type"], f.get("optional", False))
            for f in command["fields"]
        )
        way = command["direction"]
        rows[command["keyword"]] = Row(
            int(command["key"], 16),
            command["keyword"],
            fields,
            sent=" to server" in way or way == "both",
            heard="server to " in way or way == "both",
        )
    return rows


_OLD = """
0101 ONLINE > uid:uint64 token:string app:string version:string terminal?:uint32
0102 ONLINE-ACK < errno:uint32 errmsg:string
0103 OFFLINE >
0104 OFFLINE-ACK <
0105 JOIN > uid:uint64 token:string app:string version:string terminal?:uint32 rid?:uint64
0106 JOIN-ACK < errno:uint32 errmsg:string
0107 QUIT >
0108 QUIT-ACK <
0109 PING >
010A PONG <
010B SUB > sub:uint32
010C SUB-ACK < sub:uint32 errno:uint32 errmsg:string
010D UNSUB > sub:uint32
010E UNSUB-ACK < sub:uint32 errno:uint32 errmsg:string
0110 GROUP-MSG = *
0111 GROUP-MSG-ACK =
0112 PRVT-MSG = *
0113 PRVT-MSG-ACK =
0114 BC-MSG = *
0115 BC-MSG-ACK =
0116 ADD-FRIEND = mark?:string to?:uint64
0117 ADD-FRIEND-ACK =
0118 REP-ADD-FRIEND = errno:uint32 errmsg:string mark?:string to?:uint64
0119 REP-ADD-FRIEND-ACK =
011A DEL-FRIEND = to?:uint64
011B DEL-FRIEND-ACK =
011C ROOM-MSG = *
011D ROOM-MSG-ACK =
011E ROOM-BC < *
0120 ROOM-BC-ACK >
0121 UNUSUAL < errno:uint32 errmsg:string
0122 UNUSUAL-ACK >
0123 ROOM-USR-NUM < rid:uint64 usrnum:uint32
0124 ROOM-USR-NUM-ACK >
0125 SYNC-MSG >
0126 SYNC-MSG-ACK <
0301 ONLINE-NOTIFY < uid:uint64
0302 OFFLINE-NOTIFY < uid:uint64
0303 JOIN-NOTIFY < uid:uint64
0304 QUIT-NOTIFY < uid:uint64
0305 BAN-NOTIFY < uid:uint64
0306 KICK-NOTIFY < uid:uint64
0401 HB > nid:uint32 mod:uint32 ipaddr:string port:uint32
0402 HB-ACK <
0403 LSN-RPT > nid:uint32 ipaddr:string port:uint32
0404 LSN-RPT-ACK <
0405 FRWD-LIST = *
0406 FRWD-LIST-ACK =
"""
"""Key, keyword, way (> sent by clients, < by the server, = by both), body (* anything)."""


def _fields(words: list[str]) -> tuple[Field, ...]:
    fields = []
    for number, word in enumerate(words, 1):
        name, _, type_ = word.partition(":")
        fields.append(Field(name.rstrip("?"), number, type_, name.endswith("?")))
    return tuple(fields)


def _old_rows() -> Rows:
    rows = {}
    for line in _OLD.strip().splitlines():
        key, keyword, way, *body = line.split()
        rows[keyword] = Row(
            int(key, 16),
            keyword,
            () if body == ["*"] else _fields(body),
            sent=way in ">=",
            heard=way in "<=",
            raw=body == ["*"],
        )
    return rows


NEW: Final = _new_rows()
OLD: Final = _old_rows()

_AUTH = Row(
    0x06F1, "NODE-AUTH", _fields(["nid:uint32", "time:uint64", "nonce:string", "mac:string"])
)


def proof(errors: str) -> Rows:
    """Return the first frame of a node and its answer: of this project, in no seed."""
    answer = Row(0x06F2, "NODE-AUTH-ACK", _fields([f"{errors}:uint32", "errmsg:string"]))
    return {row.keyword: row for row in (_AUTH, answer)}


def answer_to(keyword: str) -> str:
    """Return the name of the answer to a command."""
    return "PONG" if keyword == "PING" else f"{keyword}-ACK"
