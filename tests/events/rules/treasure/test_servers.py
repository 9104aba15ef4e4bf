import msgspec
import pytest

from parlour.events.errors import RuleViolation
from parlour.events.rules.treasure.servers import evolve, least_loaded, lose, register
from parlour.events.rules.treasure.state import Server, Servers
from parlour.events.treasure import RoomListed


def server(name, capacity=2, port=9201):
    return Server(
        server=name, ip="127.0.0.1", port=port, ws="ws://h/treasure/room", capacity=capacity
    )


def servers_of(*names, capacity=2):
    servers = Servers()
    for name in names:
        for event in register(servers, server(name, capacity), at=1):
            servers = evolve(servers, event)
    return servers


def test_a_server_that_registers_lives():
    assert servers_of("a").servers == {"a": server("a")}


def test_a_live_server_id_is_refused():
    with pytest.raises(RuleViolation, match="name_taken"):
        register(servers_of("a"), server("a", port=9999), at=2)


def test_a_dead_one_is_replaced():
    servers = servers_of("a")
    for event in [*lose(servers, "a", at=2)]:
        servers = evolve(servers, event)
    assert servers.servers == {}
    (event,) = register(servers, server("a", port=9999), at=3)
    assert evolve(servers, event).servers["a"].port == 9999


def test_a_server_dies_once():
    assert lose(servers_of("a"), "b", at=2) == []


@pytest.mark.parametrize(
    ("loads", "chosen"),
    [
        ({}, "a"),
        ({"a": 1}, "b"),
        ({"a": 1, "b": 1, "c": 1}, "a"),
        ({"a": 2, "b": 1, "c": 1}, "b"),
        ({"a": 2, "b": 2, "c": 1}, "c"),
        ({"a": 2, "b": 2, "c": 2}, None),
        ({"a": 2, "b": 2, "c": 5}, None),
    ],
)
def test_the_least_loaded_gets_the_game_while_it_has_a_place(loads, chosen):
    assert least_loaded(servers_of("a", "b", "c"), loads) == chosen


def test_who_was_asked_already_is_not_asked_again():
    servers = servers_of("a", "b")
    assert least_loaded(servers, {"b": 1}, without={"a"}) == "b"
    assert least_loaded(servers, {}, without={"a", "b"}) is None


def test_without_servers_there_is_no_place():
    assert least_loaded(Servers(), {}) is None


def test_a_server_without_capacity_gets_nothing():
    assert least_loaded(servers_of("a", capacity=0), {}) is None


def test_other_events_change_nothing():
    servers = servers_of("a")
    assert evolve(servers, RoomListed(at=1, room=1)) is servers


def test_the_state_comes_back_from_its_snapshot():
    servers = servers_of("b", "a")
    again = msgspec.json.decode(msgspec.json.encode(servers), type=Servers)
    assert again == servers
    assert list(again.servers) == ["b", "a"]


def test_who_comes_last_is_chosen_when_there_is_no_other():
    servers = servers_of("a", "b")
    assert least_loaded(servers, {"b": 1}, last={"a"}) == "b"
    assert least_loaded(servers, {"b": 2}, last={"a"}) == "a"
    assert least_loaded(servers, {"b": 1}, last={"a", "b"}) == "a"
