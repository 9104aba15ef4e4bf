"""`bench all`: what it makes of what the benches say; they themselves are tested by themselves."""

import os
import sys

import msgspec
from click.testing import CliRunner
from rich.console import Console

from parlour.network.bench import all as every
from parlour.network.bench import cli
from parlour.network.bench.report import Bar, Report
from parlour.network.cli import cli as parlour


def outcome(*bars, name="chat", trouble=""):
    report = Report(bench=name, what="something", rounds=1, figures=(), bars=bars)
    document = None if trouble else report.document()
    return every.Outcome(bench=name, seconds=1.0, document=document, trouble=trouble)


def summary(*outcomes):
    return every.Summary(rounds=1, machine={"cpus": 2}, outcomes=outcomes)


FAST = Bar(name="speed", measured=30.0, bar=25.0, unit="×")
SLOW = Bar(name="p99", measured=31.5, bar=20.0, unit="ms", sense="at most")
ABSENT = Bar(name="plays / douzero", measured=None, bar=4.0, unit="×", note="not installed")


def test_missed_bars_are_named_with_what_was_asked():
    found = summary(outcome(FAST, SLOW))
    assert found.missed == ["chat: p99: 31.50 ms, asked ≤ 20 ms"]
    document = found.document()
    assert document["met"] is False
    assert [(bar["bench"], bar["name"], bar["met"]) for bar in document["bars"]] == [
        ("chat", "speed", True),
        ("chat", "p99", False),
    ]
    assert msgspec.json.decode(msgspec.json.encode(document)) == document


def test_what_could_not_be_measured_is_not_missed():
    found = summary(outcome(FAST, ABSENT))
    assert found.missed == []
    assert found.not_measured == ["chat: plays / douzero: not installed"]
    assert found.document()["met"] is True
    assert found.document()["not_measured"] == found.not_measured


def test_a_bench_that_could_not_be_run_is_kept_apart():
    found = summary(outcome(FAST), outcome(name="idle", trouble="too few files"))
    assert found.not_run == ["idle: too few files"]
    assert found.missed == []
    assert found.document()["met"] is False
    assert len(found.document()["benches"]) == 1


def test_a_person_gets_one_table():
    console = Console(width=120)
    with console.capture() as captured:
        summary(
            outcome(FAST, SLOW), outcome(ABSENT, name="rules"), outcome(name="idle", trouble="no")
        ).print(console)
    text = captured.get()
    assert "missed: chat: p99: 31.50 ms, asked ≤ 20 ms" in text
    assert "could not be run: idle: no" in text
    assert "not measured: rules: plays / douzero: not installed" in text
    assert "≥ 25 ×" in text


def test_one_process_a_bench():
    told = []
    found = every.measure(["rules"], rounds=1, folder=None, watch=told.append)
    assert told == ["rules"]
    assert found.not_run == []
    assert found.outcomes[0].bars[0].name == "classify / douzero"


def test_a_bench_that_fails_says_why(tmp_path):
    found = every.measure(["rules", "rules"], rounds=1, folder=tmp_path / "nowhere")
    assert len(found.not_run) == 2
    assert "nowhere" in found.not_run[0]


def test_a_bench_that_prints_no_document_could_not_be_run(monkeypatch):
    monkeypatch.setattr(every, "PARLOUR", (sys.executable, "-c", "print('{')"))
    found = every.measure(["log"], rounds=1, folder=None)
    assert "log: what it printed is no document" in found.not_run[0]


def test_a_bench_that_takes_too_long_is_ended_with_its_servers(monkeypatch, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with open(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), "rb") as heard:
        monkeypatch.setattr(every, "PARLOUR", (sys.executable, "-c", _HANGS, str(pipe)))
        monkeypatch.setattr(every, "_PATIENCE", 3.0)
        found = every.measure(["log"], rounds=1, folder=None)
        os.set_blocking(heard.fileno(), True)
        assert b"late" not in heard.read()  # to the end: nobody holds the other end any more
    assert found.not_run == ["log: not done after 3 s"]


def test_the_command_prints_one_document_and_exits_0_when_bars_are_missed(monkeypatch):
    monkeypatch.setattr(every, "PARLOUR", (sys.executable, "-c", _SAYS_MISSED))
    done = CliRunner().invoke(parlour, ["bench", "all", "--json"])
    assert done.exit_code == 0, done.output
    document = msgspec.json.decode(done.stdout)
    assert document["met"] is False
    assert len(document["missed"]) == len(cli.BENCHES)


def test_the_command_exits_2_when_no_bench_could_be_run(monkeypatch):
    monkeypatch.setattr(every, "PARLOUR", (sys.executable, "-c", "raise SystemExit('broken')"))
    done = CliRunner().invoke(parlour, ["bench", "all"])
    assert done.exit_code == 2
    assert "could not be run: log: broken" in done.stdout


_SERVER = """
import sys, time
with open(sys.argv[1], "w", buffering=1) as pipe:
    print("here", file=pipe)
    time.sleep(15)
    print("late", file=pipe)
"""
_HANGS = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", {_SERVER!r}, sys.argv[1]])
"""
_SAYS_MISSED = """
import json, sys
bar = {"name": "p99", "measured": 3.0, "bar": 1.0, "unit": "ms", "sense": "at most", "note": ""}
print(json.dumps({"bench": sys.argv[2], "bars": [{**bar, "met": False}], "figures": {}}))
"""
