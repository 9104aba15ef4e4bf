import pytest
from tables import KEY

from parlour.events import landlord as facts
from parlour.events.rules.landlord import deck
from parlour.replay.decks import UNKNOWN, known, reveals

SALT = "0b" * 16
SECRETS = deck.secrets(KEY, 5, 12, SALT)
OPENED = facts.HandOpened(
    at=1, tid=5, hand=12, salt=SALT, commitments=tuple(map(deck.commitment, SECRETS))
)
THROWN_IN = facts.DealThrownIn(at=2, deal=0, secret=SECRETS[0].hex())


def test_nothing_is_known_of_a_hand_without_key_and_without_revelation():
    assert known([OPENED]) == (UNKNOWN,) * 3


def test_a_revealed_secret_is_known():
    assert known([OPENED, THROWN_IN]) == (SECRETS[0], UNKNOWN, UNKNOWN)


def test_the_key_gives_all_three():
    assert known([OPENED], KEY) == SECRETS


def test_another_key_gives_nothing():
    assert known([OPENED, THROWN_IN], b"k" * 32) == (SECRETS[0], UNKNOWN, UNKNOWN)


@pytest.mark.parametrize("secret", ["", "no hex", "ab" * 32])
def test_what_was_not_committed_to_is_not_known(secret):
    wrong = facts.DealThrownIn(at=2, deal=0, secret=secret)
    assert known([OPENED, wrong]) == (UNKNOWN,) * 3


def test_a_cancelled_hand_reveals_its_running_deal_or_nothing():
    assert reveals(facts.HandCancelled(at=1, reason="operator", secret="ab"), 1) == (1, "ab")
    assert reveals(facts.HandCancelled(at=1, reason="key_lost", secret=""), 1) is None


def test_odd_openings_are_survived():
    odd = facts.HandOpened(at=1, tid=-1, hand=2**70, salt="x", commitments=("", "", ""))
    assert known([odd], KEY) == (UNKNOWN,) * 3
