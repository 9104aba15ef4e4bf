import re
from pathlib import Path

import pytest

from parlour.events import seals
from parlour.replay import findings
from parlour.replay.findings import CODES, KEPT, Findings, Where, plain


def test_every_code_is_used_and_every_used_code_is_in_the_table():
    replay = Path(findings.__file__).parent
    source = (
        "".join(file.read_text() for file in replay.glob("*.py") if file.name != "findings.py")
        + Path(seals.__file__).read_text()
    )
    named = {code for code in CODES if f'"{code}"' in source}
    assert named == set(CODES)
    added = set(re.findall(r'findings\.add\(\s*"(\w+)"', source))
    assert added <= set(CODES)


def test_codes_are_words_and_meanings_are_sentences():
    for code, meaning in CODES.items():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)+", code)
        assert re.fullmatch(r"[A-Z].*\.", meaning)


def test_findings_come_in_the_order_of_the_log_what_is_about_all_of_it_last():
    found = Findings()
    for position in (7, None, 3):
        found.add("event_missing", Where(position), "gone")
    assert [finding.position for finding in found] == [3, 7, None]


def test_too_many_of_a_code_are_counted_and_not_kept():
    found = Findings()
    for position in range(KEPT + 5):
        found.add("event_missing", Where(position), "gone")
    found.add("seal_missing", Where(1), "gone")
    assert len(list(found)) == KEPT + 1
    assert len(found) == KEPT + 6
    assert found.dropped() == {"event_missing": 5}


@pytest.mark.parametrize(
    ("value", "shown"), [(b"text", "text"), (b"\xff", "ff"), ((1, 2), [1, 2]), (None, None)]
)
def test_values_are_shown_as_json_can_hold_them(value, shown):
    assert plain(value) == shown


def test_text_from_a_row_can_always_be_printed():
    found = Findings()
    found.add("event_altered", Where(1, "\udcff", 1), "not \udcff", found=["\udcff"])
    (finding,) = found
    assert (finding.originator_id, finding.detail) == (r"\xff", r"not \xff")
    assert finding.found == [r"\xff"]
