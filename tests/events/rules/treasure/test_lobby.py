import msgspec
import pytest

from parlour.events.rules.treasure.lobby import Lobby, evolve, next_room, page
from parlour.events.treasure import RoomDelisted, RoomListed, ServerLost


def lobby_of(*rooms):
    lobby = Lobby()
    for room in rooms:
        lobby = evolve(lobby, RoomListed(at=1, room=room))
    return lobby


def test_rooms_are_numbered_from_one():
    assert next_room(Lobby()) == 1
    assert next_room(lobby_of(1, 2)) == 3


def test_no_number_is_given_twice():
    lobby = evolve(lobby_of(1, 2), RoomDelisted(at=2, room=2))
    assert list(lobby.rooms) == [1]
    assert next_room(lobby) == 3


@pytest.mark.parametrize(
    ("number", "size", "rooms"),
    [
        (0, 20, list(range(1, 21))),
        (1, 20, list(range(21, 41))),
        (7, 20, list(range(141, 151))),
        (8, 20, []),
        (10**30, 20, []),
        (-1, 3, [1, 2, 3]),
        (0, 0, [1]),
        (1, 10**9, list(range(101, 151))),
    ],
)
def test_a_page_lists_rooms_in_order_and_a_hundred_at_most(number, size, rooms):
    assert page(lobby_of(*range(1, 151)), number, size) == rooms


def test_other_events_change_nothing():
    lobby = lobby_of(1)
    assert evolve(lobby, ServerLost(at=1, server="a")) is lobby


def test_a_lobby_comes_back_from_its_snapshot():
    lobby = evolve(lobby_of(1, 2, 3), RoomDelisted(at=2, room=2))
    assert msgspec.json.decode(msgspec.json.encode(lobby), type=Lobby) == lobby
