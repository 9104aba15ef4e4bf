"""Treasure games on the command line, as `parlour` prints them."""

import shutil

import pytest
from treasuries import FIRST, MOVED, RUNNING

CLEAN, FINDINGS, COULD_NOT_RUN = 0, 1, 2


def test_games_are_listed_and_replayed_by_their_room_s_number(hunted, document_of, parlour):
    games = document_of("replay", "games", "--data", hunted, "--kind", "treasure")["games"]
    assert [game["id"] for game in games][:2] == [FIRST, MOVED]
    newest = document_of("replay", "game", 1, "--kind", "treasure", "--data", hunted)
    assert newest == document_of("replay", "game", MOVED, "--data", hunted)
    assert newest["result"]["winner"] == "evil"
    code, out, _ = parlour("replay", "game", "1:1", "--kind", "treasure", "--data", hunted)
    assert code == CLEAN
    assert out.splitlines()[0] == f"Treasure  {FIRST}  finished, from above"
    assert not [line for line in out.splitlines() if line != line.rstrip()]


def test_a_running_game_is_open_only_where_the_key_is(hunted, document_of, tmp_path):
    shutil.copy(hunted / "log.db", tmp_path)
    with_key = document_of("replay", "game", RUNNING, "--data", hunted)
    without = document_of("replay", "game", RUNNING, "--data", tmp_path)
    assert all(seat["role"] for seat in with_key["seats"])
    assert not any(seat["role"] for seat in without["seats"])


def test_a_seat_and_a_version_can_be_asked_for(hunted, document_of):
    view = ("replay", "game", FIRST, "--data", hunted, "--seat", 1, "--at", 40)
    document = document_of(*view)
    assert document["events"][-1]["version"] <= 40
    assert document["result"] is None
    assert [bool(seat["role"]) for seat in document["seats"]] == [False, True, *[False] * 3]


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("replay", "game", "99"), "parlour replay games"),
        (("replay", "game", "1", "--kind", "chess"), "treasure"),
        (("replay", "game", FIRST, "--seat", "5"), "--seat"),
        (("replay", "game", "treasure.game:1:77"), "parlour replay games"),
        (("audit", "--game", "treasure.game:1:77"), "parlour replay games"),
        (("audit", "--game", "1"), "treasure.game:7:3"),
    ],
)
def test_a_mistake_is_one_line_with_what_to_do(hunted, parlour, arguments, hint):
    code, out, err = parlour(*arguments, "--data", hunted)
    assert (code, out) == (COULD_NOT_RUN, "")
    assert err.count("\n") == 1
    assert hint in err


def test_a_game_can_be_audited_alone(hunted, document_of):
    document = document_of("audit", "--data", hunted, "--game", FIRST)
    assert (document["ok"], document["games"], document["games_skipped"]) == (True, 1, 3)


def test_findings_leave_with_1(tamperer_of_hunt, document_of):
    position = tamperer_of_hunt.find("treasure.game-settled", of=FIRST)
    tamperer_of_hunt.change(position, seed="00" * 32)
    tamperer_of_hunt.reseal()
    document = document_of("audit", "--data", tamperer_of_hunt.folder, code=FINDINGS)
    assert [finding["code"] for finding in document["findings"]] == ["treasure_seed_wrong"]


def test_stats_count_treasure_games(hunted, document_of):
    assert document_of("log", "stats", "--data", hunted)["games"] == 4


def test_hashes_of_tickets_are_not_shown(hunted, parlour):
    _, out, _ = parlour("log", "show", "--data", hunted, "--name", "treasure.ticket-given")
    assert "expires" in out
    assert '"ticket"' not in out
