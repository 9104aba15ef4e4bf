"""A room server's store: what is committed over the link, and what the link's end undoes."""

import threading

import msgspec
import pytest

from parlour.events import treasure as facts
from parlour.events.errors import LogUnavailable, VersionConflict
from parlour.events.event import encode, topic_of
from parlour.events.journal import Journal
from parlour.events.kinds import KINDS
from parlour.events.messages.treasure_link import STALE, BatchAnswer, State
from parlour.events.recorder import CommitRefused
from parlour.events.repository import Repository
from parlour.events.rules.treasure.state import Game
from parlour.events.unit import Entry, Unit
from parlour.events.writers import InlineWriter
from parlour.network.treasure.remote_store import LinkLost, RemoteStore

GAME = facts.game_id(1, 1)
TIMES = facts.Times(verify=1, stages=(1, 1, 1, 1))
OPENED = facts.GameOpened(
    at=1,
    room=1,
    game=1,
    epoch=1,
    server="north",
    players=tuple(facts.Player(seat=n, uid=n + 1, username=f"p{n}") for n in range(4)),
    commitment="",
    times=TIMES,
)


def verified(seat):
    return facts.PlayerVerified(at=2, seat=seat, ticket="aa")


def unit_of(*events, start=1, aggregate_id=GAME):
    return Unit(
        tuple(
            Entry(aggregate_id, version, topic_of(event), encode(event), event)
            for version, event in enumerate(events, start=start)
        ),
        reads=frozenset([aggregate_id]),
    )


class Lobby:
    """Answers batches at once, as it is told to."""

    def __init__(self):
        self.batches = []
        self.answers = {"code": 0}
        self.silent = False
        self.cut = False
        self.then = lambda: None
        self.store = RemoteStore(self.hear, on_silence=self.end, seconds=0.01)

    def hear(self, batch):
        self.batches.append(batch)
        if not self.silent:
            self.store.answered(BatchAnswer(batch=batch.batch, **self.answers))
            self.then()

    def end(self):
        self.cut = True

    def let_in(self, *states):
        self.store.clear()
        self.store.load(states)
        self.store.connected()
        self.store.probe()
        self.batches.clear()


@pytest.fixture
def lobby():
    lobby = Lobby()
    lobby.let_in()
    return lobby


def state_of(game, version):
    topic = KINDS["treasure.game"].snapshot_topic
    return State(GAME, version, topic, msgspec.Raw(msgspec.json.encode(game)))


def repository(store):
    return Repository(store, KINDS)


def test_what_is_committed_was_shipped_as_the_log_has_it(lobby):
    lobby.store.commit([unit_of(OPENED), unit_of(verified(0), start=2)])
    [batch] = lobby.batches
    rows = [row for unit in batch.units for row in unit]
    assert [(row.aggregate_id, row.version, row.topic) for row in rows] == [
        (GAME, 1, "treasure.game-opened@1"),
        (GAME, 2, "treasure.player-verified@1"),
    ]
    assert [bytes(row.state) for row in rows] == [encode(OPENED), encode(verified(0))]
    assert len(batch.units) == 2


def test_what_is_committed_can_be_read(lobby):
    lobby.store.commit([unit_of(OPENED)])
    lobby.store.commit([unit_of(verified(2), start=2)])
    assert repository(lobby.store).get(GAME).present == (False, False, True, False)


def test_a_state_stands_for_all_the_events_before_it(lobby):
    game = Game(room=1, game=1, epoch=3, phase="waiting", present=(True, False))
    lobby.let_in(state_of(game, 40))
    loaded = repository(lobby.store)
    assert (loaded.get(GAME), loaded.version(GAME)) == (game, 40)
    lobby.store.commit([unit_of(facts.PlayerGone(at=3, seat=0), start=41)])
    loaded.clear()
    assert (loaded.get(GAME).present, loaded.version(GAME)) == ((False, False), 41)


def test_an_older_state_changes_nothing(lobby):
    new, old = Game(room=1, epoch=2), Game(room=1, epoch=1)
    assert lobby.store.load([state_of(new, 9)]) == [GAME]
    assert lobby.store.load([state_of(old, 8)]) == []
    assert repository(lobby.store).get(GAME) == new


def test_what_is_unknown_or_forgotten_has_no_events(lobby):
    lobby.store.commit([unit_of(OPENED)])
    lobby.store.forget([GAME, "treasure.room:1"])
    assert len(lobby.store) == 0
    assert repository(lobby.store).get(GAME) == Game()


def test_refused_units_are_named_and_nothing_is_added(lobby):
    lobby.answers = {"code": STALE, "refused": (1,)}
    with pytest.raises(CommitRefused) as refused:
        lobby.store.commit([unit_of(OPENED), unit_of(verified(0), start=7)])
    [(index, conflict)] = refused.value.units.items()
    assert index == 1
    assert isinstance(conflict, VersionConflict)
    assert conflict.version == 7
    assert lobby.store.history(GAME) == []


def test_a_lobby_that_takes_no_events_is_like_a_full_disk(lobby):
    lobby.answers = {"code": 27}
    with pytest.raises(LinkLost, match="27"):
        lobby.store.commit([unit_of(OPENED)])
    with pytest.raises(LinkLost, match="27"):
        lobby.store.probe()
    lobby.answers = {"code": 0}
    lobby.store.probe()
    lobby.store.commit([unit_of(OPENED)])


