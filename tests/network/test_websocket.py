import pytest

from parlour.events.messages.landlord import Logout
from parlour.network.websocket import JSON_TEXT, close_frame, pong_frame, text_frame


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
    assert text_frame(payload) == bytes.fromhex(header) + payload


def test_a_close_frame_carries_code_and_reason():
    assert close_frame(1008, "no") == bytes.fromhex("880403f0") + b"no"


def test_a_long_close_reason_is_cut_between_characters():
    frame = close_frame(1000, "é" * 100)
    assert frame[1] == 2 + 122
    assert frame[4:].decode() == "é" * 61


def test_a_pong_echoes():
    assert pong_frame(b"hi") == b"\x8a\x02hi"


def test_a_message_is_one_text_frame():
    assert JSON_TEXT.encode(Logout(uid=1)) == b"\x81\x18" + b'{"cmd":"logout","uid":1}'
