import pytest
from halls import rid_of
from rich.console import Console

from parlour.events.reader import LogReader
from parlour.replay.games import find_game, list_games
from parlour.replay.match import PlayedMatch
from parlour.replay.match_text import draw
from parlour.replay.seats import NoSuchSeat

DUEL, CROWD, INTERRUPTED, RUNNING = rid_of(2), rid_of(3), rid_of(5), rid_of(7)


@pytest.fixture
def match_of(danced):
    def read(rid, **view):
        with LogReader(danced) as reader:
            return PlayedMatch(find_game(reader, rid), **view)

    return read


def drawn(match):
    console = Console(width=120, color_system=None, highlight=False)
    with console.capture() as captured:
        draw(match, console)
    return captured.get()


def test_matches_are_games_of_their_own_kind(danced):
    with LogReader(danced) as reader:
        games = list_games(reader)
        assert list_games(reader, "techmino") == list_games(reader, "techmino.match") == games
        assert list_games(reader, "landlord") == []
    assert [game.id for game in games] == [
        f"techmino.match:{rid}" for rid in (DUEL, CROWD, INTERRUPTED, RUNNING)
    ]
    assert [game.state for game in games] == ["finished"] * 3 + ["running"]
    assert [game.players for game in games] == [(1, 2), (1, 2, 3), (4, 5), (6, 7)]
    assert games[3].ended is None


def test_the_document_is_the_one_programs_rely_on(match_of):
    document = match_of(CROWD).document()
    assert (document["kind"], document["state"]) == ("techmino.match", "finished")
    assert document["seats"] == [{"seat": seat, "uid": seat + 1} for seat in range(3)]
    assert document["result"] == [
        {"uid": 1, "place": 1, "score": 99, "survivalTime": 13.5},
        {"uid": 2, "place": 2, "score": 0, "survivalTime": 12},
        {"uid": 3, "place": 3, "score": 0, "survivalTime": 0},
    ]
    first = document["events"][0]
    assert (first["version"], first["name"]) == (1, "techmino.match-opened")
    assert first["at"].endswith("Z")
    assert [event["version"] for event in document["events"]] == list(
        range(1, len(document["events"]) + 1)
    )


def test_up_to_a_version_there_is_no_result(match_of):
    document = match_of(DUEL, at=5).document()
    assert (len(document["events"]), document["state"], document["result"]) == (5, "running", None)
    assert match_of(RUNNING).document()["result"] is None


def test_a_seat_sees_what_everybody_sees_and_must_have_a_player(match_of):
    assert match_of(DUEL, seat=1).document() == match_of(DUEL).document()
    with pytest.raises(NoSuchSeat, match=r"--seat\): seats are 0, 1"):
        match_of(DUEL, seat=2)


def test_a_match_is_drawn(match_of):
    text = drawn(match_of(CROWD))
    for said in (
        "finished",
        "began 2026-11-20 07:00:37 UTC with seed 7",
        "+0:05.000  uid 5     watches",
        "loses the connection",
        "dies: score 99, 13.5 s by his clock",
        "3  player 3    3      0        0",
    ):
        assert said in text, said
    assert "chunk-streamed" not in text


def test_restarts_are_drawn_and_running_matches_have_no_result(match_of):
    text = drawn(match_of(INTERRUPTED))
    assert "the engine started again" in text
    assert "did not come back after the restart" in text
    assert "Result" not in drawn(match_of(RUNNING))
    assert "did not begin" not in drawn(match_of(RUNNING, at=2))
