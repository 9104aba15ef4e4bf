import pytest

from parlour.events.errors import RuleViolation
from parlour.events.landlord import (
    Called,
    DealThrownIn,
    HandCancelled,
    HandDealt,
    LandlordNamed,
    Robbed,
)
from parlour.events.rules.landlord import bidding, deck


def refusal(scene, action: int, *, seat: int | None = None) -> str:
    before = scene.hand
    with pytest.raises(RuleViolation) as refused:
        scene.call(action, seat=seat)
    assert scene.hand is before
    return refused.value.code


@pytest.mark.parametrize("first", [0, 1, 2])
def test_seats_are_asked_in_order_from_the_first(new_scene, first: int) -> None:
    scene = new_scene(first=first)
    asked = []
    for _ in range(2):
        asked.append(scene.hand.turn)
        scene.call(0)
    assert [*asked, scene.hand.turn] == [first, (first + 1) % 3, (first + 2) % 3]


def test_call_is_recorded_with_its_score(scene) -> None:
    assert scene.call(1) == [Called(at=scene.now, seat=0, score=1)]
    assert (scene.hand.caller, scene.hand.ratio, scene.hand.turn) == (0, 1, 1)


def test_three_ends_the_calling_at_once(scene) -> None:
    events = scene.call(3)
    assert events == [
        Called(at=scene.now, seat=0, score=3),
        LandlordNamed(at=scene.now, seat=0, ratio=3),
    ]


@pytest.mark.parametrize(
    ("actions", "landlord", "ratio"),
    [
        ((1, 0, 0), 0, 1),
        ((0, 1, 0), 1, 1),
        ((0, 0, 2), 2, 2),
        ((1, 2, 0), 1, 2),
        ((1, 2, 3), 2, 3),
        ((0, 3), 1, 3),
    ],
)
def test_highest_caller_is_landlord_at_his_call(scene, actions, landlord, ratio) -> None:
    events = scene.call_all(*actions)
    assert events[-1] == LandlordNamed(at=scene.now, seat=landlord, ratio=ratio)
    assert scene.hand.phase == "playing"
    assert scene.hand.turn == landlord


def test_landlord_has_twenty_cards_and_leads(scene) -> None:
    scene.call_all(0, 2, 0)
    assert scene.hand.counts == (17, 20, 17)
    assert len(scene.held(1)) == 20
    assert set(scene.hand.bottom) <= set(scene.held(1))
    assert scene.hand.last is None


@pytest.mark.parametrize(("best", "action"), [(1, 1), (2, 1), (2, 2), (0, 4), (0, -1), (0, 5)])
def test_call_must_exceed_and_be_a_call(scene, best: int, action: int) -> None:
    scene.call(best)
    assert refusal(scene, action) == "call_not_allowed"


def test_call_out_of_turn_is_refused(scene) -> None:
    assert refusal(scene, 3, seat=1) == "not_your_turn"


def test_whose_turn_it_is_comes_before_what_he_may_call(scene) -> None:
    assert refusal(scene, 9, seat=2) == "not_your_turn"


def test_call_outside_the_bidding_is_refused(new_scene, played) -> None:
    assert refusal(new_scene(dealt=False), 1) == "wrong_state"
    assert refusal(played, 1) == "wrong_state"


def test_nobody_calls_and_the_next_secret_is_dealt(new_scene) -> None:
    scene = new_scene(first=2, nonces=("a", "", "c"))
    events = scene.call_all(0, 0, 0)
    assert events[2:] == [
        Called(at=scene.now, seat=1, score=0),
        DealThrownIn(at=scene.now, deal=0, secret=scene.secrets[0].hex()),
        HandDealt(
            at=scene.now,
            deal=1,
            seats=(101, 102, 103),
            nonces=("a", "", "c"),
            bottom=deck.deal(scene.secrets[1], ("a", "", "c")).bottom,
            first=2,
            terms=scene.terms,
        ),
    ]
    assert (scene.hand.phase, scene.hand.turn, scene.hand.deal) == ("calling", 2, 1)
    assert (scene.hand.calls, scene.hand.thrown_in) == ((), 1)


def test_third_deal_nobody_calls_cancels_the_hand(scene, names) -> None:
    scene.call_all(0, 0, 0)
    scene.call_all(0, 0, 0)
    events = scene.call_all(0, 0, 0)
    assert names(events)[2:] == ["Called", "DealThrownIn", "HandCancelled"]
    assert events[-2] == DealThrownIn(at=scene.now, deal=2, secret=scene.secrets[2].hex())
    assert events[-1] == HandCancelled(at=scene.now, reason="nobody_called", secret="")
    assert (scene.hand.phase, scene.hand.thrown_in, scene.hand.deadline) == ("cancelled", 3, 0)


