"""The command line is a contract: exit codes, one-line errors, and the shapes of --json."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import shutil
import sqlite3
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engine_process import PARLOUR, ZONES, Engine, Result, parlour, running
from player import Player, begin_play, deal
from wire import TcpLink

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def refused(result: Result, *, word: str = "") -> str:
    """Expect one line on stderr that says what is wrong, and an exit code that is not 0."""
    assert result.code != 0, result
    lines = result.err.strip().splitlines()
    assert len(lines) == 1, result
    assert word in lines[0], result
    return lines[0]


async def play_hand(players: list[Player]) -> None:
    for player in players:
        await player.say("game_ready")
    await asyncio.gather(*(player.play_on() for player in players))
    for player in players:
        await player.expect("SERVER_TABLE_INFO_BC")


async def _three_games(engine: Engine) -> tuple[list[int], dict[str, object]]:
    players = []
    for uid in (1011, 1012, 1013):
        player = Player(await TcpLink().connect(engine.tcp), uid)
        assert (await player.join(1, 100))["cmd"] == "SERVER_JOIN_TABLE_SUCC"
        players.append(player)
    await play_hand(players)
    told: dict[str, object] = {"finished": players[0].hand}
    told["finished deals"] = [player.hand.deals[-1] for player in players]
    await begin_play(players)
    await players[1].say("force_quit")
    await players[1].expect("force_ok")
    told["quit"] = await players[0].expect("game_end")
    await players[0].expect("SERVER_TABLE_INFO_BC")
    assert (await players[1].join(1, 100))["cmd"] == "SERVER_JOIN_TABLE_SUCC"
    await deal(players)
    told["running deals"] = [player.hand.deals[-1] for player in players]
    for player in players:
        player.link.drop()
    return [player.uid for player in players], told


class Scene:
    """An engine with a finished, a quit and a running hand."""

    def __init__(self, engine: Engine, uids: list[int], told: dict) -> None:
        self.engine, self.uids, self.told = engine, uids, told

    @property
    def data(self) -> Path:
        return self.engine.data

    def games(self) -> list[dict]:
        return parlour("replay", "games", "--data", self.data, "--json").json()["games"]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    settings = {"landlord.call_seconds": 600, "landlord.trustee_seconds": 600}
    with running(tmp_path_factory.mktemp("scene"), config=ZONES, settings=settings) as engine:
        uids, told = asyncio.run(_three_games(engine))
        yield Scene(engine, uids, told)


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


# --- replay -------------------------------------------------------------------------------------


def test_replay_games_lists_each_hand_oldest_first(scene):
    games = [game for game in scene.games() if game["players"]]
    assert [game["state"] for game in games] == ["finished", "finished", "running"]
    for game in games:
        assert game.keys() >= {"id", "kind", "state", "started", "ended", "players"}
        assert game["kind"].startswith("landlord")
        assert sorted(game["players"]) == scene.uids
        assert TIME.fullmatch(game["started"])
    assert [bool(game["ended"]) for game in games] == [True, True, False]
    assert TIME.fullmatch(games[0]["ended"])
    assert [game["started"] for game in games] == sorted(game["started"] for game in games)


def test_replay_games_can_be_read_by_people(scene):
    result = parlour("replay", "games", "--data", scene.data)
    assert result.code == 0
    for game in scene.games():
        assert game["id"] in result.out


def test_replay_of_a_game_has_the_promised_shape(scene):
    game = scene.games()[0]
    replay = parlour("replay", "game", game["id"], "--data", scene.data, "--json").json()
    assert replay.keys() >= {"id", "kind", "state", "seats", "events", "result"}
    assert replay["id"] == game["id"]
    assert replay["state"] == "finished"
    assert [(s["seat"], s["uid"]) for s in replay["seats"]] == list(enumerate(scene.uids))
    for event in replay["events"]:
        assert event.keys() >= {"position", "version", "at", "name"}
        assert TIME.fullmatch(event["at"])
    versions = [event["version"] for event in replay["events"]]
    assert versions == list(range(1, len(versions) + 1))
    positions = [event["position"] for event in replay["events"]]
    assert positions == sorted(set(positions))


def test_the_result_is_the_settlement_as_clients_were_told(scene):
    finished, quit, running_game = [game for game in scene.games() if game["players"]]
    for game, told in ((finished, scene.told["finished"].end), (quit, scene.told["quit"])):
        replay = parlour("replay", "game", game["id"], "--data", scene.data, "--json").json()
        told = {name: value for name, value in told.items() if name != "cmd"}
        assert {name: replay["result"][name] for name in told} == told
    replay = parlour("replay", "game", running_game["id"], "--data", scene.data, "--json").json()
    assert replay["result"] is None
    assert replay["state"] == "running"


def test_replay_holds_every_play_in_the_words_of_the_wire(scene):
    game = scene.games()[0]
    replay = parlour("replay", "game", game["id"], "--data", scene.data, "--json").json()
    plays = [
        (scene.uids[event["seat"]], event.get("cards", []), event.get("card_type", 0))
        for event in replay["events"]
        if event["name"].startswith(("landlord.cards-played", "landlord.passed"))
    ]
    told = [
        (play["uid"], play["cards"] if play["card_type"] else [], play["card_type"])
        for play in scene.told["finished"].plays
    ]
    assert plays == told


@pytest.mark.parametrize("seat", [0, 1, 2])
def test_replay_from_a_seat_shows_nothing_it_could_not_see(scene, seat):
    for state in ("finished", "running"):
        game = next(g for g in scene.games() if g["players"] and g["state"] == state)
        replay = parlour(
            *("replay", "game", game["id"], "--data", scene.data, "--seat", seat, "--json")
        )
        assert replay.code == 0, replay
        # Up to the naming of the landlord a seat saw its own seventeen cards and the bottom.
        events = itertools.takewhile(
            lambda event: not event["name"].startswith("landlord.landlord-named"),
            replay.json()["events"],
        )
        deals = scene.told[f"{state} deals"]
        seen = {*deals[seat]["private"], *deals[seat]["c"]}
        for event in events:
            assert not event.get("secret")
            for cards in lists_of_numbers({**event, "seats": None}):
                assert set(cards) <= seen, event


def lists_of_numbers(value: object) -> Iterator[list[int]]:
    if isinstance(value, list) and value and all(isinstance(inner, int) for inner in value):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from lists_of_numbers(inner)


def test_replay_at_a_version_stops_there(scene):
    game = scene.games()[0]
    replay = parlour("replay", "game", game["id"], "--data", scene.data, "--at", 4, "--json").json()
    assert [event["version"] for event in replay["events"]] == [1, 2, 3, 4]
    assert replay["result"] is None


def test_replay_for_people_draws_cards(scene):
    game = scene.games()[0]
    for more in ([], ["--seat", 1], ["--at", 5]):
        result = parlour("replay", "game", game["id"], "--data", scene.data, *more)
        assert result.code == 0, result
        assert len(result.out.splitlines()) > 3
        assert result.err == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["game", "landlord.hand:999:1"],
        ["game", "no such game"],
        ["game", "account:1"],
        ["game", "@", "--seat", "7"],
        ["game", "@", "--at", "0"],
        ["game", "@", "--at", "-3"],
        ["game", "@", "--at", "x"],
    ],
    ids=" ".join,
)
def test_replay_of_what_is_not_there_is_refused(scene, arguments):
    arguments = [scene.games()[0]["id"] if a == "@" else a for a in arguments]
    result = parlour("replay", *arguments, "--data", scene.data, "--json")
    assert result.code != 0, result
    assert len(result.err.strip().splitlines()) in (1, 2, 3, 4)
    assert result.out == ""


def test_replay_from_a_read_only_copy_works(scene, tmp_path):
    copy = tmp_path / "copy"
    assert parlour("backup", "--data", scene.data, copy).code == 0
    target = copy if copy.is_dir() else tmp_path
    for path in target.glob("*"):
        path.chmod(0o444)
    target.chmod(0o555)
    try:
        listed = parlour("replay", "games", "--data", copy, "--json")
        assert listed.code == 0, listed
        assert [g["id"] for g in listed.json()["games"]] == [g["id"] for g in scene.games()]
    finally:
        target.chmod(0o755)


# --- audit --------------------------------------------------------------------------------------


def test_audit_of_a_running_engine_is_clean_and_has_the_promised_shape(scene):
    result = parlour("audit", "--data", scene.data, "--json")
    assert result.code == 0, result
    document = result.json()
    assert document.keys() >= {"ok", "events", "games", "seals", "findings"}
    assert (document["ok"], document["findings"]) == (True, [])
    assert document["games"] >= 3
    assert document["events"] > document["games"]
    assert document["seals"] > 0


def test_audit_of_one_game(scene):
    game = scene.games()[0]
    result = parlour("audit", "--data", scene.data, "--game", game["id"], "--json")
    assert result.code == 0, result
    assert result.json()["games"] == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda path: None,
        lambda path: path.mkdir(),
        lambda path: path.write_text("x"),
        lambda path: (path.mkdir(), (path / "log.db").write_text("no database" * 200)),
        lambda path: (path.mkdir(), sqlite3.connect(path / "log.db").close()),
    ],
    ids=["nothing", "empty folder", "a file", "no database", "empty database"],
)
def test_audit_that_cannot_run_exits_2_with_one_line(tmp_path, make: Callable[[Path], object]):
    make(tmp_path / "data")
    for more in ([], ["--json"]):
        result = parlour("audit", "--data", tmp_path / "data", *more)
        assert result.code == 2, result
        refused(result)


def test_audit_of_a_game_that_is_not_there_exits_2(scene):
    result = parlour("audit", "--data", scene.data, "--game", "landlord.hand:999:9")
    assert result.code == 2, result
    refused(result)


# --- backup, export, log ------------------------------------------------------------------------


def test_a_backup_of_a_running_engine_audits_clean_and_runs_again(scene, tmp_path):
    out = tmp_path / "backup"
    result = parlour("backup", "--data", scene.data, out)
    assert result.code == 0, result
    kept = {path.name for path in out.rglob("*")} if out.is_dir() else {out.name}
    assert "deck.key" not in kept
    assert parlour("audit", "--data", out, "--json").code == 0


def test_a_backup_with_keys_is_a_whole_folder(scene, tmp_path):
    out = tmp_path / "backup"
    assert parlour("backup", "--data", scene.data, out, "--with-keys").code == 0
    assert (out / "deck.key").read_bytes() == (scene.data / "deck.key").read_bytes()
    assert (out / "deck.key").stat().st_mode & 0o777 == 0o600
    folder = tmp_path / "restored"
    folder.mkdir()
    shutil.copytree(out, folder / "data")
    with running(folder, config=ZONES):
        pass
    audit = parlour("audit", "--data", folder / "data", "--json")
    assert audit.code == 0, audit


def test_a_backup_never_overwrites(scene, tmp_path):
    out = tmp_path / "there"
    out.mkdir()
    (out / "log.db").write_text("precious")
    refused(parlour("backup", "--data", scene.data, out))
    assert (out / "log.db").read_text() == "precious"


def test_export_is_a_queryable_database(scene, tmp_path):
    out = tmp_path / "out.db"
    result = parlour("export", "--data", scene.data, out)
    assert result.code == 0, result
    with sqlite3.connect(out) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        assert {"games", "seats", "plays", "settlements", "ledger"} <= tables
        (games,) = database.execute("SELECT count(*) FROM games").fetchone()
        assert games >= 3
        (plays,) = database.execute("SELECT count(*) FROM plays").fetchone()
        assert plays >= len(scene.told["finished"].plays)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def test_export_over_something_else_is_refused(scene, tmp_path):
    out = tmp_path / "precious.txt"
    out.write_text("precious")
    refused(parlour("export", "--data", scene.data, out))
    assert out.read_text() == "precious"


def test_log_stats_and_show(scene):
    stats = parlour("log", "stats", "--data", scene.data, "--json")
    assert stats.code == 0, stats
    assert stats.json()["events"] > 0
    shown = parlour("log", "show", "--data", scene.data)
    assert shown.code == 0, shown
    assert "landlord.hand-settled" in shown.out


def test_a_head_written_earlier_finds_a_cut_tail(scene, tmp_path):
    head = parlour("log", "head", "--data", scene.data)
    assert head.code == 0, head
    (tmp_path / "head").write_text(head.out)
    good = parlour("audit", "--data", scene.data, "--head", tmp_path / "head", "--json")
    assert good.code == 0, good
    copy = tmp_path / "copy"
    assert parlour("backup", "--data", scene.data, copy).code == 0
    log = sqlite3.connect(copy / "log.db")
    with log:
        ((first,),) = log.execute(
            "SELECT first_position FROM seals ORDER BY number DESC LIMIT 1"
        ).fetchall()
        log.execute("DELETE FROM seals WHERE first_position = ?", (first,))
        log.execute("DELETE FROM stored_events WHERE rowid >= ?", (first,))
    log.close()
    cut = parlour("audit", "--data", copy, "--head", tmp_path / "head", "--json")
    assert cut.code == 1, cut
    assert cut.json()["findings"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["replay", "games"],
        ["replay", "game", "landlord.hand:1:1"],
        ["log", "stats"],
        ["log", "show"],
        ["export", "OUT"],
        ["backup", "OUT"],
        ["account", "list"],
        ["kick", "--uid", "5"],
    ],
    ids=" ".join,
)
def test_a_folder_that_is_not_there_is_one_line_and_is_not_made(tmp_path, arguments):
    arguments = [str(tmp_path / "out") if a == "OUT" else a for a in arguments]
    data = tmp_path / "no-such-folder"
    refused(parlour(*arguments, "--data", data))
    assert not data.exists()
    assert not (tmp_path / "out").exists()


def test_readers_change_nothing_in_the_folder(scene, tmp_path):
    copy = tmp_path / "copy"
    assert parlour("backup", "--data", scene.data, copy, "--with-keys").code == 0

    def contents() -> dict[str, bytes]:
        return {p.name: p.read_bytes() for p in copy.iterdir() if p.is_file()}

    before = contents()
    game = scene.games()[0]["id"]
    parlour("replay", "games", "--data", copy)
    parlour("replay", "game", game, "--data", copy)
    parlour("audit", "--data", copy)
    parlour("log", "stats", "--data", copy)
    parlour("export", "--data", copy, tmp_path / "out.db")
    assert contents() == before


# --- accounts -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine that wants to see an skey."""
    with running(tmp_path_factory.mktemp("closed"), open=False, config=ZONES) as engine:
        yield engine


