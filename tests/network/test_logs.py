from __future__ import annotations

import json
import logging

import pytest
import structlog

from parlour.network import logs


@pytest.fixture(autouse=True)
def _restored():
    yield
    structlog.reset_defaults()
    logging.basicConfig(handlers=[], force=True)


def lines(capsys):
    out, err = capsys.readouterr()
    assert out == ""
    return [json.loads(line) for line in err.splitlines()]


def test_a_line_is_json_on_stderr_with_time_level_and_event_first(capsys):
    logs.configure(level="info")
    structlog.get_logger("x").info("something", uid=3)
    (line,) = lines(capsys)
    assert list(line) == ["timestamp", "level", "event", "uid"]
    assert (line["level"], line["event"], line["uid"]) == ("info", "something", 3)
    assert line["timestamp"].endswith("Z")


def test_lines_below_the_level_are_left_out(capsys):
    logs.configure(level="warning")
    structlog.get_logger("x").info("quiet")
    structlog.get_logger("x").warning("loud")
    assert [line["event"] for line in lines(capsys)] == ["loud"]


def test_libraries_speak_the_same_way(capsys):
    logs.configure(level="info")
    logging.getLogger("library").warning("took %d ms", 5)
    logging.getLogger("library").info("chatter")
    (line,) = lines(capsys)
    assert (line["event"], line["logger"], line["level"]) == ("took 5 ms", "library", "warning")


def test_what_the_engine_reports_as_failed_is_an_error(capsys):
    logs.configure(level="info")
    logs.report("handler_failed", actor="user:1", exc_info=ValueError("no"))
    logs.report("log_accepting")
    failed, accepting = lines(capsys)
    assert failed["level"] == "error"
    assert "ValueError: no" in failed["exception"]
    assert accepting["level"] == "info"


@pytest.mark.parametrize("terminal", [True, False])
def test_a_traceback_shows_no_variables(capsys, monkeypatch, terminal):
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    logs.configure(level="info")

    def check(password):
        raise ValueError("no")

    for speaker in (structlog.get_logger("x"), logging.getLogger("library")):
        try:
            check("".join(("hunter", "2")))
        except ValueError as error:
            speaker.error("failed", exc_info=error)
    told = capsys.readouterr().err
    assert told.count("ValueError: no") == 2
    assert "raise ValueError" in told
    assert "hunter2" not in told
