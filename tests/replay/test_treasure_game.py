"""What a replayed treasure game shows, and to whom."""

import json

import msgspec
import pytest
from tables import KEY
from treasuries import FIRST, MOVED, RUNNING, Treasury

from parlour.events import treasure as facts
from parlour.events.messages import treasure as messages
from parlour.events.reader import LogReader
from parlour.events.rules.treasure import commands
from parlour.replay.games import find_game
from parlour.replay.seats import NoSuchSeat
from parlour.replay.treasure_game import PlayedTreasure
from parlour.replay.treasure_games import seed_of

ROLES = ("evil", "healer", "miner", "explorer")


@pytest.fixture(scope="module")
def reader(hunted):
    with LogReader(hunted) as reader:
        yield reader


def game_of(reader, name, *, key=KEY, **view):
    events = find_game(reader, name)
    return PlayedTreasure(events, seed=seed_of(reader, events, key), **view)


def names_in(document):
    return [event["name"] for event in document["events"]]


def named(document, name):
    return [event for event in document["events"] if event["name"] == f"treasure.{name}"]


# --- from above -------------------------------------------------------------------------------


def test_the_document_has_what_programs_rely_on(reader):
    document = game_of(reader, FIRST).document()
    assert (document["id"], document["kind"], document["state"]) == (FIRST, "treasure", "finished")
    assert [(seat["seat"], seat["uid"]) for seat in document["seats"]] == [
        (seat, seat + 1) for seat in range(5)
    ]
    assert list(document["events"][0])[:4] == ["position", "version", "at", "name"]
    assert [event["version"] for event in document["events"]] == list(
        range(1, len(document["events"]) + 1)
    )
    assert set(document["result"]) == {"winner", "reason", "players", "seed"}
    json.dumps(document)


def test_from_above_everything_is_open(reader):
    document = game_of(reader, FIRST).document()
    assert sorted(seat["role"] for seat in document["seats"]) == sorted([*ROLES, "explorer"])
    choices = named(document, "choice-made")
    kinds = {choice["choice"]["kind"] for choice in choices}
    assert {"move", "attack", "heal", "mine", "bid", "explore", "pass"} >= kinds >= {"bid", "mine"}
    bid = next(c["choice"] for c in choices if c["choice"]["kind"] == "bid")
    assert set(bid) == {"kind", "lot_id", "price"}
    last = named(document, "stage-ended")[-1]["world"]
    assert list(last["gold"]) == [line["gold"] for line in document["result"]["players"]]


def test_a_running_game_is_open_from_above_only_with_its_key(reader):
    open_, shut = (game_of(reader, RUNNING, key=key).document() for key in (KEY, None))
    assert open_["result"] is shut["result"] is None
    assert {seat["role"] for seat in open_["seats"]} == set(ROLES)
    assert {seat["role"] for seat in shut["seats"]} == {None}
    assert all(choice["choice"] for choice in named(open_, "choice-made"))
    assert not any(choice["choice"] for choice in named(shut, "choice-made"))
    assert {event["world"] for event in named(shut, "stage-ended")} == {None}


def test_the_seed_of_a_running_game_is_in_no_document(reader):
    game = game_of(reader, RUNNING)
    seed = seed_of(reader, find_game(reader, RUNNING), KEY).hex()
    assert seed not in json.dumps(game.document())


def test_a_version_can_be_asked_for(reader):
    game = game_of(reader, FIRST, at=20)
    assert game.document()["events"][-1]["version"] == 20
    assert (game.state, game.settled) == ("running", None)


# --- from a seat ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [FIRST, MOVED, RUNNING])
def test_a_seat_is_shown_what_it_was_sent_and_nothing_else(reader, name):
    events = find_game(reader, name)
    for player in events[0].event.players:
        document = game_of(reader, name, seat=player.seat).document()
        for event in document["events"]:
            assert not {"sealed", "ticket", "world", "server", "epoch"} & set(event)
            assert event.get("seat", player.seat) == player.seat
            for message in event["told"]:
                assert message.get("seat", player.seat) == player.seat
        private = [
            message
            for event in document["events"]
            for message in event["told"]
            if message["service"] in (messages.Goods.service, messages.Vision.service)
        ]
        assert private


