import pytest

from parlour.replay.times import clock, duration, offset


def test_people_are_told_the_time_to_the_second():
    assert clock(1_795_158_000_123_456) == "2026-11-20 07:00:00"


@pytest.mark.parametrize(
    ("micros", "text"),
    [(0, "+0:00.000"), (62_250_000, "+1:02.250"), (-1_500_000, "-0:01.500")],
)
def test_an_offset_has_minutes_and_a_sign(micros, text):
    assert offset(micros) == text


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (1_500_000, "1.5 s"),
        (201_000_000, "3 min 21 s"),
        (7_500_000_000, "2 h 5 min"),
        (-5, "0.0 s"),
    ],
)
def test_a_duration_is_as_exact_as_it_is_short(micros, text):
    assert duration(micros) == text
