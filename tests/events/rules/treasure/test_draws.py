import hashlib
import hmac
import json
import runpy
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.events.rules.treasure import draws

ROOT = Path(__file__).parents[4]
FILE = ROOT / "docs/protocols/treasure-vectors.json"
VECTORS = json.loads(FILE.read_text(encoding="utf-8"))
SEEDS = st.binary(min_size=32, max_size=32)
PLAYERS = st.integers(4, 8)


def test_the_published_vectors_are_what_the_rules_draw():
    render = runpy.run_path(str(ROOT / "docs/make_treasure_vectors.py"))["render"]
    assert render() == FILE.read_text(encoding="utf-8")


def test_a_stream_is_counted_hmacs_of_its_label_in_words_of_32_bits():
    vector = VECTORS["games"][0]
    seed = bytes.fromhex(vector["seed"])
    blocks = b"".join(
        hmac.new(seed, b"parlour/treasure/roles" + block.to_bytes(4, "big"), "sha256").digest()
        for block in range(2)
    )
    words = [int.from_bytes(blocks[at : at + 4], "big") for at in range(0, 40, 4)]
    assert words == vector["first_draws_of_roles"]


def test_the_seed_follows_from_key_room_game_and_salt():
    vector = VECTORS["derivation"]
    place = (5).to_bytes(8, "big") + (12).to_bytes(8, "big")
    text = b"parlour/treasure/seed\0" + place + bytes.fromhex(vector["salt"])
    seed = hmac.new(bytes.fromhex(vector["key"]), text, "sha256").digest()
    assert seed.hex() == vector["seed"]
    assert draws.seed(bytes.fromhex(vector["key"]), 5, 12, vector["salt"]) == seed
    assert hashlib.sha256(seed).hexdigest() == vector["commitment"] == draws.commitment(seed)


@given(SEEDS, PLAYERS)
def test_one_is_evil_and_from_six_players_two(seed, players):
    dealt = Counter(draws.roles(seed, players))
    evil = 2 if players >= 6 else 1
    assert dealt == Counter(evil=evil, healer=1, miner=1, explorer=players - evil - 2)


@given(SEEDS, PLAYERS)
def test_treasures_are_one_less_than_players_in_distinct_outer_cells(seed, players):
    cells = draws.treasures(seed, players)
    assert len(set(cells)) == len(cells) == players - 1
    assert list(cells) == sorted(cells)
    assert draws.CENTRE not in cells
    assert set(cells) <= set(range(9))


@given(SEEDS, st.integers(1, 7))
def test_two_lots_a_day_are_numbered_through_the_game(seed, day):
    lots = draws.lots(seed, day)
    assert [lot.lot_id for lot in lots] == [2 * day - 1, 2 * day]
    assert all(lot.min == {"potion": 2, "pick": 3, "map": 2, "lamp": 3}[lot.item] for lot in lots)


@given(SEEDS, st.integers(1, 7), st.sets(st.integers(0, 7), min_size=1))
def test_a_finder_is_one_of_those_who_look(seed, day, seats):
    assert draws.finder(seed, day, 3, sorted(seats)) in seats


@given(SEEDS, st.integers(1, 7), st.sets(st.integers(0, 8), min_size=1))
def test_a_hint_is_one_of_the_cells(seed, day, cells):
    assert draws.hint(seed, day, sorted(cells)) in cells


@given(SEEDS, st.integers(1, 14))
def test_a_map_tells_of_an_outer_cell(seed, lot):
    assert draws.map_cell(seed, lot) in draws.OUTER


def test_every_role_cell_item_and_hint_comes_up():
    seeds = [hashlib.sha256(b"%d" % n).digest() for n in range(300)]
    assert {draws.roles(seed, 4)[0] for seed in seeds} == {"evil", "healer", "miner", "explorer"}
    assert {cell for seed in seeds for cell in draws.treasures(seed, 4)} == set(draws.OUTER)
    assert {draws.lots(seed, 1)[0].item for seed in seeds} == set(draws.LOWEST_BIDS)
    assert {draws.map_cell(seed, 1) for seed in seeds} == set(draws.OUTER)
    assert {draws.hint(seed, 1, (1, 2, 5)) for seed in seeds} == {1, 2, 5}


def test_draws_above_the_last_whole_multiple_are_thrown_away():
    assert draws.below(iter([2**32 - 1, 2**32 - 1, 7]), 3) == 1
    assert draws.below(iter([2**32 - 1]), 4) == 3


@pytest.mark.parametrize("purpose", ["roles", "treasures", "lots/1", "lots/2", "hint/1"])
def test_each_purpose_has_a_stream_of_its_own(purpose):
    seed = bytes(32)
    others = {"roles", "treasures", "lots/1", "lots/2", "hint/1"} - {purpose}
    first = next(draws.stream(seed, purpose))
    assert first not in {next(draws.stream(seed, other)) for other in others}