def account(engine_or_data: Engine | Path, *arguments: object) -> Result:
    data = engine_or_data.data if isinstance(engine_or_data, Engine) else engine_or_data
    return parlour("account", *arguments, "--data", data)


async def login(engine: Engine, uid: int, skey: str, zone: int) -> dict:
    link = await TcpLink().connect(engine.tcp)
    player = Player(link, uid)
    player.skey = skey
    answer = await player.join(1, zone)
    if answer["cmd"] == "SERVER_JOIN_TABLE_SUCC":
        await player.say("logout")
        await player.expect("logout_ok")
    await link.close()
    return answer


def is_refused(answer: dict) -> bool:
    return (answer["cmd"], answer.get("error_code")) == ("SERVER_JOIN_TABLE_ERR", 1)


async def test_without_open_an_skey_is_needed_and_a_good_one_is_enough(closed, zone):
    added = account(closed, "add", "--name", "Ada", "--json")
    assert added.code == 0, added
    assert added.json().keys() >= {"uid", "name"}
    assert added.json()["name"] == "Ada"
    uid = added.json()["uid"]
    issued = account(closed, "token", "--uid", uid, "--kind", "skey", "--json")
    assert issued.code == 0, issued
    assert issued.json().keys() >= {"token", "expires"}
    assert TIME.fullmatch(issued.json()["expires"])
    token = issued.json()["token"]
    assert (await login(closed, uid, token, zone))["cmd"] == "SERVER_JOIN_TABLE_SUCC"
    for wrong in ("", "x", token[:-1], token.upper() + "0", " " + token):
        assert is_refused(await login(closed, uid, wrong, zone))
    assert is_refused(await login(closed, uid + 1, token, zone))
    assert is_refused(await login(closed, 424_242, token, zone))
    assert is_refused(await login(closed, 0, token, zone))


