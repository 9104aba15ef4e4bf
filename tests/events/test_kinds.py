"""Every kind folds its events, and its states survive a snapshot."""

import msgspec
import pytest

from parlour.events.account import Registered
from parlour.events.beehive import GroupCreated, RoomCreated
from parlour.events.errors import CorruptLog
from parlour.events.event import encode, topic_of
from parlour.events.kinds import KINDS, LogState, kind_of, rebuild
from parlour.events.landlord import TableListed, TableOpened
from parlour.events.log_events import LogOpened
from parlour.events.techmino import (
    ChatJoined,
    MatchOpened,
    MatchPlayer,
    MatchTerms,
    PlayerEntered,
    RoomListed,
)

EVENTS = {
    "log": LogOpened(at=1, log="ab", open=True, engine="0.1.0"),
    "account:7": Registered(at=1, uid=7, name="a", email="", password="", by="open"),
    "landlord.lobby:1": TableListed(at=1, tid=3, type=1, zone=0),
    "landlord.table:3": TableOpened(at=1, tid=3, type=1, zone=0),
    "beehive.group:7": GroupCreated(at=1, gid=7, uid=1, name="n", desc="d"),
    "beehive.room:9": RoomCreated(at=1, rid=9, uid=1, epoch=2),
    "techmino.lobby:1": RoomListed(at=1, rid="r", type="solo"),
    "techmino.chat:global": ChatJoined(at=1, uid=7, username="a"),
    "techmino.room:r": PlayerEntered(at=1, uid=7, sid=0, username="a", config=""),
    "techmino.match:m": MatchOpened(
        at=1,
        rid="m",
        room="r",
        type="solo",
        players=(MatchPlayer(sid=0, uid=7, username="a", config=""),),
        terms=MatchTerms(connect_seconds=10, settle_seconds=1, end_seconds=3),
    ),
}


def rows(*facts):
    versions = {}
    for position, (aggregate_id, event) in enumerate(facts, 1):
        versions[aggregate_id] = version = versions.get(aggregate_id, 0) + 1
        yield position, aggregate_id, version, topic_of(event), encode(event)


def test_the_kind_is_the_text_before_the_colon():
    assert kind_of("landlord.hand:3:17") == "landlord.hand"
    assert kind_of("log") == "log"


@pytest.mark.parametrize("name", KINDS)
def test_a_state_survives_its_snapshot(name):
    kind = KINDS[name]
    states = [kind.initial(f"{name}:1")]
    states += [
        rebuilt.state
        for aggregate_id, rebuilt in rebuild(rows(*EVENTS.items())).items()
        if kind_of(aggregate_id) == name
    ]
    for state in states:
        assert msgspec.json.decode(msgspec.json.encode(state), type=kind.state_type) == state


def test_snapshot_topics_are_distinct():
    assert len({kind.snapshot_topic for kind in KINDS.values()}) == len(KINDS)


def test_a_hand_has_no_snapshot():
    assert KINDS["landlord.hand"].snapshot_every is None


def test_rebuild_folds_every_aggregate_from_its_first_event():
    rebuilt = rebuild(rows(*EVENTS.items()))
    assert {key: value.version for key, value in rebuilt.items()} == dict.fromkeys(EVENTS, 1)
    assert rebuilt["log"].state == LogState(opened=EVENTS["log"])
    assert rebuilt["account:7"].state.name == "a"
    assert rebuilt["landlord.lobby:1"].state.tables == {3: (1, 0)}
    assert rebuilt["landlord.table:3"].state.tid == 3
    assert rebuilt["techmino.lobby:1"].state.rooms == {"r": "solo"}
    assert rebuilt["techmino.chat:global"].state.members == {7: "a"}
    assert rebuilt["techmino.room:r"].state.members[7].sid == 0
    assert list(rebuilt["techmino.match:m"].state.players) == [7]


@pytest.mark.parametrize("versions", [(2,), (1, 1), (1, 3)])
def test_rebuild_refuses_versions_that_do_not_follow(versions):
    event = EVENTS["account:7"]
    broken = [(n, "account:7", v, topic_of(event), encode(event)) for n, v in enumerate(versions)]
    with pytest.raises(CorruptLog, match="account:7"):
        rebuild(broken)


def test_rebuild_refuses_an_unknown_kind():
    with pytest.raises(CorruptLog, match="nonsense"):
        rebuild([(1, "nonsense:1", 1, "log.opened@1", b"{}")])
