"""What the page for authors of beehive clients shows is what the engine does."""

import hashlib
import hmac
import json
import re
import struct
from pathlib import Path

import msgspec
import pytest

from parlour.actors.beehive.settings import BeehiveSettings
from parlour.events.messages.beehive.packet import Message, Packet
from parlour.events.rules.beehive.state import PUSHES, REMEMBERED, UNASKED
from parlour.network.beehive import commands, frames, http, protobuf, v1, v1_requests, v2
from parlour.network.beehive.codec import BeehiveCodec
from parlour.network.config import Config
from parlour.network.configfile import render, settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "protocols" / "beehive.md").read_text("utf-8")
ROWS = {row.key: row for row in commands.ROWS}
DIALECTS = {"v2": v2.JSON, "pb": v2.PROTOBUF}


def section(title):
    """Return what stands under a heading, down to the next one of its rank or higher."""
    rank = len(title.partition(" ")[0])
    rest = PAGE.partition(f"\n{title}\n")[2]
    assert rest, title
    return re.split(rf"^#{{2,{rank}}} ", rest, maxsplit=1, flags=re.M)[0]


def table_rows(text):
    """Return key, command, arrows and body of each row with a key."""
    return re.findall(r"^\| 0x([0-9A-F]{4}) \| ([\w-]+) \| ([→←⇒⇐ ]+) \| (.*?) \|", text, re.M)


# --- commands -----------------------------------------------------------------------------


SHOWN = {
    int(key, 16): (keyword, arrows, body)
    for key, keyword, arrows, body in table_rows(PAGE.partition("## The older numbering")[0])
}
TYPES = {"u64": "TYPE_UINT64", "u32": "TYPE_UINT32", "string": "TYPE_STRING", "bytes": "TYPE_BYTES"}


def test_every_command_has_its_row():
    assert {key: row.keyword for key, row in ROWS.items()} == {
        key: keyword for key, (keyword, _, _) in SHOWN.items()
    }


@pytest.mark.parametrize("key", ROWS, ids=lambda key: ROWS[key].keyword)
def test_the_fields_of_a_command_are_those_of_its_message(key):
    shown = [
        (name, int(number), TYPES[kind], optional == "")
        for name, number, kind, optional in re.findall(r"`(\w+)` (\d+) (\w+)(\??)", SHOWN[key][2])
    ]
    descriptor = protobuf.CLASSES[ROWS[key].message].DESCRIPTOR
    kinds = {getattr(field, kind): kind for field in descriptor.fields for kind in TYPES.values()}
    wanted = [(f.name, f.number, kinds[f.type], f.is_required) for f in descriptor.fields]
    assert shown == wanted


@pytest.mark.parametrize("key", ROWS, ids=lambda key: ROWS[key].keyword)
def test_who_sends_a_command_is_who_may(key):
    arrows = SHOWN[key][1].split()
    told = {
        commands.CLIENT: {"→"},
        commands.NODE: {"⇒"},
        commands.ANYBODY: {"→"},
        commands.ENGINE: set(),
    }
    assert {arrow for arrow in arrows if arrow in "→⇒"} == told[ROWS[key].sender]
    assert arrows


def test_every_command_of_seed_004_has_its_row():
    shown = table_rows(section("## The older numbering"))
    assert len(shown) == 48
    assert {(int(key, 16), keyword) for key, keyword, _, _ in shown} == {
        (row.key, row.keyword) for row in v1_requests.ROWS if row.key < 0x0600
    }


# --- bytes --------------------------------------------------------------------------------


def packets(dialect):
    """Return arrow, packet and what is said of it."""
    found = re.findall(
        r"^([→←]) ([\w-]+)(?:, [^\n]*)?\n\n```hex\n([0-9a-f \n]+)```\n```json\n(.*?)```",
        section(f"### Dialect {dialect}"),
        re.M | re.DOTALL,
    )
    shown = []
    for arrow, keyword, data, said in found:
        document = json.loads(said)
        assert document["command"] == keyword
        shown.append((arrow, bytes.fromhex(data), document))
    return shown