async def test_tokens_of_other_kinds_open_no_table(closed, zone):
    uid = account(closed, "add", "--name", "Kinds", "--json").json()["uid"]
    for kind in ("auth", "access", "beehive", "operator"):
        token = account(closed, "token", "--uid", uid, "--kind", kind, "--json").json()["token"]
        assert is_refused(await login(closed, uid, token, zone)), kind


async def test_a_disabled_account_is_refused_and_its_connection_ended(closed, zone):
    uid = account(closed, "add", "--name", "Bad", "--json").json()["uid"]
    token = account(closed, "token", "--uid", uid, "--kind", "skey", "--json").json()["token"]
    link = await TcpLink().connect(closed.tcp)
    player = Player(link, uid)
    player.skey = token
    assert (await player.join(1, zone))["cmd"] == "SERVER_JOIN_TABLE_SUCC"
    disabled = await asyncio.to_thread(account, closed, "disable", "--uid", uid)
    assert disabled.code == 0, disabled
    await link.end()
    await link.close()
    assert is_refused(await login(closed, uid, token, zone))
    assert account(closed, "token", "--uid", uid, "--kind", "skey").code != 0


async def test_kick_ends_the_connections_of_a_user_who_may_come_back(closed, zone):
    uid = account(closed, "add", "--name", "Kicked", "--json").json()["uid"]
    token = account(closed, "token", "--uid", uid, "--kind", "skey", "--json").json()["token"]
    link = await TcpLink().connect(closed.tcp)
    player = Player(link, uid)
    player.skey = token
    await player.join(1, zone)
    kicked = await asyncio.to_thread(parlour, "kick", "--uid", uid, "--data", closed.data)
    assert kicked.code == 0, kicked
    last_words = await link.end()
    assert last_words[-1]["cmd"] == "error"
    await link.close()
    assert (await login(closed, uid, token, zone))["cmd"] == "SERVER_JOIN_TABLE_SUCC"


