"""The contract every recorder keeps; what is SQLite's own is in test_sqlite_recorder.py.

A recorder joins the contract by one line in FACTORIES: PostgreSQL will be the third.
"""

import contextlib
import hashlib
import sqlite3
import struct
import textwrap

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eventsourcing.persistence import StoredEvent
from recorder_contents import contents, refusals

from parlour.events import seals
from parlour.events.datastore import LogDatastore
from parlour.events.errors import AlreadyClaimed, LocalProtocolError, VersionConflict
from parlour.events.event import encode, topic_of
from parlour.events.recorder import SealedSQLiteRecorder, VersionGap

FACTORIES = {
    "file": lambda folder: SealedSQLiteRecorder(LogDatastore(folder / "log.db")),
    "memory": lambda folder: SealedSQLiteRecorder(LogDatastore(":memory:")),
}


@pytest.fixture(params=FACTORIES)
def contract(request, tmp_path):
    recorder = FACTORIES[request.param](tmp_path)
    recorder.create_table()
    with contextlib.closing(recorder):
        yield recorder


# --- positions and versions ---------------------------------------------------------------


def test_positions_count_from_one_without_gaps(contract, unit):
    first = contract.commit([unit(("account:1", 1, 3)), unit(("account:2", 1))])
    second = contract.commit([unit(("account:1", 4))])
    assert [row[0] for row in contents(contract)] == [1, 2, 3, 4, 5]
    assert (first.number, first.first_position, first.last_position) == (1, 1, 4)
    assert (second.number, second.first_position, second.last_position) == (2, 5, 5)
    assert contract.last_position() == 5


def test_a_committed_event_is_read_back_as_it_was(contract, unit):
    committed = unit(("account:1", 1, 2))
    contract.commit([committed])
    assert contract.history("account:1") == [entry[1:4] for entry in committed.entries]
    assert contract.history("account:1", 2) == [committed.entries[1][1:4]]
    assert contract.history("account:1", 1, 1) == [committed.entries[0][1:4]]
    assert contract.history("account:2") == []


@pytest.mark.parametrize("count", [1, 15, 16, 17, 511, 512, 513, 1100])
def test_batches_of_any_size_arrive_whole(contract, unit, count):
    contract.commit([unit(("account:7", 1))])
    contract.commit([unit(("account:1", 1, count))])
    rows = contents(contract)
    assert [row[2] for row in rows] == [1, *range(1, count + 1)]
    assert [row[0] for row in rows] == list(range(1, count + 2))


@pytest.mark.parametrize("claims", [[], [("k", "a")]])
def test_a_conflict_in_the_last_event_leaves_nothing_of_a_commit(store, unit, claims):
    recorder = store()
    recorder.commit([unit(("a", 1)), unit(("b", 1))])
    recorder._versions.clear()
    assert refusals(recorder, unit(("a", 2), claims=claims), unit(("b", 1))) == {1: VersionConflict}
    assert len(contents(recorder)) == 2
    assert recorder.last_seal().number == 1
    assert recorder.claimed("k") is None


def test_an_existing_version_is_refused_and_nothing_is_recorded(contract, unit):
    contract.commit([unit(("account:1", 1, 2))])
    before = contents(contract)
    refused = refusals(contract, unit(("account:2", 1)), unit(("account:1", 2)))
    assert refused == {1: VersionConflict}
    assert contents(contract) == before
    contract.commit([unit(("account:2", 1))])
    assert len(contents(contract)) == 3


def test_a_version_twice_in_one_commit_is_refused(contract, unit):
    assert refusals(contract, unit(("a", 1)), unit(("a", 1))) == {1: VersionConflict}


@pytest.mark.parametrize("versions", [(2,), (1, 3)])
def test_a_version_that_would_leave_a_gap_is_refused(contract, unit, versions):
    units = [unit(("account:1", version)) for version in versions]
    assert refusals(contract, *units) == {len(units) - 1: VersionGap}
    assert contents(contract) == []


