from parlour.events.times import iso


def test_a_time_is_iso_8601_in_utc_with_microseconds():
    assert iso(1_795_158_000_123_456) == "2026-11-20T07:00:00.123456Z"
    assert iso(0) == "1970-01-01T00:00:00.000000Z"


def test_no_number_is_too_odd_to_be_a_time():
    assert iso(10**30) == "9999-12-31T23:59:59.999999Z"
    assert iso(-(10**30)) == "0001-01-01T00:00:00.000000Z"
