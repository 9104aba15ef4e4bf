"""States in memory: loaded, evolved, rolled back, pinned until the disk has them."""

import msgspec
import pytest

from parlour.events.account import Posted, Registered, Renamed
from parlour.events.errors import AlreadyClaimed, CorruptLog, LocalProtocolError
from parlour.events.repository import AggregateKind, Repository
from parlour.events.unit import Unit

DEEP = b'{"x":' + b"[" * 5000
"""Deeper than anybody reads."""


class Purse(msgspec.Struct, frozen=True):
    count: int = 0
    balance: int = 0


def evolve(purse, event):
    if isinstance(event, Posted):
        if event.ref == "bug":
            raise ZeroDivisionError
        return Purse(purse.count + 1, event.balance)
    return purse


def kind(topic="purse@1", every=10):
    return AggregateKind(
        initial=lambda _: Purse(),
        evolve=evolve,
        state_type=Purse,
        snapshot_topic=topic,
        snapshot_every=every,
    )


KINDS = {"account": kind(), "hand": kind(every=None)}


def registered(name):
    return Registered(at=0, uid=1, name=name, email="", password="", by="open")


@pytest.fixture
def repository(recorder):
    return Repository(recorder, KINDS)


@pytest.fixture
def commit(recorder, repository):
    def commit(unit):
        recorder.commit([unit])
        repository.committed([unit])

    return commit


def record(repository, aggregate_id, *events):
    repository.begin()
    repository.record(aggregate_id, *events)
    return repository.take()


def test_an_aggregate_without_events_has_its_initial_state(repository):
    assert repository.get("account:1") == Purse()
    assert repository.version("account:1") == 0


def test_recorded_events_are_those_on_disk_between_two_versions(repository, commit):
    commit(record(repository, "hand:1", Renamed(at=0, old="", new="a")))
    for old, new in ("ab", "bc", "cd"):
        unit = record(repository, "hand:1", Renamed(at=0, old=old, new=new))
        commit(unit)
    record(repository, "hand:1", Renamed(at=0, old="d", new="e"))
    assert [event.new for event in repository.recorded("hand:1", 2, 3)] == ["b", "c"]
    assert [event.new for event in repository.recorded("hand:1", 3, 9)] == ["c", "d"]


def test_an_unknown_kind_is_our_own_mistake(repository):
    with pytest.raises(LocalProtocolError):
        repository.get("nonsense:1")


def test_recording_evolves_at_once_and_numbers_versions_on(repository, post):
    repository.begin()
    assert repository.record("account:1", post(5), post(7)) == Purse(2, 7)
    repository.record("hand:1", post(1))
    repository.record("account:1", post(9))
    unit = repository.take()
    assert [(e.aggregate_id, e.version) for e in unit.entries] == [
        ("account:1", 1),
        ("account:1", 2),
        ("hand:1", 1),
        ("account:1", 3),
    ]
    assert repository.get("account:1") == Purse(3, 9)
    assert repository.version("account:1") == 3


def test_a_unit_knows_what_it_looked_at(repository, post):
    repository.get("account:9")
    repository.begin()
    repository.get("account:1")
    repository.version("account:2")
    repository.record("hand:1", post())
    unit = repository.take()
    assert unit.reads == {"account:1", "account:2", "hand:1"}
    assert unit.writes == {"hand:1"}


def test_rollback_restores_every_touched_state_and_tells_what_was_looked_at(repository, post):
    record(repository, "account:1", post(5))
    repository.begin()
    repository.record("account:1", post(6))
    repository.record("hand:1", post(7))
    assert repository.rollback() == Unit(reads=frozenset({"account:1", "hand:1"}))
    assert repository.get("account:1") == Purse(1, 5)
    assert repository.get("hand:1") == Purse()
    assert repository.rollback() == Unit()
    assert record(repository, "account:1", post(6)).entries[0].version == 2


def test_units_do_not_nest_and_nothing_is_recorded_outside_of_one(repository, post):
    with pytest.raises(LocalProtocolError):
        repository.record("account:1", post())
    with pytest.raises(LocalProtocolError):
        repository.take()
    repository.begin()
    with pytest.raises(LocalProtocolError):
        repository.begin()
    with pytest.raises(LocalProtocolError):
        repository.evict(["account:1"])


