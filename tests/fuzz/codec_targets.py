"""Every codec as a fuzzer sees it: bytes in, nothing out but the documented errors.

Shared by the tests (hypothesis) and the coverage-guided harness (atheris). Whoever feeds a target
may rely on this and no more: `feed` returns, or it has found something.
"""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple, get_args

import msgspec
from samples import sample

from parlour.actors.techmino.settings import TechminoSettings
from parlour.events.errors import EngineError, RemoteProtocolError, RuleViolation
from parlour.events.messages import landlord
from parlour.events.messages import treasure as seek
from parlour.events.messages import treasure_link as link
from parlour.events.messages.beehive.packet import Packet
from parlour.events.rules.techmino import record
from parlour.network import account_requests, configfile, websocket
from parlour.network.account_desk import parse_request
from parlour.network.beehive import v1_requests, v2
from parlour.network.beehive.codec import BeehiveCodec
from parlour.network.beehive.commands import CLIENT, NODE, heard_from
from parlour.network.beehive.frames import CHECKSUM, NARROW, WIDE
from parlour.network.landlord import codec as cards
from parlour.network.techmino import codec as techmino
from parlour.network.techmino import credentials
from parlour.network.techmino.handlers import ACTIONS
from parlour.network.treasure import codec as treasure
from parlour.network.treasure import link_codec

Refusals = tuple[type[Exception], ...]


class Target(NamedTuple):
    """Something that reads bytes of strangers."""

    name: str
    feed: Callable[[bytes], None]
    """Raises when anything but a documented error comes out, or a promise is broken."""
    seeds: tuple[bytes, ...]
    """Valid bytes, to begin from."""


class Broken(AssertionError):
    """A codec kept more than it may, or said two things of the same bytes."""


def require(fact: object, what: str) -> None:
    """Raise unless a promise is kept."""
    if not fact:
        raise Broken(what)


# --- streams: bytes to frames ----------------------------------------------------------------


def _cut(reader: Any, pieces: Iterable[bytes], most: int) -> Iterator[Any]:
    """Yield the frames of a stream that comes in pieces; the end is an error's text or None."""
    for piece in pieces:
        before = len(reader._buffer) - reader._start
        reader.receive_data(piece)
        try:
            while (frame := reader.next_frame()) is not None:
                yield frame
        except RemoteProtocolError as error:
            yield f"{error.code}: {error}"
            return
        kept = len(reader._buffer) - reader._start
        require(kept <= most, f"{kept} bytes are kept of a frame of at most {most}")
        require(kept <= before + len(piece), "more bytes are kept than came")


def _pieces(data: bytes) -> Iterator[bytes]:
    """Yield uneven pieces of a stream, as the stream itself has it."""
    start = 0
    while start < len(data):
        end = start + 1 + data[start] % 13
        yield data[start:end]
        start = end


def stream(make: Callable[[], Any], decode: Callable[[Any, Any], None], *, most: int) -> Any:
    """Return what feeds a stream whole and in pieces, and decodes every frame.

    Args:
        make: A new reader of frames.
        decode: Reads one frame; its first argument is the reader.
        most: The longest frame, header and all.
    """

    def feed(data: bytes) -> None:
        whole, split = make(), make()
        found = list(_cut(whole, [data], max(most, len(data))))
        require(list(_cut(split, _pieces(data), most)) == found, "pieces read otherwise")
        for frame in found:
            if not isinstance(frame, str):
                decode(whole, frame)

    return feed


# --- messages: frames to requests --------------------------------------------------------------


def message(decode: Callable[[bytes], Any], refusals: Refusals) -> Callable[[bytes], None]:
    """Return what feeds whole messages; what is read must not be bigger than what came."""

    def feed(data: bytes) -> None:
        try:
            decode(data)
        except refusals:
            pass

    return feed


def _cards_frame(_codec: Any, frame: bytes) -> None:
    message(cards.decode, (RuleViolation, RemoteProtocolError))(frame)


_CARDS: Final = tuple(sample(kind) for kind in get_args(landlord.Request))


