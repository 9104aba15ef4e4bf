import hmac
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.events.errors import CorruptLog
from parlour.events.rules.treasure.sealing import Choice, Kind, Place, seal, unseal

VECTORS = json.loads(
    (Path(__file__).parents[4] / "docs/protocols/treasure-vectors.json").read_text("utf-8")
)
SEEDS = st.binary(min_size=32, max_size=32)
CHOICES = st.builds(Choice, st.sampled_from(Kind), st.integers(0, 65535), st.integers(0, 2**32 - 1))
PLACES = st.builds(
    Place, st.integers(1, 7), st.integers(1, 4), st.integers(0, 7), st.integers(0, 50)
)
HERE = Place(day=1, stage=3, seat=0, n=0)


@given(SEEDS, PLACES, CHOICES)
def test_what_was_sealed_is_unsealed_at_its_place(seed, place, choice):
    assert unseal(seed, place, seal(seed, place, choice)) == choice


@given(SEEDS, PLACES, CHOICES)
def test_all_choices_are_equally_long(seed, place, choice):
    assert len(seal(seed, place, choice)) == 16


@given(SEEDS, PLACES, PLACES, CHOICES)
def test_the_same_choice_looks_different_elsewhere(seed, place, other, choice):
    same = seal(seed, place, choice) == seal(seed, other, choice)
    assert same == (place == other)


@pytest.mark.parametrize("vector", VECTORS["seals"])
def test_a_seal_is_the_choice_under_a_keystream_of_its_place(vector):
    label = "parlour/treasure/seal/{day}/{stage}/{seat}/{n}".format(**vector)
    key = hmac.new(bytes.fromhex(vector["seed"]), label.encode(), "sha256").digest()[:8]
    plain = bytes(a ^ b for a, b in zip(key, bytes.fromhex(vector["sealed"]), strict=True))
    fields = [(plain[:2], "kind"), (plain[2:4], "what"), (plain[4:], "price")]
    assert {name: int.from_bytes(part, "big") for part, name in fields} == {
        name: vector[name] for name in ("kind", "what", "price")
    }


@pytest.mark.parametrize("sealed", ["", "00", "zz" * 8, "00" * 9, "ü" * 16])
def test_what_has_not_the_shape_of_a_seal_is_a_broken_log(sealed):
    with pytest.raises(CorruptLog):
        unseal(bytes(32), HERE, sealed)


def test_another_seed_opens_nothing():
    with pytest.raises(CorruptLog):
        unseal(b"\1" * 32, HERE, seal(bytes(32), HERE, Choice(Kind.BID, 1, 5)))
