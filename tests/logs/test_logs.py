"""Logs that were recorded once replay, and are audited, as they were then: for ever."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from record import BUILDERS, GOLDEN, LOGS, MOST_BYTES, said

from parlour.events.kinds import rebuild
from parlour.events.reader import LogReader

FOLDERS = sorted(path.parent for path in LOGS.glob(f"*/{GOLDEN}"))
CASES = [
    pytest.param(
        folder, kept["command"], kept["document"], id=" ".join([folder.name, *kept["command"]])
    )
    for folder in FOLDERS
    for kept in map(json.loads, (folder / GOLDEN).read_text(encoding="utf-8").splitlines())
]


def lacking(golden, now, at="document"):
    """Yield where a document does not hold what it held; more fields are welcome."""
    if isinstance(golden, dict) and isinstance(now, dict):
        for name, value in golden.items():
            if name in now:
                yield from lacking(value, now[name], f"{at}.{name}")
            else:
                yield f"{at}.{name} is gone"
    elif isinstance(golden, list) and isinstance(now, list) and len(golden) == len(now):
        for number, (one, other) in enumerate(zip(golden, now, strict=True)):
            yield from lacking(one, other, f"{at}[{number}]")
    elif (type(golden), golden) != (type(now), now):
        yield f"{at} was {golden!r} and is {now!r}"


@pytest.mark.parametrize(("folder", "command", "golden"), CASES)
def test_what_was_said_to_a_log_once_is_said_for_ever(folder, command, golden):
    assert list(lacking(golden, said(command, folder))) == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_aggregate_is_rebuilt_from_its_events(folder):
    with LogReader(folder) as reader:
        states = rebuild(reader.rows())
        assert sum(rebuilt.version for rebuilt in states.values()) == reader.last_position()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_recorded_log_is_small_and_nothing_lies_beside_it(folder):
    names = {path.name for path in folder.iterdir()}
    assert names <= {"log.db", "deck.key", "seal.pub", "head.json", GOLDEN}
    assert all(path.stat().st_size <= MOST_BYTES for path in folder.iterdir())


def test_there_is_a_log_of_every_kind_and_the_page_names_all():
    page = (LOGS / "README.md").read_text(encoding="utf-8")
    assert {folder.name.rpartition("-")[0] for folder in FOLDERS} >= BUILDERS.keys()
    assert [folder.name for folder in FOLDERS if f"`{folder.name}`" not in page] == []


def test_what_is_gone_or_otherwise_is_told():
    golden = {"a": [1, {"b": None}], "c": "x", "d": 1}
    now = {"a": [1, {"b": 0, "new": 1}], "c": "x", "e": 1}
    assert list(lacking(golden, now)) == [
        "document.a[1].b was None and is 0",
        "document.d is gone",
    ]
    assert list(lacking([1], [1, 2])) == ["document was [1] and is [1, 2]"]
