"""Every codec and reader under random and broken bytes: it answers, or refuses as its page says.

The targets, and what is required of each, are in tests/fuzz; a coverage-guided harness beside them
runs the same ones for as long as one likes.
"""

import ast
import random
import sys
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "fuzz"))

from all_targets import READERS as TARGETS  # noqa: E402

SLOW = {"config file": 12, "setting": 12, "log row": 10, "log file": 6}
"""They read a whole configuration, or a whole log, each time: so many examples are enough."""


def mutated(seed, chance):
    """Return bytes that were valid once."""
    data = bytearray(seed)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0:
                data[at : at + 1] = chance.randbytes(1)
            case 1:
                del data[at : at + chance.randint(1, 8)]
            case 2:
                data[at:at] = chance.choice(WORDS)
            case 3:
                data[at : at + 4] = chance.choice((b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff"))
            case _:
                data[at:at] = data[: chance.randint(0, 40)]
    return bytes(data)


WORDS = (
    *(b'"', b"\\", b"{", b"[" * 2000, b"]", b"\x00", b"\xed\xa0\x80", b"null", b"-1", b"1e999"),
    *(b"NaN", b"9" * 400, b"9" * 5000, b'"\\ud800"', b"\n", b"=", b'""""', b"\xf4\x90\x80\x80"),
    *(b'{"a":' * 1500, b"a." * 1500, b"inf", b"1979-13-99", b"[[a]]\n", b"\x88\x80", b"\xff\xff"),
)


@pytest.mark.parametrize("name", TARGETS)
def test_broken_bytes_raise_nothing_but_the_documented_errors(name):
    target = TARGETS[name]

    @settings(max_examples=SLOW.get(name, 50), derandomize=True, database=None, deadline=None)
    @given(st.sampled_from(target.seeds), st.integers(0, 2**32))
    def feed(seed, number):
        target.feed(mutated(seed, random.Random(number)))

    feed()


@pytest.mark.parametrize("name", TARGETS)
def test_random_bytes_raise_nothing_but_the_documented_errors(name):
    target = TARGETS[name]

    examples = 4 if name in SLOW else 20

    @settings(max_examples=examples, derandomize=True, database=None, deadline=None)
    @given(st.binary(max_size=200))
    def feed(data):
        target.feed(data)

    feed()


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_begins_from_valid_bytes(name):
    for seed in TARGETS[name].seeds:
        TARGETS[name].feed(seed)


FOUND = [
    ("config file", b"a = " + b"[" * 3000),
    ("config file", b"a = " + b"{b=" * 3000),
    ("config file", b"a = " + b"9" * 5000),
    ("setting", b"landlord.play_seconds=" + b"[" * 3000),
    ("setting", b"landlord.play_seconds=" + b"9" * 5000),
    ("event", b"techmino.chat-joined@1\n" + b'{"a":' * 3000),
    ("head file", b'{"log":' + b"[" * 3000),
    ("settings in a replay file", b'{"a":' + b"[" * 3000),
    ("address", b":" + b"9" * 5000),
    ("listen", b"http=:" + b"9" * 5000),
    ("game id", b"9" * 5000),
    ("game id", b"9" * 5000 + b":1"),
    ("game id", b"techmino.match:\xff"),
    ("chat room", b"\xff"),
    ("log row", b"\x00\x0a\x00\x00" + b'{"x":' + b"[" * 3000),
    ("log row", b"\x03\x04\x7f\xc1\xbb"),
    ("log row", b'\x01\x00\xcc\x00{"at":1,"seat":2,"cards":[20],"card_type":18446744073709551615}'),
]
"""What fuzzing found, so that it stays found."""


@pytest.mark.parametrize(("name", "data"), FOUND)
def test_what_was_found_once_is_refused(name, data):
    TARGETS[name].feed(data)


BIG = 60_000
HOSTILE = {
    "deep": b'{"x":' + b"[" * (BIG // 2),
    "wide": b'{"x":[' + b"{}," * (BIG // 3) + b"{}]}",
    "digits": b'{"uid":' + b"9" * BIG + b"}",
    "members": b"{" + b'"a":1,' * (BIG // 6) + b'"a":1}',
    "escapes": b'{"x":"' + b"\\u00e9" * (BIG // 6) + b'"}',
    "zeros": bytes(BIG),
    "ones": b"\xff" * BIG,
    "pieces": b"\x01\x80abcd" + b"\x00\x80abcd" * (BIG // 6),
}
"""Messages about as long as any may be, made to be costly to read."""
FACTOR, LEAST = 200, 1 << 20
"""Bytes of memory for each byte that came, and what is used anyway."""


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_message_takes_much_more_memory_than_it_has_bytes(kind):
    data = HOSTILE[kind]
    for name, target in TARGETS.items():
        if name in SLOW or name in ("game id", "chat room"):
            continue  # an operator's own, or a whole log
        tracemalloc.start()
        try:
            target.feed(data)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak <= LEAST + FACTOR * len(data), name


# --- none is forgotten ---------------------------------------------------------------------------

READING = frozenset(
    (
        *("Decoder", "FromString", "b64decode", "convert", "fromhex", "fromisoformat", "loads"),
        *("load_pem_private_key", "load_pem_public_key", "unpack", "unpack_from"),
    )
)
"""Calls by which bytes or text become something else; so is `msgspec.json.decode`."""
ENGINE = "engine"
"""The whole engine: what its handlers read besides."""
ROOM_SERVER = "room server"
"""A whole room server: what its link to the lobby reads."""
READ_BY = {
    "events/event.py": "event",
    "events/log.py": "signing key",
    "events/repository.py": "log row",
    "events/rules/landlord/deck.py": "log row",
    "events/rules/landlord/settlement.py": "log row",
    "events/rules/techmino/record.py": "techmino record",
    "events/rules/treasure/draws.py": "log row",
    "events/rules/treasure/sealing.py": "sealed choice",
    "network/account_desk.py": "admin socket",
    "network/beehive/codec.py": "beehive",
    "network/beehive/json_body.py": "beehive v2",
    "network/beehive/protobuf.py": "beehive pb",
    "network/configfile.py": "config file",
    "network/handshake.py": ENGINE,
    "network/landlord/codec.py": "landlord",
    "network/techmino/codec.py": "techmino play",
    "network/techmino/credentials.py": "techmino credentials",
    "network/treasure/codec.py": "treasure lobby",
    "network/treasure/given_states.py": ROOM_SERVER,
    "network/treasure/link.py": ROOM_SERVER,
    "network/treasure/link_codec.py": "link of a room server",
    "network/websocket.py": "websocket",
    "replay/audit_kept.py": "log row",
    "replay/audit_treasure.py": "log row",
    "replay/audit_treasure_tickets.py": "log row",
    "replay/decks.py": "log row",
    "replay/kept_outside.py": "head file",
    "replay/match_follower.py": "log row",
    "replay/stream_file.py": "settings in a replay file",
    "replay/times.py": "time",
    "replay/treasure_games.py": "log row",
    "replay/treasure_public.py": "log row",
}
"""By which target each module that reads bytes or text is reached."""
OWN = {
    "network/admin.py": "what our own engine answers on a socket of the data folder",
    "replay/findings.py": "what was encoded in the same line",
}
"""Modules that read nothing of anybody else."""


def reads(tree):
    """Tell whether a module makes something of bytes or text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            if node.attr == "FromString":
                return True
            if node.attr == "decode" and ast.unparse(node.value) == "msgspec.json":
                return True
        if isinstance(node, ast.Call):
            called = node.func
            if (getattr(called, "attr", "") or getattr(called, "id", "")) in READING:
                return True
    return False


def test_whatever_reads_bytes_is_fuzzed():
    found = set()
    for part in ("actors", "events", "network", "replay"):
        for file in (ROOT / part).rglob("*.py"):
            module = file.relative_to(ROOT)
            if not {"bench", "demo", "proto"} & set(module.parts) and reads(
                ast.parse(file.read_text(encoding="utf-8"))
            ):
                found.add(module.as_posix())
    assert found == READ_BY.keys() | OWN.keys()
    assert set(READ_BY.values()) <= TARGETS.keys() | {ENGINE, ROOM_SERVER}
