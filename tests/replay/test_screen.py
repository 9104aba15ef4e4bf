"""How numbers are shown."""

import pytest

from parlour.replay.screen import number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1_234_567, "1234567"),
        (2**53, "9007199254740992"),
        (60.0, "60"),
        (17.25, "17.25"),
        (-1.5, "-1.5"),
        (0, "0"),
        (None, "?"),
    ],
)
def test_a_number_has_every_digit(value, text):
    assert number(value) == text
