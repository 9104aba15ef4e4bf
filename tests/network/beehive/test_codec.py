"""Beehive's packets cut out of a stream, read and written in every dialect."""

from hashlib import blake2b
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields
from packet_vectors import (
    CAPTURED,
    HEARD,
    PACKETS,
    SID,
    TOLD,
    UID,
    Vector,
    codec_of,
    heard,
    narrow,
)

from parlour.events.errors import RemoteProtocolError
from parlour.events.messages.beehive import common
from parlour.events.messages.beehive.packet import Message, Packet
from parlour.network.beehive import json_body, protobuf, v2
from parlour.network.beehive.codec import BeehiveCodec, BodyRefused, Frame
from parlour.network.beehive.commands import ANYBODY, ENGINE, NODE, ROWS, Row


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
