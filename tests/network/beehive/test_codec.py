import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields

from parlour.events.errors import LocalProtocolError, RemoteProtocolError
from parlour.events.messages.beehive import common, group, node, private, push, room
from parlour.events.messages.beehive.packet import Message, Packet, Request
from parlour.network.beehive import json_body, protobuf, v2
from parlour.network.beehive.codec import BeehiveCodec, BodyRefused, Frame
from parlour.network.beehive.commands import ANYBODY, ENGINE, NODE, ROWS, Row

CAPTURED: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "beehive-pb.json").read_text()
)["packets"]
SID, UID, FRIEND, ROOM = 1234, 18600522324, 18610485118, 1000000015


@dataclass(frozen=True)
class Vector:
    dialect: str
    packet: Packet
    hex: str
    nodes: bool = False

    @property
    def name(self) -> str:
        return f"{self.dialect} {type(self.packet.message).__name__}"


def narrow(key: str, flag: str, body: str, sid: int, serial: int, version: int = 2) -> str:
    return (
        f"0000{key}{flag}{len(body) // 2:08x}1ed23cb4"
        f"{sid:016x}00000000{serial:016x}{version:08x}00000000{body}"
    )


def json_of(text: str) -> str:
    return text.encode().hex()


HEARD = [
    Vector(
        "v2",
        Packet(
            common.Online(uid=UID, sid=SID, token="t", app="a", version="1", terminal=3), 1, SID
        ),
        "00000101" + "00000001" + "0000004f" + "1ed23cb4" + "00000000000004d2" + "00000000"
        "0000000000000001"
        + "00000002"
        + "00000000"
        + json_of(
            '{"uid":18600522324,"sid":1234,"token":"t","app":"a","version":"1","terminal":3}'
        ),
    ),
    Vector("v2", Packet(common.Ping(), 9, SID), narrow("0105", "00000001", json_of("{}"), SID, 9)),
    Vector(
        "v2",
        Packet(private.Chat(suid=1, duid=2, level=0, time=3, text="蜂", data=b"\x00\xff"), 8, SID),
        narrow(
            "0201",
            "00000001",
            json_of('{"suid":1,"duid":2,"level":0,"time":3,"text":"蜂","data":"AP8="}'),
            SID,
            8,
        ),
    ),
    Vector(
        "v2",
        Packet(room.RoomChat(uid=1, rid=2, gid=0, level=0, time=3, text="hi"), 16, SID),
        narrow(
            "040b",
            "00000001",
            json_of('{"uid":1,"rid":2,"gid":0,"level":0,"time":3,"text":"hi"}'),
            SID,
            16,
        ),
    ),
    Vector(
        "v2",
        Packet(node.NodeAuth(nid=7, time=1, nonce="n", mac="m"), 0, 0),
        narrow("06f1", "ffffffff", json_of('{"nid":7,"time":1,"nonce":"n","mac":"m"}'), 0, 0),
        nodes=True,
    ),
    Vector(
        "pb",
        Packet(push.P2P(suid=1, duid=2, time=0, data=b"\x00\xff"), 8, SID),
        "00000503" + "0000000a" + "00000000000004d2" + "0000000000000000" + "00000000"
        "0000000000000008" + "0000000000000000" + "0000000000000000" + "080110021800220200ff",
    ),
    Vector(
        "pb",
        Packet(common.Sub(), 2, SID),
        "00000107" + "00000000" + "00000000000004d2" + "0000000000000000" + "00000000"
        "0000000000000002" + "0000000000000000" + "0000000000000000",
    ),
    Vector(
        "pb",
        Packet(
            node.LsndInfo(type=2, nid=7, opid=0, nation="", ip="1", port=1, connections=0), 5, 0
        ),
        "00000601" + "0000000f" + "0000000000000000" + "0000000000000000" + "00000000"
        "0000000000000005" + "0000000000000000" + "0000000000000000"
        "08021007180022002a013130013800",
        nodes=True,
    ),
]
"""What peers say, and what we would say in their place."""

