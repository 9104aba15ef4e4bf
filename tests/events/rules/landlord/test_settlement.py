import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from parlour.events.errors import RuleViolation
from parlour.events.landlord import HandSettled, Terms
from parlour.events.rules.landlord.evolution import evolve
from parlour.events.rules.landlord.settlement import recompute, settle, settle_quit
from parlour.events.rules.landlord.state import Hand, Phase, Play

SECRET = bytes(range(32))
RICH = (100_000, 100_000, 100_000)
COINS = (1, 2, 3)


def hand_of(
    *,
    landlord: int | None = 0,
    winner: int | None = 0,
    ratio: int = 3,
    base: int = 10,
    rake: int = 0,
    phase: Phase = "won",
    springs: bool = False,
) -> Hand:
    """A hand at its end: landlord and both farmers played twice, unless it is a spring."""
    seats = [0, 1, 2, 0, 1, 2]
    if springs:
        seats = [landlord] if winner == landlord else [landlord, winner, winner]
    return Hand(
        tid=4,
        hand=9,
        phase=phase,
        uids=(101, 102, 103),
        landlord=landlord,
        winner=winner,
        ratio=ratio,
        plays=tuple(Play(seat=seat, cards=(3,), card_type=1) for seat in seats),
        terms=Terms(
            type=1,
            zone=0,
            base=base,
            rake=rake,
            book="lenient",
            rob=False,
            call_seconds=20,
            play_seconds=22,
            trustee_seconds=1.5,
        ),
    )


def changes(settled: HandSettled) -> list[int]:
    return [line.change for line in settled.lines]


def pay(hand: Hand, purses: tuple[int, int, int] = RICH) -> HandSettled:
    return settle(hand, purses, COINS, SECRET, at=5)


def quit_by(hand: Hand, seat: int, purses: tuple[int, int, int] = RICH) -> HandSettled:
    return settle_quit(hand, seat, purses, COINS, SECRET, at=5)


def test_farmers_pay_the_landlord_who_won() -> None:
    settled = pay(hand_of(landlord=1, winner=1))
    assert changes(settled) == [-30, 60, -30]
    assert (settled.win_type, settled.rake, settled.ratio) == (0, 0, 3)
    assert [line.win for line in settled.lines] == [False, True, False]


def test_landlord_pays_both_farmers_whoever_of_them_won() -> None:
    for winner in (0, 2):
        settled = pay(hand_of(landlord=1, winner=winner))
        assert changes(settled) == [30, -60, 30]
        assert settled.win_type == 1
        assert [line.win for line in settled.lines] == [True, False, True]


def test_lines_say_who_held_what_before_and_after() -> None:
    settled = pay(hand_of(), (1000, 2000, 3000))
    assert [(line.seat, line.uid) for line in settled.lines] == [(0, 101), (1, 102), (2, 103)]
    assert [line.before for line in settled.lines] == [1000, 2000, 3000]
    assert [line.after for line in settled.lines] == [1060, 1970, 2970]
    assert [line.coin for line in settled.lines] == [1, 2, 3]
    assert (settled.tid, settled.hand, settled.at) == (4, 9, 5)


def test_settlement_reveals_the_secret_and_is_made_once() -> None:
    settled = pay(hand_of())
    assert settled.secret == SECRET.hex()
    assert settled.claims() == ("settled/landlord.hand:4:9",)


def test_winner_gets_three_exp_and_loser_one() -> None:
    assert [line.exp for line in pay(hand_of(landlord=2, winner=2)).lines] == [1, 1, 3]
    assert [line.exp for line in pay(hand_of(landlord=2, winner=0)).lines] == [3, 3, 1]


@pytest.mark.parametrize("winner", [0, 1])
def test_spring_and_anti_spring_double_the_ratio(winner: int) -> None:
    settled = pay(hand_of(winner=winner, springs=True))
    assert (settled.spring, settled.ratio) == (True, 6)
    assert abs(changes(settled)[0]) == 120


def test_landlord_who_cannot_pay_twice_plays_for_half_of_his_money() -> None:
    lost = pay(hand_of(winner=1), (51, 1000, 1000))
    assert changes(lost) == [-50, 25, 25]
    won = pay(hand_of(winner=0), (51, 1000, 1000))
    assert changes(won) == [50, -25, -25]


def test_landlord_who_can_just_pay_twice_pays_in_full() -> None:
    assert changes(pay(hand_of(winner=1), (60, 1000, 1000))) == [-60, 30, 30]


def test_farmer_stakes_no_more_than_he_holds() -> None:
    assert changes(pay(hand_of(winner=0), (1000, 7, 1000))) == [37, -7, -30]
    assert changes(pay(hand_of(winner=1), (1000, 7, 1000))) == [-37, 7, 30]


def test_landlord_without_money_plays_for_nothing() -> None:
    assert changes(pay(hand_of(winner=2), (0, 1000, 1000))) == [0, 0, 0]


