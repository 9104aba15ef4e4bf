import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.events.errors import RemoteProtocolError, RuleViolation
from parlour.events.messages import landlord as wire
from parlour.network.landlord.codec import (
    OBFUSCATED,
    PLAIN,
    TcpCodec,
    decode,
    obfuscate,
)

# The vector of docs/protocols/landlord.md.
PAGE_JSON = b'{"cmd":1001,"uid":3,"skey":"abc"}'
PAGE_FRAME = bytes.fromhex(
    "21000000762f6e60692f373c3d3d3c212f7864692f373e212f7e6668742f372f6c6f6e2f70"
)

# (message, plain frame, obfuscated frame)
VECTORS = [
    (
        wire.Logout(uid=3),
        ("180000007b22636d64223a226c6f676f7574222c22756964223a337d"),
        ("18000000762f6e60692f372f61626a6278792f212f7864692f373e70"),
    ),
    (
        wire.PlaySubmit(uid=7, card_type=3, cards=(3, 19)),
        (
            "3f0000007b22636d64223a22706c61795f636172645f7375626d6974222c22756964223a372c2263"
            "6172645f74797065223a332c226361726473223a5b332c31395d7d"
        ),
        (
            "3f000000762f6e60692f372f7d616c74526e6c7f69527e786f6064792f212f7864692f373a212f6e"
            "6c7f695279747d682f373e212f6e6c7f697e2f37563e213c345070"
        ),
    ),
    (
        wire.GameReady(uid=1, nonce="é"),
        (
            "290000007b22636d64223a2267616d655f7265616479222c22756964223a312c226e6f6e6365223a"
            "22c3a9227d"
        ),
        (
            "29000000762f6e60692f372f6a6c6068527f686c69742f212f7864692f373c212f6362636e682f37"
            "2fcea42f70"
        ),
    ),
]


def frames_of(codec: TcpCodec) -> list[bytes]:
    frames = []
    while (frame := codec.next_frame()) is not None:
        frames.append(frame)
    return frames


def framed(payload: bytes) -> bytes:
    return len(payload).to_bytes(4, "little") + payload


def test_the_page_vector_decodes_whole():
    codec = TcpCodec()
    codec.receive_data(PAGE_FRAME)
    assert frames_of(codec) == [PAGE_JSON]
    assert codec.dialect is OBFUSCATED


def test_the_page_vector_decodes_byte_by_byte():
    codec = TcpCodec()
    frames = []
    for byte in PAGE_FRAME:
        codec.receive_data(bytes([byte]))
        frames += frames_of(codec)
    assert frames == [PAGE_JSON]


def test_the_page_vector_encodes():
    assert framed(obfuscate(PAGE_JSON)) == PAGE_FRAME


@pytest.mark.parametrize(("message", "plain", "flipped"), VECTORS)
def test_vectors_encode_and_decode_in_both_dialects(message, plain, flipped):
    for dialect, frame in ((PLAIN, bytes.fromhex(plain)), (OBFUSCATED, bytes.fromhex(flipped))):
        assert dialect.encode(message) == frame
        codec = TcpCodec()
        codec.receive_data(frame * 2)
        assert [decode(payload) for payload in frames_of(codec)] == [message, message]
        assert codec.encode(message) == frame


def test_before_the_first_byte_the_server_speaks_plain():
    error = wire.Error(error_code=4, reason="too many")
    assert TcpCodec().encode(error) == PLAIN.encode(error)


def test_the_dialect_is_fixed_by_the_first_payload():
    codec = TcpCodec()
    codec.receive_data(framed(b'{"cmd":"logout","uid":1}') + framed(b"v/"))
    assert frames_of(codec) == [b'{"cmd":"logout","uid":1}', b"v/"]
    assert codec.dialect is PLAIN


@pytest.mark.parametrize("first", [b" {}", b"[]", b"x", b"\xff"])
def test_any_other_first_byte_is_read_as_plain(first):
    codec = TcpCodec()
    codec.receive_data(framed(first))
    assert frames_of(codec) == [first]
    assert codec.dialect is PLAIN


def test_white_space_around_a_request_is_json():
    assert decode(b' \n{"cmd":"logout","uid":3} ') == wire.Logout(uid=3)


@pytest.mark.parametrize("length", [0, 8193, 2**31, 2**32 - 1])
def test_a_bad_length_is_refused_on_the_header_alone(length):
    codec = TcpCodec()
    codec.receive_data(length.to_bytes(4, "little"))
    with pytest.raises(RemoteProtocolError) as caught:
        codec.next_frame()
    assert caught.value.code == wire.MALFORMED


def test_the_longest_frame_is_taken():
    payload = b'{"cmd":"logout","uid":1,"x":"' + b"a" * (8192 - 31) + b'"}'
    assert len(payload) == 8192
    codec = TcpCodec()
    codec.receive_data(framed(payload))
    assert decode(codec.next_frame()) == wire.Logout(uid=1)


