"""What commands print, refuse and exit with."""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
import stat

import pytest
import structlog

from parlour.network import cli
from parlour.network.config import ListenSettings
from parlour.network.listeners import addresses


@pytest.fixture(autouse=True)
def _restored(monkeypatch):
    monkeypatch.delenv("PARLOUR_TRACEBACK", raising=False)
    yield
    structlog.reset_defaults()
    logging.basicConfig(handlers=[], force=True)


@pytest.fixture
def parlour(capsys):
    """Run a command in this process; returns (exit code, stdout, stderr)."""

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            cli.main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return ended.value.code, out, err

    return run


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


def test_the_help_of_run_names_every_kind_of_listener_with_its_port(parlour):
    _, out, _ = parlour("run", "--help")
    told = " ".join(out.split())
    for kind, address in addresses((), ListenSettings()).items():
        assert f"{kind} ({address.port})" in told


def test_help_names_every_command(parlour):
    code, out, err = parlour("--help")
    assert (code, err) == (0, "")
    listed = [line.split()[0] for line in out.partition("Commands:\n")[2].splitlines() if line[:3]]
    assert listed[:12] == [
        "run",
        "room-server",
        "config",
        "account",
        "kick",
        "replay",
        "audit",
        "export",
        "backup",
        "log",
        "demo",
        "bench",
    ]


@pytest.mark.parametrize(
    "command", ["run", "config", "account", "account add", "account set", "account token", "kick"]
)
def test_every_command_explains_itself(parlour, command):
    code, out, _ = parlour(*command.split(), "--help")
    assert code == 0
    assert out.startswith(f"Usage: parlour {command}")


def test_the_version_is_told(parlour):
    code, out, _ = parlour("--version")
    assert code == 0
    assert out.startswith("parlour, version ")


def test_config_prints_a_file_for_config(parlour, tmp_path):
    code, out, _ = parlour("config", "--set", "landlord.play_seconds=3")
    assert code == 0
    path = tmp_path / "parlour.toml"
    path.write_text(out)
    assert parlour("config", "--config", path) == (0, out, "")


ERRORS = [
    (["fly"], "parlour: No such command 'fly'. (see parlour --help)"),
    (["run", "--fly"], "parlour: No such option '--fly'. (see parlour run --help)"),
    (["account", "add"], "parlour: Missing option '--name'. (see parlour account add --help)"),
    (
        ["account", "token", "--uid", "x", "--kind", "skey"],
        "parlour: Invalid value for '--uid': 'x' is not a valid integer. "
        "(see parlour account token --help)",
    ),
    (
        ["run", "--set", "landlord.play_second=1"],
        "parlour: unknown setting landlord.play_second; did you mean landlord.play_seconds?",
    ),
    (
        ["run", "--listen", "chess=127.0.0.1:0"],
        "parlour: --listen chess=127.0.0.1:0: "
        "the kinds served are http, landlord, beehive, beehive-nodes, treasure, "
        "treasure-room, nodes",
    ),
    (
        ["run", "--open", "--listen", "http=0.0.0.0:0"],
        "parlour: --open serves this machine only: http cannot listen on 0.0.0.0:0; "
        "use 127.0.0.1 or leave --open out",
    ),
    (
        ["account", "set", "--uid", "1", "--data", "nowhere"],
        "parlour: nothing to change: name at least one option, such as --motto TEXT",
    ),
    (
        ["account", "token", "--uid", "1", "--kind", "skey", "--data", "nowhere"],
        "parlour: there is no log in nowhere: name its folder with --data",
    ),
    (
        ["kick", "--uid", "1", "--data", "nowhere"],
        "parlour: no engine runs on nowhere: there is nobody to kick",
    ),
]


