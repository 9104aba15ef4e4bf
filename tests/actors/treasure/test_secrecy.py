"""What is hidden until the settlement reaches nobody, and is not in the log either."""

import itertools

import msgspec
import pytest

from parlour.events import treasure as facts
from parlour.events.messages import treasure as wire


def told(client):
    """Everything a connection was told before 61, as JSON."""
    heard = itertools.takewhile(lambda m: not isinstance(m, wire.GameOver), client.told)
    return [msgspec.json.decode(msgspec.json.encode(message)) for message in heard]


def strings_in(document):
    if isinstance(document, dict):
        for key, value in document.items():
            yield key
            yield from strings_in(value)
    elif isinstance(document, list):
        for value in document:
            yield from strings_in(value)
    elif isinstance(document, str):
        yield document


@pytest.fixture(params=[(4, 1), (5, 2), (6, 3), (8, 4)], ids=str)
def played(request, inn, crowd):
    """A game with a lot of everything, over; returns (players, their worlds stage by stage)."""
    number, draw = request.param
    players = inn.start_game(number)
    for player in players:
        player.enter()
    playing, worlds = crowd(inn, players, draw=draw), []
    while inn.game().stage:
        worlds.append(playing.world)
        if draw % 2 and len(worlds) == 6:  # somebody comes back in the midst of it
            back = players[1]
            kept = back.game.told
            back.enter()
            back.game.told[:0] = kept
        playing.act()
    return players, worlds


def test_no_seed_and_no_ticket_of_another_one_is_told(inn, played):
    players, _ = played
    for player in players:
        own = {player.way.ticket}
        words = set(strings_in(told(player.game) + told(player.lobby)))
        assert inn.seed().hex() not in words
        others = {p.way.ticket for p in players} - own
        assert not words & others
        assert not any(event.sealed in words for event in _choices(inn))


def _choices(inn):
    events = inn.events(facts.game_id(1, 1))
    return [event for event in events if isinstance(event, facts.ChoiceMade)]


def test_nobody_is_told_another_ones_role_but_the_evil_their_mates(played):
    players, worlds = played
    roles = worlds[0].roles
    for seat, player in enumerate(players):
        heard = told(player.game)
        said = {message["role"] for message in heard if "role" in message}
        assert said == {roles[seat]}
        mates = [message["mates"] for message in heard if "mates" in message]
        if roles[seat] == "evil":
            others = [
                players[s].uid for s, role in enumerate(roles) if role == "evil" and s != seat
            ]
            assert all(told_of == others for told_of in mates)
        else:
            assert mates == []
        assert "role" not in {key for m in heard if "role" not in m for key in strings_in(m)}


def test_gold_of_others_is_told_to_the_evil_alone(played):
    players, worlds = played
    for seat, player in enumerate(players):
        for message in told(player.game):
            if "gold" not in set(strings_in(message)):
                continue
            service_62 = "hint" in message
            assert service_62 == (
                worlds[0].roles[seat] == "evil" and "players" in message and "role" not in message
            )
            if not service_62:
                assert "gold" in message  # his own, in 51 and 55
                assert "gold" not in {k for m in message.get("players", ()) for k in m}


def test_bids_are_told_only_as_the_price_of_a_sale(played):
    players, _ = played
    for player in players:
        for message in told(player.game):
            if "price" in set(strings_in(message)):
                assert set(message) == {"day", "sold"}
                assert len({sale["lot_id"] for sale in message["sold"]}) == len(message["sold"])


def test_a_treasures_cell_is_told_to_its_finder_to_buyers_of_maps_and_as_the_evils_hint(played):
    players, worlds = played
    for seat, player in enumerate(players):
        for message in told(player.game):
            words = set(strings_in(message))
            if "hint" in words:
                assert worlds[0].roles[seat] == "evil"
            if "treasure" in words and "success" not in words:
                assert any(
                    item["treasure"] in (True, False)
                    for item in message["items"]
                    if isinstance(item, dict)
                )
            if "success" in words and not message["success"]:
                assert "treasure" not in words


def test_the_log_of_a_running_game_holds_nothing_hidden(inn, crowd):
    players = inn.begin_game(6)
    playing = crowd(inn, players)
    playing.play_on(6)
    assert inn.game().stage
    log = [state for where, _, state in inn.rows() if "treasure" in where]
    text = "\n".join(log)
    assert inn.seed().hex() not in text
    for word in ("evil", "healer", "miner", "explorer", 'pick"]', "hint"):
        assert word not in text
    world = playing.world
    for event in inn.events(facts.game_id(1, 1)):
        if isinstance(event, facts.ChoiceMade):
            assert len(event.sealed) == 16
    assert world.treasures  # there is something to hide


def test_all_choices_look_alike(inn, crowd):
    crowd(inn, inn.begin_game(5)).play_on(8)
    sealed = [event.sealed for event in _choices(inn)]
    assert {len(text) for text in sealed} == {16}
    assert len(set(sealed)) == len(sealed)