def test_call_on_the_second_deal_plays_that_deal(scene) -> None:
    scene.call_all(0, 0, 0)
    scene.call_all(0, 2, 0)
    dealt = deck.deal(scene.secrets[1], ("", "", ""))
    assert set(scene.held(1)) == {*dealt.hands[1], *dealt.bottom}


# --- robbing --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "calls", "robs", "asked", "landlord", "ratio"),
    [
        # A 3 at once: the two others were never asked, so they did not refuse.
        (0, (3,), (0, 0), [1, 2], 0, 3),
        (1, (3,), (0, 0), [2, 0], 1, 3),
        (0, (3,), (4, 0, 0), [1, 2, 0], 1, 6),
        (0, (3,), (4, 0, 4), [1, 2, 0], 0, 12),
        (0, (3,), (4, 4, 0), [1, 2, 0], 2, 12),
        (0, (3,), (4, 4, 4), [1, 2, 0], 0, 24),
        (0, (3,), (0, 4, 0), [1, 2, 0], 2, 6),
        # Who answered 0 refused, and is not asked.
        (0, (0, 1, 0), (), [], 1, 1),
        (0, (1, 0, 0), (), [], 0, 1),
        (0, (0, 3), (0,), [2], 1, 3),
        (0, (0, 3), (4, 0), [2, 1], 2, 6),
        (0, (0, 3), (4, 4), [2, 1], 1, 12),
        (0, (0, 1, 2), (4, 0), [1, 2], 1, 4),
        # Who called less did not refuse; the order goes on from the caller.
        (0, (1, 2, 0), (0,), [0], 1, 2),
        (0, (1, 2, 3), (0, 4, 4), [0, 1, 2], 2, 12),
        (2, (1, 2, 0), (4, 0), [2, 0], 2, 4),
    ],
)
def test_robbing_asks_in_order_and_moves_the_landlord(
    new_scene, first, calls, robs, asked, landlord, ratio
) -> None:
    scene = new_scene(first=first, rob=True)
    events = scene.call_all(*calls)
    seen = []
    for action in robs:
        assert scene.hand.phase == "robbing"
        seen.append(scene.hand.turn)
        events = scene.call(action)
    assert seen == asked
    assert events[-1] == LandlordNamed(at=scene.now, seat=landlord, ratio=ratio)
    assert (scene.hand.landlord, scene.hand.turn, scene.hand.ratio) == (landlord, landlord, ratio)


def test_nobody_has_the_bottom_while_robbing(new_scene) -> None:
    scene = new_scene(rob=True)
    scene.call_all(3, 4)
    assert scene.hand.landlord is None
    assert bidding.candidate(scene.hand) == 1
    assert [len(scene.held(seat)) for seat in range(3)] == [17, 17, 17]


def test_rob_is_recorded_and_doubles_the_ratio(new_scene) -> None:
    scene = new_scene(rob=True)
    scene.call(3)
    assert scene.call(4) == [Robbed(at=scene.now, seat=1, rob=True)]
    assert scene.hand.ratio == 6
    assert scene.call(0) == [Robbed(at=scene.now, seat=2, rob=False)]
    assert scene.hand.ratio == 6


@pytest.mark.parametrize("action", [1, 2, 3, 5, -1])
def test_rob_is_answered_with_nothing_or_four(new_scene, action: int) -> None:
    scene = new_scene(rob=True)
    scene.call(3)
    assert refusal(scene, action) == "call_not_allowed"


def test_rob_out_of_turn_is_refused(new_scene) -> None:
    scene = new_scene(rob=True)
    scene.call(3)
    assert refusal(scene, 4, seat=2) == "not_your_turn"


def test_nobody_calls_and_nobody_may_rob(new_scene, names) -> None:
    scene = new_scene(rob=True)
    assert names(scene.call_all(0, 0, 0))[-2:] == ["DealThrownIn", "HandDealt"]


def test_floor_is_the_lowest_open_action(new_scene) -> None:
    scene = new_scene(rob=True)
    floors = [bidding.floor(scene.hand)]
    for action in (1, 2, 3):
        scene.call(action)
        floors.append(bidding.floor(scene.hand))
    scene.call_all(0, 0)
    assert [*floors, bidding.floor(scene.hand)] == [1, 2, 3, 4, 0]
