"""The whole process: started, served, stopped."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import struct
import subprocess
import sys
import time
import urllib.request

import pytest

from parlour.events.event import encode, topic_of
from parlour.events.landlord import HandNumbered, table_id
from parlour.events.log import open_log
from parlour.events.treasure import PlayerGone, game_id
from parlour.events.unit import Entry, Unit
from parlour.network import account_requests as ask
from parlour.network import offline
from parlour.network.config import Config
from parlour.network.server import last_at

LISTEN = ["--listen", "http=127.0.0.1:0", "--listen", "landlord=127.0.0.1:0"]
JOIN = b'{"cmd":"CLIENT_JOIN_TABLE_REQ","type":1,"uid":5,"skey":"x"}'


class Process:
    def __init__(self, folder, *arguments, listen=LISTEN):
        self.data, self.ready_file = folder / "data", folder / "ready.json"
        self.ready_file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "parlour.network.cli", "run", "--data", str(self.data)]
        command += [*listen, "--ready-file", str(self.ready_file), *arguments]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)

    def wait_until_ready(self):
        deadline = time.monotonic() + 30
        while not self.ready_file.exists():
            assert self.process.poll() is None, self.process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        self.where = json.loads(self.ready_file.read_text())
        return self

    def connect(self):
        host, _, port = self.where["landlord"].rpartition(":")
        return socket.create_connection((host, int(port)), timeout=10)

    def end(self):
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, errors


@pytest.fixture
def start(tmp_path):
    started = []

    def run(*arguments, **options):
        process = Process(tmp_path, *arguments, **options)
        started.append(process.process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def say(connection, payload):
    connection.sendall(struct.pack("<I", len(payload)) + payload)


def hear(connection):
    (length,) = struct.unpack("<I", exactly(connection, 4))
    return json.loads(exactly(connection, length))


def exactly(connection, size):
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        assert piece, "the server closed"
        data += piece
    return data


def test_sigterm_tells_clients_and_exits_0(start):
    engine = start("--open").wait_until_ready()
    with engine.connect() as connection:
        say(connection, JOIN)
        assert hear(connection)["cmd"] == "SERVER_JOIN_TABLE_SUCC"
        assert hear(connection)["cmd"] == "SERVER_TABLE_INFO_BC"
        engine.process.send_signal(signal.SIGTERM)
        assert hear(connection) == {"cmd": "error", "error_code": 6, "reason": "draining"}
        assert connection.recv(1) == b""
    code, errors = engine.end()
    assert code == 0
    assert [json.loads(line)["event"] for line in errors.splitlines()] == [
        "open_mode",
        "ready",
        "draining",
        "connection_ended",
        "stopped",
    ]
    assert not (engine.data / "admin.sock").exists()


def test_a_second_signal_exits_at_once(start):
    engine = start("--open", "--set", "limits.linger_seconds=3600").wait_until_ready()
    with engine.connect() as connection:
        say(connection, JOIN)
        hear(connection)
        engine.process.send_signal(signal.SIGINT)
        while connection.recv(4096):  # everything up to its goodbye; ours never comes
            pass
        engine.process.send_signal(signal.SIGINT)
        assert engine.end()[0] == 1


def test_two_engines_do_not_share_a_folder(start):
    start("--open").wait_until_ready()
    code, errors = start("--open").end()
    assert code == 2
    assert errors.startswith("parlour: ")
    assert "is in use by process" in errors
    assert errors.count("\n") == 1


def test_a_log_stays_as_it_was_made(start):
    engine = start().wait_until_ready()
    engine.process.terminate()
    assert engine.end()[0] == 0
    code, errors = start("--open").end()
    assert code == 2
    assert "was made without --open" in errors
    assert not engine.ready_file.exists()


def test_a_port_that_is_taken_stops_it_before_anything_is_made(start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        engine = start(listen=["--listen", f"landlord=127.0.0.1:{port}"])
        code, errors = engine.end()
    assert (code, errors) == (
        2,
        f"parlour: cannot listen on 127.0.0.1:{port}: Address already in use\n",
    )
    assert not engine.data.exists()


def test_after_a_kill_it_starts_again_with_its_socket(start):
    engine = start().wait_until_ready()
    engine.process.kill()
    engine.end()
    assert (engine.data / "admin.sock").exists()
    again = start().wait_until_ready()
    command = [sys.executable, "-m", "parlour.network.cli", "account", "add", "--name", "alice"]
    done = subprocess.run([*command, "--data", str(again.data)], capture_output=True, check=True)
    assert json.loads(done.stdout)["name"] == "alice"
    again.process.terminate()
    code, errors = again.end()
    assert code == 0
    assert '"request": "AddAccount"' in errors


def test_with_a_certificate_every_listener_speaks_tls(start, certificate):
    files = [f"tls.certificate={certificate[0]}", f"tls.key={certificate[1]}"]
    engine = start("--open", "--set", files[0], "--set", files[1]).wait_until_ready()
    trust = ssl.create_default_context(cafile=str(certificate[0]))
    port = engine.where["http"].rpartition(":")[2]
    with urllib.request.urlopen(f"https://localhost:{port}/readyz", context=trust) as answer:
        assert answer.status == 200
    plain = engine.connect()
    with trust.wrap_socket(plain, server_hostname="localhost") as connection:
        say(connection, JOIN)
        assert hear(connection)["cmd"] == "SERVER_JOIN_TABLE_SUCC"
        assert hear(connection)["cmd"] == "SERVER_TABLE_INFO_BC"
        engine.process.send_signal(signal.SIGTERM)
        assert hear(connection)["reason"] == "draining"
        assert connection.recv(1) == b""
    assert engine.end()[0] == 0


def test_a_person_sees_where_it_listens_and_how_to_stop_it(tmp_path):
    """stderr is a terminal: a panel instead of JSON lines."""
    screen, terminal = os.openpty()
    command = [sys.executable, "-m", "parlour.network.cli", "run", "--open"]
    command += ["--data", str(tmp_path / "data"), *LISTEN]
    environment = {**os.environ, "COLUMNS": "120", "TERM": "xterm"}
    process = subprocess.Popen(command, stderr=terminal, env=environment)
    os.close(terminal)
    seen = b""
    while b"parlour demo" not in seen:
        seen += os.read(screen, 4096)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    os.close(screen)
    text = seen.decode(errors="ignore")  # what was read may end within a character
    for words in ("nobody is authenticated", "WebSocket at /landlord", "Ctrl-C", "parlour audit"):
        assert words in text


def test_accounts_made_without_an_engine_are_no_sign_of_running_games(tmp_path):
    with open_log(tmp_path, open_mode=False, now=lambda: 1_000) as log:
        assert last_at(log, 5_000) == 1_000
        played = HandNumbered(at=2_000, hand=1)
        entry = Entry(table_id(1), 1, topic_of(played), encode(played), played)
        log.recorder.commit([Unit(entries=(entry,))])
    offline.serve(tmp_path, ask.AddAccount(name="zed"), Config())
    with open_log(tmp_path, open_mode=False) as log:
        assert last_at(log, 5_000) == 2_000


@pytest.mark.parametrize(
    ("at", "last"), [(-(10**18), 2_000), (1, 2_000), (3_000, 3_000), (10**18, 5_000)]
)
def test_a_room_servers_clock_makes_no_running_turn_longer_or_over(tmp_path, at, last):
    with open_log(tmp_path, open_mode=False, now=lambda: 1_000) as log:
        played = HandNumbered(at=2_000, hand=1)
        gone = PlayerGone(at=at, seat=0)
        for event, aggregate_id in ((played, table_id(1)), (gone, game_id(1, 1))):
            entry = Entry(aggregate_id, 1, topic_of(event), encode(event), event)
            log.recorder.commit([Unit(entries=(entry,))])
        assert last_at(log, 5_000) == last


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_before_anything_runs_exits_0(tmp_path, number):
    # Told while `parlour.network.server` is looked for: the command line is read, nothing runs.
    script = (
        "import os, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'parlour.network.server':\n"
        f"            os.kill(os.getpid(), {int(number)})\n"
        "sys.meta_path.insert(0, Finder())\n"
        "from parlour.network.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "run", "--data", str(tmp_path / "data")],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not (tmp_path / "data").exists()


def test_signals_after_the_end_change_nothing(start):
    engine = start("--open").wait_until_ready()
    engine.process.terminate()
    for line in engine.process.stderr:
        if json.loads(line)["event"] == "stopped":
            break
    while engine.process.poll() is None:
        engine.process.terminate()
    assert engine.process.returncode == 0


def test_a_ready_file_that_cannot_be_written_is_refused_before_the_start(tmp_path):
    for path in ("missing/ready.json", "file/ready.json"):
        (tmp_path / "file").write_text("")
        done = subprocess.run(
            [
                *(sys.executable, "-m", "parlour.network.cli", "run", *LISTEN),
                *("--data", tmp_path / "data", "--ready-file", tmp_path / path),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert done.stderr.startswith("parlour: cannot write the ready file")
        assert not (tmp_path / "data").exists()


def test_a_deck_key_that_others_may_read_is_told(start):
    engine = start("--open").wait_until_ready()
    engine.process.terminate()
    assert "deck_key_exposed" not in engine.end()[1]
    (engine.data / "deck.key").chmod(0o644)
    engine = start("--open").wait_until_ready()
    engine.process.terminate()
    lines = [json.loads(line) for line in engine.end()[1].splitlines()]
    (told,) = [line for line in lines if line["event"] == "deck_key_exposed"]
    assert (told["level"], told["mode"]) == ("warning", "0644")