TOLD = [
    Vector(
        "v2",
        Packet(private.ChatAck(suid=1, duid=2, code=10005, errmsg="no"), 8),
        narrow("0202", "00000001", json_of('{"suid":1,"duid":2,"code":10005,"errmsg":"no"}'), 0, 8),
    ),
    Vector(
        "v2",
        Packet(group.GroupCreatAck(code=0, errmsg="Ok", gid=2**64 - 1), 8),
        narrow(
            "0302",
            "00000001",
            json_of('{"code":0,"errmsg":"Ok","gid":18446744073709551615}'),
            0,
            8,
        ),
    ),
    Vector(
        "v2",
        Packet(node.FrwdInfoAck(), 3),
        narrow("0604", "ffffffff", json_of("{}"), 0, 3),
        nodes=True,
    ),
    Vector(
        "pb",
        Packet(common.Error(code=10007, errmsg="no"), 77),
        "0000010b" + "00000007" + "0000000000000000" + "0000000000000000" + "00000000"
        "000000000000004d" + "0000000000000000" + "0000000000000000" + "08974e12026e6f",
    ),
    Vector(
        "pb",
        Packet(room.RoomBc(rid=ROOM, msgid=1, level=0, time=0, expire=60, data=b"\x00"), 0, SID),
        "0000040d" + "00000011" + "00000000000004d2" + "0000000000000000" + "00000000"
        "0000000000000000" + "0000000000000000" + "0000000000000000"
        "088f94ebdc031001180020002" + "83c320100",
    ),
]
"""What only we say."""


def codec_of(vector: Vector) -> BeehiveCodec:
    return BeehiveCodec(vector.dialect, nodes=vector.nodes)


def frames_of(codec: BeehiveCodec) -> Iterator[Frame]:
    while (frame := codec.next_frame()) is not None:
        yield frame


def heard(codec: BeehiveCodec, data: bytes) -> list[Request]:
    codec.receive_data(data)
    return [codec.decode(frame) for frame in frames_of(codec)]


def some(message: type[Message]) -> Message:
    """Return a message with a different value in every field."""
    values: dict[str, Any] = {}
    for number, field in enumerate(fields(message), 1):
        kinds = getattr(field.type, "__args__", (field.type,))
        values[field.name] = {int: number * 300, str: f"蜂{number}", bytes: b"\xff\x00"}[kinds[0]]
    return message(**values)


@pytest.mark.parametrize("vector", HEARD + TOLD, ids=lambda vector: vector.name)
def test_a_packet_is_written_as_the_page_says(vector: Vector) -> None:
    assert codec_of(vector).dialect.encode(vector.packet).hex() == vector.hex


@pytest.mark.parametrize("vector", HEARD, ids=lambda vector: vector.name)
def test_a_packet_is_read_at_once_and_byte_by_byte(vector: Vector) -> None:
    data = bytes.fromhex(vector.hex)
    packet = vector.packet
    at_once = heard(BeehiveCodec(nodes=vector.nodes), data)
    codec = BeehiveCodec(nodes=vector.nodes)
    by_byte = [request for byte in data for request in heard(codec, bytes([byte]))]
    assert at_once == by_byte
    assert [(said.message, said.seq, said.sid, said.implied) for said in at_once] == [
        (packet.message, packet.seq, packet.sid, False)
    ]
    assert codec.dialect.name == f"beehive-{vector.dialect}"


