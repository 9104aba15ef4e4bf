import pytest

from parlour.actors.techmino.times import time_writer

AT = 1_613_776_100_542_000


@pytest.mark.parametrize(
    ("offset", "told"),
    [
        ("+00:00", "2021-02-19 23:08:20.542000"),
        ("+08:00", "2021-02-20 07:08:20.542000"),
        ("-03:30", "2021-02-19 19:38:20.542000"),
    ],
)
def test_a_time_has_six_digits_and_no_zone(offset, told):
    assert time_writer(offset)(AT) == told


def test_a_whole_second_has_six_digits_too():
    assert time_writer("+00:00")(0) == "1970-01-01 00:00:00.000000"


@pytest.mark.parametrize("offset", ["", "8", "08:00", "+8:00", "UTC", "+08:00 "])
def test_what_is_no_offset_is_refused(offset):
    with pytest.raises(ValueError, match="no offset from UTC"):
        time_writer(offset)