def test_rake_is_taken_from_what_a_winner_gets_and_rounded_down() -> None:
    farmers = pay(hand_of(winner=1, base=33, ratio=1, rake=5))
    assert (changes(farmers), farmers.rake) == ([-66, 32, 32], 2)
    landlord = pay(hand_of(winner=0, base=33, ratio=1, rake=5))
    assert (changes(landlord), landlord.rake) == ([63, -33, -33], 3)


def test_rake_is_in_percent() -> None:
    settled = pay(hand_of(winner=1, base=100, ratio=1, rake=7))
    assert (changes(settled), settled.rake) == ([-200, 93, 93], 14)


def test_hand_nobody_won_is_not_settled() -> None:
    with pytest.raises(RuleViolation, match="wrong_state"):
        pay(hand_of(phase="playing", winner=None))


# --- quitting -------------------------------------------------------------------------------


def test_quitter_pays_each_other_seat_and_the_house_alike() -> None:
    settled = quit_by(hand_of(phase="playing", winner=None, ratio=4), 2)
    assert changes(settled) == [80, 80, -240]
    assert (settled.rake, settled.win_type, settled.quitter) == (80, 2, 2)
    assert [line.win for line in settled.lines] == [True, True, False]
    assert [line.exp for line in settled.lines] == [3, 3, 1]


def test_quitting_before_the_first_call_counts_as_ratio_one() -> None:
    hand = hand_of(phase="calling", winner=None, landlord=None, ratio=0)
    settled = quit_by(hand, 0)
    assert (changes(settled), settled.rake, settled.ratio) == ([-60, 20, 20], 20, 1)


def test_quitting_costs_what_the_spring_would_have_cost_and_more() -> None:
    hand = hand_of(phase="playing", winner=None, landlord=1)
    facing = pay(hand_of(landlord=1, winner=0, springs=True))
    assert changes(quit_by(hand, 1))[1] < changes(facing)[1]


def test_quitter_pays_no_more_than_he_holds_and_the_house_takes_the_rest() -> None:
    settled = quit_by(hand_of(phase="robbing", winner=None), 1, (500, 100, 500))
    assert (changes(settled), settled.rake) == ([33, -100, 33], 34)


def test_rake_does_not_apply_to_a_quit() -> None:
    settled = quit_by(hand_of(phase="playing", winner=None, rake=50), 0)
    assert changes(settled) == [-180, 60, 60]


@pytest.mark.parametrize("phase", ["opened", "won", "settled", "cancelled"])
def test_hand_that_is_not_running_is_not_quit(phase: Phase) -> None:
    with pytest.raises(RuleViolation, match="wrong_state"):
        quit_by(hand_of(phase=phase), 0)


def test_seat_that_is_not_there_does_not_quit() -> None:
    with pytest.raises(RuleViolation, match="wrong_state"):
        quit_by(hand_of(phase="playing", winner=None), 3)


# --- what always holds ----------------------------------------------------------------------

MONEY = st.one_of(st.integers(0, 200), st.integers(0, 10**12))
PURSES = st.tuples(MONEY, MONEY, MONEY)
SEATS = st.integers(0, 2)
TERMS = {
    "ratio": st.integers(0, 3 * 2**12),
    "base": st.integers(1, 1000),
    "rake": st.integers(0, 100),
    "landlord": SEATS,
}


def check_conserved(settled: HandSettled) -> None:
    assert sum(changes(settled)) + settled.rake == 0
    assert settled.rake >= 0
    for line in settled.lines:
        assert line.after == line.before + line.change >= 0
        assert line.change >= 0 if line.win else line.change <= 0


@given(PURSES, SEATS, st.booleans(), st.fixed_dictionaries(TERMS))
def test_settlement_conserves_money_and_leaves_nobody_in_debt(
    purses, winner, springs, terms
) -> None:
    hand = hand_of(winner=winner, springs=springs, **terms)
    settled = pay(hand, purses)
    check_conserved(settled)
    assert recompute(hand, settled) == settled


@given(PURSES, SEATS, st.fixed_dictionaries(TERMS))
def test_quit_conserves_money_and_leaves_nobody_in_debt(purses, quitter, terms) -> None:
    hand = hand_of(phase="playing", winner=None, **terms)
    settled = quit_by(hand, quitter, purses)
    check_conserved(settled)
    assert recompute(hand, settled) == settled


def test_recomputing_finds_a_forged_line() -> None:
    hand = hand_of(winner=0)
    settled = pay(hand)
    line = replace(settled.lines[0], change=1060, after=101_060)
    forged = replace(settled, lines=(line, *settled.lines[1:]), rake=-1000)
    assert recompute(hand, forged) == settled != forged


def test_settled_hand_keeps_its_settlement() -> None:
    hand = hand_of()
    settled = pay(hand)
    after = evolve(hand, settled)
    assert (after.phase, after.settled, after.deadline) == ("settled", settled, 0)
