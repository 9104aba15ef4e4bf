"""What a peer of each protocol says: connections of any kind, their messages, and odd bytes.

A message is made as JSON members, so that a value may be anything that can be written: numbers of
any size, text with surrogates, arrays in arrays, a name twice. Protobuf takes what its types hold.
"""

from __future__ import annotations

import re
import struct
from collections import ChainMap
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, get_args

import msgspec
from samples import sample

from parlour.events.errors import EngineError
from parlour.events.messages import landlord
from parlour.events.messages import treasure as seek
from parlour.events.messages import treasure_link as link
from parlour.events.messages.beehive.packet import Packet
from parlour.network import account_requests
from parlour.network.beehive import v1_requests, v2
from parlour.network.beehive.commands import CLIENT, NODE, heard_from
from parlour.network.beehive.frames import CHECKSUM, NARROW
from parlour.network.demo.techmino_client import masked_frame
from parlour.network.landlord.codec import obfuscate
from parlour.network.techmino.handlers import ACTIONS, PATH
from parlour.network.websocket import BINARY

Members = list[tuple[str, bytes]]
"""Names with values that are JSON, or nearly."""


class Voice:
    """One connection's own: the numbers of its packets, and what it was told and said."""

    def __init__(self, shared: dict[str, bytes]) -> None:
        self.own: dict[str, bytes] = {}
        self.known = ChainMap(self.own, shared)
        self._seq = 0

    def next_seq(self) -> int:
        """Return the number of its next packet."""
        self._seq += 1
        return self._seq

    def sid(self) -> int:
        """Return which device it says it is."""
        digits = self.own.get("sid", b"3")
        return int(digits) % 2**64 if digits.isdigit() and len(digits) < 30 else 3


Words = Callable[[Voice, int, type, Members], bytes]
"""Whose voice, number and type of a message and its members, to the bytes that say it."""