def test_a_gap_after_what_is_on_disk_is_refused_also_by_a_fresh_recorder(store, unit):
    store().commit([unit(("account:1", 1, 2))])
    fresh = store()
    assert refusals(fresh, unit(("account:1", 4))) == {0: VersionGap}
    fresh.commit([unit(("account:1", 3))])


def test_versions_that_are_not_remembered_any_more_are_read(store, unit, monkeypatch):
    monkeypatch.setattr("parlour.events.recorder._KNOWN_VERSIONS", 4)
    recorder = store()
    for version in (1, 2, 3):
        for number in range(7):
            recorder.commit([unit((f"account:{number}", version))])
    assert refusals(recorder, unit(("account:0", 5))) == {0: VersionGap}
    assert len(contents(recorder)) == 21


def test_a_commit_without_events_is_our_own_mistake(contract, unit):
    with pytest.raises(LocalProtocolError):
        contract.commit([unit()])


# --- claims -------------------------------------------------------------------------------


def test_a_key_is_claimed_once(contract, unit):
    contract.commit([unit(("account:1", 1), claims=[("name/ann", "account:1")])])
    assert contract.claimed("name/ann") == "account:1"
    refused = refusals(contract, unit(("account:2", 1), claims=[("name/ann", "account:2")]))
    assert refused == {0: AlreadyClaimed}
    assert contract.history("account:2") == []


def test_a_key_claimed_twice_in_one_commit_refuses_the_second_unit(contract, unit):
    first = unit(("a", 1), claims=[("k", "a")])
    assert refusals(contract, first, unit(("b", 1), claims=[("k", "b")])) == {1: AlreadyClaimed}


def test_a_released_key_may_be_claimed_again(contract, unit):
    contract.commit([unit(("a", 1), claims=[("k", "a")])])
    contract.commit([unit(("a", 2), releases=["k"]), unit(("b", 1), claims=[("k", "b")])])
    assert contract.claimed("k") == "b"
    contract.commit([unit(("b", 2), releases=["k"])])
    assert contract.claimed("k") is None


def test_a_unit_may_release_and_claim_a_key(contract, unit):
    contract.commit([unit(("a", 1), claims=[("k", "a")])])
    contract.commit([unit(("b", 1), releases=["k"], claims=[("k", "b")])])
    assert contract.claimed("k") == "b"


def test_the_last_claim_of_a_prefix_is_found_by_order(contract, unit):
    claims = [("uid/2", "b"), ("uid/1", "a"), ("name/x", "a"), ("uie", "a")]
    contract.commit([unit(("a", 1), claims=claims)])
    assert contract.last_claim("uid/") == "uid/2"
    assert contract.last_claim("uid/", below="uid/2") == "uid/1"
    assert contract.last_claim("uid/", below="uid/1") is None
    assert contract.last_claim("email/") is None


def test_conflict_and_claim_are_both_named(contract, unit):
    contract.commit([unit(("a", 1), claims=[("k", "a")])])
    refused = refusals(
        contract, unit(("a", 1)), unit(("c", 1)), unit(("b", 1), claims=[("k", "b")])
    )
    assert refused == {0: VersionConflict, 2: AlreadyClaimed}


def test_the_newest_event_besides_those_of_a_kind(contract, unit, post):
    assert contract.newest_besides("account") is None
    contract.commit([unit(("account:1", 1, 2))])
    assert contract.newest_besides("account") is None
    contract.commit([unit(("table:1", 1), ("accounts", 1))])
    contract.commit([unit(("account:2", 1, 3))])
    event = post(1)
    assert contract.newest_besides("account") == (topic_of(event), encode(event))
    assert contract.newest_besides("table") is not None
    contract.commit([unit(("account:1", 3)), unit(("table:1", 2))])
    assert contract.newest_besides("account", "table") == (topic_of(event), encode(event))


