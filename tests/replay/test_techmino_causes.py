from functools import reduce

import pytest

from parlour.events import techmino as facts
from parlour.events.errors import RuleViolation
from parlour.events.rules.techmino import room as room_rules
from parlour.events.rules.techmino.state import Chat, Match, Room
from parlour.replay import techmino_causes
from parlour.replay.placement import KIND_OF_EVENT

OPENED = facts.RoomOpened(
    at=1, rid="r", type="classic", name="n", capacity=6, salt="s", password="secret", uid=1
)


def entered(uid, sid, at=1):
    return facts.PlayerEntered(at=at, uid=uid, sid=sid, username=f"p{uid}", config="c")


def room_of(*events):
    return reduce(room_rules.evolve, events, Room())


def answers(before, *upcoming):
    """Return what the rules give for each possible cause; a refusal as its code."""
    given = []
    for ask in techmino_causes.room_causes(before, upcoming):
        try:
            given.append(ask())
        except RuleViolation as refusal:
            given.append(refusal.code)
    return given


def test_a_room_is_opened_by_whoever_enters_it_first():
    assert answers(Room(), OPENED, entered(1, 0)) == [[OPENED, entered(1, 0)]]
    assert answers(Room(), OPENED) == []
    assert answers(Room(), OPENED, facts.RoomClosed(at=1)) == []


def test_a_password_was_right_or_the_engine_had_not_let_him_in():
    room = room_of(OPENED, entered(1, 0))
    assert answers(room, entered(2, 1, at=5))[0] == [entered(2, 1, at=5)]


def test_a_countdown_follows_or_not_as_the_settings_were():
    alone = room_of(OPENED, entered(1, 0))
    ready = facts.ReadyChanged(at=9, uid=1, ready=True)
    started = facts.CountdownStarted(at=9, until=11)
    assert [ready, started] in answers(alone, ready, started)
    assert answers(alone, ready) == [[ready]]


def test_a_countdown_of_later_is_another_command_s():
    alone = room_of(OPENED, entered(1, 0))
    ready = facts.ReadyChanged(at=9, uid=1, ready=True)
    assert answers(alone, ready, facts.CountdownStarted(at=10, until=11)) == [[ready]]


@pytest.mark.parametrize("reason", ["left", "lost", "restart"])
def test_who_leaves_had_his_reason(reason):
    room = room_of(OPENED, entered(1, 0), entered(2, 1), facts.RoomResumed(at=2))
    left = facts.PlayerLeft(at=40, uid=2, sid=1, username="p2", reason=reason)
    assert [left] in answers(room, left)


def test_after_a_restart_all_who_are_away_may_leave_at_once():
    room = room_of(OPENED, entered(1, 0), entered(2, 1), facts.RoomResumed(at=2))
    left = [
        facts.PlayerLeft(at=40, uid=uid, sid=uid - 1, username=f"p{uid}", reason="restart")
        for uid in (1, 2)
    ]
    assert [*left, facts.RoomClosed(at=40)] in answers(room, *left)


@pytest.mark.parametrize(
    ("causes", "before", "first"),
    [
        (techmino_causes.chat_causes, Chat(), facts.RoomClosed(at=1)),
        (techmino_causes.room_causes, Room(), facts.ChatEmptied(at=1)),
        (techmino_causes.room_causes, Room(), facts.CountdownCancelled(at=1)),
        (techmino_causes.match_causes, Match(), facts.RoomClosed(at=1)),
    ],
)
def test_what_only_ever_follows_or_belongs_elsewhere_has_no_cause(causes, before, first):
    assert causes(before, [first]) == []


def test_every_event_of_a_play_room_but_the_one_that_only_follows_has_a_cause():
    kinds = {cls for cls, kind in KIND_OF_EVENT.items() if kind == "techmino.room"}
    assert kinds - set(techmino_causes._ROOM) == {facts.CountdownCancelled}