async def test_money_of_an_account_made_by_an_operator(closed, zone):
    default = account(closed, "add", "--name", "Default", "--json").json()["uid"]
    rich = account(closed, "add", "--name", "Rich", "--money", 123_456, "--json").json()["uid"]
    for uid, type, money in ((default, 1, 10_000), (rich, 3, 123_456)):
        token = account(closed, "token", "--uid", uid, "--kind", "skey", "--json").json()["token"]
        link = await TcpLink().connect(closed.tcp)
        player = Player(link, uid)
        player.skey = token
        await player.join(type, zone)
        info = await player.expect("SERVER_TABLE_INFO_BC")
        assert info["users"][0]["money"] == money
        await link.close()


async def test_a_profile_is_shown_at_the_table(closed, zone):
    uid = account(closed, "add", "--name", "Profile", "--json").json()["uid"]
    changed = account(
        closed,
        *("set", "--uid", uid, "--sex", 1, "--birthday", "1986/09/10"),
        *("--zone", "beijing", "--motto", "hello"),
    )
    assert changed.code == 0, changed
    token = account(closed, "token", "--uid", uid, "--kind", "skey", "--json").json()["token"]
    link = await TcpLink().connect(closed.tcp)
    player = Player(link, uid)
    player.skey = token
    await player.join(1, zone)
    (user,) = (await player.expect("SERVER_TABLE_INFO_BC"))["users"]
    assert (user["name"], user["sex"], user["birthday"], user["zone"]) == (
        "Profile",
        1,
        "1986/09/10",
        "beijing",
    )
    await link.close()


