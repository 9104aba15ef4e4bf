"""Golden text: run with PARLOUR_GOLDEN=1 to write it anew, then read what changed."""

import os
from pathlib import Path

import pytest
from rich.console import Console
from tables import KEY
from treasuries import CANCELLED, FIRST, MOVED, RUNNING

from parlour.events.reader import LogReader
from parlour.replay.games import find_game
from parlour.replay.treasure_game import PlayedTreasure
from parlour.replay.treasure_games import seed_of
from parlour.replay.treasure_text import draw

GOLDEN = Path(__file__).parent / "golden"


def text_of(folder, name, *, key=KEY, **view):
    with LogReader(folder) as reader:
        events = find_game(reader, name)
        game = PlayedTreasure(events, seed=seed_of(reader, events, key), **view)
    console = Console(width=110, color_system=None)
    with console.capture() as captured:
        draw(game, console)
    return "".join(line.rstrip() + "\n" for line in captured.get().splitlines())


@pytest.mark.parametrize(
    ("file", "name", "view"),
    [
        ("treasure-finished-from-above", FIRST, {}),
        ("treasure-finished-from-seat-4", FIRST, {"seat": 4}),
        ("treasure-moved-at-25", MOVED, {"at": 25}),
        ("treasure-cancelled", CANCELLED, {"key": None}),
        ("treasure-running-from-above", RUNNING, {}),
        ("treasure-running-from-seat-1", RUNNING, {"seat": 1}),
        ("treasure-running-without-key", RUNNING, {"key": None}),
    ],
)
def test_text_is_as_it_was_read_and_approved(hunted, file, name, view):
    text = text_of(hunted, name, **view)
    golden = GOLDEN / f"{file}.txt"
    if os.environ.get("PARLOUR_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_without_the_key_no_role_and_no_choice_is_drawn(hunted):
    text = text_of(hunted, RUNNING, key=None)
    for word in ("evil", "healer", "miner", "explorer", "bids", "mines", "goes to", "◆", "  ore "):
        assert word not in text


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        ("no_room_server", "no room server was there for too long"),
        ("bad_room_server", "its room server shipped what is none of its events"),
    ],
)
def test_why_a_game_was_cancelled_is_told(tamperer_of_hunt, reason, line):
    position = tamperer_of_hunt.find("treasure.game-cancelled", of=CANCELLED)
    tamperer_of_hunt.change(position, reason=reason)
    text = text_of(tamperer_of_hunt.folder, CANCELLED)
    assert f"cancelled: {line}" in text
    assert "Fairness: its seed is not revealed: the game was cancelled" in text


def test_a_seed_that_is_not_the_promised_one_is_drawn_so(tamperer_of_hunt):
    position = tamperer_of_hunt.find("treasure.game-settled", of=FIRST)
    tamperer_of_hunt.change(position, seed="ab" * 32)
    assert "its SHA-256 is NOT the commitment" in text_of(tamperer_of_hunt.folder, FIRST)


def test_roles_that_do_not_follow_from_the_seed_are_drawn_so(tamperer_of_hunt):
    position = tamperer_of_hunt.find("treasure.game-settled", of=FIRST)
    players = tamperer_of_hunt.event(position)["players"]
    players[0]["role"], players[4]["role"] = players[4]["role"], players[0]["role"]
    tamperer_of_hunt.change(position, players=players)
    assert "but it gives OTHER roles" in text_of(tamperer_of_hunt.folder, FIRST)


def test_names_hold_nothing_that_a_terminal_obeys(tamperer_of_hunt):
    position = tamperer_of_hunt.find("treasure.game-opened", of=FIRST)
    players = tamperer_of_hunt.event(position)["players"]
    players[0]["username"] = "\x1b[31mred and much too long"
    tamperer_of_hunt.change(position, players=players)
    text = text_of(tamperer_of_hunt.folder, FIRST)
    assert "\x1b" not in text
    assert "�[31mred and …" in text
