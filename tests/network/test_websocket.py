import itertools
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from raw_clients import masked

from parlour.events.errors import RemoteProtocolError
from parlour.events.messages.landlord import Logout
from parlour.network.websocket import (
    BINARY,
    CLOSE,
    CONTINUATION,
    JSON_BINARY,
    JSON_TEXT,
    NO_STATUS,
    PING,
    PING_FRAME,
    PONG,
    TEXT,
    FrameReader,
    close_code,
    close_frame,
    frame_end,
    pong_frame,
    text_frame,
)

LIMIT = 1 << 20


def read(*pieces, limit=LIMIT):
    reader, frames = FrameReader(limit), []
    for piece in pieces:
        reader.receive_data(piece)
        while (frame := reader.next_frame()) is not None:
            frames.append(frame)
    return frames


def byte_by_byte(data):
    return [data[n : n + 1] for n in range(len(data))]


# --- what the server sends -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "header"),
    [
        (0, "8100"),
        (125, "817d"),
        (126, "817e007e"),
        (65535, "817effff"),
        (65536, "817f0000000000010000"),
    ],
)
def test_text_frames_have_the_shortest_header(size, header):
    payload = b"a" * size
    frame = text_frame(payload)
    assert frame == bytes.fromhex(header) + payload
    assert frame_end(b"xx" + frame + b"yy", 2) == 2 + len(frame)


def test_a_close_frame_carries_code_and_reason():
    assert close_frame(1008, "no") == bytes.fromhex("880403f0") + b"no"


def test_a_close_without_a_code_is_answered_without_one():
    assert close_frame(NO_STATUS, "never sent") == b"\x88\x00"


def test_a_long_close_reason_is_cut_between_characters():
    frame = close_frame(1000, "é" * 100)
    assert frame[1] == 2 + 122
    assert frame[4:].decode() == "é" * 61


def test_a_pong_echoes():
    assert pong_frame(b"hi") == b"\x8a\x02hi"


def test_a_ping_is_two_bytes():
    assert PING_FRAME == b"\x89\x00"


def test_a_message_is_one_text_frame():
    assert JSON_TEXT.encode(Logout(uid=1)) == b"\x81\x18" + b'{"cmd":"logout","uid":1}'


def test_or_one_binary_frame():
    assert JSON_BINARY.encode(Logout(uid=1)) == b"\x82\x18" + b'{"cmd":"logout","uid":1}'


# --- what clients send ---------------------------------------------------------------------

# (what it shows, bytes, frames); the first two are of RFC 6455, section 5.7.
VECTORS = [
    ("a masked text", bytes.fromhex("818537fa213d7f9f4d5158"), [(TEXT, b"Hello")]),
    ("a masked ping", bytes.fromhex("898537fa213d7f9f4d5158"), [(PING, b"Hello")]),
    ("nothing", bytes.fromhex("818037fa213d"), [(TEXT, b"")]),
    ("binary", masked(b"\xff\x00", BINARY), [(BINARY, b"\xff\x00")]),
    (
        "two at once",
        masked(b"a") + masked(b"b"),
        [(TEXT, b"a"), (TEXT, b"b")],
    ),
    (
        "a message in three pieces with a ping and a pong between",
        masked("é".encode()[:1], fin=False)
        + masked(b"?", PING)
        + masked(b"", CONTINUATION, fin=False)
        + masked(b"!", PONG)
        + masked("é".encode()[1:], CONTINUATION),
        [
            (CONTINUATION, b""),
            (PING, b"?"),
            (CONTINUATION, b""),
            (PONG, b"!"),
            (TEXT, "é".encode()),
        ],
    ),
    ("a close", masked(b"\x03\xe8bye", CLOSE), [(CLOSE, b"\x03\xe8bye")]),
    ("16 bits of length", masked(b"x" * 126), [(TEXT, b"x" * 126)]),
    ("64 bits of length", masked(b"x" * 65_536), [(TEXT, b"x" * 65_536)]),
]