@pytest.mark.parametrize("packet", CAPTURED, ids=lambda packet: packet["keyword"])
def test_a_captured_packet_is_read_and_written_to_the_byte(packet: dict[str, Any]) -> None:
    data = bytes.fromhex(packet["header"] + packet["body"])
    codec = BeehiveCodec()
    (request,) = heard(codec, data)
    (row,) = (row for row in ROWS if row.keyword == packet["keyword"])
    numbers = {
        field.name: field.number for field in protobuf.CLASSES[row.message].DESCRIPTOR.fields
    }
    assert type(request.message) is row.message
    assert {
        str(numbers[field.name]): value
        for field in fields(request.message)
        if (value := getattr(request.message, field.name)) is not None
    } == packet["fields"]
    assert codec.dialect.name == "beehive-pb"
    assert codec.dialect.encode(Packet(request.message, request.seq, request.sid)) == data
    dribbled = BeehiveCodec()
    assert [said for byte in data for said in heard(dribbled, bytes([byte]))] == [request]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.keyword)
@pytest.mark.parametrize("dialect", ["v2", "pb"])
def test_every_row_comes_back_as_it_went(row: Row, dialect: str) -> None:
    said = some(row.message)
    codec = BeehiveCodec(dialect, nodes=row.sender == NODE)
    data = codec.dialect.encode(Packet(said, 2**64 - 1, 2**63))
    codec.receive_data(data)
    frame = codec.next_frame()
    assert frame is not None
    assert (frame.key, frame.seq, frame.sid) == (row.key, 2**64 - 1, 2**63)
    read = json_body.reader if dialect == "v2" else protobuf.reader
    assert read(row.message)(frame.body) == said
    if row.sender == ENGINE:
        with pytest.raises(BodyRefused, match="no command") as refused:
            codec.decode(frame)
        assert (refused.value.code, refused.value.seq) == ("10007", 2**64 - 1)
    else:
        assert codec.decode(frame).message == said


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.keyword)
def test_a_command_of_nodes_is_for_nodes_only_and_one_of_clients_for_clients(row: Row) -> None:
    data = v2.JSON.encode(Packet(some(row.message)))
    for nodes in (False, True):
        codec = BeehiveCodec(nodes=nodes)
        codec.receive_data(data)
        frame = codec.next_frame()
        assert frame is not None
        if row.sender == ANYBODY or (row.sender != ENGINE and (row.sender == NODE) == nodes):
            assert codec.decode(frame).message == some(row.message)
        else:
            with pytest.raises(BodyRefused) as refused:
                codec.decode(frame)
            assert refused.value.code == "10007"


def test_packets_back_to_back_are_all_read() -> None:
    data = b"".join(bytes.fromhex(packet["header"] + packet["body"]) for packet in CAPTURED)
    assert [said.seq for said in heard(BeehiveCodec(), data)] == [1, 1001, 1002, 1003, 1004, 1006]


@given(st.lists(st.integers(min_value=0, max_value=600), max_size=12))
def test_wherever_the_stream_is_split_the_packets_are_the_same(places: list[int]) -> None:
    data = b"".join(bytes.fromhex(packet["header"] + packet["body"]) for packet in CAPTURED)
    cuts = [0, *sorted(places), len(data)]
    codec = BeehiveCodec()
    pieces = [data[start:end] for start, end in pairwise(cuts)]
    requests = [request for piece in pieces for request in heard(codec, piece)]
    assert requests == heard(BeehiveCodec(), data)


def test_the_digest_is_of_key_and_body() -> None:
    (first, again, other) = (
        heard(BeehiveCodec(), v2.JSON.encode(packet))[0].digest
        for packet in (
            Packet(common.Sync(uid=1), 8, SID),
            Packet(common.Sync(uid=1), 9, 5),
            Packet(common.Sync(uid=2), 8, SID),
        )
    )
    assert first == again != other
    assert first == blake2b(b'\x00\x00\x01\x0d{"uid":1}', digest_size=8).hexdigest()


def test_rsv_of_version_2_means_nothing() -> None:
    data = bytearray(v2.JSON.encode(Packet(common.Sync(uid=1), 8, SID)))
    (plain,) = heard(BeehiveCodec(), bytes(data))
    data[40:44] = b"rsv!"
    assert heard(BeehiveCodec(), bytes(data)) == [plain]


# --- which dialect --------------------------------------------------------------------------


