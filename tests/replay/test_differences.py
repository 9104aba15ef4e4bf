import msgspec

from parlour.events import landlord as facts
from parlour.events.landlord import Line
from parlour.replay.differences import differences, told, unknown_fields


def line(**fields):
    whole = {
        "seat": 0,
        "uid": 1,
        "before": 10,
        "change": 5,
        "after": 15,
        "win": True,
        "exp": 3,
        "coin": 0,
    }
    return Line(**{**whole, **fields})


def test_equal_facts_do_not_differ():
    assert list(differences(line(), line())) == []


def test_a_field_is_named_down_to_the_one_value():
    expected = (line(), line(seat=1))
    found = (line(), line(seat=1, change=6))
    assert list(differences(expected, found, "lines")) == [("lines[1].change", 5, 6)]


def test_a_set_of_cards_is_told_whole():
    one = facts.CardsPlayed(at=1, seat=0, cards=(3, 4), card_type=0)
    other = facts.CardsPlayed(at=1, seat=0, cards=(3, 5), card_type=0)
    assert list(differences(one, other)) == [("cards", (3, 4), (3, 5))]


def test_facts_of_two_kinds_differ_as_a_whole():
    one, other = facts.Passed(at=1, seat=0), facts.TurnTimedOut(at=1, seat=0)
    assert list(differences(one, other)) == [("", one, other)]


def test_an_event_is_told_with_its_name():
    assert told(facts.Passed(at=1, seat=0)) == {"name": "landlord.passed", "at": 1, "seat": 0}


class Leaf(msgspec.Struct):
    a: int = 0


class Tree(msgspec.Struct):
    leaf: Leaf
    leaves: tuple[Leaf, ...]
    named: dict[int, Leaf]


def test_fields_that_no_struct_has_are_named_wherever_they_are():
    document = {
        "leaf": {"a": 1, "x": 1},
        "leaves": [{"a": 1}, {"y": 1}],
        "named": {"5": {"z": 1}},
        "w": {"a": 1},
    }
    kept = msgspec.convert(document, Tree, strict=False)
    assert list(unknown_fields(document, kept)) == ["leaf.x", "leaves[1].y", "named[5].z", "w"]


def test_a_struct_as_it_is_written_has_no_such_field():
    tree = Tree(Leaf(1), (Leaf(2),), {5: Leaf(3)})
    assert list(unknown_fields(msgspec.json.decode(msgspec.json.encode(tree)), tree)) == []