@pytest.mark.parametrize(("data", "frames"), [v[1:] for v in VECTORS], ids=[v[0] for v in VECTORS])
def test_frames_are_read_whole_and_byte_by_byte(data, frames):
    assert read(data) == frames
    assert read(*byte_by_byte(data)) == frames


@given(
    messages=st.lists(st.text(max_size=300), max_size=8),
    key=st.binary(min_size=4, max_size=4),
    cuts=st.lists(st.integers(0, 3000), max_size=10),
)
def test_however_the_bytes_are_cut_the_messages_are_the_same(messages, key, cuts):
    data = b"".join(masked(message.encode(), key=key) for message in messages)
    bounds = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[a:b] for a, b in itertools.pairwise(bounds)]
    assert read(*pieces) == [(TEXT, message.encode()) for message in messages]


REFUSED = [
    ("no mask", text_frame(b"hello"), 1002),
    ("no mask, header alone", b"\x81\x05", 1002),
    ("a reserved bit", masked(b"", reserved=0x40), 1002),
    ("another", masked(b"", reserved=0x10), 1002),
    ("an unknown opcode", masked(b"", 0x3), 1002),
    ("an unknown control opcode", masked(b"", 0xB), 1002),
    ("a ping in pieces", masked(b"", PING, fin=False), 1002),
    ("a ping of 126 bytes", masked(b"x" * 126, PING)[:2], 1002),
    ("going on with nothing", masked(b"", CONTINUATION), 1002),
    ("beginning within a message", masked(b"a", fin=False) + masked(b"b"), 1002),
    ("too long, by its header", struct.pack(">BBQ", 0x81, 0xFF, LIMIT + 1), 1009),
    ("far too long", struct.pack(">BBQ", 0x81, 0xFF, 2**64 - 1), 1009),
    ("16 bits for 125", b"\x81\xfe\x00\x7d", 1002),
    ("64 bits for 65,535", struct.pack(">BBQ", 0x81, 0xFF, 65_535), 1002),
    ("no UTF-8", masked(b"\xff"), 1007),
    ("half a character", masked("é".encode()[:1]), 1007),
    (
        "no UTF-8, in pieces",
        masked(b"a", fin=False) + masked(b"\xff", CONTINUATION),
        1007,
    ),
]


@pytest.mark.parametrize(("data", "code"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_what_a_client_may_not_send_has_its_close_code(data, code):
    for pieces in ([data], byte_by_byte(data)):
        with pytest.raises(RemoteProtocolError) as caught:
            read(*pieces)
        assert caught.value.code == code


def test_pieces_may_not_add_up_to_more_than_a_message():
    first, second = masked(b"x" * 60, fin=False), masked(b"x" * 41, CONTINUATION)
    assert read(first, second, limit=101)[-1] == (TEXT, b"x" * 101)
    with pytest.raises(RemoteProtocolError) as caught:
        read(first, second[:2], limit=100)
    assert caught.value.code == 1009


def test_a_ping_may_stand_within_a_message_that_is_nearly_too_long():
    frames = read(masked(b"x" * 90, fin=False), masked(b"y" * 100, PING), limit=100)
    assert frames[-1] == (PING, b"y" * 100)


@pytest.mark.parametrize(
    ("payload", "code"),
    [(b"", NO_STATUS), (b"\x03\xe8", 1000), (b"\x0f\xa0bye", 4000), (b"\x03\xf6\xc3\xa9", 1014)],
)
def test_the_code_of_a_close_is_read(payload, code):
    assert close_code(payload) == code


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"\x03", 1002),
        (struct.pack(">H", 1005), 1002),
        (struct.pack(">H", 1016), 1002),
        (struct.pack(">H", 999), 1002),
        (struct.pack(">H", 5000), 1002),
        (b"\x03\xe8\xff", 1007),
    ],
)
def test_a_close_may_not_say_just_anything(payload, code):
    with pytest.raises(RemoteProtocolError) as caught:
        close_code(payload)
    assert caught.value.code == code