def _landlord() -> Iterator[Target]:
    most = cards.MAX_FRAME + cards.HEADER.size
    seeds = [dialect.encode(said) for said in _CARDS for dialect in (cards.PLAIN, cards.OBFUSCATED)]
    yield Target("landlord", stream(cards.TcpCodec, _cards_frame, most=most), tuple(seeds))
    words = tuple(msgspec.json.encode(said) for said in _CARDS)
    yield Target(
        "landlord json", message(cards.decode, (RuleViolation, RemoteProtocolError)), words
    )


# --- beehive -----------------------------------------------------------------------------------


def _packet(codec: BeehiveCodec, frame: Any) -> None:
    try:
        request = codec.decode(frame)
    except RuleViolation:
        return
    if codec.dialect.name == "beehive-v1":
        return  # reads and writes other words
    said = codec.dialect.encode(Packet(request.message, request.seq, request.sid))
    again = codec.decode(codec.read_packet(said))
    require(again.message == request.message, f"{request.message} is not what it was: {again}")


def _packets(dialect: str, *, nodes: bool) -> Iterator[bytes]:
    if dialect == "v1":
        body = b'{"uid":7,"token":"t","app":"a","version":"1","to":8,"rid":9,"mark":"m","sub":291}'
        for key in v1_requests.heard_from(NODE if nodes else CLIENT):
            yield NARROW.pack(key, 1, len(body), CHECKSUM, 5, 0, 6, 1, 8) + body
        return
    json, pb = (v2.NODES_JSON, v2.NODES_PROTOBUF) if nodes else (v2.JSON, v2.PROTOBUF)
    frames = json if dialect == "v2" else pb
    for kind in heard_from(NODE if nodes else CLIENT).values():
        yield frames.encode(Packet(sample(kind), 5, 6))


def _beehive() -> Iterator[Target]:
    most = 65_536 + max(NARROW.size, WIDE.size)
    for dialect in ("v1", "v2", "pb"):
        for nodes in (False, True):
            kind = f"beehive {dialect}{' nodes' if nodes else ''}"
            seeds = tuple(_packets(dialect, nodes=nodes))
            forced = lambda dialect=dialect, nodes=nodes: BeehiveCodec(dialect, nodes=nodes)  # noqa: E731
            yield Target(kind, stream(forced, _packet, most=most), seeds)
    yield Target("beehive", stream(BeehiveCodec, _packet, most=most), (_captured(),))


def _captured() -> bytes:
    head = "00000101000000310000000000000" + "4d2" + "0" * 31 + "1" + "0" * 32
    body = "08d4e4b5a54510d2091a11544f4b454e2d46524f4d2d49504c495354220c"
    body += "6265656869766520636861742a05312e302e30"
    return bytes.fromhex(head + body)


# --- techmino ----------------------------------------------------------------------------------

_TECHMINO: Final = TechminoSettings()
_LENGTHS: Final = techmino.Lengths(
    message=_TECHMINO.message_bytes, config=_TECHMINO.config_bytes, chunk=_TECHMINO.chunk_bytes
)


def _techmino() -> Iterator[Target]:
    for endpoint, rows in ACTIONS.items():
        decoder = techmino.RequestDecoder({a: row.request for a, row in rows.items()}, _LENGTHS)
        seeds = tuple(
            msgspec.json.encode({"action": action, "data": sample(row.request)})
            for action, row in rows.items()
        )
        yield Target(f"techmino {endpoint}", message(decoder.decode, (RuleViolation,)), seeds)

    def credential(data: bytes) -> None:
        for endpoint in ACTIONS:
            message(lambda payload: credentials.read(endpoint, payload), _REJECTED)(data)  # noqa: B023

    seeds = (b'{"email":"a@b.c","password":"x"}', b'{"uid":1,"accessToken":"t","rid":"1"}')
    yield Target("techmino credentials", credential, seeds)
    yield Target("techmino record", _chunk, (b"\x81\x00\x01\x05\x02", b"\xff\x7f\xff\xff\x7f"))


_REJECTED: Final = (credentials.Rejected,)


def _chunk(data: bytes) -> None:
    events, _ = record.decode(data)
    require(len(events) <= len(data), "more events than bytes")
    message(lambda text: record.unpack(text.decode("latin-1")), (record.RecordError,))(data)


# --- treasure ----------------------------------------------------------------------------------


