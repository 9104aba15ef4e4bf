from __future__ import annotations

import hashlib

import pytest

from parlour.actors.beehive.tokens import read_token, sign_token


class Key:
    def __init__(self, key=b"k"):
        self.key = key

    def keyed_hash(self, purpose, text):
        return hashlib.sha256(self.key + purpose.encode() + text.encode()).hexdigest()


TOKEN = sign_token(Key(), 18600522324, 1234, expires=1_000)


def test_a_token_says_whose_it_is_until_its_end():
    assert read_token(Key(), TOKEN, now=999) == (18600522324, 1234)
    assert read_token(Key(), TOKEN, now=1_000) is None


def test_another_key_makes_other_tokens():
    assert read_token(Key(b"other"), TOKEN, now=1) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        "....",
        "im1.1.1.9",
        TOKEN[:-1],
        TOKEN + "0",
        TOKEN.replace(".1234.", ".1235."),
        TOKEN.replace("im1.", "im2."),
        TOKEN.replace(".1000.", ".9000."),
        f"im1.١.1.9.{'0' * 64}",
        f"im1.{'9' * 5000}.1.9.{'0' * 64}",
        TOKEN[:-1] + "é",
    ],
)
def test_whatever_else_is_none(token):
    assert read_token(Key(), token, now=1) is None
