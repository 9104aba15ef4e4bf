"""The client of these tests says what captured clients said, and hears only what is right."""

from __future__ import annotations

import json
from pathlib import Path

import bee_proto
import pytest
from bee import Bee
from bee_dialects import CHECKSUM, PB, V1, V2
from bee_link import frame
from bee_rows import NEW, OLD

CAPTURED = json.loads((Path(__file__).parent / "captured.json").read_text())["packets"]
PAGE = Path(__file__).parents[3] / "docs" / "protocols" / "beehive-commands.json"


@pytest.mark.parametrize("packet", CAPTURED, ids=[p["keyword"] for p in CAPTURED])
def test_captured_packets_are_written_byte_for_byte(packet):
    row = NEW[packet["keyword"]]
    fields = {f.name: packet["fields"].get(str(f.number)) for f in row.fields}
    head = bytes.fromhex(packet["header"])
    seq = int.from_bytes(head[28:36], "big")
    written = PB.pack(packet["keyword"], fields, seq=seq, sid=1234)
    assert written == head + bytes.fromhex(packet["body"])
    assert bee_proto.read(row.fields, bytes.fromhex(packet["body"])) == {
        name: value for name, value in fields.items() if value is not None
    }


def test_headers_of_44_bytes_by_hand():
    body = b'{"uid": 7}'
    assert (
        V2.pack("SYNC", {"uid": 7}, seq=9, sid=0x1122)
        == bytes.fromhex(
            "0000010d 00000001 0000000a 1ed23cb4 0000000000001122 00000000"
            "0000000000000009 00000002 00000000"
        )
        + body
    )
    assert V1.pack("PRVT-MSG", {}, b"hi", seq=3, sid=1, rsv=77) == bytes.fromhex(
        "00000112 00000001 00000002 1ed23cb4 0000000000000001 00000000"
        "0000000000000003 00000001 0000004d 6869"
    )


def test_the_tables_have_all_rows_of_both_seeds():
    assert len(NEW) == 116
    assert len(OLD) == 48
    assert all(row.sent or row.heard for row in (*NEW.values(), *OLD.values()))
    shared = {row.key for row in NEW.values()} & {row.key for row in OLD.values()}
    same = {row.key for row in NEW.values()} & {row.key for row in OLD.values()
        if row.keyword in NEW and NEW[row.keyword].key == row.key}  # fmt: skip
    assert len(shared - same) == 24
    here = json.loads((Path(__file__).parent / "commands.json").read_text())
    assert here == json.loads(PAGE.read_text())


@pytest.mark.parametrize("dialect", [V2, PB], ids=["v2", "pb"])
def test_what_it_writes_it_reads(dialect):
    fields = {"suid": 2**40, "duid": 5, "level": 0, "time": 1, "text": "维", "data": b"\0\xff"}
    packet = dialect.pack("CHAT", fields, seq=2**63, sid=2**64 - 1)
    heard, rest = dialect.split(packet + b"more")
    assert (heard.keyword, heard.fields, rest) == ("CHAT", fields, b"more")
    assert (heard.seq, heard.sid) == (2**63, 2**64 - 1)
    assert all(dialect.split(packet[:cut]) is None for cut in range(len(packet)))


@pytest.mark.parametrize(
    ("keyword", "body", "wrong"),
    [
        ("PONG", b'{"x": 1}', "PONG has no {'x'}"),
        ("ERROR", b'{"code": 1}', "lacks ['errmsg']"),
        ("ERROR", b'{"code": "1", "errmsg": ""}', "Field"),
        ("ERROR", b'{"code": 4294967296, "errmsg": ""}', "Field"),
        ("ERROR", b'{"code": true, "errmsg": ""}', "Field"),
        ("ONLINE", b"", "for clients"),
    ],
)
def test_what_no_server_may_say_is_blamed(keyword, body, wrong):
    with pytest.raises(AssertionError) as blame:
        V2.split(V2.pack(keyword, {}, body))
    assert wrong in str(blame.value)


def test_a_header_with_a_fault_is_blamed():
    for damaged in (
        V2.head(0x0106, 0, seq=1, sid=1, chksum=CHECKSUM + 1),
        V2.head(0x0106, 0, seq=1, sid=1, version=1),
        V2.head(0x0106, 0, seq=1, sid=1, flag=2),
        V2.head(0x0FFF, 0, seq=1, sid=1),
    ):
        with pytest.raises(AssertionError):
            V2.split(damaged)


def test_a_command_has_all_it_must_have():
    for dialect in ("v1", "v2", "pb"):
        device = Bee(None, 7, sid=8, dialect=dialect)
        for row in device.dialect.rows.values():
            if row.sent and not row.raw:
                device.pack(row.keyword, seq=1)


def test_a_frame_is_masked_and_measured():
    for size in (0, 1, 125, 126, 65535, 65536):
        made = frame(b"a" * size)
        start = {0: 2, 1: 4, 2: 10}[(size > 125) + (size > 65535)]
        mask = made[start : start + 4]
        assert made[:1] == b"\x82"
        assert bytes(b ^ mask[i % 4] for i, b in enumerate(made[start + 4 :])) == b"a" * size