def test_before_the_first_header_is_whole_we_answer_in_v2() -> None:
    codec = BeehiveCodec()
    assert codec.dialect.name == "beehive-v2"
    codec.receive_data(bytes.fromhex(CAPTURED[0]["header"])[:43])
    assert codec.next_frame() is None
    assert codec.dialect.name == "beehive-v2"


@pytest.mark.parametrize("flag", ["00000000", "00000001", "ffffffff"])
@pytest.mark.parametrize("version", [1, 2])
def test_the_checksum_a_flag_and_a_version_tell_a_header_of_44(flag: str, version: int) -> None:
    codec = BeehiveCodec()
    codec.receive_data(bytes.fromhex(narrow("0109", flag, "", SID, 3, version)))
    assert codec.next_frame() == Frame(0x0109, 3, SID, b"", int(flag, 16))
    assert codec.dialect.name == f"beehive-v{version}"


def test_the_checksum_with_no_flag_before_it_is_a_sid_of_a_header_of_52() -> None:
    sid = 0x1ED23CB4
    data = v2.PROTOBUF.encode(Packet(common.Sync(uid=UID), 8, sid))
    codec = BeehiveCodec()
    (request,) = heard(codec, data)
    assert (request.sid, codec.dialect.name) == (sid, "beehive-pb")


@pytest.mark.parametrize("version", [0, 3, 0x02000000])
def test_another_version_is_an_invalid_header(version: int) -> None:
    with pytest.raises(RemoteProtocolError) as broken:
        heard(BeehiveCodec(), bytes.fromhex(narrow("0105", "00000001", "", SID, 1, version)))
    assert broken.value.code == 20010


@pytest.mark.parametrize("version", [1, 2])
def test_a_wrong_checksum_is_an_invalid_header_of_that_version(version: int) -> None:
    data = bytes.fromhex(narrow("0105", "00000001", "", SID, 1, version).replace("1ed2", "1ed3"))
    codec = BeehiveCodec()
    with pytest.raises(RemoteProtocolError) as broken:
        heard(codec, data)
    assert broken.value.code == 20010
    assert codec.dialect.name == f"beehive-v{version}"


PACKETS = {
    "v1": narrow("0109", "00000001", "", SID, 3, 1),
    "v2": narrow("0105", "00000001", "", SID, 3, 2),
    "pb": CAPTURED[-1]["header"],
    "wrong checksum": narrow("0105", "00000001", "", SID, 3, 2).replace("1ed2", "1ed3"),
    "wrong flag": narrow("0105", "00000002", "", SID, 3, 2),
}


@pytest.mark.parametrize(
    ("first", "then"),
    [(first, then) for first in ("v1", "v2") for then in PACKETS if then != first]
    + [("pb", "v1"), ("pb", "v2")],
)
@pytest.mark.parametrize("forced", [False, True])
def test_a_change_of_dialect_ends_the_connection(first: str, then: str, *, forced: bool) -> None:
    codec = BeehiveCodec(first if forced else None)
    codec.receive_data(bytes.fromhex(PACKETS[first]))
    assert codec.next_frame() is not None
    codec.receive_data(bytes.fromhex(PACKETS[then]))
    with pytest.raises(RemoteProtocolError) as broken:
        codec.next_frame()
    assert broken.value.code == 20010
    assert codec.dialect.name == f"beehive-{first}"


@pytest.mark.parametrize("forced", ["v1", "v2", "pb"])
def test_a_forced_dialect_is_spoken_from_the_beginning(forced: str) -> None:
    codec = BeehiveCodec(forced)
    assert codec.dialect.name == f"beehive-{forced}"
    assert codec.read_packet(bytes.fromhex(PACKETS[forced])).seq in (3, 1006)
    for other in {"v1", "v2", "pb"} - {forced}:
        with pytest.raises(RemoteProtocolError) as broken:
            BeehiveCodec(forced).read_packet(bytes.fromhex(PACKETS[other]))
        assert broken.value.code == 20010


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
