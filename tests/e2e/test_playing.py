"""Row 7 of the message table: every reason to refuse a play, and what a play does."""

from __future__ import annotations

import cards as rules
import pytest
from player import begin_play, deal, of, refused


async def test_a_play_out_of_turn_is_ng_1(engine, table):
    players = await table(engine)
    _, farmer, _ = await begin_play(players)
    await farmer.play([rules.lowest(farmer.cards)], rules.SINGLE)
    message = await farmer.expect("play_card_ng")
    assert message == {"cmd": "play_card_ng", "uid": farmer.uid, "error_code": 1}


async def test_a_play_while_calling_or_waiting_is_ng_2(engine, table):
    players = await table(engine)
    await players[0].play([3], rules.SINGLE)
    await refused(players[0], 2, "play_card_ng")
    await deal(players)
    asked = of(players, players[0].asked)
    await asked.play([rules.lowest(asked.cards)], rules.SINGLE)
    await refused(asked, 2, "play_card_ng")


async def test_cards_not_in_hand_are_ng_3(engine, table):
    players = await table(engine)
    landlord, farmer, _ = await begin_play(players)
    theirs = rules.lowest(farmer.cards)
    mine = rules.lowest(landlord.cards)
    for cards, kind in (
        ([theirs], rules.SINGLE),
        ([mine, mine], rules.PAIR),
        ([mine, theirs], rules.PAIR),
        ([0x4E], rules.SINGLE),
        ([255], rules.SINGLE),
        ([-1], rules.SINGLE),
        ([2**40], rules.SINGLE),
    ):
        await landlord.play(cards, kind)
        message = await landlord.receive()
        got = (message["cmd"], message["error_code"])
        # A number that is no card at all may also be called malformed.
        allowed = {("play_card_ng", 3)}
        if not set(cards) <= set(rules.DECK):
            allowed |= {("error", 1), ("play_card_ng", 4)}
        assert got in allowed, (cards, message)
        await landlord.sync()


async def test_cards_that_make_no_hand_type_are_ng_4(engine, table):
    players = await table(engine)
    landlord, *_ = await begin_play(players)
    low, high = rules.lowest(landlord.cards), rules.highest(landlord.cards)
    await landlord.play([low, high], rules.PAIR)
    await refused(landlord, 4, "play_card_ng")
    await landlord.play(landlord.cards, rules.STRAIGHT)
    await refused(landlord, 4, "play_card_ng")
    await landlord.play([], rules.SINGLE)
    assert (await landlord.expect("play_card_ng"))["error_code"] in (3, 4)


async def test_a_play_that_does_not_beat_is_ng_5(engine, table):
    players = await table(engine)
    landlord, farmer, _ = await begin_play(players)
    high = rules.highest(landlord.cards)
    await landlord.play([high], rules.SINGLE)
    await farmer.expect("play_card", uid=farmer.uid, flag=1)
    low = rules.lowest(farmer.cards)
    assert rules.place(low) < rules.place(high)
    await farmer.play([low], rules.SINGLE)
    await refused(farmer, 5, "play_card_ng")
    others_kind = [s for s in rules.shapes(farmer.cards) if s[0] in (rules.PAIR, rules.TRIO)]
    for kind, _, cards in others_kind[:3]:
        await farmer.play(cards, kind)
        await refused(farmer, 5, "play_card_ng")


async def test_a_pass_on_a_lead_is_ng_6(engine, table):
    players = await table(engine)
    landlord, *_ = await begin_play(players)
    for cards in ([], [0], [rules.lowest(landlord.cards)]):
        await landlord.play(cards, rules.PASS)
        await refused(landlord, 6, "play_card_ng")


async def test_a_card_type_that_does_not_match_is_ng_7(engine, table):
    players = await table(engine)
    landlord, *_ = await begin_play(players)
    card = rules.lowest(landlord.cards)
    for wrong in (rules.PAIR, rules.STRAIGHT, rules.BOMB, rules.ROCKET, 15, 99, -1):
        await landlord.play([card], wrong)
        message = await landlord.receive()
        got = (message["cmd"], message["error_code"])
        unknown = not 0 <= wrong <= 14
        assert got == ("play_card_ng", 7) or (unknown and got == ("error", 1)), message
        await landlord.sync()


async def test_a_refused_play_keeps_the_turn_and_is_told_to_the_sender_alone(engine, table):
    players = await table(engine)
    landlord, farmer, other = await begin_play(players)
    for player in players:
        await player.sync()
    await landlord.play([], rules.PASS)
    await refused(landlord, 6, "play_card_ng")
    assert await landlord.sync() == []
    assert await farmer.sync() == []
    assert await other.sync() == []
    card = rules.lowest(landlord.cards)
    await landlord.play([card], rules.SINGLE)
    for player in players:
        info = await player.expect("play_card_info")
        assert info == {
            "cmd": "play_card_info",
            "uid": landlord.uid,
            "cards": [card],
            "card_type": 1,
        }
        assert await player.expect("play_card") == {
            "cmd": "play_card",
            "uid": farmer.uid,
            "flag": 1,
        }


@pytest.mark.parametrize("cards", [[], [0], "one of his own"], ids=["none", "zero", "ignored"])
async def test_every_way_to_pass_is_a_pass_without_cards(engine, table, cards):
    players = await table(engine)
    landlord, farmer, other = await begin_play(players)
    await landlord.play([rules.lowest(landlord.cards)], rules.SINGLE)
    await farmer.expect("play_card", uid=farmer.uid)
    held = set(farmer.cards)
    given = [rules.highest(held)] if isinstance(cards, str) else cards
    await farmer.play(given, rules.PASS)
    for player in players:
        info = await player.expect("play_card_info", uid=farmer.uid)
        assert (info["cards"] in ([], [0]), info["card_type"]) == (True, 0)
    assert farmer.cards == held
    await other.expect("play_card", uid=other.uid, flag=1)


async def test_two_passes_give_the_lead_back(engine, table):
    players = await table(engine)
    landlord, farmer, other = await begin_play(players)
    await landlord.play([rules.lowest(landlord.cards)], rules.SINGLE)
    for player in (farmer, other):
        await player.expect("play_card", uid=player.uid, flag=1)
        await player.play([], rules.PASS)
    for player in players:
        await player.expect("play_card", uid=landlord.uid, flag=0)
