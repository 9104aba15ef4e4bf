import pytest

from parlour.events.reader import LogReader
from parlour.replay.games import NoSuchGame, find_game, full_id, list_games


@pytest.fixture
def games(played):
    with LogReader(played) as reader:
        return list_games(reader)


def test_every_dealt_hand_is_a_game_oldest_first(games):
    assert [game.id.removeprefix("landlord.hand:") for game in games] == [
        "1:1",
        "1:2",
        "1:3",
        "1:4",
        "1:5",
        "2:1",
        "2:2",
        "2:4",
        "2:5",
    ]
    assert games == sorted(games, key=lambda game: game.started)


def test_a_game_is_finished_cancelled_or_running(games):
    states = {game.id.removeprefix("landlord.hand:"): game.state for game in games}
    assert states["1:5"] == "finished"  # quit
    assert states["2:2"] == "cancelled"  # nobody called
    assert states["2:4"] == "cancelled"  # key lost
    assert states["2:5"] == "running"


def test_a_redeal_belongs_to_its_hand(games):
    assert sum(game.id == "landlord.hand:2:1" for game in games) == 1


def test_the_document_is_the_one_programs_rely_on(games):
    first, last = games[0].document(), games[-1].document()
    assert list(first) == ["id", "kind", "state", "started", "ended", "players"]
    assert first["kind"] == "landlord"
    assert first["players"] == [1, 2, 3]
    assert first["started"] == "2026-11-20T07:00:03.750000Z"
    assert last["ended"] is None


def test_games_are_asked_for_by_a_kind_there_is(played):
    with LogReader(played) as reader:
        assert len(list_games(reader, "landlord")) == 9
        with pytest.raises(NoSuchGame, match="there is landlord"):
            list_games(reader, "no-such-kind")


@pytest.mark.parametrize("name", ["landlord.hand:2:1", "2:1"])
def test_a_game_is_found_by_its_full_and_its_short_name(played, name):
    with LogReader(played) as reader:
        events = find_game(reader, name)
    assert {recorded.originator_id for recorded in events} == {"landlord.hand:2:1"}


@pytest.mark.parametrize(
    "name", ["", "2", "2:x", "landlord.table:2", "a:b", "-1:2", "1:2:3", "9" * 5000 + ":1"]
)
def test_what_names_no_game_is_refused_with_an_example(name):
    with pytest.raises(NoSuchGame, match="names no game"):
        full_id(name)


def test_a_hand_that_was_only_opened_is_no_game(played):
    with LogReader(played) as reader, pytest.raises(NoSuchGame, match="was never dealt"):
        find_game(reader, "1:6")
