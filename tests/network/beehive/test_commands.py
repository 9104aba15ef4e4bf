import json
import re
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import fields

from parlour.network.beehive import v1_replies, v1_requests
from parlour.network.beehive.commands import (
    ANYBODY,
    CLIENT,
    ENGINE,
    KEYS,
    NODE,
    ROWS,
    heard_from,
)

ROOT = Path(__file__).parents[3]
COMMANDS: list[dict[str, Any]] = json.loads(
    (ROOT / "docs/protocols/beehive-commands.json").read_text()
)["commands"]
SEED_004 = (
    0x0101,
    0x0102,
    0x0103,
    0x0104,
    0x0105,
    0x0106,
    0x0107,
    0x0108,
    0x0109,
    0x010A,
    0x010B,
    0x010C,
    0x010D,
    0x010E,
    0x0110,
    0x0111,
    0x0112,
    0x0113,
    0x0114,
    0x0115,
    0x0116,
    0x0117,
    0x0118,
    0x0119,
    0x011A,
    0x011B,
    0x011C,
    0x011D,
    0x011E,
    0x0120,
    0x0121,
    0x0122,
    0x0123,
    0x0124,
    0x0125,
    0x0126,
    0x0301,
    0x0302,
    0x0303,
    0x0304,
    0x0305,
    0x0306,
    0x0401,
    0x0402,
    0x0403,
    0x0404,
    0x0405,
    0x0406,
)
"""The keys of shared seed 004, in its order."""
TYPES = {"uint32": int, "uint64": int, "string": str, "bytes": bytes}
NODES_OWN = ("NODE-AUTH", "NODE-AUTH-ACK")


def test_every_command_of_seed_002_has_its_row_and_only_two_more_do() -> None:
    told = [(int(command["key"], 16), command["keyword"]) for command in COMMANDS]
    assert len(told) == 116
    assert [(row.key, row.keyword) for row in ROWS if row.keyword not in NODES_OWN] == told
    assert [(row.key, row.keyword) for row in ROWS if row.keyword in NODES_OWN] == [
        (0x06F1, "NODE-AUTH"),
        (0x06F2, "NODE-AUTH-ACK"),
    ]


def test_no_key_and_no_message_is_twice_in_the_table() -> None:
    assert len({row.key for row in ROWS}) == len(ROWS) == len(KEYS)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command["keyword"])
def test_a_message_has_the_fields_of_its_command(command: dict[str, Any]) -> None:
    (row,) = (row for row in ROWS if row.keyword == command["keyword"])
    assert row.message.__name__.upper() == row.keyword.replace("-", "")
    assert [(field.name, field.type) for field in fields(row.message)] == [
        (
            field["name"],
            TYPES[field["type"]] | None if field.get("optional") else TYPES[field["type"]],
        )
        for field in command["fields"]
    ]


def test_who_may_say_what_is_as_in_the_table_of_commands() -> None:
    senders = {row.keyword: row.sender for row in ROWS}
    for command in COMMANDS:
        keyword, direction = command["keyword"], command["direction"]
        if direction.startswith("node"):
            assert senders[keyword] == NODE
        elif "client to server" in direction or direction == "both":
            assert senders[keyword] in (CLIENT, ANYBODY)
        elif not keyword.endswith("-ACK"):
            assert senders[keyword] == ENGINE


def test_whatever_may_be_pushed_may_be_acknowledged() -> None:
    clients = {row.keyword for row in ROWS if row.sender in (CLIENT, ANYBODY)}
    pushes = {
        row.keyword
        for row in ROWS
        if row.sender == ENGINE and not row.keyword.endswith(("-ACK", "PONG"))
    } | {
        command["keyword"]
        for command in COMMANDS
        if "then server" in command["direction"] or command["direction"] == "both"
        if not command["keyword"].endswith("-ACK")
    }
    assert {f"{keyword}-ACK" for keyword in pushes} <= clients


def test_a_client_may_not_report_as_a_node_and_a_node_may_not_chat() -> None:
    nodes, clients = set(heard_from(NODE)), set(heard_from(CLIENT))
    assert nodes == {0x0105, 0x010C, 0x0111, 0x0412, 0x0601, 0x0603, 0x06F1}
    assert nodes & clients == {0x0105, 0x010C, 0x0111}


def test_every_key_of_seed_004_has_its_row_and_only_two_more_do() -> None:
    assert len(SEED_004) == 48
    keys = [row.key for row in v1_requests.ROWS]
    assert keys == [*SEED_004, 0x06F1, 0x06F2]


def test_every_row_of_seed_004_is_read_or_written() -> None:
    source = Path(v1_replies.__file__).read_text()
    written = {int(key, 16) for key in re.findall(r"0x0[1-6]\w\w", source)}
    for row in v1_requests.ROWS:
        assert (row.read is None) == (row.sender == ENGINE)
        assert row.read is not None or row.key in written
