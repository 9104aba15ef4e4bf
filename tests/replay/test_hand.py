import re

import msgspec
import pytest
from rich.console import Console
from tables import KEY

from parlour.events.reader import LogReader
from parlour.events.rules.landlord import deck
from parlour.events.rules.landlord.cards import DECK, describe
from parlour.replay.games import find_game
from parlour.replay.hand import PlayedHand
from parlour.replay.hand_text import draw
from parlour.replay.seats import NoSuchSeat, names_of

RUNNING, FINISHED, THROWN_IN = "2:5", "1:2", "2:1"


@pytest.fixture
def game_of(played):
    def make(name, **view):
        with LogReader(played) as reader:
            return PlayedHand(find_game(reader, name), **view)

    return make


def names_in(document):
    return [event["name"] for event in document["events"]]


def dealt(document):
    return next(e for e in document["events"] if e["name"] == "landlord.hand-dealt")


# --- the document -----------------------------------------------------------------------------


def test_a_finished_game_has_every_event_and_its_result(game_of):
    document = game_of(FINISHED).document()
    assert list(document) == ["id", "kind", "state", "seats", "events", "result"]
    assert document["id"] == "landlord.hand:1:2"
    assert document["state"] == "finished"
    assert document["seats"] == [{"seat": s, "uid": u} for s, u in enumerate((1, 2, 3))]
    assert [event["version"] for event in document["events"]] == list(
        range(1, len(document["events"]) + 1)
    )
    assert names_in(document)[-1] == "landlord.hand-settled"


def test_each_event_has_its_own_fields_beside_where_and_when(game_of):
    played_cards = next(
        event
        for event in game_of(FINISHED).document()["events"]
        if event["name"] == "landlord.cards-played"
    )
    assert list(played_cards) == [
        "position",
        "version",
        "at",
        "name",
        "seat",
        "cards",
        "card_type",
    ]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", played_cards["at"])
    assert all(card in DECK for card in played_cards["cards"])


def test_the_result_is_the_game_end_message(game_of):
    document = game_of(FINISHED).document()
    settled = document["events"][-1]
    assert document["result"]["cmd"] == "game_end"
    assert document["result"]["secret"] == settled["secret"]
    assert [user["cmoney"] for user in document["result"]["users"]] == [
        abs(line["change"]) for line in settled["lines"]
    ]


def test_at_a_version_the_game_is_as_it_was_then(game_of):
    whole = game_of(FINISHED).document()
    early = game_of(FINISHED, at=9).document()
    assert early["events"] == whole["events"][:9]
    assert (early["state"], early["result"]) == ("running", None)


def test_a_version_behind_the_end_is_the_end(game_of):
    assert game_of(FINISHED, at=10_000).document() == game_of(FINISHED).document()


def test_before_the_deal_a_game_has_no_hand_to_show(game_of):
    game = game_of(FINISHED, at=1)
    assert names_in(game.document()) == ["landlord.hand-opened"]
    assert game.held(0) is None


def test_from_above_a_finished_game_shows_who_was_dealt_what(game_of):
    event = dealt(game_of(FINISHED).document())
    assert {*event["bottom"], *(c for cards in event["hands"] for c in cards)} == set(DECK)
    assert [len(cards) for cards in event["hands"]] == [17, 17, 17]


def test_from_above_a_thrown_in_deal_is_shown_as_well(game_of):
    deals = [
        event
        for event in game_of(THROWN_IN).document()["events"]
        if event["name"] == "landlord.hand-dealt"
    ]
    assert [event["deal"] for event in deals] == [0, 1]
    assert all(event["hands"] for event in deals)


def test_a_running_game_shows_its_cards_only_with_the_key(game_of):
    assert dealt(game_of(RUNNING).document())["hands"] is None
    assert len(dealt(game_of(RUNNING, key=KEY).document())["hands"]) == 3
    assert dealt(game_of(RUNNING, key=b"k" * 32).document())["hands"] is None


