import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor

from parlour.events.messages.beehive import node
from parlour.events.messages.beehive.common import Sub
from parlour.events.messages.beehive.private import Chat
from parlour.events.messages.beehive.push import Bc
from parlour.network.beehive import protobuf
from parlour.network.beehive.commands import ROWS
from parlour.network.beehive.frames import BodyRefused
from parlour.network.beehive.proto import make

ROOT = Path(__file__).parents[3]
COMMANDS: list[dict[str, Any]] = json.loads(
    (ROOT / "docs/protocols/beehive-commands.json").read_text()
)["commands"]
MESSAGES = {row.keyword: row.message for row in ROWS}
TYPES = {
    "uint32": FieldDescriptor.TYPE_UINT32,
    "uint64": FieldDescriptor.TYPE_UINT64,
    "string": FieldDescriptor.TYPE_STRING,
    "bytes": FieldDescriptor.TYPE_BYTES,
}
CHAT = Chat(suid=1, duid=2, level=0, time=3, text="AB")


def test_what_is_checked_in_is_what_protoc_makes_of_our_files(tmp_path: Path) -> None:
    make.make(tmp_path)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    families = ("common", "group", "node", "private", "push", "room")
    assert set(made) == {f"{name}_pb2.{end}" for name in families for end in ("py", "pyi")}
    assert made == {name: (make.SOURCES / name).read_bytes() for name in made}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command["keyword"])
def test_a_message_is_as_in_the_table_of_commands(command: dict[str, Any]) -> None:
    descriptor = protobuf.CLASSES[MESSAGES[command["keyword"]]].DESCRIPTOR
    assert [
        (field.name, field.number, field.type, field.is_required, field.is_repeated)
        for field in descriptor.fields
    ] == [
        (
            field["name"],
            field["number"],
            TYPES[field["type"]],
            not field.get("optional", False),
            False,
        )
        for field in command["fields"]
    ]


def test_the_messages_of_nodes_prove_who_they_are() -> None:
    said = node.NodeAuth(nid=7, time=1_800_000_000, nonce="0123456789abcdef", mac="ff")
    body = protobuf.write(said)
    assert body.hex() == "080710" + "80a4a7da06" + "1a10" + b"0123456789abcdef".hex() + "22026666"
    assert protobuf.reader(node.NodeAuth)(body) == said


def test_a_zero_is_on_the_wire() -> None:
    assert protobuf.write(CHAT).hex() == "08011002" + "1800" + "2003" + "2a024142"


def test_what_is_none_is_not_on_the_wire_and_what_is_empty_is() -> None:
    said = Bc(time=0, text="")
    assert protobuf.write(said).hex() == "18002a00"
    assert protobuf.reader(Bc)(b"\x18\x00\x2a\x00") == said
    assert protobuf.write(Bc(time=0, text="", data=b"")).hex() == "18002a003200"
    assert protobuf.reader(Bc)(b"\x18\x00\x2a\x00\x32\x00") == Bc(time=0, text="", data=b"")
    assert protobuf.reader(Sub)(b"") == Sub()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("ff", "20005"),
        ("0801100218002003" + "2a0541", "20005"),
        ("0801100218002003" + "2a02fffe", "20005"),
        ("", "20011"),
        ("0801", "20011"),
        ("0a0161" + "100218002003" + "2a024142", "20011"),
    ],
    ids=["noise", "truncated", "not UTF-8", "empty", "fields missing", "text for a number"],
)
def test_a_body_that_is_no_such_message_is_refused(body: str, code: str) -> None:
    with pytest.raises(BodyRefused) as refused:
        protobuf.reader(Chat)(bytes.fromhex(body))
    assert refused.value.code == code


def test_a_field_nobody_knows_is_passed_over() -> None:
    assert protobuf.reader(Chat)(protobuf.write(CHAT) + b"\x78\x01") == CHAT