def test_before_the_settlement_a_seat_knows_its_own_role_and_the_evil_each_other(treasury, room):
    for uid in range(1, 7):
        room.register(uid)
    treasury.serve("embedded")
    treasury.open_room(1, 1)
    treasury.join(1, 2, 3, 4, 5, 6)
    game_id = treasury.start(1)
    roles = treasury.world(game_id).roles
    room.flush()
    with LogReader(room.data) as reader:
        for seat, role in enumerate(roles):
            game = game_of(reader, game_id, seat=seat)
            both = {0, 1, 2, 3, 4, 5} if role == "evil" else {seat}
            mates = {mate for mate in both if roles[mate] == role and role == "evil"} | {seat}
            assert {s for s in range(6) if game.role(s)} == mates
            waiting = game_of(reader, game_id, seat=seat, at=2)
            assert waiting.role(seat) is None


def test_the_evil_alone_are_told_what_the_evil_see(reader):
    events = find_game(reader, FIRST)
    for player in events[0].event.players:
        game = game_of(reader, FIRST, seat=player.seat)
        text = json.dumps(game.document())
        assert ('"hint"' in text) == (game.role(player.seat) == "evil")


def test_without_the_key_a_seat_is_shown_what_everybody_saw(reader):
    game = game_of(reader, RUNNING, key=None, seat=0)
    document = game.document()
    assert {seat["role"] for seat in document["seats"]} == {None}
    assert all(event["told"] == [] for event in document["events"])
    assert "treasure.stage-ended" in names_in(document)


def test_what_a_seat_is_told_are_the_very_messages(reader):
    game = game_of(reader, FIRST, seat=2)
    told = [message for step in game.steps for message in game.told(step)]
    assert isinstance(told[0], messages.Role)
    assert isinstance(told[-1], messages.GameOver)
    assert msgspec.to_builtins(told[-1]) == game.document()["result"]


def test_seats_are_those_of_the_game(reader):
    with pytest.raises(NoSuchSeat, match="0 to 4"):
        game_of(reader, FIRST, seat=5)


# --- damaged ----------------------------------------------------------------------------------


def test_behind_a_choice_that_does_not_open_the_public_side_is_shown(tamperer_of_hunt):
    position = tamperer_of_hunt.find("treasure.choice-made", of=FIRST, nth=9)
    tamperer_of_hunt.change(position, sealed="ff")
    with LogReader(tamperer_of_hunt.folder) as reader:
        document = game_of(reader, FIRST).document()
    choices = named(document, "choice-made")
    assert [choice["choice"] is None for choice in choices].index(True) == 9
    assert document["result"]["players"]


def test_what_a_player_did_is_named_as_on_the_wire(room):
    treasury = Treasury(room)
    for uid in (1, 2, 3, 4):
        room.register(uid)
    treasury.serve("embedded")
    treasury.open_room(1, 1)
    treasury.join(1, 2, 3, 4)
    game_id = treasury.start(1)
    treasury.act(game_id, 0, commands.Move, to=1)
    for seat in (1, 2, 3):
        treasury.act(game_id, seat, commands.Move, to=None)
    treasury.act(game_id, 1, commands.Attack, target=3)
    treasury.act(game_id, 2, commands.Heal, target=3)
    room.flush()
    with LogReader(room.data) as reader:
        document = game_of(reader, game_id).document()
    assert [event["choice"] for event in named(document, "choice-made")] == [
        {"kind": "move", "to": 1},
        *[{"kind": "pass"}] * 3,
        {"kind": "attack", "target": 3},
        {"kind": "heal", "target": 3},
    ]
    assert facts.game_id(1, 1) == game_id
