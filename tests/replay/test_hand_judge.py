"""The judge alone, over hands that are altered in memory."""

import pytest
from msgspec.structs import replace
from tables import KEY

from parlour.events import landlord as facts
from parlour.events.reader import LogReader
from parlour.replay.findings import Findings
from parlour.replay.games import find_game
from parlour.replay.hand_judge import MOST_BROKEN, HandJudge


@pytest.fixture
def hand_of(played):
    def read(name):
        with LogReader(played) as reader:
            return find_game(reader, name)

    return read


def judged(events, key=None):
    findings = Findings()
    judge = HandJudge(findings, events, key=key)
    judge.run()
    return list(findings), judge


def index_of(events, cls, nth=0):
    return [i for i, recorded in enumerate(events) if isinstance(recorded.event, cls)][nth]


def altered(events, index, **fields):
    events = list(events)
    event = replace(events[index].event, **fields)
    events[index] = events[index]._replace(event=event)
    return events


@pytest.mark.parametrize("name", ["1:1", "1:2", "1:3", "1:4", "1:5", "2:1", "2:2", "2:4", "2:5"])
@pytest.mark.parametrize("key", [None, KEY, b"k" * 32], ids=["no key", "key", "another key"])
def test_what_was_played_by_the_rules_has_no_fault(hand_of, name, key):
    findings, _ = judged(hand_of(name), key)
    assert findings == []


def test_a_hand_without_its_secret_is_judged_by_what_the_table_saw(hand_of):
    events = hand_of("2:5")
    findings, judge = judged(events)
    assert findings == []
    assert not judge.knows(judge.hand.deal)
    index = index_of(events, facts.CardsPlayed)
    bottom = events[index_of(events, facts.HandDealt)].event.bottom
    for fields, reason in (
        ({"card_type": 14}, "type_mismatch"),
        ({"seat": 7}, "not_your_turn"),
        ({"cards": (3, 4)}, "no_such_type"),
    ):
        findings, _ = judged(altered(events, index, **fields))
        assert findings[0].expected == reason
    farmer = next(
        i
        for i, recorded in enumerate(events)
        if isinstance(recorded.event, facts.Passed) and recorded.event.seat != judge.hand.landlord
    )
    play = facts.CardsPlayed(
        at=events[farmer].event.at, seat=events[farmer].event.seat, cards=bottom[:1], card_type=1
    )
    events[farmer] = events[farmer]._replace(event=play)
    assert judged(events)[0][0].expected == "not_in_hand"


def test_a_secret_that_the_key_gives_is_used_only_when_it_was_committed_to(hand_of):
    events = hand_of("2:5")
    assert judged(events, KEY)[1].knows(0)
    assert not judged(events, b"k" * 32)[1].knows(0)


def test_a_play_that_was_not_in_hand_is_found_with_the_key(hand_of):
    events = hand_of("2:5")
    index = index_of(events, facts.CardsPlayed)
    _, judge = judged(events, KEY)
    foreign = next(iter(judge.hand.bottom)) ^ 0x10
    findings, _ = judged(altered(events, index, cards=(foreign,), card_type=1), KEY)
    assert findings[0].code == "rule_broken"


def test_a_hand_that_breaks_at_every_step_is_told_a_few_times_only(hand_of):
    events = hand_of("1:2")
    del events[index_of(events, facts.CardsPlayed)]
    findings, _ = judged(events)
    broken = [finding for finding in findings if finding.code == "rule_broken"]
    assert 1 <= len(broken) <= MOST_BROKEN + 1


def test_a_hand_whose_opening_is_gone_is_found_and_judged_on(hand_of):
    findings, _ = judged(hand_of("1:2")[1:])
    assert {finding.code for finding in findings} >= {"rule_broken", "secret_wrong"}


def test_a_hand_that_stops_in_the_middle_of_a_step_is_found(hand_of):
    events = hand_of("2:2")
    index = index_of(events, facts.DealThrownIn)
    findings, _ = judged(events[:index], KEY)
    assert [finding.code for finding in findings] == ["rule_broken"]
    assert "must follow" in findings[0].detail


@pytest.mark.parametrize(
    ("cls", "fields"),
    [
        (facts.HandOpened, {"salt": "no hex", "commitments": ("", "", "")}),
        (facts.HandDealt, {"deal": 7}),
        (facts.HandDealt, {"deal": -1, "first": 12}),
        (facts.HandDealt, {"nonces": ("x" * 70_000, "", "")}),
        (facts.Called, {"score": -3}),
        (facts.Called, {"seat": -8}),
        (facts.LandlordNamed, {"seat": 5}),
        (facts.CardsPlayed, {"cards": (), "card_type": 99}),
        (facts.CardsPlayed, {"cards": (-1, 2**70)}),
        (facts.Passed, {"seat": 2**70}),
        (facts.HandSettled, {"quitter": 9, "win_type": 2}),
        (facts.HandSettled, {"secret": "zz"}),
    ],
)
def test_values_that_no_rule_gives_are_findings_and_not_a_crash(hand_of, cls, fields):
    events = hand_of("1:2")
    findings, _ = judged(altered(events, index_of(events, cls), **fields), KEY)
    assert findings
