from parlour.events.landlord import TableListed, TableResumed
from parlour.events.rules.landlord.lobby import Lobby, evolve


def test_listed_table_is_known_by_its_level_and_zone() -> None:
    lobby = evolve(Lobby(), TableListed(at=1, tid=1, type=2, zone=0))
    lobby = evolve(lobby, TableListed(at=2, tid=2, type=4, zone=7))
    assert lobby.tables == {1: (2, 0), 2: (4, 7)}


def test_listing_leaves_the_lobby_before_as_it_was() -> None:
    before = evolve(Lobby(), TableListed(at=1, tid=1, type=2, zone=0))
    evolve(before, TableListed(at=2, tid=2, type=2, zone=0))
    assert before.tables == {1: (2, 0)}


def test_other_events_change_nothing() -> None:
    lobby = Lobby(tables={1: (1, 0)})
    assert evolve(lobby, TableResumed(at=1, cold=True, paused=0)) is lobby
