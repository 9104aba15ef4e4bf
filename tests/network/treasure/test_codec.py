"""Frames and bodies, byte by byte."""

import contextlib
import struct

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from parlour.events.errors import RemoteProtocolError, RuleViolation
from parlour.events.messages import treasure as wire
from parlour.events.treasure import Position
from parlour.network.treasure.codec import (
    MAX_FRAME,
    TCP,
    WEBSOCKET,
    FrameCodec,
    RequestDecoder,
    heading_of,
    payload_of,
)

LOBBY, ROOM = RequestDecoder(wire.LOBBY_REQUESTS), RequestDecoder(wire.ROOM_REQUESTS)


def a_frame(service, body=b"{}"):
    return struct.pack("<IH", 2 + len(body), service) + body


def frames_of(codec):
    frames = []
    while (frame := codec.next_frame()) is not None:
        frames.append(frame)
    return frames


# (message, frame)
VECTORS = [
    (wire.LoginAnswer(code=24, seq=7), "150000000100" + b'{"code":24,"seq":7}'.hex()),
    (wire.RoomLeft(), "0c0000000400" + b'{"code":0}'.hex()),
    (wire.Refusal(of=60, code=3), "0c0000003c00" + b'{"code":3}'.hex()),
    (wire.Refusal(of=1000, code=3, seq="a"), "16000000e803" + b'{"code":3,"seq":"a"}'.hex()),
    (wire.ActionStatus(of=55, code=16), "150000003400" + b'{"code":16,"of":55}'.hex()),
    (
        wire.Positions(day=1, positions=(Position(player_id=3, cell=4),)),
        "320000003500" + b'{"day":1,"positions":[{"player_id":3,"cell":4}]}'.hex(),
    ),
]


@pytest.mark.parametrize(("message", "frame"), VECTORS, ids=lambda v: type(v).__name__)
def test_a_message_is_these_bytes(message, frame):
    data = bytes.fromhex(frame)
    (length,) = struct.unpack_from("<I", data)
    assert length == len(data) - 4
    assert TCP.encode(message) == data
    assert WEBSOCKET.encode(message) == bytes((0x82, length)) + data[4:]


def test_what_is_left_out_is_left_out():
    assert payload_of(wire.Farewell(code=27, reason="x"))[2:] == b'{"code":27,"reason":"x"}'
    assert b"mates" not in payload_of(
        wire.LoginAnswer(player_id=1, name="a", token="t")  # nor room_id
    )


@given(st.lists(st.tuples(st.integers(0, 65535), st.binary(max_size=50)), max_size=5), st.data())
def test_frames_come_out_as_they_went_in_however_they_are_cut(frames, data):
    stream = b"".join(a_frame(service, body) for service, body in frames)
    codec, found = FrameCodec(), []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        codec.receive_data(stream[:cut])
        stream = stream[cut:]
        found += frames_of(codec)
    assert found == [struct.pack("<H", service) + body for service, body in frames]


@pytest.mark.parametrize("length", [0, 1, MAX_FRAME + 1, 2**31, 2**32 - 1])
def test_a_length_that_is_none_is_refused_on_the_header_alone(length):
    codec = FrameCodec()
    codec.receive_data(struct.pack("<I", length))
    with pytest.raises(RemoteProtocolError):
        codec.next_frame()


def test_the_longest_frame_is_taken():
    codec = FrameCodec()
    codec.receive_data(a_frame(1, b" " * (MAX_FRAME - 2)))
    assert len(codec.next_frame()) == MAX_FRAME


@pytest.mark.parametrize(
    ("decoder", "service", "body", "request_"),
    [
        (LOBBY, 1, b'{"name":"a","password":"b"}', wire.Login(name="a", password="b")),
        (LOBBY, 2, b"{}", wire.ListRooms()),
        (LOBBY, 2, b"", wire.ListRooms()),
        (LOBBY, 3, b'{"name":"a","max":4,"seq":"x"}', wire.CreateRoom(name="a", max=4, seq="x")),
        (LOBBY, 8, b'{"seq":5,"more":[1]}', wire.StartGame(seq=5)),
        (ROOM, 52, b'{"to":3}', wire.Move(to=3)),
        (ROOM, 52, b"{}", wire.Move()),
        (ROOM, 57, b'{"pass":true}', wire.Explore(skip=True)),
        (ROOM, 56, b'{"lot_id":1,"price":3}', wire.Bid(lot_id=1, price=3)),
    ],
)
def test_a_body_is_this_request(decoder, service, body, request_):
    assert decoder.decode(struct.pack("<H", service) + body) == request_


