"""Many random hands played to the end, and what must hold after every event of each."""

import random

import pytest

from parlour.events.event import decode, encode, topic_of
from parlour.events.rules.landlord import commands, deck, notices
from parlour.events.rules.landlord.cards import DECK
from parlour.events.rules.landlord.hand import decide, evolve, running
from parlour.events.rules.landlord.plays import legal_plays
from parlour.events.rules.landlord.settlement import recompute, settle, settle_quit
from parlour.events.rules.landlord.state import Hand, Table

GAMES = 150


class RandomGame:
    """Three players who do anything legal, lose connections, are late, and meet restarts."""

    def __init__(self, scene, draw: random.Random) -> None:
        self.scene = scene
        self.draw = draw
        self.online = [True, True, True]
        self.purses = tuple(draw.choice([0, 17, 400, 10**6]) for _ in range(3))

    def play(self) -> None:
        while running(self.scene.hand):
            self.scene.wait(self.draw.random())
            self.check()
            if self.draw.random() < 0.004:
                return self.quit()
            self.step()
        if self.scene.hand.phase == "won":
            self.settle()

    def step(self) -> None:
        choice = self.draw.random()
        seat = self.draw.randrange(3)
        if choice < 0.03 and self.online[seat]:
            self.online[seat] = False
            self.scene.lose(seat)
        elif choice < 0.08 and not self.online[seat]:
            self.online[seat] = True
            self.scene.regain(seat)
        elif choice < 0.09:
            left_at = self.scene.now
            self.scene.wait(100)
            self.online = [False] * 3
            self.scene.resume(left_at=left_at)
        elif choice < 0.2 or not self.online[self.scene.hand.turn]:
            self.scene.wait_out()
            self.scene.time_out(online=tuple(self.online))
        else:
            self.act()

    def act(self) -> None:
        hand = self.scene.hand
        if hand.phase == "robbing":
            self.scene.call(self.draw.choice([0, 4]))
        elif hand.phase == "calling":
            lowest = notices.turn_notice(hand).action
            self.scene.call(self.draw.choice([0, 0, *range(lowest, 4)]))
        else:
            target = hand.last.cards if hand.last else None
            plays = legal_plays(self.scene.held(hand.turn), target, book=hand.terms.book)
            if hand.last is not None and (not plays or self.draw.random() < 0.4):
                self.scene.skip()
            else:
                self.scene.play(*self.draw.choice(plays))

    def settle(self) -> None:
        hand = self.scene.hand
        secret = self.scene.secrets[hand.deal]
        settled = settle(hand, self.purses, (0, 0, 0), secret, at=self.scene.now)
        assert recompute(hand, settled) == settled
        self.scene.record(settled)

    def quit(self) -> None:
        hand = self.scene.hand
        secret = self.scene.secrets[hand.deal]
        seat = self.draw.randrange(3)
        settled = settle_quit(hand, seat, self.purses, (0, 0, 0), secret, at=self.scene.now)
        assert recompute(hand, settled) == settled
        self.scene.record(settled)

    def check(self) -> None:
        hand = self.scene.hand
        held = deck.holdings(hand, self.scene.secrets)
        played = [card for play in hand.plays for card in play.cards]
        bottom = [] if hand.landlord is not None else list(hand.bottom)
        assert sorted([*held[0], *held[1], *held[2], *played, *bottom]) == list(DECK)
        assert hand.counts == tuple(map(len, held))
        assert hand.turn in range(3)
        assert hand.deadline > 0
        assert not hand.timed_out
        self.check_only_the_seat_in_turn_may_act()
        seat = self.draw.randrange(3)
        shown = notices.snapshot(
            Table(tid=hand.tid), hand, seat, self.scene.secrets, self.scene.now, 0
        )
        assert set(shown.cards) == held[seat]
        assert shown.turn == hand.uids[hand.turn]

    def check_only_the_seat_in_turn_may_act(self) -> None:
        hand, at = self.scene.hand, self.scene.now
        for seat in {0, 1, 2} - {hand.turn}:
            if hand.phase == "playing":
                command = commands.PlayCards(at=at, seat=seat, cards=(), card_type=0)
            else:
                command = commands.AnswerCall(at=at, seat=seat, action=0)
            with pytest.raises(Exception, match="not_your_turn"):
                decide(hand, command, self.scene.secrets)


@pytest.fixture(scope="module")
def games(new_scene) -> list[RandomGame]:
    """Hands played to the end; what holds after each event is checked while they are played."""
    played = []
    for seed in range(GAMES):
        draw = random.Random(seed)
        scene = new_scene(
            salt=seed,
            first=seed % 3,
            nonces=("n" * (seed % 5), "", "é"),
            rob=draw.random() < 0.6,
            book=draw.choice(["lenient", "pagat"]),
            rake=draw.choice([0, 5, 33]),
        )
        game = RandomGame(scene, draw)
        game.play()
        played.append(game)
    return played


def test_every_hand_ends_with_no_clock_running(games) -> None:
    for game in games:
        assert game.scene.hand.phase in ("settled", "cancelled")
        assert game.scene.hand.deadline == 0


def test_hands_end_in_every_way_and_meet_every_fact(games) -> None:
    settled = [game.scene.hand.settled for game in games if game.scene.hand.settled]
    assert {end.win_type for end in settled} == {0, 1, 2}
    assert {end.spring for end in settled} == {True, False}
    assert any(game.scene.hand.phase == "cancelled" for game in games)
    seen = {topic_of(event) for game in games for event in game.scene.log}
    assert len(seen) == 14


def test_settled_hand_has_a_winner_unless_somebody_quit(games) -> None:
    for game in games:
        hand = game.scene.hand
        if hand.settled is not None:
            assert (hand.winner is None) is (hand.settled.win_type == 2)
            assert sum(line.change for line in hand.settled.lines) + hand.settled.rake == 0


def test_hand_rebuilt_from_its_stored_events_is_the_live_one(games) -> None:
    for game in games:
        read = Hand()
        for event in game.scene.log:
            stored = decode(topic_of(event), encode(event))
            assert stored == event
            read = evolve(read, stored)
        assert read == game.scene.hand


def test_every_event_can_be_told_in_replay(games) -> None:
    for game in games:
        hand = Hand()
        for event in game.scene.log:
            before, hand = hand, evolve(hand, event)
            for notice in notices.follow(before, event, hand):
                assert notice.__struct_config__.tag