def test_a_seat_is_one_of_three(game_of):
    with pytest.raises(NoSuchSeat):
        game_of(FINISHED, seat=3)


# --- the view from a seat ---------------------------------------------------------------------


def drawn(game):
    console = Console(width=160, color_system=None)
    with console.capture() as captured:
        draw(game, {}, console)
    return captured.get()


def cards_in(document):
    """Return every card that stands anywhere in a document."""
    shown = set()
    for event in document["events"]:
        assert "hands" not in event
        for name in ("cards", "hand", "bottom"):
            if isinstance(event.get(name), list | tuple):  # `hand` is also a number
                shown.update(event[name])
    return shown


def secrets_of(game, number):
    tid, hand = map(int, number.split(":"))
    return deck.secrets(KEY, tid, hand, game.steps[0].after.salt)


VIEWS = [
    (RUNNING, None),
    (FINISHED, 12),
    (FINISHED, 2),
    (FINISHED, None),
    (THROWN_IN, 4),
    (THROWN_IN, 8),
    (THROWN_IN, 20),
]


@pytest.mark.parametrize("seat", [0, 1, 2])
@pytest.mark.parametrize(("name", "at"), VIEWS)
def test_a_seat_sees_no_card_that_was_hidden_from_it(game_of, name, at, seat):
    game = game_of(name, key=KEY, at=at, seat=seat)
    secrets = secrets_of(game, name)
    seen = set()
    for step in game.steps:
        seen.update(getattr(step.recorded.event, "cards", ()))
        seen.update(step.after.bottom)
        if step.after.uids:
            seen.update(deck.deal(secrets[step.after.deal], step.after.nonces).hands[seat])
    assert cards_in(game.document()) == seen
    text = drawn(game)
    assert not [card for card in DECK if card not in seen and describe([card]) in text]


@pytest.mark.parametrize("seat", [0, 1, 2])
@pytest.mark.parametrize(("name", "at"), VIEWS)
def test_a_seat_sees_no_secret_before_it_was_revealed(game_of, name, at, seat):
    game = game_of(name, key=KEY, at=at, seat=seat)
    everything = msgspec.json.encode(game.document()).decode() + drawn(game)
    revealed = {getattr(step.recorded.event, "secret", "") for step in game.steps}
    for secret in secrets_of(game, name):
        assert (secret.hex() in everything) == (secret.hex() in revealed)
    assert game.steps[0].after.salt not in everything
    assert KEY.hex() not in everything


def test_a_seat_sees_its_own_cards_of_every_deal(game_of):
    game = game_of(THROWN_IN, seat=2)
    for event in game.document()["events"]:
        if event["name"] == "landlord.hand-dealt":
            secrets = secrets_of(game, THROWN_IN)
            nonces = tuple(event["nonces"])
            assert tuple(event["hand"]) == deck.deal(secrets[event["deal"]], nonces).hands[2]


def test_what_a_seat_sees_does_not_depend_on_what_the_others_hold(game_of):
    """Another secret deals the others other cards; nothing of that may show before the end."""
    game = game_of(FINISHED, seat=1, at=12)
    blind = game_of(FINISHED, seat=1, at=12)
    secret = next(s for s in blind.secrets if s)
    blind.secrets = tuple(bytes(32) if s == secret else s for s in blind.secrets)
    one, other = game.document(), blind.document()
    assert dealt(one).pop("hand") != dealt(other).pop("hand")
    assert one == other


# --- names ------------------------------------------------------------------------------------


def test_players_are_called_what_they_were_called_then(played):
    with LogReader(played) as reader:
        renamed = next(r for r in reader.aggregate("account:7") if r.topic == "account.renamed@1")
        assert names_of(reader, [7], renamed.position - 1) == {7: "player 7"}
        assert names_of(reader, [7], renamed.position) == {7: "Player 7"}
        assert names_of(reader, [99], renamed.position) == {99: "uid 99"}