def test_without_a_link_nothing_is_sent(lobby):
    lobby.store.disconnected()
    for attempt in (lobby.store.probe, lambda: lobby.store.commit([unit_of(OPENED)])):
        with pytest.raises(LinkLost):
            attempt()
    assert lobby.batches == []


def test_after_a_new_link_nothing_is_committed_before_a_probe(lobby):
    """What waited stands on what was known before."""
    lobby.store.disconnected()
    lobby.store.connected()
    with pytest.raises(LinkLost):
        lobby.store.commit([unit_of(OPENED)])
    lobby.store.probe()
    lobby.store.commit([unit_of(OPENED)])


def test_who_waits_for_an_answer_hears_of_the_links_end():
    errors = []

    def probe():
        try:
            store.probe()
        except LinkLost as error:
            errors.append(error)

    sent = threading.Event()
    store = RemoteStore(lambda batch: sent.set(), seconds=30)
    store.connected()
    waiting = threading.Thread(target=probe)
    waiting.start()
    sent.wait()
    store.disconnected()
    waiting.join()
    assert len(errors) == 1


def test_silence_ends_the_link(lobby):
    lobby.silent = True
    with pytest.raises(LinkLost):
        lobby.store.commit([unit_of(OPENED)])
    assert lobby.cut
    lobby.silent = False
    with pytest.raises(LinkLost):
        lobby.store.commit([unit_of(OPENED)])


def test_an_answer_that_comes_too_late_is_nobodys(lobby):
    lobby.silent = True
    with pytest.raises(LinkLost):
        lobby.store.commit([unit_of(OPENED)])
    lobby.store.answered(BatchAnswer(batch=lobby.batches[0].batch))
    assert lobby.store.history(GAME) == []


def test_nothing_is_claimed(lobby):
    assert lobby.store.claimed("treasure/settled/treasure.game:1:1") is None


# --- under a journal ---------------------------------------------------------------------------


class Told:
    def __init__(self):
        self.committed, self.dropped, self.accepting = [], [], []


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def writer():
    return InlineWriter()


@pytest.fixture
def journal(lobby, writer, told):
    return Journal(
        lobby.store,
        writer=writer,
        on_commit=lambda batch: told.committed.extend(item.held for item in batch.items),
        on_drop=lambda items, error: told.dropped.extend((item.held, error) for item in items),
        on_accepting=told.accepting.append,
    )


def test_only_what_the_lobby_confirmed_leaves(lobby, journal, writer, told):
    journal.append(unit_of(OPENED), "opened")
    assert told.committed == []
    writer.flush()
    assert told.committed == ["opened"]


def test_one_refused_game_does_not_stop_the_others(lobby, journal, writer, told):
    other = facts.game_id(2, 1)
    journal.append(unit_of(OPENED), "refused")
    journal.append(unit_of(verified(0), start=2), "stands on it")
    journal.append(unit_of(OPENED, aggregate_id=other), "fine")
    lobby.answers = {"code": STALE, "refused": (0, 1)}
    writer.turn()
    writer.work()
    lobby.answers = {"code": 0}
    writer.flush()
    assert told.committed == ["fine"]
    assert [held for held, _ in told.dropped] == ["refused", "stands on it"]
    assert journal.accepting


def test_an_interruption_lasts_until_a_probe_succeeds(lobby, journal, writer, told):
    journal.append(unit_of(OPENED), "waiting")
    lobby.store.disconnected()
    journal.interrupt(LinkLost("gone"))
    assert [(held, type(error)) for held, error in told.dropped] == [("waiting", LogUnavailable)]
    assert not journal.accepting
    writer.advance(1.0)
    writer.flush()
    assert not journal.accepting
    lobby.store.connected()
    journal.retry()
    writer.flush()
    assert journal.accepting
    assert told.accepting == [False, True]


def test_a_second_probe_on_the_way_changes_nothing(lobby, journal, writer, told):
    journal.interrupt(LinkLost("gone"))
    writer.advance(1.0)
    journal.retry()
    writer.flush()
    writer.advance(5.0)
    writer.flush()
    assert told.accepting == [False, True]


def test_a_journal_that_takes_events_has_nothing_to_try_again(journal, writer, told):
    journal.retry()
    writer.flush()
    assert told.accepting == []


def test_a_probe_that_succeeded_before_an_interruption_ends_nothing(lobby, journal, writer, told):
    def be_gone():
        lobby.store.disconnected()
        journal.interrupt(LinkLost("gone"))

    journal.interrupt(LinkLost("none yet"))
    journal.retry()
    lobby.then = be_gone
    writer.flush()
    assert not journal.accepting
    lobby.then = lambda: None
    lobby.store.connected()
    journal.retry()
    writer.flush()
    assert told.accepting == [False, True]


def test_an_interruption_leaves_a_running_commit_to_its_own_end(lobby, journal, writer, told):
    journal.append(unit_of(OPENED), "on its way")
    writer.turn()
    journal.append(unit_of(verified(0), start=2), "behind it")
    journal.interrupt(LinkLost("gone"))
    writer.flush()
    assert told.committed == ["on its way"]
    assert [held for held, _ in told.dropped] == ["behind it"]
    assert told.accepting == [False, True], "it is asked at once whether the store is back"


def test_an_interruption_is_not_forgotten_over_a_refused_commit(lobby, journal, writer, told):
    journal.append(unit_of(OPENED), "refused")
    lobby.answers = {"code": STALE, "refused": (0,)}
    writer.turn()
    journal.interrupt(LinkLost("gone"))
    writer.flush()
    assert [held for held, _ in told.dropped] == ["refused"]
    assert told.accepting == [False]