@pytest.mark.parametrize(("arguments", "line"), ERRORS)
def test_an_error_is_one_line_and_exit_code_2(parlour, arguments, line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert parlour(*arguments) == (2, "", line + "\n")
    assert list(tmp_path.iterdir()) == []


def test_a_bug_is_one_line_too_unless_a_traceback_is_wanted(parlour, monkeypatch):
    def broken(*_args, **_kwargs):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("parlour.network.configfile.load", broken)
    code, out, err = parlour("config")
    assert (code, out) == (2, "")
    assert err.startswith("parlour: internal error: ZeroDivisionError: division by zero (run again")
    assert err.count("\n") == 1
    monkeypatch.setenv("PARLOUR_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        cli.main(["config"])


def test_an_account_is_made_changed_and_listed_without_an_engine(parlour, data):
    code, out, err = parlour("account", "add", "--name", "alice", "--data", data, "--json")
    assert (code, json.loads(out), err) == (0, {"uid": 1, "name": "alice"}, "")
    added = ["account", "add", "--name", "bob", "--uid", 77, "--money", 5, "--operator"]
    assert parlour(*added, "--email", "Bob@Example.com", "--data", data)[0] == 0
    code, out, _ = parlour("account", "add", "--name", "carol", "--data", data)
    assert json.loads(out) == {"uid": 78, "name": "carol"}

    changes = ["--motto", "hello", "--sex", 2, "--birthday", "2001/02/03", "--zone", "north"]
    code, out, _ = parlour("account", "set", "--uid", 1, *changes, "--grant", -500, "--data", data)
    assert (code, json.loads(out)) == (0, {"uid": 1, "money": 9_500})

    code, out, _ = parlour("account", "list", "--data", data, "--json")
    alice, bob, _carol = json.loads(out)["accounts"]
    assert (alice["name"], alice["money"], alice["motto"], alice["sex"]) == (
        "alice",
        9_500,
        "hello",
        2,
    )
    assert (alice["birthday"], alice["zone"]) == ("2001/02/03", "north")
    assert (bob["uid"], bob["money"], bob["operator"], bob["email"]) == (
        77,
        5,
        True,
        "bob@example.com",
    )
    code, out, _ = parlour("account", "list", "--data", data)
    assert "alice" in out
    assert "9,500" in out


def test_a_token_is_given_once_and_only_its_hash_is_kept(parlour, data):
    parlour("account", "add", "--name", "alice", "--password", "secret!", "--data", data)
    code, out, _ = parlour("account", "token", "--uid", 1, "--kind", "skey", "--data", data)
    given = json.loads(out)
    assert code == 0
    assert given.keys() == {"token", "expires"}
    assert given["expires"].endswith("Z")
    assert len(given["expires"]) == len("2026-11-21T07:00:00.123456Z")
    log = b"".join(path.read_bytes() for path in data.glob("log.db*"))
    assert given["token"].encode() not in log
    assert b"secret!" not in log
    assert b"$argon2id$" in log


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["add", "--name", "Alice"], "the name 'Alice' is taken"),
        (["add", "--name", "x", "--uid", 1], "uid 1 is taken"),
        (["add", "--name", "x", "--uid", 0], "a uid is 1 to 9007199254740991, not 0"),
        (["add", "--name", " x"], "a name is 1 to 64 printable characters"),
        (["add", "--name", "x", "--email", "nobody"], "'nobody' is no email address"),
        (["add", "--name", "x", "--email", "A@b.c"], "the email 'a@b.c' is taken"),
        (["add", "--name", "x", "--password", ""], "a password is 1 to 1024 bytes"),
        (["set", "--uid", 9, "--motto", "x"], "there is no account with uid 9"),
        (
            ["set", "--uid", 1, "--birthday", "2001/02/30"],
            "a birthday is YYYY/MM/DD, and a day of the calendar",
        ),
        (
            ["set", "--uid", 1, "--zone", "z" * 65],
            "a zone is at most 64 characters on one line, without control characters",
        ),
        (["add", "--name", "a\udcff"], "the name is not valid UTF-8"),
        (["add", "--name", "x", "--password", "p\udcff"], "the password is not valid UTF-8"),
        (["set", "--uid", 1, "--motto", "m\udcff"], "the motto is not valid UTF-8"),
        (["disable", "--uid", 1, "--reason", "r\udcff"], "the reason is not valid UTF-8"),
        (
            ["token", "--uid", 1, "--kind", "skey", "--seconds", "nan"],
            "a token is good for more than 0 seconds and less than ten years",
        ),
        (
            ["token", "--uid", 1, "--kind", "skey", "--sid", -1],
            "a sid is 0 to 9007199254740991, not -1",
        ),
        (
            ["set", "--uid", 1, "--grant", -10_001],
            "the account holds 10000; it cannot change by -10001",
        ),
        (["token", "--uid", 9, "--kind", "skey"], "there is no account with uid 9"),
        (
            ["token", "--uid", 1, "--kind", "skey", "--seconds", 0],
            "a token is good for more than 0 seconds and less than ten years",
        ),
        (["disable", "--uid", 9], "there is no account with uid 9"),
    ],
)
def test_what_cannot_be_done_to_an_account_is_one_line(parlour, data, arguments, line):
    parlour("account", "add", "--name", "alice", "--email", "a@b.c", "--data", data)
    assert parlour("account", *arguments, "--data", data) == (2, "", f"parlour: {line}\n")


def test_a_disabled_account_gets_no_token_until_it_is_enabled(parlour, data):
    parlour("account", "add", "--name", "alice", "--data", data)
    code, out, _ = parlour("account", "disable", "--uid", 1, "--data", data)
    assert (code, json.loads(out)) == (0, {"uid": 1, "disabled": True})
    token = ["account", "token", "--uid", 1, "--kind", "skey", "--data", data]
    assert parlour(*token) == (2, "", "parlour: account 1 is disabled\n")
    assert parlour("account", "enable", "--uid", 1, "--data", data)[0] == 0
    assert parlour(*token)[0] == 0


def test_the_folder_and_its_files_are_the_owners_alone(parlour, data):
    parlour("account", "add", "--name", "alice", "--data", data)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in data.iterdir()}
    assert {mode & 0o077 for mode in modes.values()} == {0}


def test_an_avatar_is_checked(parlour, data, tmp_path):
    parlour("account", "add", "--name", "alice", "--data", data)
    path = tmp_path / "face.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\nnot really")
    code, _, err = parlour("account", "set", "--uid", 1, "--avatar", path, "--data", data)
    assert (code, err) == (2, f"parlour: {path} is neither a whole PNG nor a whole JPEG\n")


def test_a_log_that_takes_nothing_is_one_line(parlour, data):
    assert parlour("account", "add", "--name", "ada", "--data", data)[0] == 0
    with contextlib.closing(sqlite3.connect(data / "log.db")) as db, db:
        # As good as a full disk: every commit fails.
        (last,) = db.execute("SELECT MAX(number) FROM seals").fetchone()
        db.execute("PRAGMA writable_schema=ON")
        db.execute(
            "UPDATE sqlite_master SET sql=replace(sql, 'marks BLOB', ?) WHERE name='seals'",
            (f"marks BLOB CHECK (number<={last})",),
        )
    code, out, err = parlour("account", "add", "--name", "bo", "--data", data)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("parlour: nothing was changed: the log in")
