"""How treasure games are named, and where their seeds come from."""

import pytest
from tables import KEY
from treasuries import FIRST, MOVED, RUNNING

from parlour.events.reader import LogReader
from parlour.events.rules.treasure.draws import commitment
from parlour.replay.games import NoSuchGame, find_game, list_games
from parlour.replay.treasure_games import UNKNOWN, is_name, known, seed_of


@pytest.fixture(scope="module")
def reader(hunted):
    with LogReader(hunted) as reader:
        yield reader


# --- names ------------------------------------------------------------------------------------


def test_games_are_listed_with_players_and_state(reader):
    games = list_games(reader, "treasure")
    assert [(game.id, game.state) for game in games] == [
        (FIRST, "finished"),
        (MOVED, "finished"),
        ("treasure.game:2:1", "cancelled"),
        (RUNNING, "running"),
    ]
    assert [game.kind for game in games] == ["treasure"] * 4
    assert games[0].players == (1, 2, 3, 4, 5)
    assert games[3].ended is None


@pytest.mark.parametrize(
    ("name", "kind", "found"),
    [
        (FIRST, None, FIRST),
        ("1", None, MOVED),
        ("1", "treasure", MOVED),
        ("treasure.room:1", None, MOVED),
        ("1:1", "treasure", FIRST),
        ("3", "treasure", RUNNING),
    ],
)
def test_a_game_is_named_in_full_or_by_its_room(reader, name, kind, found):
    assert find_game(reader, name, kind)[0].originator_id == found


@pytest.mark.parametrize(
    ("name", "kind"), [("9", None), ("1:9", "treasure"), ("x", "treasure"), ("1", "chess")]
)
def test_what_names_no_game_is_told(reader, name, kind):
    with pytest.raises(NoSuchGame):
        find_game(reader, name, kind)


def test_a_hand_of_cards_is_still_named_by_its_table():
    assert not is_name("1:1")
    assert not is_name("1", "landlord")


def test_a_room_whose_game_no_server_took_has_no_game_yet(treasury, room):
    for uid in (1, 2, 3, 4):
        room.register(uid)
    treasury.open_room(1, 1)
    treasury.join(1, 2, 3, 4)
    treasury.ready(1, 2, 3, 4)
    treasury.place(1, "embedded")
    room.flush()
    with LogReader(room.data) as reader, pytest.raises(NoSuchGame):
        find_game(reader, "1", "treasure")


# --- seeds ------------------------------------------------------------------------------------


def test_a_seed_is_revealed_or_derived_and_believed_only_when_it_fits(reader):
    events = find_game(reader, FIRST)
    revealed = seed_of(reader, events, None)
    assert commitment(revealed) == events[0].event.commitment
    running = find_game(reader, RUNNING)
    assert seed_of(reader, running, None) == UNKNOWN
    assert seed_of(reader, running, bytes(32)) == UNKNOWN
    assert commitment(seed_of(reader, running, KEY)) == running[0].event.commitment
    assert known([running[0].event], KEY, "no hex") == UNKNOWN
    assert known([], KEY, "00") == UNKNOWN
