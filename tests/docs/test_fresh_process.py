"""What the pages promise about a command holds in a process that has just begun.

Inside the test run every module is loaded already; a command must not depend on that.
"""

import json
import subprocess
import sys

import pytest

HASH = "$argon2id$v=19$m=65536,t=3,p=4$"


def parlour(*arguments):
    run = subprocess.run(
        [sys.executable, "-m", "parlour.network.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return run.stdout


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    data = tmp_path_factory.mktemp("fresh") / "data"
    parlour("account", "add", "--name", "ada", "--password", "secret", "--data", data)
    parlour("account", "token", "--uid", 1, "--kind", "skey", "--data", data)
    return data


def test_log_show_knows_every_event_and_shows_no_hash(data):
    shown = parlour("log", "show", "--data", data)
    assert "unknown event" not in shown
    assert HASH not in shown
    assert "digest" not in shown


def test_log_show_as_json_has_a_time_for_every_event(data):
    events = json.loads(parlour("log", "show", "--data", data, "--json"))["events"]
    assert [event["position"] for event in events if event["at"] is None] == []
    assert len(events) == 5


def test_log_stats_has_the_time_of_the_last_event(data):
    assert json.loads(parlour("log", "stats", "--data", data, "--json"))["last"] is not None


def test_a_head_is_what_the_audit_takes(data, tmp_path):
    head = tmp_path / "head.json"
    head.write_text(parlour("log", "head", "--data", data), encoding="utf-8")
    audit = json.loads(parlour("audit", "--data", data, "--head", head, "--json"))
    assert audit["ok"]
    assert audit["against_head"]
