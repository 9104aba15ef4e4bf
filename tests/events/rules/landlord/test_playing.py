import pytest

from parlour.events.errors import RuleViolation
from parlour.events.landlord import CardsPlayed, Passed
from parlour.events.rules.landlord.cards import rank_of
from parlour.events.rules.landlord.hands import CardType
from parlour.events.rules.landlord.plays import legal_plays

ROCKET = (0x0E, 0x0F)


def refusal(scene, *cards: int, **options: int) -> str:
    before = scene.hand
    with pytest.raises(RuleViolation) as refused:
        scene.play(*cards, **options)
    assert scene.hand is before
    return refused.value.code


def has_bomb(seat: int):
    def fits(scene) -> bool:
        ranks = [rank_of(card) for card in scene.held(seat)]
        return any(ranks.count(rank) == 4 for rank in ranks)

    return fits


def bomb_of(scene, seat: int) -> tuple[int, ...]:
    plays = legal_plays(scene.held(seat))
    return next(play for play in plays if len({rank_of(c) for c in play}) == 1 and len(play) == 4)


def test_play_is_recorded_as_sent(played) -> None:
    card = played.held(0)[3]
    assert played.play(card) == [CardsPlayed(at=played.now, seat=0, cards=(card,), card_type=1)]
    assert played.hand.counts == (19, 17, 17)
    assert played.hand.turn == 1
    assert played.hand.last.cards == (card,)


def test_play_outside_the_playing_is_refused(scene) -> None:
    assert refusal(scene, scene.held(0)[0]) == "wrong_state"


def test_play_out_of_turn_is_refused(played) -> None:
    assert refusal(played, played.held(1)[0], seat=1) == "not_your_turn"


def test_whose_turn_it_is_comes_before_all_about_the_cards(played) -> None:
    assert refusal(played, 99, 99, seat=2, card_type=99) == "not_your_turn"


@pytest.mark.parametrize("cards", [(), (0,), (0x03, 0x03)])
def test_leader_must_lead_whatever_cards_a_pass_names(played, cards) -> None:
    assert refusal(played, *cards, card_type=0) == "must_lead"


@pytest.mark.parametrize("cards", [(), (0,), (99,)])
def test_pass_ignores_its_cards(played, cards) -> None:
    played.play(played.held(0)[0])
    assert played.play(*cards, card_type=0) == [Passed(at=played.now, seat=1)]
    assert played.hand.counts == (19, 17, 17)


def test_cards_of_another_seat_are_not_in_hand(played) -> None:
    assert refusal(played, played.held(1)[0]) == "not_in_hand"


def test_card_twice_is_not_in_hand(played) -> None:
    card = played.held(0)[0]
    assert refusal(played, card, card, card_type=3) == "not_in_hand"


def test_card_played_before_is_not_in_hand(played) -> None:
    card = played.held(0)[0]
    played.play(card)
    played.skip()
    played.skip()
    assert refusal(played, card) == "not_in_hand"


@pytest.mark.parametrize("code", [0, -1, 0x1E, 64, 10**30])
def test_code_outside_the_deck_is_not_in_hand(played, code: int) -> None:
    assert refusal(played, code, card_type=1) == "not_in_hand"


def test_no_cards_with_a_type_are_no_such_type(played) -> None:
    assert refusal(played, card_type=1) == "no_such_type"


def test_cards_that_are_no_hand_are_no_such_type(played) -> None:
    held = played.held(0)
    low, high = held[0], next(card for card in held if rank_of(card) != rank_of(held[0]))
    assert refusal(played, low, high, card_type=3) == "no_such_type"


@pytest.mark.parametrize("card_type", [2, 3, 13, 99, -1])
def test_named_type_must_be_the_cards_own(played, card_type: int) -> None:
    assert refusal(played, played.held(0)[0], card_type=card_type) == "type_mismatch"


def test_mismatch_is_told_before_not_beating(played) -> None:
    played.play(played.held(0)[-1])
    assert refusal(played, played.held(1)[0], card_type=3) == "type_mismatch"


def test_follower_must_beat(find_scene) -> None:
    scene = find_scene(lambda s: rank_of(s.held(1)[0]) == rank_of(s.held(0)[1]))
    scene.play(scene.held(0)[1])
    assert refusal(scene, scene.held(1)[0]) == "does_not_beat"


def test_two_passes_give_the_lead_back(played) -> None:
    played.play(played.held(0)[0])
    played.skip()
    assert (played.hand.turn, played.hand.last is None) == (2, False)
    played.skip()
    assert (played.hand.turn, played.hand.last) == (0, None)


def test_lead_goes_back_to_who_played_last(find_scene) -> None:
    scene = find_scene(lambda s: rank_of(s.held(1)[-1]) > rank_of(s.held(0)[0]))
    scene.play(scene.held(0)[0])
    scene.play(scene.held(1)[-1])
    scene.skip()
    scene.skip()
    assert (scene.hand.turn, scene.hand.last) == (1, None)
    assert [play.card_type for play in scene.hand.plays] == [1, 1, 0, 0]


def test_bomb_doubles_the_ratio(find_scene) -> None:
    scene = find_scene(has_bomb(0))
    scene.play(*bomb_of(scene, 0))
    assert scene.hand.last.card_type == CardType.BOMB
    assert scene.hand.ratio == 6


def test_rocket_doubles_the_ratio(find_scene) -> None:
    scene = find_scene(lambda s: set(ROCKET) <= set(s.held(0)))
    scene.play(*ROCKET)
    assert scene.hand.ratio == 6


def test_each_bomb_doubles_once_more(find_scene) -> None:
    scene = find_scene(lambda s: has_bomb(1)(s) and set(ROCKET) <= set(s.held(2)))
    scene.play(scene.held(0)[0])
    scene.play(*bomb_of(scene, 1))
    scene.play(*ROCKET)
    assert scene.hand.ratio == 12


def test_four_with_two_does_not_double(find_scene) -> None:
    scene = find_scene(has_bomb(0))
    bomb = bomb_of(scene, 0)
    wings = [card for card in scene.held(0) if card not in bomb][:2]
    scene.play(*bomb, *wings)
    assert scene.hand.last.card_type == CardType.QUAD_SINGLES
    assert scene.hand.ratio == 3


def paired_wings(scene) -> tuple[int, ...] | None:
    for play in legal_plays(scene.held(0), book="lenient"):
        if len(play) == 6 and play[:4] and len({rank_of(c) for c in play[:4]}) == 1:
            wings = {rank_of(card) for card in play[4:]}
            if len(wings) == 1:
                return play
    return None


def test_rule_book_of_the_terms_is_the_one_that_judges(find_scene) -> None:
    strict = find_scene(lambda s: paired_wings(s) is not None, book="pagat")
    assert refusal(strict, *paired_wings(strict), card_type=11) == "no_such_type"
    lenient = find_scene(lambda s: paired_wings(s) is not None)
    lenient.play(*paired_wings(lenient))
    assert lenient.hand.last.card_type == CardType.QUAD_SINGLES


def test_last_card_wins_the_hand(played) -> None:
    while played.hand.phase == "playing":
        if played.hand.turn == 0:
            played.play(played.held(0)[0])
        else:
            played.skip()
    assert (played.hand.winner, played.hand.counts, played.hand.deadline) == (0, (0, 17, 17), 0)
    assert played.hand.phase == "won"
    assert refusal(played, card_type=0) == "wrong_state"