@pytest.mark.parametrize("service", [0, 9, 10, 50, 51, 52, 58, 1001, 501, 65535])
def test_the_lobby_knows_no_other_services(service):
    with pytest.raises(RuleViolation, match="no service") as refused:
        LOBBY.decode(struct.pack("<H", service) + b"{}")
    assert refused.value.code == "unknown_service"


@pytest.mark.parametrize("service", [0, 1, 8, 51, 58, 59, 60, 61, 62, 1000])
def test_a_room_server_knows_no_other_services(service):
    with pytest.raises(RuleViolation) as refused:
        ROOM.decode(struct.pack("<H", service) + b"{}")
    assert refused.value.code == "unknown_service"


BAD = [
    b"{",
    b"[]",
    b"null",
    b"1",
    b'"x"',
    b"\xff",
    b'{"seq":1.5}',
    b'{"seq":null}',
    b'{"seq":[]}',
    b'{"seq":9007199254740993}',
    b'{"seq":"' + b"x" * 65 + b'"}',
    b'{"to":"x"}',
    b'{"to":1e99}',
    b'{"to":99999999999999999999999999}',
    b'{"x":"\xff"}',
    b'{"x":' + b"[" * 100_000,
]


@pytest.mark.parametrize("body", BAD, ids=lambda body: repr(body[:20]))
def test_a_bad_body_is_refused(body):
    with pytest.raises(RuleViolation) as refused:
        ROOM.decode(struct.pack("<H", 52) + body)
    assert refused.value.code == "bad_body"


@pytest.mark.parametrize(
    ("service", "body"),
    [
        (1, {}),
        (1, {"name": 7}),
        (2, {"page": -1}),
        (2, {"size": 0}),
        (3, {"name": "", "max": 4}),
        (3, {"name": "x" * 41, "max": 4}),
        (3, {"name": "a\nb", "max": 4}),
        (3, {"name": "a", "max": 3}),
        (3, {"name": "a", "max": 9}),
        (3, {"name": "a", "max": 4, "password": "x" * 129}),
        (5, {}),
        (7, {"ready": 1}),
        (7, {}),
    ],
)
def test_a_body_of_the_wrong_shape_is_refused(service, body):
    with pytest.raises(RuleViolation) as refused:
        LOBBY.decode(struct.pack("<H", service) + msgspec.json.encode(body))
    assert refused.value.code == "bad_body"


def test_half_a_bid_is_refused():
    with pytest.raises(RuleViolation):
        ROOM.decode(struct.pack("<H", 56) + b'{"lot_id":1}')


@pytest.mark.parametrize("payload", [b"", b"\x01"])
def test_a_message_without_a_service_id_ends_the_connection(payload):
    with pytest.raises(RemoteProtocolError):
        LOBBY.decode(payload)


@pytest.mark.parametrize(
    ("payload", "heading"),
    [
        (b"\x34\x00" + b'{"seq":3}', (52, 3)),
        (b"\x34\x00" + b'{"seq":"a","to":"x"}', (52, "a")),
        (b"\x34\x00" + b'{"seq":1.5}', (52, UNSET)),
        (b"\x34\x00" + b'{"seq":"' + b"x" * 64 + b'"}', (52, "x" * 64)),
        (b"\x34\x00" + b'{"seq":"' + b"x" * 65 + b'"}', (52, UNSET)),
        (b"\x34\x00" + b"{", (52, UNSET)),
        (b"\x34\x00", (52, UNSET)),
        (b"\x34", (0, UNSET)),
    ],
)
def test_what_is_refused_is_answered_by_its_heading(payload, heading):
    assert heading_of(payload) == heading


@given(st.binary(max_size=200), st.sampled_from(sorted({**wire.ROOM_REQUESTS})))
def test_any_bytes_are_a_request_or_refused(body, service):
    payload = struct.pack("<H", service) + body
    heading_of(payload)
    with contextlib.suppress(RuleViolation):
        assert isinstance(ROOM.decode(payload), wire.Request)