def _payloads(kinds: Iterable[type[seek.Message]]) -> list[bytes]:
    return [treasure.payload_of(sample(kind)) for kind in kinds]


def _treasure() -> Iterator[Target]:
    most = treasure.MAX_FRAME + treasure.HEADER.size
    for name, requests in (("lobby", seek.LOBBY_REQUESTS), ("games", seek.ROOM_REQUESTS)):
        read = message(
            treasure.RequestDecoder(requests).decode, (RuleViolation, RemoteProtocolError)
        )

        def frame(_codec: Any, payload: bytes, read: Callable[[bytes], None] = read) -> None:
            treasure.heading_of(payload)
            read(payload)

        payloads = _payloads(requests.values())
        framed = tuple(treasure.HEADER.pack(len(payload)) + payload for payload in payloads)
        yield Target(f"treasure {name}", stream(treasure.FrameCodec, frame, most=most), framed)
        yield Target(f"treasure {name} message", read, tuple(payloads))
    to_lobby = _payloads(link.FROM_SERVER.values())
    to_server = _payloads(kind for kinds in link.TO_SERVER.values() for kind in kinds)
    for name, make, seeds in (
        ("link of a room server", link_codec.from_server, to_lobby),
        ("link of the lobby", link_codec.from_lobby, to_server),
    ):

        def read_link(data: bytes, make: Callable[[], Any] = make) -> None:
            decoder = make()
            for _ in range(2):  # the first 1000 is another message than the second
                message(decoder.decode, (RemoteProtocolError,))(data)

        yield Target(name, read_link, tuple(seeds))


# --- WebSocket ---------------------------------------------------------------------------------

_MESSAGE_LIMIT: Final = 4096


def _websocket_frame(_reader: Any, frame: websocket.Frame) -> None:
    require(len(frame.payload) <= _MESSAGE_LIMIT, "a message over the limit")
    if frame.opcode == websocket.CLOSE:
        message(websocket.close_code, (RemoteProtocolError,))(frame.payload)
    elif frame.opcode == websocket.PING:
        require(len(websocket.pong_frame(frame.payload)) <= 127, "a pong longer than its ping")


def _masked(first: int, payload: bytes) -> bytes:
    size = len(payload)
    head = bytes((first, 0x80 | size)) if size < 126 else struct.pack(">BBH", first, 0xFE, size)
    key = b"\x0d\x00\xff\x80"
    return head + key + bytes(byte ^ key[at % 4] for at, byte in enumerate(payload))


def _websocket() -> Iterator[Target]:
    seeds = (
        _masked(0x81, "hé".encode()),
        _masked(0x82, bytes(300)),
        _masked(0x01, b"a") + _masked(0x89, b"?") + _masked(0x00, b"b") + _masked(0x80, b"c"),
        _masked(0x88, b"\x03\xe8bye"),
        struct.pack(">BBQ4x", 0x82, 0xFF, 70_000),
    )
    most = _MESSAGE_LIMIT + 14
    make = lambda: websocket.FrameReader(_MESSAGE_LIMIT)  # noqa: E731
    yield Target("websocket", stream(make, _websocket_frame, most=most), seeds)


# --- what operators write ------------------------------------------------------------------------


def _operators() -> Iterator[Target]:
    lines = tuple(msgspec.json.encode(sample(k)) for k in get_args(account_requests.AnyRequest))
    yield Target("admin socket", message(parse_request, (RuleViolation,)), lines)
    written = configfile.render(configfile.load()).encode()
    small = b'[landlord]\nplay_seconds = 3\n[landlord.levels.1]\nrake = 5\n[tls]\nkey = "none"\n'
    yield Target("config file", _config_file, (small, written))
    yield Target("setting", _setting, (b"landlord.play_seconds=1", b'a.b="x"', b"x = [1, {a = 2}]"))


def _config_file(data: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".toml") as file:
        file.write(data)
        file.flush()
        message(lambda _: configfile.load(Path(file.name)), (EngineError,))(data)


def _setting(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    message(lambda _: configfile.load(None, [text]), (EngineError,))(data)


TARGETS: Final = {
    target.name: target
    for family in (_landlord, _beehive, _techmino, _treasure, _websocket, _operators)
    for target in family()
}
"""Everything that reads what others wrote."""
