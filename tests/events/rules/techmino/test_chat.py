import pytest

from parlour.events import techmino as facts
from parlour.events.errors import RuleViolation
from parlour.events.rules.techmino import chat as rules
from parlour.events.rules.techmino import commands
from parlour.events.rules.techmino.state import Chat, Said

TWO = Chat(members={1: "one", 2: "two"})


def join(uid, capacity=9):
    return commands.Join(at=5, uid=uid, username=f"u{uid}", capacity=capacity)


def fold(chat, *events):
    for event in events:
        chat = rules.evolve(chat, event)
    return chat


def test_joining_is_one_fact_and_joining_again_none():
    assert rules.decide(TWO, join(3)) == [facts.ChatJoined(at=5, uid=3, username="u3")]
    assert rules.decide(TWO, join(2)) == []


def test_a_full_room_refuses_newcomers_and_not_those_who_are_in():
    with pytest.raises(RuleViolation, match="room_full"):
        rules.decide(TWO, join(3, capacity=2))
    assert rules.decide(TWO, join(2, capacity=1)) == []


@pytest.mark.parametrize(
    "command",
    [commands.Leave(at=5, uid=3), commands.Say(at=5, uid=3, username="x", text="y")],
    ids=lambda c: type(c).__name__,
)
def test_who_is_not_in_the_room_is_refused(command):
    with pytest.raises(RuleViolation, match="no_room"):
        rules.decide(TWO, command)


def test_who_leaves_is_known_by_the_name_he_joined_with():
    [left] = rules.decide(TWO, commands.Leave(at=5, uid=2, reason="lost"))
    assert left == facts.ChatLeft(at=5, uid=2, username="two", reason="lost")
    assert fold(TWO, left).members == {1: "one"}


def test_a_restart_empties_a_room_that_has_members():
    assert rules.decide(TWO, commands.Resume(at=5)) == [facts.ChatEmptied(at=5)]
    assert rules.decide(Chat(), commands.Resume(at=5)) == []
    assert fold(TWO, facts.ChatEmptied(at=5)).members == {}


def test_the_last_ten_remarks_are_kept():
    said = [facts.ChatSaid(at=n, uid=1, username="u", text=str(n)) for n in range(12)]
    chat = fold(TWO, *said)
    assert chat.histories[0] == Said(at=2, uid=1, username="u", text="2")
    assert [remark.text for remark in chat.histories] == [str(n) for n in range(2, 12)]


def test_a_remark_leaves_the_members_the_very_same():
    said = facts.ChatSaid(at=1, uid=1, username="u", text="x")
    assert fold(TWO, said).members is TWO.members


def test_other_events_change_nothing():
    assert rules.evolve(TWO, facts.RoomResumed(at=1)) is TWO
