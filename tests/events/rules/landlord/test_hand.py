import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.events import landlord as facts
from parlour.events.errors import RuleViolation
from parlour.events.rules.landlord import commands, deck
from parlour.events.rules.landlord.hand import decide, evolve, running, spring
from parlour.events.rules.landlord.state import Hand, Play


def test_opening_commits_to_three_secrets(new_scene) -> None:
    scene = new_scene(dealt=False)
    assert scene.log == [
        facts.HandOpened(
            at=scene.now,
            tid=7,
            hand=3,
            salt=scene.salt,
            commitments=tuple(map(deck.commitment, scene.secrets)),
        )
    ]
    assert (scene.hand.tid, scene.hand.hand, scene.hand.phase) == (7, 3, "opened")


def test_hand_is_opened_once(new_scene) -> None:
    scene = new_scene(dealt=False)
    with pytest.raises(RuleViolation, match="wrong_state"):
        scene.do(commands.OpenHand(at=scene.now, tid=7, hand=3, salt=scene.salt))


def test_deal_records_seats_nonces_bottom_and_terms(new_scene) -> None:
    scene = new_scene(dealt=False)
    dealt = scene.deal(2, ("x", "", "z"))
    assert dealt == [
        facts.HandDealt(
            at=scene.now,
            deal=0,
            seats=(101, 102, 103),
            nonces=("x", "", "z"),
            bottom=deck.deal(scene.secrets[0], ("x", "", "z")).bottom,
            first=2,
            terms=scene.terms,
        )
    ]
    assert (scene.hand.phase, scene.hand.turn, scene.hand.counts) == ("calling", 2, (17, 17, 17))


def test_no_event_before_the_end_holds_a_hidden_card(new_scene) -> None:
    scene = new_scene()
    scene.call(3)
    named = {name for event in scene.log for name in event.__struct_fields__}
    assert "secret" not in named
    assert scene.log[1].bottom == scene.hand.bottom


def test_hand_is_dealt_once_and_only_after_its_commitment(scene) -> None:
    with pytest.raises(RuleViolation, match="wrong_state"):
        scene.deal()
    unopened = commands.Deal(at=1, uids=(1, 2, 3), nonces=("", "", ""), terms=scene.terms, first=0)
    with pytest.raises(RuleViolation, match="wrong_state"):
        decide(Hand(), unopened, scene.secrets)


def test_cancelling_ends_an_open_or_running_hand(new_scene) -> None:
    for scene in (new_scene(dealt=False), new_scene()):
        events = scene.do(commands.Cancel(at=scene.now, reason="key_lost", secret=""))
        assert events == [facts.HandCancelled(at=scene.now, reason="key_lost", secret="")]
        assert (scene.hand.phase, running(scene.hand)) == ("cancelled", False)


def test_cancelling_needs_no_secrets(scene) -> None:
    command = commands.Cancel(at=scene.now, reason="key_lost", secret="")
    assert decide(scene.hand, command, ()) != []


def test_ended_hand_is_not_cancelled_again(scene) -> None:
    command = commands.Cancel(at=scene.now, reason="key_lost", secret="")
    scene.do(command)
    with pytest.raises(RuleViolation, match="wrong_state"):
        scene.do(command)


def won(winner: int, *plays: tuple[int, bool]) -> Hand:
    """A hand won with landlord 1; plays as (seat, whether cards were played)."""
    return Hand(
        phase="won",
        landlord=1,
        winner=winner,
        plays=tuple(
            Play(seat=seat, cards=(3,) if played else (), card_type=int(played))
            for seat, played in plays
        ),
    )


@pytest.mark.parametrize(
    ("hand", "doubled"),
    [
        (won(1, (1, True), (2, False), (0, False), (1, True)), True),
        (won(1, (1, True), (2, True), (0, False), (1, True)), False),
        (won(1, (1, True), (2, False), (0, True), (1, True)), False),
        (won(2, (1, True), (2, True), (0, False), (1, False), (2, True)), True),
        (won(2, (1, True), (2, True), (0, True), (1, True), (2, True)), False),
        (won(0, (1, True), (2, False), (0, True), (1, False), (2, True), (0, True)), True),
    ],
)
def test_spring_is_farmers_who_never_played_or_a_landlord_who_played_once(
    hand: Hand, doubled: bool
) -> None:
    assert spring(hand) is doubled


def test_running_hand_has_no_spring(played) -> None:
    assert spring(played.hand) is False


SEATS = st.integers(-4, 6)
CARDS = st.lists(st.integers(-1, 70), max_size=21).map(tuple)
TERMS = st.builds(
    facts.Terms,
    type=st.integers(1, 4),
    zone=st.just(0),
    base=st.integers(1, 1000),
    rake=st.integers(0, 100),
    book=st.sampled_from(["lenient", "pagat"]),
    rob=st.booleans(),
    call_seconds=st.floats(0, 60),
    play_seconds=st.floats(0, 60),
    trustee_seconds=st.floats(0, 60),
)
AT = st.integers(0, 10**16)
TRIPLE = st.tuples(SEATS, SEATS, SEATS)
WORDS = st.tuples(st.text(max_size=3), st.text(max_size=3), st.text(max_size=3))
FACTS = st.one_of(
    st.builds(facts.HandOpened, at=AT, tid=SEATS, hand=SEATS, salt=st.text(), commitments=WORDS),
    st.builds(
        facts.HandDealt,
        at=AT,
        deal=SEATS,
        seats=TRIPLE,
        nonces=WORDS,
        bottom=TRIPLE,
        first=SEATS,
        terms=TERMS,
    ),
    st.builds(facts.Called, at=AT, seat=SEATS, score=st.integers(-2, 9)),
    st.builds(facts.Robbed, at=AT, seat=SEATS, rob=st.booleans()),
    st.builds(facts.LandlordNamed, at=AT, seat=SEATS, ratio=SEATS),
    st.builds(facts.DealThrownIn, at=AT, deal=SEATS, secret=st.text(max_size=4)),
    st.builds(facts.CardsPlayed, at=AT, seat=SEATS, cards=CARDS, card_type=st.integers(0, 15)),
    st.builds(facts.Passed, at=AT, seat=SEATS),
    st.builds(facts.TurnTimedOut, at=AT, seat=SEATS),
    st.builds(facts.TrusteeSet, at=AT, seat=SEATS, why=st.just("offline")),
    st.builds(facts.TrusteeCleared, at=AT, seat=SEATS),
    st.builds(facts.HandResumed, at=AT, left=st.integers(-5, 5), cold=st.booleans()),
    st.builds(facts.HandCancelled, at=AT, reason=st.just("key_lost"), secret=st.just("")),
    st.builds(facts.TableResumed, at=AT, cold=st.booleans(), paused=AT),
)


@given(st.lists(FACTS, max_size=30))
def test_recorded_facts_are_never_refused_however_absurd(events: list[facts.Event]) -> None:
    hand = Hand()
    for event in events:
        hand = evolve(hand, event)
        assert hand.turn in range(3)


def test_event_of_another_aggregate_changes_nothing(scene) -> None:
    assert evolve(scene.hand, facts.TableResumed(at=1, cold=True, paused=0)) is scene.hand
