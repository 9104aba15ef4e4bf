"""The outsider's program of docs/verify.md: plain Python that finds what was altered."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from parlour.events.reader import LogReader

# The builders of logs, beside the tests of replay/.
sys.path.insert(0, str(Path(__file__).parents[1] / "replay"))

from evenings import evening
from halls import Hall, night
from hives import Hive, day
from tables import Room
from tampering import copies
from treasuries import Treasury, hunt

DOCS = Path(__file__).parents[2] / "docs"
PROGRAM = DOCS / "verify.py"
PAGE = (DOCS / "verify.md").read_text(encoding="utf-8")
LINES = 100


def run(*arguments, cwd="/"):
    """Run Python as an outsider does: no site packages, nothing of ours to import."""
    return subprocess.run(
        [sys.executable, "-I", "-S", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "PYTHONUTF8": "1"},
    )


def verify(log, *heads):
    return run(PROGRAM, log.folder / "log.db", *heads)


def head_of(log, name="head.json"):
    with LogReader(log.folder) as reader:
        (log.folder / name).write_text(json.dumps(reader.head()))
    return log.folder / name


PLAYED = {
    "evening": lambda room: evening(room),
    "night": lambda room: night(Hall(room)),
    "day": lambda room: day(Hive(room)),
    "hunt": lambda room: hunt(Treasury(room)),
}


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """The folder of each log in `PLAYED`, by name."""
    folder = tmp_path_factory.mktemp("logs")
    for name, play in PLAYED.items():
        with Room(folder / name, seed=5, units_a_commit=3) as room:
            play(room)
    return {name: folder / name for name in PLAYED}


@pytest.fixture
def copy_of(tmp_path):
    with copies(tmp_path) as copy:
        yield copy


@pytest.fixture
def log(logs, copy_of):
    """A copy of the evening at the tables, open for tampering."""
    return copy_of(logs["evening"])


# --- good logs ----------------------------------------------------------------------------


def test_it_is_a_hundred_lines_that_import_nothing_but_the_standard_library():
    source = PROGRAM.read_text(encoding="utf-8")
    imported, explained = set(), set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                imported |= {name.name for name in names}
            case ast.ImportFrom(module=module):
                imported.add(module)
            case ast.Module() | ast.FunctionDef() if ast.get_docstring(node):
                explained |= {*range(node.body[0].lineno, node.body[0].end_lineno + 1)}
    assert imported <= sys.stdlib_module_names
    lines = enumerate(source.splitlines(), 1)
    assert len([n for n, line in lines if line.strip() and n not in explained]) <= LINES


@pytest.mark.parametrize(
    ("name", "hands", "treasures"),
    [("evening", (7, 4), (0, 0)), ("night", (0, 0), (0, 0)), ("hunt", (0, 0), (2, 2))],
)
def test_a_good_log_is_found_good_and_what_was_checked_is_said(logs, name, hands, treasures):
    left = run(PROGRAM, logs[name] / "log.db")
    with LogReader(logs[name]) as reader:
        head = reader.head()
    assert left.stdout.splitlines() == [
        f"{head['position']} events, {head['seal']} seals; "
        f"digest of the last one: {head['digest']}",
        "landlord.hand: {} revealed and checked, {} not revealed".format(*hands),
        "treasure.game: {} revealed and checked, {} not revealed".format(*treasures),
        "nothing found",
    ]
    assert (left.returncode, left.stderr) == (0, "")


def test_it_leaves_nothing_beside_the_log(logs):
    before = sorted(logs["day"].iterdir())
    assert run(PROGRAM, logs["day"] / "log.db").returncode == 0
    assert sorted(logs["day"].iterdir()) == before


def test_what_the_page_shows_is_what_it_prints(logs):
    shown = re.search(r"verify\.py log\.db\n(.*?)```", PAGE, re.DOTALL)[1].splitlines()
    printed = run(PROGRAM, logs["evening"] / "log.db").stdout.splitlines()
    # The digest depends on the log's name, which is drawn anew for each.
    assert [line.partition("digest")[0] for line in shown] == [
        line.partition("digest")[0] for line in printed
    ]


# --- altered by hand ----------------------------------------------------------------------


def swap(log):
    log.swap(40, 41)


def close_a_gap(log):
    log.delete(60)
    log.shift(60, -1)


def alter(log):
    log.change(log.find("landlord.passed", nth=3), at=1)


DAMAGES = {
    "a byte of an event": (alter, "does not fit"),
    "a row": ("DELETE FROM stored_events WHERE rowid=50", "position 50 is missing"),
    "the last row": (
        "DELETE FROM stored_events WHERE rowid=(SELECT MAX(rowid) FROM stored_events)",
        "does not fit",
    ),
    "a row whose gap is closed": (close_a_gap, "does not fit"),
    "a row added at the end": (
        "INSERT INTO stored_events VALUES ('account:1', 999, 'account.enabled@1', x'7b7d')",
        "no seal covers",
    ),
    "a row added before all": (
        "INSERT INTO stored_events (rowid, originator_id, originator_version, topic, state)"
        " VALUES (-5, 'account:1', 999, 'account.enabled@1', x'7b7d')",
        "position 1 is missing",
    ),
    "two rows swapped": (swap, "does not fit"),
    "a version": ("UPDATE stored_events SET originator_version=900 WHERE rowid=80", "has no"),
    "a type": ("UPDATE stored_events SET state=NULL WHERE rowid=80", "cannot be read on"),
    "no text": (
        "UPDATE stored_events SET topic=CAST(x'ff41' AS TEXT) WHERE rowid=80",
        "cannot be read on",
    ),
    "a digest": ("UPDATE seals SET digest=zeroblob(32) WHERE number=40", "seal 40 does not fit"),
    "no digest": ("UPDATE seals SET digest=NULL WHERE number=40", "FOUND"),
    "a seal": ("DELETE FROM seals WHERE number=40", "seal 40 is missing"),
    "the last seal": (
        "DELETE FROM seals WHERE number=(SELECT MAX(number) FROM seals)",
        "no seal covers",
    ),
    "every seal": ("DELETE FROM seals", "no seal covers"),
    "the range of a seal": ("UPDATE seals SET last_position=100000 WHERE number=40", "seal 41"),
    "the table of events": ("ALTER TABLE stored_events RENAME TO hidden", "cannot be read on"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_what_somebody_altered_is_found(log, name):
    damage, fault = DAMAGES[name]
    log.sql(damage) if isinstance(damage, str) else damage(log)
    left = verify(log)
    assert (left.returncode, left.stderr) == (1, "")
    assert fault in left.stdout


def test_what_is_no_log_or_not_there_is_found(tmp_path):
    (tmp_path / "log.db").write_bytes(b"no log at all" * 99)
    for file in (tmp_path / "log.db", tmp_path / "missing.db"):
        left = run(PROGRAM, file)
        assert (left.returncode, left.stderr) == (1, "")
        assert "cannot be read on" in left.stdout


# --- altered with patience: every seal is made anew ---------------------------------------


def another_secret(log):
    log.change(log.find("landlord.hand-settled"), secret="00" * 32)
    return "another secret was committed to"


def another_bottom(log):
    position = log.find("landlord.hand-dealt")
    log.change(position, bottom=log.event(position)["bottom"][::-1])
    return "another bottom was shown"


def another_nonce(log):
    log.change(log.find("landlord.hand-dealt"), nonces=["", "n1", "I was cheated"])
    return "another bottom was shown"


def a_card_of_somebody_else(log):
    position = log.find("landlord.cards-played")
    log.change(position, seat=(log.event(position)["seat"] + 1) % 3)
    return "without having it"


def a_card_twice(log):
    position = log.find("landlord.cards-played")
    log.change(position, cards=log.event(position)["cards"] * 2)
    return "without having it"


def another_winner(log):
    position = log.find("landlord.hand-settled")
    log.change(position, win_type=1 - log.event(position)["win_type"])
    return "who won is not who played all his cards"


@pytest.mark.parametrize(
    "forgery",
    [
        another_secret,
        another_bottom,
        another_nonce,
        a_card_of_somebody_else,
        a_card_twice,
        another_winner,
    ],
)
def test_a_hand_that_was_not_dealt_or_played_so_is_found_under_new_seals(log, forgery):
    fault = forgery(log)
    log.reseal()
    left = verify(log)
    assert left.returncode == 1
    assert fault in left.stdout
    assert "does not fit" not in left.stdout


def test_a_treasure_games_other_seed_is_found_under_new_seals(logs, copy_of):
    log = copy_of(logs["hunt"])
    log.change(log.find("treasure.game-settled"), seed="00" * 32)
    log.reseal()
    left = verify(log)
    assert left.returncode == 1
    assert "the seed is not the one committed to" in left.stdout


# --- with a head and with a key -----------------------------------------------------------


def cut(log, number):
    """Take everything behind a seal away, cleanly."""
    [(last,)] = log.sql("SELECT last_position FROM seals WHERE number=?", number)
    log.sql("DELETE FROM stored_events WHERE rowid>?", last)
    log.sql("DELETE FROM seals WHERE number>?", number)


def test_an_old_head_is_found_again_when_the_log_has_grown(log, logs):
    newest = head_of(log, "newest.json")
    cut(log, 60)
    left = run(PROGRAM, logs["evening"] / "log.db", head_of(log), newest)
    assert left.returncode == 0
    assert "compared with the head of seal 60, position " in left.stdout
    assert left.stdout.count("compared with the head of seal ") == 2


def test_a_chain_made_anew_is_found_only_against_a_head(log):
    head = head_of(log)
    log.change(log.find("log.opened"), engine="9.9.9")
    log.reseal()
    assert verify(log).returncode == 0
    left = verify(log, head)
    assert left.returncode == 1
    assert "the chain was made anew" in left.stdout


def test_a_cut_tail_is_found_only_against_a_head(log):
    head = head_of(log)
    cut(log, 60)
    assert verify(log).returncode == 0
    left = verify(log, head)
    assert left.returncode == 1
    assert "the log ends before the head" in left.stdout


def test_the_head_of_another_log_is_found(log):
    head = head_of(log)
    head.write_text(json.dumps({**json.loads(head.read_text()), "log": "f" * 32}))
    assert "the head is another log's" in verify(log, head).stdout


def test_the_page_says_how_openssl_checks_the_signature(tmp_path):
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "signing.pem").write_bytes(pem)
    with Room(tmp_path, signing_key=tmp_path / "signing.pem") as room:
        room.register(1)
    section = PAGE.partition("## With a key")[2]
    extract = re.search(r"-S -c '\n(.*?)'\n\$ openssl", section, re.DOTALL)[1]
    left = run("-c", extract, cwd=tmp_path)
    assert (left.returncode, left.stderr) == (0, "")
    signature = (tmp_path / "signature.bin").read_bytes()
    key.public_key().verify(signature, (tmp_path / "digest.bin").read_bytes())
    openssl = shutil.which("openssl")
    if openssl is None:  # the key's own library has just said the same
        return
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "seal.pub").write_bytes(public)
    command = re.search(r"\$ openssl (.*)\n", section)[1].split()
    said = subprocess.run(
        [openssl, *command], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (said.returncode, said.stdout) == (0, "Signature Verified Successfully\n")
