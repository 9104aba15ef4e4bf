"""What the audit page says about codes and seals holds."""

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from parlour.events import account
from parlour.events.event import encode, topic_of
from parlour.events.log import open_log
from parlour.events.unit import Entry, Unit
from parlour.replay.findings import CODES

PAGE = (Path(__file__).parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")


def unit(*names, first):
    entries = []
    for version, name in enumerate(names, first):
        event = account.Renamed(at=1, old="", new=name)
        entries.append(Entry("account:1", version, topic_of(event), encode(event), event))
    return Unit(entries=tuple(entries))


@pytest.fixture
def log_file(tmp_path):
    with open_log(tmp_path / "data", open_mode=False) as log:
        log.recorder.commit([unit("ada", "bo", first=1), unit("斗地主", first=3)])
        log.recorder.commit([unit("eve", first=4)])
        head = log.head()
    return tmp_path / "data" / "log.db", head


def verify(path):
    [program] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    return subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False
    )


def test_every_finding_has_a_row():
    rows = re.findall(r"^\| `([a-z_]+)` \|", PAGE.partition("## Findings")[2], re.M)
    assert sorted(rows) == sorted(CODES)


def test_the_program_on_the_page_finds_a_sound_log_sound(log_file):
    path, head = log_file
    assert verify(path).stdout == f"5 events, head {head['digest']}\n"


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        ("UPDATE stored_events SET state = replace(state, 'ada', 'adb')", "seal 2 does not fit"),
        ("DELETE FROM stored_events WHERE rowid = 3", "position 3 is missing"),
        ("INSERT INTO stored_events SELECT originator_id, 9, topic, state FROM stored_events "
         "WHERE rowid = 5", "events that no seal covers"),
        ("DELETE FROM seals WHERE number = 2", "a gap before position 5"),
        ("UPDATE seals SET digest = zeroblob(32) WHERE number = 3", "seal 3 does not fit"),
    ],
)  # fmt: skip
def test_the_program_on_the_page_finds_damage(log_file, damage, complaint):
    path, _ = log_file
    db = sqlite3.connect(path)
    db.execute(damage)
    db.commit()
    db.close()
    assert complaint in verify(path).stderr