NOW: Final = 1_790_000_000
"""Seconds since 1970, when the simulation begins."""
DEEP: Final = 2_500
"""Far deeper than anything reads; as deep as a Dou Dizhu frame has room for."""
BOUNDARIES: Final = (
    *(b"0", b"-1", b"1", b"2", b"255", b"256", b"65535", b"65536", b"2147483647", b"2147483648"),
    *(b"-2147483649", b"4294967296", b"9007199254740992", b"9007199254740993"),
    *(b"9223372036854775807", b"9223372036854775808", b"-9223372036854775809"),
    *(b"18446744073709551615", b"18446744073709551616", b"9" * 400, b"1e400", b"-0", b"0.5"),
    *(b"NaN", b"Infinity", b"null", b"true", b"false", b"", b"[]", b"{}", b"[[]]", b'[""]'),
    *(b'""', b'"0"', b'"-1"', b'" "', b'"\\u0000"', b'"\\ud800"', b'"\\udfff\\ud800"', b'"\xff"'),
    *(b'"\xed\xa0\x80"', b'"\\n\\r"', b'"\xe2\x80\xae"', b'"../../deck.key"', b'"%s%n{0}"'),
    *(b'"' + b"x" * size + b'"' for size in (41, 129, 300, 5_000, 60_000)),
    b'"' + "\U0001f600".encode() * 100 + b'"',
    b"[" * DEEP + b"]" * DEEP,
    b"[" * 4 * DEEP + b"]" * 4 * DEEP,
    b'{"a":' * (DEEP // 2) + b"1" + b"}" * (DEEP // 2),
    *(b"[-1]", b"[0,0,0]", b"[52,53]", b"[1,2,3,4,5,6,7,8]", b"[9223372036854775808]", b"[1e3]"),
    b"[" + b",".join([b"3"] * 2_000) + b"]",
    *(b'"classic"', b'"operator"', b'"B"', b'"C"', b'"a@b.c"', b"%d" % NOW),
    b'"0123456789abcdef"',
    *(b'"2026-11-21T00:00:00Z"', b'"AP8="', b'"A"', b'"landlord.table:1"', b"[null]", b'[{"a":1}]'),
)
"""Values that somebody forgot."""


def json_of(members: Members) -> bytes:
    """Return an object; members come as they are, twice too."""
    return b"{" + b",".join(b'"%s":%s' % (name.encode(), value) for name, value in members) + b"}"


# --- bytes of each protocol ----------------------------------------------------------------------


def _landlord(_voice: Voice, _number: int, _kind: type, members: Members) -> bytes:
    body = json_of(members)
    return struct.pack("<I", len(body)) + body


def _obfuscated(_voice: Voice, _number: int, _kind: type, members: Members) -> bytes:
    body = json_of(members)
    return struct.pack("<I", len(body)) + obfuscate(body)


def _landlord_text(_voice: Voice, _number: int, _kind: type, members: Members) -> bytes:
    return masked_frame(json_of(members))


def _treasure(_voice: Voice, number: int, _kind: type, members: Members) -> bytes:
    body = struct.pack("<H", number) + json_of(members)
    return struct.pack("<I", len(body)) + body


def _treasure_message(_voice: Voice, number: int, _kind: type, members: Members) -> bytes:
    return masked_frame(struct.pack("<H", number) + json_of(members), BINARY)


def _techmino(_voice: Voice, number: int, kind: type, members: Members) -> bytes:
    body = json_of(members)
    if kind is Credentials:
        return masked_frame(body)
    return masked_frame(b'{"action":%d,"data":%s}' % (number, body))


def _narrow(version: int) -> Words:
    def words(voice: Voice, number: int, _kind: type, members: Members) -> bytes:
        body = json_of(members)
        head = (number, 1, len(body), CHECKSUM, voice.sid(), 0, voice.next_seq(), version, 8)
        return NARROW.pack(*head) + body

    return words


def _protobuf(*, nodes: bool) -> Words:
    dialect = v2.NODES_PROTOBUF if nodes else v2.PROTOBUF

    def words(voice: Voice, _number: int, kind: type, members: Members) -> bytes:
        seq = voice.next_seq()
        try:
            message = msgspec.json.decode(json_of(members), type=kind)
            return dialect.encode(Packet(message, seq, voice.sid()))
        except (msgspec.MsgspecError, EngineError, ValueError, RecursionError, TypeError):
            return dialect.encode(Packet(sample(kind), seq, voice.sid()))

    return words


def _message_of(words: Words) -> Words:
    return lambda *said: masked_frame(words(*said), BINARY)


def _http(_voice: Voice, _number: int, kind: type, members: Members) -> bytes:
    query = b"&".join(b"%s=%s" % (name.encode(), _escaped(value)) for name, value in members)
    body = dict(members).get("body", b"")[:70_000]
    method, path = _PATHS[kind]
    host = b"Host: 127.0.0.1:8080\r\nContent-Length: %d\r\n\r\n" % len(body)
    return b"%s %s?%s HTTP/1.1\r\n" % (method, path, query[:6_000]) + host + body


def _escaped(value: bytes) -> bytes:
    plain = value[1:-1] if value[:1] == b'"' else value
    return re.sub(rb"[^\w.-]", lambda found: b"%%%02X" % found[0][0], plain)


# --- what is said besides the protocols' own messages -------------------------------------------


class Plain(msgspec.Struct, kw_only=True):
    """Something with values that will do."""


class Credentials(Plain, kw_only=True):
    """The first message of a Techmino client."""

    uid: int = 3
    accessToken: str = "any"  # noqa: N815
    authToken: str = "any"  # noqa: N815
    email: str = "a@b.c"
    password: str = "x"
    rid: str = ""


class V1(Plain, kw_only=True):
    """Any body of dialect v1: all the names there are."""

    uid: int = 3
    token: str = "t"
    app: str = "a"
    version: str = "1"
    to: int = 4
    rid: int = 9
    mark: str = "m"
    sub: int = 291
    errno: int = 0
    errmsg: str = ""
    nid: int = 5
    ipaddr: str = "10.0.0.1"
    port: int = 9
    mod: int = 1
    time: int = NOW
    nonce: str = "0123456789abcdef"
    mac: str = "00"


class Register(Plain, kw_only=True):
    """A query of GET /im/register; more below."""

    uid: int = 0
    nation: str = "n"
    city: str = "c"
    token: str = ""


class IpList(Plain, kw_only=True):
    uid: int = 3
    sid: int = 0
    type: int = 1
    clientip: str = ""
    password: str = "x"


class History(Plain, kw_only=True):
    uid: int = 3
    rid: int = 9
    num: int = 10
    seq: int = 0


class Push(Plain, kw_only=True):
    dim: str = "room"
    rid: int = 9
    gid: int = 1
    uid: int = 3
    sid: int = 7
    level: int = 0
    expire: int = 5
    body: str = "hello"


class Page(Plain, kw_only=True):
    x: str = ""


_PATHS: Final[Mapping[type, tuple[bytes, bytes]]] = {
    Register: (b"GET", b"/im/register"),
    IpList: (b"GET", b"/im/iplist"),
    History: (b"GET", b"/im/history"),
    Push: (b"POST", b"/im/push"),
    Page: (b"GET", b"/readyz"),
}


# --- kinds of connections ----------------------------------------------------------------------


class Kind(NamedTuple):
    """One way to come in."""

    name: str
    listener: str
    path: str
    """Of the upgrade; "" for none."""
    messages: tuple[tuple[int, type], ...]
    """Number and type of all that a peer may say here."""
    words: Words
    frame: int
    """Longest frame, with its header: what may be kept of one."""


_LANDLORD: Final = tuple((0, cls) for cls in get_args(landlord.Request))
_LOBBY: Final = tuple(seek.LOBBY_REQUESTS.items())
_GAMES: Final = tuple(seek.ROOM_REQUESTS.items())


def _beehive(*, nodes: bool) -> dict[str, tuple[tuple[tuple[int, type], ...], Words]]:
    said = tuple(heard_from(NODE if nodes else CLIENT).items())
    keys = v1_requests.heard_from(NODE if nodes else CLIENT)
    return {
        "v1": (tuple((key, V1) for key in keys), _narrow(1)),
        "v2": (said, _narrow(2)),
        "pb": (said, _protobuf(nodes=nodes)),
    }


def _kinds() -> list[Kind]:
    kinds = [
        Kind("landlord", "landlord", "", _LANDLORD, _landlord, 8_196),
        Kind("landlord xor", "landlord", "", _LANDLORD, _obfuscated, 8_196),
        Kind("landlord ws", "http", "/landlord", _LANDLORD, _landlord_text, 8_206),
        Kind("treasure", "treasure", "", _LOBBY, _treasure, 65_540),
        Kind("treasure ws", "http", "/treasure", _LOBBY, _treasure_message, 65_550),
        Kind("games", "treasure-room", "", _GAMES, _treasure, 65_540),
        Kind("games ws", "http", "/treasure/room", _GAMES, _treasure_message, 65_550),
        Kind("link", "nodes", "", tuple(link.FROM_SERVER.items()), _treasure, link.MAX_FRAME + 4),
    ]
    for dialect, (messages, words) in _beehive(nodes=False).items():
        kinds.append(Kind(f"bee {dialect}", "beehive", "", messages, words, 65_588))
        ws = _message_of(words)
        kinds.append(Kind(f"bee {dialect} ws", "http", f"/im/{dialect}", messages, ws, 65_602))
    for dialect, (messages, words) in _beehive(nodes=True).items():
        kinds.append(Kind(f"nodes {dialect}", "beehive-nodes", "", messages, words, 65_588))
    for endpoint, rows in ACTIONS.items():
        said = ((0, Credentials), *((action, row.request) for action, row in rows.items()))
        kinds.append(Kind(f"tech {endpoint}", "http", PATH + endpoint, said, _techmino, 70_000))
    pages = tuple((0, cls) for cls in _PATHS)
    kinds.append(Kind("http", "http", "", pages, _http, 140_000))
    orders = tuple((0, cls) for cls in get_args(account_requests.AnyRequest))
    kinds.append(Kind("admin", "", "", orders, lambda *said: json_of(said[3]), 1 << 20))
    return kinds


KINDS: Final = tuple(_kinds())
NUMBER: Final = {kind.name: number for number, kind in enumerate(KINDS)}


def members_of(kind: type, known: Mapping[str, bytes]) -> Members:
    """Return the members of a plain message, with what was heard under their names."""
    plain = kind() if issubclass(kind, Plain) else sample(kind)
    made = msgspec.json.decode(msgspec.json.encode(plain), type=dict[str, msgspec.Raw])
    return [(name, known.get(name, bytes(value))) for name, value in made.items()]


_HEARD: Final = re.compile(rb'"(\w{2,20})":("[^"\\]{1,64}"|-?\d{1,20}|\[\d[\d,]{0,200}\])')
_NOT_KEPT: Final = frozenset(
    (
        *("action", "app", "cmd", "code", "errmsg", "errno", "error_code", "notice", "reason"),
        *("seq", "session", "type", "version", "zone"),
    )
)


_WHO: Final = frozenset(("uid", "player_id", "sid"))
"""What a connection is, is what it said or was told first."""


def learn(data: bytes, known: dict[str, bytes], *, only_who: bool = False) -> None:
    """Keep what a message names: numbers of rooms, tickets, tokens, cards."""
    for name, value in _HEARD.findall(data):
        if name == b"private":
            name, value = b"cards", value.partition(b",")[0].rstrip(b"]") + b"]"
        word = name.decode()
        if word in _WHO:
            known.setdefault(word, value)
        elif word not in _NOT_KEPT and not only_who:
            known[word] = value


def upgrade(path: str) -> bytes:
    """Return the request for a WebSocket."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n\r\n"
    ).encode()
