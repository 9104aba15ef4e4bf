from parlour.events import landlord as facts
from parlour.events.rules.landlord import commands
from parlour.events.rules.landlord.state import Hand
from parlour.replay.hand_causes import causes

CALLED = facts.Called(at=5, seat=1, score=2)
CLEARED = facts.TrusteeCleared(at=5, seat=1)


def test_an_answer_is_caused_by_the_player_who_gave_it():
    assert causes(Hand(turn=1), [CALLED]) == [commands.AnswerCall(at=5, seat=1, action=2)]


def test_what_a_trustee_seat_does_is_caused_by_time():
    trustee = Hand(turn=1, trustees=(False, True, False))
    (cause,) = causes(trustee, [CALLED])
    assert isinstance(cause, commands.TimeOut)


def test_who_acts_himself_is_no_trustee_any_more_and_may_also_just_have_returned():
    trustee = Hand(turn=1, trustees=(False, True, False))
    assert causes(trustee, [CLEARED, CALLED]) == [
        commands.AnswerCall(at=5, seat=1, action=2),
        commands.RegainConnection(at=5, seat=1),
    ]
    later = facts.Called(at=6, seat=1, score=2)
    assert causes(trustee, [CLEARED, later]) == [commands.RegainConnection(at=5, seat=1)]


def test_a_time_out_of_who_is_offline_is_told_by_what_follows():
    late = facts.TurnTimedOut(at=5, seat=1)
    gone = facts.TrusteeSet(at=5, seat=1, why="offline")
    assert causes(Hand(), [late, gone])[0].online == (False, False, False)
    assert causes(Hand(), [late, CALLED])[0].online == (True, True, True)


def test_what_only_ever_follows_has_no_cause_of_its_own():
    assert causes(Hand(), [facts.LandlordNamed(at=5, seat=1, ratio=1)]) == []
    assert causes(Hand(), [facts.DealThrownIn(at=5, deal=0, secret="")]) == []
    assert causes(Hand(), [facts.TrusteeSet(at=5, seat=1, why="timeouts")]) == []
