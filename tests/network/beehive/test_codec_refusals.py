"""What the codec of beehive refuses: what cannot be cut out, or is not understood."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packet_vectors import (
    CAPTURED,
    PACKETS,
    SID,
    frames_of,
    heard,
)

from parlour.events.errors import LocalProtocolError, RemoteProtocolError
from parlour.events.messages.beehive import common, node, private, push
from parlour.events.messages.beehive.packet import Message, Packet
from parlour.network.beehive.codec import BeehiveCodec, BodyRefused, Frame
from parlour.network.beehive.commands import ENGINE, NODE, ROWS, Row

# --- what cannot be cut out -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "dialect"),
    [
        ("00000201" + "00000001" + "80000000" + "1ed23cb4" + "00" * 8 + "00" * 12 + "00000001", 1),
        ("00000201" + "00000001" + "80000000" + "1ed23cb4" + "00" * 8 + "00" * 12 + "00000002", 2),
        ("00000201" + "80000000" + "00" * 44, 0),
    ],
)
def test_two_gibibytes_are_refused_on_the_header_alone(header: str, dialect: int) -> None:
    data = bytes.fromhex(header + ("" if dialect == 0 else "00000000"))
    codec = BeehiveCodec()
    codec.receive_data(data[:-1])
    assert codec.next_frame() is None
    codec.receive_data(data[-1:])
    with pytest.raises(RemoteProtocolError) as broken:
        codec.next_frame()
    assert broken.value.code == 10018
    assert codec.dialect.name == ("beehive-pb", "beehive-v1", "beehive-v2")[dialect]
    with pytest.raises(RemoteProtocolError) as broken:
        BeehiveCodec().read_packet(data)
    assert broken.value.code == 10018


@pytest.mark.parametrize("dialect", ["v2", "pb"])
def test_the_longest_body_is_taken_and_one_byte_more_is_not(dialect: str) -> None:
    said = Packet(common.Sync(uid=1))
    data = BeehiveCodec(dialect).dialect.encode(said)
    longest = len(data) - (44 if dialect == "v2" else 52)
    assert heard(BeehiveCodec(max_body=longest), data)[0].message == said.message
    with pytest.raises(RemoteProtocolError) as broken:
        heard(BeehiveCodec(max_body=longest - 1), data)
    assert broken.value.code == 10018


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes.fromhex(PACKETS["v2"])[:-1],
        bytes.fromhex(PACKETS["v2"]) + b"\x00",
        bytes.fromhex(PACKETS["v2"]) * 2,
        bytes.fromhex(CAPTURED[0]["header"]),
    ],
    ids=["empty", "half a header", "a byte too many", "two packets", "no body"],
)
def test_a_message_of_a_websocket_is_exactly_one_packet(data: bytes) -> None:
    with pytest.raises(RemoteProtocolError) as broken:
        BeehiveCodec().read_packet(data)
    assert broken.value.code == 20010


def test_messages_of_a_websocket_are_of_one_dialect() -> None:
    codec = BeehiveCodec()
    for packet in CAPTURED:
        frame = codec.read_packet(bytes.fromhex(packet["header"] + packet["body"]))
        assert frame.body.hex() == packet["body"]
    with pytest.raises(RemoteProtocolError) as broken:
        codec.read_packet(bytes.fromhex(PACKETS["v2"]))
    assert broken.value.code == 20010


@given(st.lists(st.binary(max_size=120), max_size=6), st.sampled_from([None, "v1", "v2", "pb"]))
def test_noise_raises_nothing_but_what_is_documented(
    pieces: list[bytes], forced: str | None
) -> None:
    codec = BeehiveCodec(forced, max_body=200)
    try:
        for piece in pieces:
            codec.receive_data(piece)
            for frame in frames_of(codec):
                decode_quietly(codec, frame)
    except RemoteProtocolError as error:
        if error.code not in (20010, 10018):
            raise


KEYS = st.sampled_from([row.key for row in ROWS]) | st.integers(0, 2**32 - 1)


@given(KEYS, st.binary(max_size=80), st.sampled_from(["v1", "v2", "pb"]), st.booleans())
def test_a_body_of_noise_is_understood_or_refused(
    key: int, body: bytes, dialect: str, nodes: bool
) -> None:
    decode_quietly(BeehiveCodec(dialect, nodes=nodes), Frame(key, 7, SID, body, rsv=5))


JSON_BODY = st.dictionaries(
    st.sampled_from(["uid", "sid", "suid", "duid", "to", "sub", "cmd", "text", "data", "time"]),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers()),
)


@given(KEYS, JSON_BODY, st.sampled_from(["v1", "v2"]))
def test_any_json_is_understood_or_refused(key: int, body: dict[str, Any], dialect: str) -> None:
    decode_quietly(BeehiveCodec(dialect), Frame(key, 7, SID, json.dumps(body).encode()))


def decode_quietly(codec: BeehiveCodec, frame: Frame) -> None:
    try:
        request = codec.decode(frame)
    except BodyRefused as refused:
        if refused.code not in ("20005", "20011", "10007") or refused.seq != frame.seq:
            raise
        return
    if not isinstance(request.message, common.Sub | common.Unsub):  # nobody else is told those
        # what one dialect takes, every dialect can tell
        for dialect in ("v1", "v2", "pb"):
            BeehiveCodec(dialect).dialect.encode(Packet(request.message, frame.seq))


# --- what is cut out but not understood -----------------------------------------------------


def refusal_of(key: int, body: bytes, dialect: str = "v2") -> str:
    with pytest.raises(BodyRefused) as refused:
        BeehiveCodec(dialect).decode(Frame(key, 41, SID, body))
    assert refused.value.seq == 41
    return refused.value.code


@pytest.mark.parametrize("key", [0, 0x010F, 0x0601, 0x06F1, 0x9999, 2**32 - 1])
@pytest.mark.parametrize("dialect", ["v1", "v2", "pb"])
def test_an_unknown_command_is_refused_by_its_number(key: int, dialect: str) -> None:
    assert refusal_of(key, b"", dialect) == "10007"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"no json", "20005"),
        (b'{"suid":1', "20005"),
        (b'{"suid":"1", no json', "20005"),
        (b'{"suid":1}x', "20005"),
        (b'{"x":"\xff"}', "20005"),
        (b'{"text":"\\ud800"}', "20005"),
        (b'{"x":' + b"[" * 20_000 + b"]" * 20_000 + b"}", "20005"),
        (b"[]", "20011"),
        (b"null", "20011"),
        (b"", "20011"),
        (b'{"suid":1,"duid":2,"level":0,"time":3}', "20011"),
        (b'{"suid":"1","duid":2,"level":0,"time":3,"text":""}', "20011"),
        (b'{"suid":1.5,"duid":2,"level":0,"time":3,"text":""}', "20011"),
        (b'{"suid":true,"duid":2,"level":0,"time":3,"text":""}', "20011"),
        (b'{"suid":null,"duid":2,"level":0,"time":3,"text":""}', "20011"),
        (b'{"suid":-1,"duid":2,"level":0,"time":3,"text":""}', "20011"),
        (b'{"suid":18446744073709551616,"duid":2,"level":0,"time":3,"text":""}', "20011"),
        (b'{"suid":1' + b"0" * 5000 + b',"duid":2,"level":0,"time":3,"text":""}', "20011"),
        (b'{"suid":1,"duid":2,"level":4294967296,"time":3,"text":""}', "20011"),
        (b'{"suid":1,"duid":2,"level":0,"time":3,"text":1}', "20011"),
        (b'{"suid":1,"duid":2,"level":0,"time":3,"text":"","data":"?"}', "20011"),
    ],
)
def test_a_chat_that_is_not_one_is_refused(body: bytes, code: str) -> None:
    assert refusal_of(0x0201, body) == code


def test_no_body_counts_as_an_empty_object() -> None:
    assert BeehiveCodec("v2").decode(Frame(0x0107, 1, SID, b"")).message == common.Sub()
    assert BeehiveCodec("v2").decode(Frame(0x0105, 1, SID, b"")).message == common.Ping()


@pytest.mark.parametrize("dialect", ["v2", "pb"])
@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row.keyword.endswith("-ACK") and row.sender not in (ENGINE, NODE)],
    ids=lambda row: row.keyword,
)
def test_an_ack_that_clears_nothing_is_never_an_error(row: Row, dialect: str) -> None:
    if row.message in (private.ChatAck, push.P2PAck):
        assert refusal_of(row.key, b"\xff", dialect) == "20005"
        return
    request = BeehiveCodec(dialect).decode(Frame(row.key, 1, SID, b"\xff"))
    assert type(request.message) is row.message


# --- what this numbering has no word for ----------------------------------------------------


@pytest.mark.parametrize("dialect", ["v2", "pb"])
def test_the_answer_to_a_request_of_friendship_is_told_in_the_words_there_are(
    dialect: str,
) -> None:
    encode = BeehiveCodec(dialect).dialect.encode
    reply = private.FriendReply(suid=1, duid=2, code=0, errmsg="Ok", mark="m")
    asked = private.FriendAdd(suid=1, duid=2, mark="m")
    assert encode(Packet(reply, 5, 6)) == encode(Packet(asked, 5, 6))
    refused = private.FriendReply(suid=1, duid=2, code=1, errmsg="no")
    ended = private.FriendDel(suid=1, duid=2)
    assert encode(Packet(refused, 5, 6)) == encode(Packet(ended, 5, 6))


@pytest.mark.parametrize("dialect", ["v2", "pb"])
@pytest.mark.parametrize(
    "message",
    [
        private.FriendReplyAck(code=0, errmsg="Ok"),
        node.ForwarderList(list=()),
        node.ForwarderListWantedAck(),
    ],
)
def test_what_only_v1_has_is_not_told(message: Message, dialect: str) -> None:
    assert BeehiveCodec(dialect, nodes=True).dialect.encode(Packet(message)) == b""


@pytest.mark.parametrize("dialect", ["v1", "v2", "pb"])
def test_a_number_out_of_its_range_is_our_own_fault(dialect: str) -> None:
    encode = BeehiveCodec(dialect).dialect.encode
    with pytest.raises(LocalProtocolError):
        encode(Packet(common.Pong(), seq=2**64))
    with pytest.raises(LocalProtocolError):
        encode(Packet(common.Pong(), seq=-1))
