"""Golden text: run with PARLOUR_GOLDEN=1 to write it anew, then read what changed."""

import os
from pathlib import Path

import pytest
from rich.console import Console
from tables import KEY, Room

from parlour.events.reader import LogReader
from parlour.events.rules.landlord import beats
from parlour.events.rules.landlord.cards import rank_of
from parlour.replay.games import find_game
from parlour.replay.hand import PlayedHand
from parlour.replay.hand_text import draw
from parlour.replay.seats import names_of

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Two hands by players without fancies: the lowest single on a lead, or what beats one."""
    folder = tmp_path_factory.mktemp("plain") / "data"
    with Room(folder, seed=11) as room:
        for uid, name in (
            (1, "alice"),
            (2, "陈大文"),
            (3, "a name that is far too long to be drawn"),
        ):
            room.register(uid, name=name)
        table = room.table(rob=True)
        table.seat(1, 2, 3)
        table.ready("", "lucky", "")
        table.call(0, 2, 3, 4, 0)
        game = table.game
        while table.game == game:
            _act(table)
        table.ready("", "", "")
        table.call(0, 0, 0)
        table.lose(1)
        table.call(1)
        while table.hand.phase != "playing":
            table.time_out()
        table.crash()
        for _ in range(3):
            table.time_out()
    return folder


def _act(table):
    hand = table.hand
    singles = sorted(table.held(hand.turn), key=rank_of)
    fits = [card for card in singles if hand.last is None or beats([card], hand.last.cards)]
    table.play(*fits[:1])


def text_of(folder, name, **view):
    with LogReader(folder) as reader:
        events = find_game(reader, name)
        game = PlayedHand(events, **view)
        names = names_of(reader, game.dealt.seats, events[-1].position)
    console = Console(width=100, color_system=None)
    with console.capture() as captured:
        draw(game, names, console)
    return "".join(line.rstrip() + "\n" for line in captured.get().splitlines())


@pytest.mark.parametrize(
    ("file", "name", "view"),
    [
        ("finished-from-above.txt", "1:1", {}),
        ("finished-at-20-from-seat-1.txt", "1:1", {"at": 20, "seat": 1}),
        ("running-from-above.txt", "1:2", {"key": KEY}),
        ("running-from-seat-0.txt", "1:2", {"key": KEY, "seat": 0}),
        ("running-without-key.txt", "1:2", {}),
    ],
)
def test_a_game_is_drawn_as_it_always_was(plain, file, name, view):
    text = text_of(plain, name, **view)
    if os.environ.get("PARLOUR_GOLDEN"):
        (GOLDEN / file).write_text(text)
    assert text == (GOLDEN / file).read_text()


def test_a_secret_that_was_not_committed_to_is_called_out(played, copy_of):
    log = copy_of(played)
    position = log.find("landlord.hand-settled", of="landlord.hand:1:2")
    log.change(position, secret="ab" * 32)
    text = text_of(log.folder, "1:2")
    assert "is NOT the commitment" in text
    assert "17 hidden cards" in text


def test_another_bottom_than_the_secrets_is_called_out(played, copy_of):
    log = copy_of(played)
    position = log.find("landlord.hand-dealt", of="landlord.hand:1:2")
    a, b, c = log.event(position)["bottom"]
    log.change(position, bottom=[c, b, a])
    assert "deals ANOTHER bottom" in text_of(log.folder, "1:2")


def test_cards_and_seats_that_do_not_exist_are_drawn_all_the_same(played, copy_of):
    log = copy_of(played)
    log.change(log.find("landlord.cards-played", of="landlord.hand:1:2"), cards=[200], seat=8)
    assert "?200" in text_of(log.folder, "1:2")


def test_a_secret_that_nobody_will_ever_reveal_is_called_lost(played):
    with LogReader(played) as reader:
        cancelled = [
            recorded.originator_id
            for recorded in reader.events()
            if getattr(recorded.event, "reason", "") == "key_lost"
        ]
    (game,) = cancelled
    assert "its secret was lost with the deck key" in text_of(played, game)
    assert "not revealed yet" not in text_of(played, game)
    assert "its secret is not revealed yet" in text_of(played, game, at=3)