IMPOSSIBLE = [
    ["add", "--name", "Twice"],
    ["add", "--name", "tWiCe"],
    ["add", "--name", ""],
    ["add", "--name", "Neg", "--money", "-1"],
    ["add", "--name", "Zero", "--uid", "0"],
    ["add", "--name", "Other", "--uid", "4001"],
    ["add", "--name", "Mail", "--email", "twice@example.org"],
    ["token", "--uid", "999999", "--kind", "skey"],
    ["disable", "--uid", "999999"],
    ["set", "--uid", "999999", "--motto", "x"],
    ["set", "--uid", "4001", "--birthday", "tomorrow"],
]


@pytest.mark.parametrize("beside", [True, False], ids=["beside an engine", "alone"])
def test_account_commands_that_cannot_be_done_are_one_line(closed, tmp_path, beside):
    target: Engine | Path = closed if beside else tmp_path / "data"
    first = ("add", "--name", "Twice", "--uid", 4001, "--email", "twice@example.org")
    assert account(target, *first).code == 0
    before = account(target, "list", "--json").json()
    for arguments in IMPOSSIBLE:
        refused(account(target, *arguments))
    assert account(target, "list", "--json").json() == before


async def test_accounts_made_without_an_engine_are_there_when_it_runs(tmp_path, zone):
    data = tmp_path / "engine" / "data"
    data.parent.mkdir()
    added = account(data, "add", "--name", "Early", "--uid", 77, "--password", "s3cret", "--json")
    assert added.code == 0, added
    assert added.json()["uid"] == 77
    token = account(data, "token", "--uid", 77, "--kind", "skey", "--json").json()["token"]
    with running(tmp_path / "engine", open=False, config=ZONES) as engine:
        answer = await login(engine, 77, token, zone)
        assert answer["cmd"] == "SERVER_JOIN_TABLE_SUCC"
        listed = account(engine, "list", "--json").json()
        assert "Early" in json.dumps(listed)
        assert (engine.data / "admin.sock").stat().st_mode & 0o777 == 0o600
        raw = b"".join(path.read_bytes() for path in engine.data.glob("log.db*"))
        assert b"s3cret" not in raw
        assert token.encode() not in raw
        assert b"$argon2" in raw
    assert parlour("audit", "--data", data).code == 0


def test_the_documented_words_print_the_documented_json(tmp_path):
    data = tmp_path / "data"
    added = parlour("account", "add", "--name", "N", "--data", data)
    assert added.code == 0, added
    assert json.loads(added.out).keys() >= {"uid", "name"}
    uid = json.loads(added.out)["uid"]
    token = parlour("account", "token", "--uid", uid, "--kind", "skey", "--data", data)
    assert json.loads(token.out).keys() >= {"token", "expires"}


def test_an_account_list_can_be_read_by_people_and_programs(closed):
    listed = account(closed, "list")
    assert listed.code == 0
    for entry in account(closed, "list", "--json").json()["accounts"]:
        assert entry["name"] in listed.out
        assert "password" not in entry


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
