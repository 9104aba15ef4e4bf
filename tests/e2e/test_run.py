"""`parlour run` and `parlour config`: what they refuse, and how they begin and end."""

from __future__ import annotations

import json
import subprocess
import time
import tomllib

import pytest
from command_line import refused
from engine_process import PARLOUR, Engine, parlour, running

# --- run ----------------------------------------------------------------------------------------


def test_the_ready_file_names_exactly_what_was_asked_for(scene):
    assert scene.engine.addresses.keys() == {"http", "landlord"}
    for address in scene.engine.addresses.values():
        host, _, port = address.rpartition(":")
        assert host == "127.0.0.1"
        assert 0 < int(port) < 65536


def test_only_the_kinds_named_are_served(tmp_path):
    with running(tmp_path / "only", listen=("landlord",)) as engine:
        assert engine.addresses.keys() == {"landlord"}


def test_a_second_engine_on_the_same_folder_is_refused(scene, tmp_path):
    again = parlour(
        *("run", "--data", scene.data, "--listen", "http=127.0.0.1:0", "--open"),
        *("--ready-file", tmp_path / "ready.json"),
    )
    refused(again)
    assert not (tmp_path / "ready.json").exists()
    assert scene.engine.running


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--set", "landlord.no_such=1"], "landlord.no_such"),
        (["--set", "landlord.play_seconds"], "landlord.play_seconds"),
        (["--set", "landlord.play_seconds=fast"], "landlord.play_seconds"),
        (["--set", "landlord.play_seconds=-1"], "landlord.play_seconds"),
        (["--set", "=1"], ""),
        (["--listen", "gopher=127.0.0.1:0"], "gopher"),
        (["--listen", "landlord"], "landlord"),
        (["--listen", "landlord=127.0.0.1"], "127.0.0.1"),
        (["--listen", "landlord=127.0.0.1:99999"], "99999"),
        (["--config", "/no/such/file.toml"], "/no/such/file.toml"),
        (["--open", "--listen", "landlord=0.0.0.0:0"], "0.0.0.0"),
        (["--open", "--listen", "http=[::]:0"], "::"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_run_refuses_what_it_cannot_do_with_one_line(tmp_path, arguments, word):
    result = parlour("run", "--data", tmp_path / "data", *arguments)
    refused(result, word=word)


def test_a_port_that_is_taken_is_one_line(scene, tmp_path):
    taken = f"landlord={scene.engine.tcp}"
    refused(parlour("run", "--data", tmp_path / "data", "--listen", taken), word=scene.engine.tcp)


def test_a_config_file_with_an_error_is_one_line(tmp_path):
    config = tmp_path / "parlour.toml"
    for text in ("not toml", "[landlord]\nno_such = 1\n", "[no_such]\na = 1\n"):
        config.write_text(text)
        refused(parlour("run", "--data", tmp_path / "data", "--config", config))


def test_a_log_made_open_needs_open_and_one_made_without_refuses_it(tmp_path):
    with running(tmp_path / "open") as engine:
        pass
    listen = ("--listen", "http=127.0.0.1:0")
    refused(parlour("run", "--data", engine.data, *listen), word="--open")
    with running(tmp_path / "closed", open=False) as engine:
        pass
    refused(parlour("run", "--data", engine.data, *listen, "--open"), word="--open")


def test_a_data_folder_that_cannot_be_used_is_one_line(tmp_path):
    file = tmp_path / "file"
    file.write_text("not a folder")
    refused(parlour("run", "--data", file, "--listen", "http=127.0.0.1:0"))
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "log.db").write_bytes(b"not a database, but long enough to be read" * 100)
    refused(parlour("run", "--data", broken, "--listen", "http=127.0.0.1:0"))


def test_stdout_of_run_is_empty_and_its_log_is_json_lines(tmp_path):
    engine = Engine(tmp_path / "engine")
    ready = engine.ready_file
    process = subprocess.Popen(
        engine.command(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while not ready.exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.terminate()
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert out == ""
    lines = [json.loads(line) for line in err.splitlines()]
    assert lines
    assert all("event" in line for line in lines)


def test_sigint_is_as_good_as_sigterm(tmp_path):
    engine = Engine(tmp_path / "engine").start()
    assert engine.process is not None
    engine.process.send_signal(2)
    assert engine.process.wait(30) == 0
    engine.check_log()


# --- config -------------------------------------------------------------------------------------


def test_config_lists_every_setting_and_is_itself_a_configuration(tmp_path):
    printed = parlour("config")
    assert printed.code == 0
    document = tomllib.loads(printed.out)
    timers = ("ready_seconds", "call_seconds", "play_seconds", "trustee_seconds")
    assert [document["landlord"][name] for name in timers] == [20, 20, 22, 1.5]
    levels = {number: level["base"] for number, level in document["landlord"]["levels"].items()}
    assert levels == {"1": 10, "2": 50, "3": 200, "4": 1000}
    assert document["limits"]["connections_per_address"] == 64
    assert document["limits"]["messages_per_second"] == 20
    assert document["limits"]["burst"] == 60
    with running(tmp_path / "engine", open=False, config=printed.out):
        pass


# --- everything else ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [["--no-such-option"], ["no-such-command"], ["run", "--no-such"], ["replay", "nothing"]],
    ids=" ".join,
)
def test_words_nobody_knows_are_an_error(arguments):
    result = parlour(*arguments)
    assert result.code == 2
    assert result.out == ""


def test_help_and_version_are_there():
    for arguments in (["--help"], ["run", "--help"], ["audit", "--help"], ["--version"]):
        result = parlour(*arguments)
        assert result.code == 0, result
        assert result.out


def test_a_closed_pipe_is_not_an_error(scene):
    command = [*PARLOUR, "log", "show", "--data", str(scene.data)]
    show = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert show.stdout is not None
    assert show.stderr is not None
    show.stdout.close()
    errors = show.stderr.read()
    show.stderr.close()
    show.wait(30)
    assert b"Traceback" not in errors
    assert b"Exception" not in errors
