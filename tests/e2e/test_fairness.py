"""The house can be held to what it announced: checked from outside."""

from __future__ import annotations

import asyncio

import page
import pytest
from player import Hand, Player, deal, never_call, of

NONCES = [
    ("", "", ""),
    ("a", "b", "c"),
    ("same", "same", "same"),
    ("", "only the second", ""),
    ("运气", "🂡🃏", "x" * 64),
    ("é" * 32, "", "\x00"),
]


async def play_with(players: list[Player], nonces: tuple[str, str, str]) -> list[Hand]:
    for player, nonce in zip(players, nonces, strict=True):
        await player.say("game_ready", **({"nonce": nonce} if nonce else {}))
    return await asyncio.gather(*(player.play_on() for player in players))


def check_deal(hands: list[Hand], deal_number: int, secret: str, nonces: tuple[str, ...]) -> None:
    """Deal again from the revealed secret and compare with what each seat was shown."""
    deck = page.deck_of(secret, nonces)
    for seat, hand in enumerate(hands):
        shown = hand.deals[deal_number]
        assert shown["nonces"] == list(nonces)
        assert sorted(shown["private"]) == sorted(deck[17 * seat : 17 * seat + 17])
        assert sorted(shown["c"]) == sorted(deck[51:])
        assert hand.commitments[deal_number] == page.commitment_of(secret)


@pytest.mark.parametrize("nonces", NONCES, ids=lambda nonces: "/".join(map(ascii, nonces))[:40])
async def test_a_hand_was_dealt_from_the_secret_committed_to_before(engine, table, nonces):
    players = await table(engine)
    hands = await play_with(players, nonces)
    assert hands[0].end is not None
    secret = hands[0].end["secret"]
    assert len(bytes.fromhex(secret)) == 32
    check_deal(hands, len(hands[0].redeals), secret, nonces)


async def test_commitments_are_announced_anew_after_each_hand_and_kept(engine, table):
    players = await table(engine)
    seen: list[tuple[str, ...]] = []
    for _ in range(5):
        announced = players[0].commitments
        assert len(set(announced)) == 3
        hands = await play_with(players, ("one", "two", "three"))
        assert hands[0].end is not None
        check_deal(hands, len(hands[0].redeals), hands[0].end["secret"], ("one", "two", "three"))
        assert hands[0].commitments == announced
        assert not any(set(announced) & set(old) for old in seen)
        seen.append(announced)
        for player in players:
            await player.expect("SERVER_TABLE_INFO_BC")
        assert players[0].commitments != announced
        assert {player.commitments for player in players} == {players[0].commitments}


async def test_commitments_do_not_change_before_the_hand_they_are_for(engine, table):
    players = await table(engine)
    announced = {
        tuple(message["commitments"])
        for player in players
        for message in player.link.told
        if message["cmd"] == "SERVER_TABLE_INFO_BC"
    }
    assert len(announced) == 1


async def test_each_redeal_reveals_its_secret_and_uses_the_next_one(engine, table):
    players = await table(engine)
    await deal(players, ("x", "", "z"))
    answered = players[0].asked
    await of(players, answered).say("call_landlord_submit", action=0)
    hands = await asyncio.gather(*(player.play_on(never_call) for player in players))
    dissolved = next(m for m in players[0].link.told if m["cmd"] == "table_dissolved")
    secrets = [redeal["secret"] for redeal in hands[0].redeals] + [dissolved.get("secret", "")]
    secrets = [secret for secret in secrets if secret]
    assert len(secrets) == 3
    for number, secret in enumerate(secrets):
        check_deal(hands, number, secret, ("x", "", "z"))


async def test_a_quit_hand_reveals_its_secret_too(engine, table):
    players = await table(engine)
    await deal(players, ("", "n", ""))
    await players[2].say("force_quit")
    for player in players:
        await player.expect("game_end", win_type=2)
    hands = [player.hand for player in players]
    assert hands[0].end is not None
    check_deal(hands, 0, hands[0].end["secret"], ("", "n", ""))


async def test_a_nonce_of_65_bytes_is_malformed_and_one_of_64_is_not(engine, table):
    players = await table(engine)
    await players[0].say("game_ready", nonce="é" * 32 + "x")
    answer = await players[0].expect("error")
    assert answer["error_code"] == 1
    await players[0].say("game_ready", nonce="é" * 32)
    await players[0].expect("game_ready_ok", uid=players[0].uid)