def message_of(document):
    [row] = [row for row in commands.ROWS if row.keyword == document["command"]]
    return msgspec.convert(document["body"], row.message)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_shown_bytes_are_the_shown_packets(dialect):
    for arrow, data, document in packets(dialect):
        packet = Packet(message_of(document), document["seq"], document["sid"])
        if arrow == "←":
            assert DIALECTS[dialect].encode(packet) == data
            continue
        codec = BeehiveCodec()
        codec.receive_data(data)
        request = codec.decode(codec.next_frame())
        assert codec.dialect is DIALECTS[dialect]
        assert (request.message, request.seq, request.sid) == (
            packet.message,
            packet.seq,
            packet.sid,
        )


def test_shown_bytes_of_the_older_numbering_are_the_shown_packets():
    keys = {row.keyword: row.key for row in v1_requests.ROWS}
    for arrow, data, document in packets("v1"):
        key, flag, length, chksum, sid, nid, serial, version, rsv = frames.NARROW.unpack_from(data)
        body = data[frames.NARROW.size :]
        assert (key, flag, length) == (keys[document["command"]], 1, len(body))
        assert (chksum, nid, version) == (frames.CHECKSUM, 0, v1.VERSION)
        assert (sid, serial, rsv) == (document["sid"], document["seq"], document.get("rsv", 0))
        if "raw" in document:
            assert body == document["raw"].encode()
        else:
            assert json.loads(body or b"{}") == document["body"]
        if arrow == "→":
            codec = BeehiveCodec()
            codec.receive_data(data)
            assert isinstance(codec.decode(codec.next_frame()).message, Message)


@pytest.mark.parametrize("dialect", ["v1", "v2", "pb"])
def test_every_dialect_shows_what_a_client_needs_first(dialect):
    shown = {(arrow, document["command"]) for arrow, _, document in packets(dialect)}
    chat = "PRVT-MSG" if dialect == "v1" else "CHAT"
    for name in ("ONLINE", chat):
        assert ("→", name) in shown
        assert ("←", f"{name}-ACK") in shown
    assert ("←", chat) in shown
    assert ("→", f"{chat}-ACK") in shown
    assert ("←", "UNUSUAL" if dialect == "v1" else "ERROR") in shown


def test_no_bytes_are_shown_without_their_packet():
    blocks = len(re.findall(r"```hex\n", PAGE))
    assert blocks == sum(len(packets(dialect)) for dialect in ("v1", "v2", "pb")) > 30


def test_the_bytes_to_try_are_the_first_packet_shown():
    [tried] = re.findall(r'bytes.fromhex\("""\n(.*?)\n"""\)', PAGE, re.DOTALL)
    assert bytes.fromhex(tried) == packets("v2")[0][1]


def test_the_headers_are_those_of_the_codec():
    shown = re.findall(r"\*\*(\d+) bytes\*\*.*?`(>\w+)`", PAGE, re.DOTALL)
    assert [int(size) for size, _ in shown] == [frames.NARROW.size, frames.WIDE.size]
    for (_, form), layout in zip(shown, (frames.NARROW, frames.WIDE), strict=True):
        assert struct.Struct(form).size == layout.size
    for rows in re.split(r"\*\*52 bytes\*\*", section("## Headers")):
        cells = re.findall(r"^\| (\d+) \| (\d+) \| \w+ \|", rows, re.M)
        offsets = [int(offset) for offset, _ in cells]
        ends = [int(offset) + int(size) for offset, size in cells]
        assert offsets == [0, *ends[:-1]]
        assert ends[-1] in (frames.NARROW.size, frames.WIDE.size)


# --- numbers ------------------------------------------------------------------------------


def sources(*folders):
    for folder in folders:
        for path in sorted((ROOT / folder).glob("*.py")):
            yield path.read_text("utf-8")


def test_every_code_has_its_row():
    shown = set(re.findall(r"^\| (\d{5}) \|", section("## Error codes"), re.M))
    used = {
        code
        for text in sources("network/beehive", "actors/beehive", "events/rules/beehive")
        for code in re.findall(r"\b((?:100|200)\d\d)\b", text)
    }
    assert used <= shown | {"10000"}
    assert len(shown) == 12


