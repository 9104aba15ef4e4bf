import hashlib
import hmac
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.events.rules.landlord import deck
from parlour.events.rules.landlord.cards import DECK

ROOT = Path(__file__).parents[4]
VECTORS = json.loads((ROOT / "docs/protocols/landlord-shuffle-vectors.json").read_text())
NONCES = st.tuples(*[st.text(st.characters(exclude_categories=["Cs"]), max_size=16)] * 3)


def plain_key(secret: bytes, nonces: list[str]) -> bytes:
    text = secret
    for nonce in nonces:
        raw = nonce.encode("utf-8")
        text += bytes([len(raw) // 256, len(raw) % 256]) + raw
    return hashlib.sha256(text).digest()


def plain_shuffle(secret: bytes, nonces: list[str]) -> list[int]:
    """The shuffle of the protocol page again, word for word and without our code."""
    key = plain_key(secret, nonces)
    stream = b""
    cards = sorted([s * 16 + n for s in range(4) for n in range(1, 14)] + [14, 15])
    used = 0
    for i in range(53, 0, -1):
        n = i + 1
        while True:
            while len(stream) < used + 4:
                block = len(stream) // 32
                stream += hashlib.sha256(key + block.to_bytes(4, "big")).digest()
            draw = int.from_bytes(stream[used : used + 4], "big")
            used += 4
            if draw < 2**32 - (2**32 % n):
                break
        j = draw % n
        cards[i], cards[j] = cards[j], cards[i]
    return cards


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["name"])
def test_published_vector_holds_for_us_and_for_a_plain_implementation(vector: dict) -> None:
    secret = bytes.fromhex(vector["secret"])
    nonces = vector["nonces"]
    assert deck.commitment(secret) == vector["commitment"]
    assert list(deck.shuffle(secret, tuple(nonces))) == vector["deck"]
    assert plain_shuffle(secret, nonces) == vector["deck"]
    assert plain_key(secret, nonces).hex() == vector["stream_key"]


def test_one_vector_has_a_rejected_draw() -> None:
    vector = next(v for v in VECTORS["vectors"] if v["name"] == "a rejected draw")
    key = bytes.fromhex(vector["stream_key"])
    blocks = [hashlib.sha256(key + bytes([0, 0, 0, n])).digest() for n in range(7)]
    stream = b"".join(blocks)
    draws = [int.from_bytes(stream[at : at + 4], "big") for at in range(0, 4 * 53, 4)]
    bounds = range(54, 1, -1)
    assert any(draw >= 2**32 - 2**32 % n for draw, n in zip(draws, bounds, strict=True))


def test_published_derivation_of_secrets_holds() -> None:
    derivation = VECTORS["derivation"]
    key, salt = bytes.fromhex(derivation["key"]), bytes.fromhex(derivation["salt"])
    tid, hand = derivation["table"], derivation["hand"]
    found = deck.secrets(key, tid, hand, derivation["salt"])
    assert [secret.hex() for secret in found] == derivation["secrets"]
    for number, secret in enumerate(found):
        label = b"parlour/landlord/deck\x00"
        place = tid.to_bytes(8, "big") + hand.to_bytes(8, "big") + bytes([number])
        assert hmac.new(key, label + place + salt, hashlib.sha256).digest() == secret
        assert deck.secret(key, tid, hand, number, salt) == secret


@given(st.binary(min_size=32, max_size=32), NONCES)
def test_shuffle_is_the_plain_one_on_any_input(secret: bytes, nonces: tuple[str, str, str]) -> None:
    assert list(deck.shuffle(secret, nonces)) == plain_shuffle(secret, list(nonces))


@given(st.binary(min_size=32, max_size=32), NONCES)
def test_deal_gives_every_card_once_in_deck_order(
    secret: bytes, nonces: tuple[str, str, str]
) -> None:
    cards = deck.shuffle(secret, nonces)
    dealt = deck.deal(secret, nonces)
    assert sorted(cards) == list(DECK)
    assert dealt.hands == (cards[:17], cards[17:34], cards[34:51])
    assert dealt.bottom == cards[51:]


def test_one_more_byte_of_any_nonce_deals_another_deck() -> None:
    secret = bytes(32)
    decks = {
        deck.shuffle(secret, nonces)
        for nonces in [("", "", ""), ("a", "", ""), ("", "a", ""), ("", "", "a")]
    }
    assert len(decks) == 4


def test_table_hand_deal_salt_and_key_each_change_the_secret() -> None:
    key, salt = bytes(32), bytes(16)
    base = (key, 1, 1, 0, salt)
    others = [
        (bytes(31) + b"\1", 1, 1, 0, salt),
        (key, 2, 1, 0, salt),
        (key, 1, 2, 0, salt),
        (key, 1, 1, 1, salt),
        (key, 1, 1, 0, bytes(15) + b"\1"),
    ]
    assert len({deck.secret(*place) for place in [base, *others]}) == 6


def test_nobody_holds_a_card_before_the_deal(new_scene) -> None:
    scene = new_scene(dealt=False)
    assert deck.holdings(scene.hand, scene.secrets) == (frozenset(),) * 3


def test_holdings_are_the_dealt_cards_until_the_landlord_is_named(scene) -> None:
    dealt = deck.deal(scene.secrets[0], ("", "", ""))
    assert deck.holdings(scene.hand, scene.secrets) == tuple(map(frozenset, dealt.hands))
    scene.call(3)
    held = deck.holdings(scene.hand, scene.secrets)
    assert held[0] == {*dealt.hands[0], *dealt.bottom}
    assert held[1:] == tuple(map(frozenset, dealt.hands[1:]))


def test_holdings_lose_what_was_played(played) -> None:
    before = deck.holdings(played.hand, played.secrets)
    lowest = played.held(0)[0]
    played.play(lowest)
    after = deck.holdings(played.hand, played.secrets)
    assert after == (before[0] - {lowest}, before[1], before[2])


def test_holdings_after_a_redeal_are_of_the_second_secret(scene) -> None:
    scene.call_all(0, 0, 0)
    dealt = deck.deal(scene.secrets[1], ("", "", ""))
    assert deck.holdings(scene.hand, scene.secrets) == tuple(map(frozenset, dealt.hands))