# --- snapshots, probe, failure -------------------------------------------------------------


def test_only_the_newest_snapshot_of_an_aggregate_is_kept(contract, unit):
    contract.commit([unit(("a", 1), snapshots=[("a", 1, "s@1", b"old")])])
    contract.commit([unit(("a", 2), snapshots=[("a", 2, "s@1", b"new")])])
    assert contract.snapshot("a") == ("a", 2, "s@1", b"new")
    assert contract.snapshot("b") is None


def test_a_probe_leaves_nothing_behind(contract, unit):
    contract.probe()
    contract.commit([unit(("a", 1))])
    contract.probe()
    assert len(contents(contract)) == 1


def test_a_commit_that_fails_half_way_leaves_nothing_and_the_next_succeeds(contract, unit):
    contract.commit([unit(("a", 1))])
    unstorable = [("a", 2, "s@1", object())]
    with pytest.raises(Exception, match="type 'object' is not supported"):
        contract.commit([unit(("a", 2), claims=[("k", "a")], snapshots=unstorable)])
    assert contract.claimed("k") is None
    assert contract.commit([unit(("a", 2))]).number == 2
    assert len(contents(contract)) == 2


def test_tracking_moves_forward_only(contract):
    with contract.datastore.transaction(commit=True) as cursor:
        assert contract.tracked(cursor, "p") == 0
        contract.track(cursor, "p", 5)
    assert contract.max_tracking_id("p") == 5
    with (
        pytest.raises(Exception, match="Failed to record tracking"),
        contract.datastore.transaction(commit=True) as cursor,
    ):
        contract.track(cursor, "p", 5)


# --- seals --------------------------------------------------------------------------------


def test_each_commit_seals_its_events_on_top_of_the_seal_before(contract, unit):
    one, two = unit(("a", 1, 2)), unit(("b", 1))
    first, second = contract.commit([one]), contract.commit([two])
    rows = [entry[:4] for entry in one.entries]
    assert first.digest == seals.seal_digest(seals.GENESIS, 1, 1, rows)
    assert second.digest == seals.seal_digest(
        first.digest, 2, 3, [entry[:4] for entry in two.entries]
    )
    assert contract.last_seal() == second
    assert contract.seal(1) == first


def test_events_inserted_through_eventsourcing_are_sealed_as_well(contract, unit):
    contract.commit([unit(("a", 1))])
    event = StoredEvent("a", 2, "account.posted@1", b"{}")
    assert list(contract.insert_events([event])) == [2]
    assert list(contract.insert_events([])) == []
    contract.commit([unit(("a", 3))])
    assert [seal.number for seal in map(contract.seal, (1, 2, 3))] == [1, 2, 3]
    assert contract.select_events("a")[1] == event


def test_with_a_key_every_seal_is_signed(store, unit):
    key = Ed25519PrivateKey.generate()
    seal = store(signing_key=key).commit([unit(("a", 1))])
    assert seals.verify(key.public_key(), seal.digest, seal.signature)
    other = Ed25519PrivateKey.generate()
    assert not seals.verify(other.public_key(), seal.digest, seal.signature)


def test_the_plain_python_in_the_docstring_checks_a_log(recorder, unit, tmp_path):
    for version in range(1, 6):
        recorder.commit([unit(("account:ö", version)), unit(("b", version))])
    recipe = textwrap.dedent(seals.__doc__.split("check a log:\n\n")[1].split("\n\n")[0])
    database = sqlite3.connect(tmp_path / "log.db")
    names = {"db": database, "struct": struct, "hashlib": hashlib}
    with contextlib.closing(database):
        exec(recipe, names)
        assert names["previous"] == recorder.last_seal().digest
        database.execute("UPDATE stored_events SET state=x'7b7d' WHERE rowid=7")
        with pytest.raises(AssertionError):
            exec(recipe, names)
