"""`parlour replay`: the shapes of --json, and what each seat may see."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from command_line import TIME, refused
from engine_process import parlour


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


def test_games_of_a_kind_are_asked_for_by_its_name(scene):
    listed = parlour("replay", "games", "--data", scene.data, "--kind", "landlord", "--json")
    assert listed.json()["games"] == scene.games()
    for more in ([], ["--json"]):
        result = parlour("replay", "games", "--data", scene.data, "--kind", "no-such-kind", *more)
        assert result.code == 2, result
        refused(result, word="no-such-kind")
        assert result.out == ""


def test_replay_games_can_be_read_by_people(scene):
    result = parlour("replay", "games", "--data", scene.data)
    assert result.code == 0
    for game in scene.games():
        assert game["id"] in result.out


def test_replay_of_a_game_has_the_promised_shape(scene):
    game = scene.games()[0]
    replay = scene.replay(game)
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
        replay = scene.replay(game)
        told = {name: value for name, value in told.items() if name != "cmd"}
        assert {name: replay["result"][name] for name in told} == told
    replay = scene.replay(running_game)
    assert replay["result"] is None
    assert replay["state"] == "running"


def test_replay_holds_every_play_in_the_words_of_the_wire(scene):
    game = scene.games()[0]
    replay = scene.replay(game)
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
        replay = scene.replay(game, "--seat", seat)
        # Up to the naming of the landlord a seat saw its own seventeen cards and the bottom.
        events = itertools.takewhile(
            lambda event: not event["name"].startswith("landlord.landlord-named"),
            replay["events"],
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
    replay = scene.replay(game, "--at", 4)
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
