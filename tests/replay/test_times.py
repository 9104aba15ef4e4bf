import pytest

from parlour.replay.times import clock, duration, offset, parse


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


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("1970-01-01", 0),
        ("1970-01-01T00:00:01Z", 1_000_000),
        ("1970-01-01 00:00:00.000001", 1),
        ("1970-01-01T02:00:00+01:00", 3_600_000_000),
        ("2026-11-21T07:00:00.123456Z", 1_795_244_400_123_456),
    ],
)
def test_a_time_is_read_as_it_is_written(text, at):
    assert parse(text) == at


@pytest.mark.parametrize("text", ["", "yesterday", "12:00", "2026-13-01"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        parse(text)
