from collections.abc import Callable
from typing import Any

import pytest

from parlour.events.event import Event
from parlour.events.landlord import Terms
from parlour.events.rules.landlord import commands, deck
from parlour.events.rules.landlord.cards import sort_key
from parlour.events.rules.landlord.hand import decide, evolve
from parlour.events.rules.landlord.hands import classify
from parlour.events.rules.landlord.state import Hand

KEY = bytes(range(32))
TERMS: dict[str, Any] = {
    "type": 1,
    "zone": 0,
    "base": 10,
    "rake": 0,
    "book": "lenient",
    "rob": False,
    "call_seconds": 20.0,
    "play_seconds": 22.0,
    "trustee_seconds": 1.5,
}


class Scene:
    """A hand that is told commands at a time of the test's choice; seats hold uids 101..103."""

    uids = (101, 102, 103)

    def __init__(
        self,
        *,
        salt: int = 0,
        first: int = 0,
        nonces: tuple[str, str, str] = ("", "", ""),
        dealt: bool = True,
        **terms: object,
    ) -> None:
        self.now = 1_700_000_000_000_000
        self.salt = f"{salt:032x}"
        self.secrets: deck.Secrets = deck.secrets(KEY, 7, 3, self.salt)
        self.terms = Terms(**{**TERMS, **terms})
        self.hand = Hand()
        self.log: list[Event] = []
        self.do(commands.OpenHand(at=self.now, tid=7, hand=3, salt=self.salt))
        if dealt:
            self.deal(first, nonces)

    def deal(self, first: int = 0, nonces: tuple[str, str, str] = ("", "", "")) -> list[Event]:
        return self.do(
            commands.Deal(at=self.now, uids=self.uids, nonces=nonces, terms=self.terms, first=first)
        )

    def do(self, command: commands.Command) -> list[Event]:
        events = decide(self.hand, command, self.secrets)
        return self.record(*events)

    def record(self, *events: Event) -> list[Event]:
        for event in events:
            self.hand = evolve(self.hand, event)
        self.log += events
        return list(events)

    def wait(self, seconds: float) -> None:
        self.now += round(seconds * 1_000_000)

    def wait_out(self) -> None:
        self.now = self.hand.deadline

    @property
    def seconds_left(self) -> float:
        return (self.hand.deadline - self.now) / 1_000_000

    def call(self, action: int, *, seat: int | None = None) -> list[Event]:
        seat = self.hand.turn if seat is None else seat
        return self.do(commands.AnswerCall(at=self.now, seat=seat, action=action))

    def call_all(self, *actions: int) -> list[Event]:
        return [event for action in actions for event in self.call(action)]

    def play(
        self, *cards: int, seat: int | None = None, card_type: int | None = None
    ) -> list[Event]:
        if card_type is None:
            kind = classify(cards, book=self.terms.book)
            card_type = kind.card_type.value if kind else 0
        seat = self.hand.turn if seat is None else seat
        return self.do(commands.PlayCards(at=self.now, seat=seat, cards=cards, card_type=card_type))

    def skip(self) -> list[Event]:
        return self.play(card_type=0)

    def time_out(self, *, online: tuple[bool, bool, bool] = (True, True, True)) -> list[Event]:
        return self.do(commands.TimeOut(at=self.now, online=online))

    def lose(self, seat: int) -> list[Event]:
        return self.do(commands.LoseConnection(at=self.now, seat=seat))

    def regain(self, seat: int) -> list[Event]:
        return self.do(commands.RegainConnection(at=self.now, seat=seat))

    def resume(
        self, *, left_at: int, floor_seconds: float = 10.0, cold: bool = True
    ) -> list[Event]:
        floor = round(floor_seconds * 1_000_000)
        return self.do(commands.Resume(at=self.now, left_at=left_at, floor_us=floor, cold=cold))

    def held(self, seat: int) -> list[int]:
        return sorted(deck.holdings(self.hand, self.secrets)[seat], key=sort_key)


@pytest.fixture(scope="session")
def new_scene() -> type[Scene]:
    return Scene


@pytest.fixture
def scene() -> Scene:
    """Dealt without robbing; seat 0 is asked first."""
    return Scene()


@pytest.fixture
def played() -> Scene:
    """Seat 0 is the landlord at ratio 3 and leads."""
    scene = Scene()
    scene.call(3)
    return scene


@pytest.fixture
def find_scene() -> Callable[..., Scene]:
    """Returns the first scene, by salt, in which seat 0 is landlord and that fits."""

    def find(fits: Callable[[Scene], bool], **terms: object) -> Scene:
        for salt in range(2000):
            scene = Scene(salt=salt, **terms)
            scene.call(3)
            if fits(scene):
                return scene
        raise AssertionError("no such scene among 2000 deals")

    return find


@pytest.fixture
def names() -> Callable[[list[Event]], list[str]]:
    return lambda events: [type(event).__name__ for event in events]