def test_half_a_header_is_not_a_frame():
    codec = TcpCodec()
    codec.receive_data(b"\x05\x00")
    assert codec.next_frame() is None


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=8), st.integers(1, 17), st.data())
def test_cuts_do_not_change_what_arrives(payloads, cut, data):
    stream = b"".join(framed(payload) for payload in payloads)
    whole, pieces = TcpCodec(), TcpCodec()
    whole.receive_data(stream)
    expected = frames_of(whole)
    got = []
    for start in range(0, len(stream), cut):
        pieces.receive_data(stream[start : start + cut])
        if data.draw(st.booleans()):
            got += frames_of(pieces)
    assert got + frames_of(pieces) == expected


MALFORMED = [
    b"{}",
    b"[]",
    b"null",
    b"1",
    b'"text"',
    b'{"cmd":"nope"}',
    PAGE_JSON,  # a numeric cmd
    b'{"cmd":null,"uid":3}',
    b'{"cmd":"game_start","c":[],"private":[],"nonces":[]}',
    b'{"cmd":"logout"}',
    b'{"cmd":"logout","uid":"3"}',
    b'{"cmd":"logout","uid":3.0}',
    b'{"cmd":"logout","uid":3e0}',
    b'{"cmd":"logout","uid":true}',
    b'{"cmd":"logout","uid":null}',
    b'{"cmd":"logout","uid":9223372036854775808}',
    b'{"cmd":"logout","uid":' + b"9" * 5000 + b"}",
    b'{"cmd":"play_card_submit","uid":1,"card_type":1,"cards":[1.5]}',
    b'{"cmd":"play_card_submit","uid":1,"card_type":1,"cards":["1"]}',
    b'{"cmd":"play_card_submit","uid":1,"card_type":1,"cards":{}}',
    b'{"cmd":"play_card_submit","uid":1,"card_type":1,"cards":[' + b"9" * 30 + b"]}",
    b'{"cmd":"game_ready","uid":1,"nonce":7}',
    b'{"cmd":"game_ready","uid":1,"nonce":"' + b"n" * 65 + b'"}',
    b'{"cmd":"game_ready","uid":1,"nonce":"' + "é".encode() * 33 + b'"}',
    b'{"cmd":"CLIENT_JOIN_TABLE_REQ","type":1,"uid":3}',
]


@pytest.mark.parametrize("payload", MALFORMED)
def test_json_of_another_shape_is_malformed(payload):
    with pytest.raises(RuleViolation) as caught:
        decode(payload)
    assert caught.value.code == "malformed"
    assert str(caught.value)


NOT_JSON = [
    b"{",
    b"hello",
    b"\x00",
    b'{"cmd":"logout","uid":3} x',
    b'{"cmd":"logout","uid":3,}',
    b'{"cmd":"logout","uid":03}',
    b'{"cmd":"logout","uid":NaN}',
    b'{"cmd":"nope", garbage',
    b'{"cmd":"logout","uid":"3" garbage',
    b'{"cmd":"logout","uid":3,"x":"\xff"}',
    b'{"cmd":"game_ready","uid":1,"nonce":"\xff"}',
    b'{"cmd":"game_ready","uid":1,"nonce":"\\ud800"}',
    b"\xef\xbb\xbf" + b'{"cmd":"logout","uid":3}',
    b"[" * 8000,
    b"[" * 4000 + b"]" * 4000,
    b'{"cmd":"logout","uid":3,"x":' + b"[" * 4000 + b"]" * 4000 + b"}",
    b'{"a":' * 1600 + b"1" + b"}" * 1600,
]


@pytest.mark.parametrize("payload", NOT_JSON)
def test_what_is_not_json_breaks_the_protocol(payload):
    with pytest.raises(RemoteProtocolError):
        decode(payload)


@given(st.binary(min_size=1, max_size=200))
def test_no_bytes_escape_the_two_errors(payload):
    try:
        request = decode(payload)
    except (RuleViolation, RemoteProtocolError):
        return
    assert isinstance(request, wire.Request)


@given(
    st.dictionaries(
        st.sampled_from(["cmd", "uid", "type", "skey", "cards", "card_type", "nonce", "action"]),
        st.one_of(
            st.integers(),
            st.text(max_size=80),
            st.floats(allow_nan=False, allow_infinity=False),
            st.none(),
            st.booleans(),
            st.lists(st.integers(), max_size=5),
            st.sampled_from(["logout", "game_ready", "CLIENT_JOIN_TABLE_REQ", "swap_table"]),
        ),
    )
)
def test_any_json_object_is_a_request_or_malformed(document):
    try:
        payload = msgspec.json.encode(document)
    except (UnicodeEncodeError, OverflowError):
        return
    with contextlib.suppress(RuleViolation):
        assert isinstance(decode(payload), wire.Request)


def test_an_unknown_extra_field_is_ignored():
    payload = b'{"cmd":"logout","uid":3,"extra":{"deep":[1,2,{"x":null}]}}'
    assert decode(payload) == wire.Logout(uid=3)


def test_a_nonce_of_64_bytes_is_taken():
    payload = b'{"cmd":"game_ready","uid":1,"nonce":"' + "é".encode() * 32 + b'"}'
    assert decode(payload).nonce == "é" * 32