def test_an_event_that_cannot_be_evolved_records_nothing(repository, post):
    repository.begin()
    with pytest.raises(ZeroDivisionError):
        repository.record("account:1", post(1), post(2, "bug"))
    assert repository.get("account:1") == Purse()
    assert repository.take().entries == ()


def test_recording_no_event_touches_nothing(repository, recorder, post):
    repository.begin()
    assert repository.record("account:1") == Purse()
    unit = repository.take()
    assert unit.entries == ()
    repository.clear()
    assert len(repository) == 0


# --- loading ------------------------------------------------------------------------------


def test_a_state_is_rebuilt_from_the_log(recorder, repository, commit, post):
    for balance in range(1, 8):
        commit(record(repository, "account:1", post(balance)))
    fresh = Repository(recorder, KINDS)
    assert fresh.get("account:1") == Purse(7, 7)
    assert fresh.version("account:1") == 7


def test_a_snapshot_is_taken_every_so_many_versions(recorder, repository, commit, post):
    for balance in range(1, 10):
        commit(record(repository, "account:1", post(balance)))
    assert recorder.snapshot("account:1") is None
    commit(record(repository, "account:1", post(10), post(11)))
    assert recorder.snapshot("account:1").version == 11
    for balance in range(12, 21):
        commit(record(repository, "account:1", post(balance)))
    assert recorder.snapshot("account:1").version == 11
    commit(record(repository, "account:1", post(21)))
    assert recorder.snapshot("account:1").version == 21


def test_a_snapshot_bounds_what_is_read(recorder, repository, commit, post, tamper):
    for balance in range(1, 13):
        commit(record(repository, "account:1", post(balance)))
    tamper(("UPDATE stored_events SET state=x'00' WHERE originator_version<10",))
    fresh = Repository(recorder, KINDS)
    assert fresh.get("account:1") == Purse(12, 12)
    assert [e.version for e in record(fresh, "account:1", post(13)).entries] == [13]


@pytest.mark.parametrize(
    "spoil",
    [
        "topic='purse@0'",
        "state=x'00'",
        "state=x'7b22636f756e74223a2278227d'",
        "originator_version=90",
        "originator_version='x'",
        "topic=CAST(x'ff41' AS TEXT)",
        "state=CAST(x'ff41' AS TEXT)",
        "state=NULL",
        f"state=x'{DEEP.hex()}'",
    ],
)
def test_a_snapshot_that_is_old_broken_or_ahead_of_the_log_is_ignored(
    recorder, repository, commit, post, tamper, spoil
):
    for balance in range(1, 13):
        commit(record(repository, "account:1", post(balance)))
    tamper((f"UPDATE snapshots SET {spoil}",))
    assert Repository(recorder, KINDS).get("account:1") == Purse(12, 12)


def test_a_changed_state_shape_reads_no_older_snapshot(recorder, repository, commit, post, tamper):
    for balance in range(1, 13):
        commit(record(repository, "account:1", post(balance)))
    tamper(("UPDATE snapshots SET state=x'7b22636f756e74223a3939397d'",))
    assert Repository(recorder, KINDS).get("account:1").count == 1001
    newer = Repository(recorder, {"account": kind("purse@2")})
    assert newer.get("account:1") == Purse(12, 12)


def test_a_missing_version_stops_loading(recorder, repository, commit, post, tamper):
    for balance in range(1, 5):
        commit(record(repository, "account:1", post(balance)))
    tamper(("DELETE FROM stored_events WHERE originator_version=2",))
    with pytest.raises(CorruptLog, match="account:1 has no version 2"):
        Repository(recorder, KINDS).get("account:1")


# --- memory -------------------------------------------------------------------------------


def test_the_least_used_states_leave_memory_beyond_the_capacity(recorder, post):
    repository = Repository(recorder, KINDS, capacity=3)
    for number in (1, 2, 3, 1, 4, 5):
        repository.get(f"account:{number}")
    assert len(repository) == 3
    assert list(repository._live) == ["account:1", "account:4", "account:5"]


