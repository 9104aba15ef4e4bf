import pytest

from parlour.network import limits
from parlour.network.limits import AddressMeters, Deadlines, Gate, Meter, Verdict, address_key


def test_an_address_over_its_connections_is_refused_and_others_are_not():
    gate = Gate(total=10, per_address=2)
    assert [gate.admit("10.0.0.1") for _ in range(2)] == [None, None]
    assert "address" in gate.admit("10.0.0.1")
    assert gate.admit("10.0.0.2") is None
    assert gate.count == 3


def test_a_connection_that_left_makes_room():
    gate = Gate(total=1, per_address=1)
    assert gate.admit("10.0.0.1") is None
    assert gate.admit("10.0.0.2") == "the server is full"
    gate.leave("10.0.0.1")
    assert gate.admit("10.0.0.2") is None


def test_a_refused_connection_is_not_counted():
    gate = Gate(total=0, per_address=1)
    gate.admit("10.0.0.1")
    for _ in range(5):
        gate.admit("10.0.0.1")
    gate.leave("10.0.0.1")
    assert gate.count == 0
    assert gate.admit("10.0.0.1") is None


def test_zero_means_no_limit():
    gate = Gate(total=0, per_address=0)
    assert {gate.admit("::1") for _ in range(1000)} == {None}


@pytest.mark.parametrize(
    ("peer", "key"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
    ],
)
def test_ipv6_counts_by_its_64_bit_prefix(peer, key):
    assert address_key(peer) == key


def test_a_burst_passes_and_the_next_message_is_refused():
    meter = Meter(rate=20, burst=60, now=0.0)
    assert [meter.take(0.0) for _ in range(60)] == [Verdict.TAKE] * 60
    assert meter.take(0.0) is Verdict.REFUSE


def test_the_bucket_fills_at_its_rate():
    meter = Meter(rate=20, burst=60, now=0.0)
    for _ in range(60):
        meter.take(0.0)
    assert meter.take(0.04) is Verdict.REFUSE
    assert meter.take(0.05) is Verdict.TAKE
    assert meter.take(0.05) is Verdict.REFUSE


def test_who_floods_on_is_made_to_wait_and_is_forgiven_after_a_full_rest():
    meter = Meter(rate=10, burst=5, now=0.0)
    verdicts = [meter.take(0.0) for _ in range(12)]
    assert verdicts == [Verdict.TAKE] * 5 + [Verdict.REFUSE] * 5 + [Verdict.WAIT] * 2
    assert meter.take(0.1) is Verdict.TAKE
    assert meter.take(0.1) is Verdict.WAIT
    assert [meter.take(10.0) for _ in range(5)] == [Verdict.TAKE] * 5
    assert meter.take(10.0) is Verdict.REFUSE


def test_a_rate_under_the_limit_is_never_refused():
    meter = Meter(rate=20, burst=1, now=0.0)
    assert {meter.take(0.051 * step) for step in range(1, 500)} == {Verdict.TAKE}


def test_deadlines_expire_once_and_can_be_moved_and_cleared():
    deadlines = Deadlines()
    deadlines.set(1, 10.0)
    deadlines.set(2, 10.0)
    deadlines.set(3, 10.0)
    deadlines.set(2, 20.0)
    deadlines.clear(3)
    assert deadlines.expired(9.9) == []
    assert deadlines.expired(10.0) == [1]
    assert deadlines.expired(10.0) == []
    assert deadlines.expired(20.0) == [2]
    assert len(deadlines) == 0


def test_a_peer_that_is_paced_is_taken_always_and_waits_for_the_next_token():
    meter = Meter(rate=20, burst=3, now=0.0)
    assert [meter.pace(0.0) for _ in range(3)] == [0.0, 0.0, 0.05]
    assert meter.pace(0.05) == pytest.approx(0.05)
    assert meter.pace(10.0) == 0.0


def test_each_address_has_a_meter_of_its_own(monkeypatch):
    now = [0.0]
    meters = AddressMeters(rate=1, burst=2, clock=lambda: now[0])
    assert [meters.take("10.0.0.1") for _ in range(3)] == [True, True, False]
    assert meters.take("10.0.0.2")
    now[0] = 1.0
    assert [meters.take("10.0.0.1") for _ in range(2)] == [True, False]
    monkeypatch.setattr(limits, "_ADDRESSES", 2)
    meters.take("10.0.0.3")
    assert len(meters) == 2