def test_every_setting_has_its_row_with_its_default():
    shown = dict(re.findall(r"^\| `([\w.-]+)` \| `(.*?)` \|", section("## Settings"), re.M))
    found = {setting.key for setting in settings(Config())}
    ours = {key for key in found if key.startswith(("beehive.", "cluster.", "listen.beehive"))}
    assert ours <= set(shown) <= found
    lines = set(re.findall(r"^([\w-]+ = .*?)(?:  #.*)?$", render(Config()), re.M))
    for key, value in shown.items():
        assert f"{key.rpartition('.')[2]} = {value}" in lines


def test_what_can_be_subscribed_has_its_row():
    rows = re.findall(r"^\| 0x(\w{4}) \| [^|]+ \| (on|off) \|$", section("## Common"), re.M)
    shown = {int(cmd, 16): at_first for cmd, at_first in rows}
    assert shown == {cmd: "on" if cmd in UNASKED else "off" for cmd in PUSHES}


def test_the_numbers_in_the_text_are_the_defaults():
    ours = BeehiveSettings()
    for text in (
        f"within {ours.online_seconds:g} seconds (`beehive.online_seconds`)",
        f"{ours.farewell_seconds:g} seconds later (`beehive.farewell_seconds`)",
        f"for {ours.idle_tcp_seconds:g} seconds over TCP, {ours.idle_websocket_seconds:g} over Web",
        f"for {ours.device_days} days (`beehive.device_days`)",
        f"last {REMEMBERED} commands",
        f"{ours.body_bytes:,} bytes (`beehive.body_bytes`)",
        f"{ours.room_group_size:,} devices",
        f"{ours.group_members:,} members (`beehive.group_members`",
        f"takes {ours.list_entries:,} (`beehive.list_entries`)",
        f"at most {ours.room_history}, which is the default (`beehive.room_history`)",
        f"silent for {ours.node_seconds:g} seconds (`beehive.node_seconds`)",
    ):
        assert text in PAGE.replace("\n", " "), text


# --- HTTP and nodes -----------------------------------------------------------------------


def test_what_operators_push_is_what_is_taken():
    rows = re.findall(r"^\| `(\w+)` \| `", section("### POST /im/push"), re.M)
    assert rows == list(http._DIMENSIONS)


def test_every_status_is_in_the_table():
    shown = set(re.findall(r"^\| (\d{3}) \| (\d{5}) \|", section("## HTTP"), re.M))
    assert {(str(status), str(code)) for status, code in http._REFUSALS.values()} <= shown
    text = (ROOT / "network" / "beehive" / "http.py").read_text("utf-8")
    answers = set(re.findall(r"(?:Answer\(|status, document = )(\d{3})", text))
    assert answers <= {status for status, _ in shown}


def test_the_check_value_of_the_proof_is_right():
    words = re.search(
        r"secret `([^`]+)`, nid (\d+), time (\d+) and nonce\s+`(\w+)`\s+the\s+mac\s+is\s+`(\w+)`",
        section("### The first frame"),
    )
    secret, nid, time, nonce, mac = words.groups()
    text = f"beehive-node|{nid}|{time}|{nonce}"
    assert hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest() == mac


def test_the_node_on_the_page_sends_what_is_taken():
    [program] = re.findall(r"```python\n(import hashlib.*?)```", PAGE, re.DOTALL)
    before, _, _ = program.partition("node = socket")
    names: dict[str, object] = {}
    exec(before, names)  # the page's own program, up to where it connects
    codec = BeehiveCodec(nodes=True)
    codec.receive_data(names["packet"](0x06F1, 1, **names["proof"]()))
    proof = codec.decode(codec.next_frame()).message
    text = f"beehive-node|{proof.nid}|{proof.time}|{proof.nonce}"
    assert proof.mac == hmac.new(names["SECRET"], text.encode(), hashlib.sha256).hexdigest()