def test_what_is_not_on_disk_yet_stays_in_memory(recorder, post):
    repository = Repository(recorder, KINDS, capacity=2)
    units = [record(repository, f"account:{number}", post(number)) for number in range(1, 6)]
    repository.evict(["account:1"])
    repository.clear()
    assert [repository.get(f"account:{n}").balance for n in range(1, 6)] == [1, 2, 3, 4, 5]
    recorder.commit(units)
    repository.committed(units)
    assert len(repository) == 2
    assert repository.get("account:1") == Purse(1, 1)


def test_an_aggregate_of_the_open_unit_stays_in_memory(recorder, post):
    repository = Repository(recorder, KINDS, capacity=1)
    repository.begin()
    for number in range(1, 4):
        repository.record(f"account:{number}", post(number))
    repository.record("account:1", post(10))
    assert [e.version for e in repository.take().entries] == [1, 1, 1, 2]


# --- drops --------------------------------------------------------------------------------


def test_a_dropped_unit_leaves_the_state_of_the_log(repository, commit, post):
    commit(record(repository, "account:1", post(1)))
    unit = record(repository, "account:1", post(2))
    repository.dropped([unit])
    assert repository.get("account:1") == Purse(1, 1)
    assert repository.version("account:1") == 1


def test_a_dropped_unit_leaves_the_state_of_the_uncommitted_unit_before_it(repository, post):
    kept = record(repository, "account:1", post(1))
    lost = [record(repository, "account:1", post(2)), record(repository, "account:1", post(3))]
    repository.dropped(lost)
    assert repository.get("account:1") == Purse(1, 1)
    assert record(repository, "account:1", post(2)).entries[0].version == 2
    repository.committed([kept])


def test_a_dropped_snapshot_is_taken_again(recorder, repository, commit, post):
    commit(record(repository, "account:1", *map(post, range(1, 10))))
    lost = record(repository, "account:1", post(10))
    assert lost.snapshots
    repository.dropped([lost])
    assert record(repository, "account:1", post(10)).snapshots


# --- keys ---------------------------------------------------------------------------------


def test_a_claimed_key_is_refused_before_anything_changes(repository, commit, post):
    commit(record(repository, "account:1", registered("ann")))
    repository.begin()
    with pytest.raises(AlreadyClaimed):
        repository.record("account:2", post(1), registered("Ann"))
    assert repository.get("account:2") == Purse()
    assert repository.take().entries == ()


def test_a_key_of_the_same_unit_is_refused(repository):
    repository.begin()
    repository.record("account:1", Renamed(at=0, old="x", new="ann"))
    with pytest.raises(AlreadyClaimed):
        repository.record("account:2", Renamed(at=0, old="y", new="ann"))
    assert repository.claimed("account/name/ann") == "account:1"
    assert repository.claimed("account/name/y") is None


def test_a_key_released_in_a_unit_may_be_claimed_in_it(recorder, repository, commit):
    commit(record(repository, "account:1", registered("ann")))
    repository.begin()
    repository.record("account:1", Renamed(at=0, old="ann", new="bob"))
    assert repository.claimed("account/name/ann") is None
    repository.record("account:2", Renamed(at=0, old="x", new="ann"))
    unit = repository.take()
    assert [claim[:2] for claim in unit.claims] == [
        ("account/name/bob", "account:1"),
        ("account/name/ann", "account:2"),
    ]
    assert [unit.entries[claim.entry].aggregate_id for claim in unit.claims] == [
        "account:1",
        "account:2",
    ]
    commit(unit)
    assert recorder.claimed("account/name/ann") == "account:2"
    assert recorder.claimed("account/name/bob") == "account:1"


def test_a_change_of_case_alone_releases_and_claims_the_same_key(recorder, repository, commit):
    commit(record(repository, "account:1", registered("ann")))
    commit(record(repository, "account:1", Renamed(at=0, old="ann", new="Ann")))
    assert recorder.claimed("account/name/ann") == "account:1"


def test_a_key_claimed_and_released_in_a_unit_is_free_afterwards(recorder, repository, commit):
    repository.begin()
    repository.record("account:1", Renamed(at=0, old="x", new="ann"))
    repository.record("account:1", Renamed(at=0, old="ann", new="bob"))
    commit(repository.take())
    assert recorder.claimed("account/name/ann") is None
    assert recorder.claimed("account/name/bob") == "account:1"
