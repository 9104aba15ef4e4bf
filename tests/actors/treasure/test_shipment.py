"""What a room server may have recorded: what the rules record, and nothing else."""

import inspect

import msgspec
import pytest
from server_by_hand import GAME, SECOND, begin, going_on, opening, stage_one

from parlour.actors.treasure import shipment
from parlour.events import treasure as facts
from parlour.events.journal import Journal
from parlour.events.messages import treasure as wire
from parlour.events.messages import treasure_link as link
from parlour.events.rules.treasure import commands
from parlour.events.rules.treasure import game as rules
from parlour.events.rules.treasure.sealing import Choice, Kind, Place, seal
from parlour.events.rules.treasure.world import world_of

START = 1_790_000_000_000_000
BAD_BODY = wire.CODES["bad_body"]


class Play:
    """One game on a room server that ships what it likes."""

    def __init__(self, inn, server):
        self.inn, self.server = inn, server
        self.assign, self.players = begin(inn, server)

    def decide(self, kind, **fields):
        """Return what the rules record of a command now."""
        game, seed = self.inn.game(), self.inn.seed()
        command = kind(**{"at": self.inn.clock.time, **fields})
        return rules.decide(game, world_of(game, seed), command, seed)

    def ship(self, *events):
        """Ship events in one unit; return the code of the answer."""
        version = len(self.inn.events(GAME)) + 1
        return self.server.ship([(GAME, version + n, e) for n, e in enumerate(events)]).code

    def verify(self, *seats):
        for seat in seats:
            assert self.ship(*self.decide(commands.VerifyPlayer, seat=seat, ticket="aa")) == 0

    def ring(self):
        """Let the running stage be over; return what the rules record."""
        self.inn.clock.time = max(self.inn.clock.time, self.inn.game().until)
        return self.decide(commands.Ring)

    def play_to(self, day, stage):
        while (self.inn.game().day, self.inn.game().stage) != (day, stage):
            assert self.ship(*self.ring()) == 0

    def sealed(self, choice, seat=0, n=0):
        game = self.inn.game()
        return seal(self.inn.seed(), Place(game.day, game.stage, seat, n), choice)

    def chosen(self, choice, seat=0, n=0):
        at = self.inn.clock.time
        return facts.ChoiceMade(at=at, seat=seat, sealed=self.sealed(choice, seat, n))


@pytest.fixture
def inn(open_inn):
    return open_inn(open=True, here=None)


@pytest.fixture
def play(inn, serve):
    return Play(inn, serve())


@pytest.fixture
def refused(inn):
    """States that events were refused, and that nothing of them is in the log."""

    def check(play, *events):
        before = inn.events(GAME)
        assert play.ship(*events) == BAD_BODY
        assert play.server.closed
        assert inn.events(GAME) == before

    return check


# --- the clock of a stage ------------------------------------------------------------------


def test_a_stage_that_ends_is_followed_by_the_next_in_the_same_unit(play, refused):
    play.play_to(1, 1)
    ended, begun = play.ring()
    assert isinstance(begun, facts.StageBegun)
    refused(play, ended)


def test_nothing_comes_between_the_end_of_a_stage_and_the_next(play, refused):
    play.play_to(1, 1)
    ended, begun = play.ring()
    verified = facts.PlayerVerified(at=ended.at, seat=0, ticket="aa")
    refused(play, ended, verified, begun)


def test_who_goes_on_with_a_game_sets_its_clock(inn, serve, play, refused):
    south = serve("south")
    play.play_to(1, 1)
    play.server.client.cut()
    play.server = south
    moved, _ = going_on(inn, south.assigned(), "south")
    refused(play, moved)


@pytest.mark.parametrize("until", [0, -5, 1, 10**18, 2**63, 10**4000])
def test_a_stage_lasts_as_long_as_it_does(play, refused, until):
    [begun] = stage_one(play.inn)
    refused(play, msgspec.structs.replace(begun, until=until))


def test_a_stage_does_not_end_before_its_time(play, refused):
    play.play_to(1, 1)
    play.inn.clock.time = play.inn.game().until
    early = [msgspec.structs.replace(event, at=event.at - 1) for event in play.ring()]
    early[1] = msgspec.structs.replace(early[1], until=early[1].until - 1)
    refused(play, *early)


@pytest.mark.parametrize("left", [-1, -(10**18), 24 * 3600 * SECOND, 10**18, 10**4000])
def test_a_resumed_stage_has_no_more_left_than_stages_ever_have(play, refused, left):
    play.play_to(1, 1)
    at = play.inn.clock.time
    refused(play, facts.StageResumed(at=at, until=at + left))


@pytest.mark.parametrize("seconds", [0, 30, 300])
def test_a_resumed_stage_has_what_it_had_left(play, seconds):
    play.play_to(1, 1)
    at = play.inn.clock.time
    assert play.ship(facts.StageResumed(at=at, until=at + seconds * SECOND)) == 0
    assert play.inn.game().until == at + seconds * SECOND


@pytest.mark.parametrize("cold", [True, False])
def test_a_stop_of_the_room_server_is_shipped_as_it_is(play, cold):
    play.verify(0, 2)
    play.play_to(1, 1)
    stop = {"left_at": play.inn.clock.time, "floor_us": SECOND, "cold": cold}
    events = play.decide(commands.Resume, **stop)
    assert [type(event).__name__ for event in events].count("PlayerGone") == 2 * cold
    assert play.ship(*events) == 0
    assert any(play.inn.game().present) is not cold


def test_a_stop_after_the_last_stage_is_shipped_too(play):
    play.verify(1)
    while play.inn.game().stage or not play.inn.game().day:
        play.ship(*[e for e in play.ring() if not isinstance(e, facts.GameSettled)])
    events = play.decide(commands.Resume, left_at=0, floor_us=SECOND, cold=True)
    assert events == [facts.PlayerGone(at=play.inn.clock.time, seat=1)]
    assert play.ship(*events) == 0


@pytest.mark.parametrize("at", [0, -1, -(10**18), 10**18, 10**4000])
def test_no_event_is_of_a_time_that_is_none(play, refused, at):
    refused(play, facts.PlayerVerified(at=at, seat=0, ticket="aa"))


@pytest.mark.parametrize("seconds", [-86_400 * 365, -3600, 0, 60])
def test_a_clock_may_be_another(play, seconds):
    at = play.inn.clock.time + seconds * SECOND
    assert play.ship(facts.PlayerVerified(at=at, seat=0, ticket="aa")) == 0


def test_a_game_lasts_as_the_lobby_says(inn, serve, refused):
    server = serve()
    inn.open_room(4)[0].lobby.send(wire.StartGame())
    times = facts.Times(verify=10**15, stages=(10**15,) * 4)
    opened = opening(server.assigned(), "north", inn.clock.time, times=times)
    assert server.ship([(GAME, 1, opened)]).code == BAD_BODY
    assert inn.names(GAME) == []


# --- what everybody sees -------------------------------------------------------------------

LIES = {
    (1, 1): {"positions": (facts.Position(player_id=1, cell=77),)},
    (1, 2): {"hp": (facts.Health(player_id=1, hp=0, alive=False),)},
    (1, 3): {"sold": (facts.Sale(lot_id=1, buyer=1, price=0),)},
    (1, 4): {"left": -99},
}


@pytest.mark.parametrize("stage", LIES)
def test_what_everybody_sees_of_a_stage_is_what_came_of_it(play, refused, stage):
    play.play_to(*stage)
    ended, begun = play.ring()
    refused(play, msgspec.structs.replace(ended, **LIES[stage]), begun)


def test_what_is_found_is_what_was_there(play, refused):
    play.play_to(1, 4)
    ended, begun = play.ring()
    refused(play, msgspec.structs.replace(ended, found=(facts.Found(cell=4, count=1),)), begun)


def test_what_is_for_sale_is_what_the_seed_says(play, refused):
    play.play_to(1, 2)
    ended, begun = play.ring()
    assert begun.lots
    refused(play, ended, msgspec.structs.replace(begun, lots=begun.lots[:1]))


# --- what changes nothing ------------------------------------------------------------------


def test_what_stands_already_is_not_chosen_again(play, refused):
    play.verify(0)
    play.play_to(1, 3)
    assert play.ship(play.chosen(Choice(Kind.PASS))) == 0
    refused(play, play.chosen(Choice(Kind.PASS), n=1))


def test_a_choice_that_is_another_is_chosen(play):
    play.verify(0)
    play.play_to(1, 1)
    for n, cell in enumerate((1, 3, 1)):
        assert play.ship(play.chosen(Choice(Kind.MOVE, cell), n=n)) == 0
    assert [sealed.n for sealed in play.inn.game().choices] == [2]


def test_who_is_not_here_chooses_nothing(play, refused):
    play.verify(1)
    play.play_to(1, 1)
    refused(play, play.chosen(Choice(Kind.PASS)))


def test_who_is_not_here_does_not_go(play, refused):
    refused(play, facts.PlayerGone(at=play.inn.clock.time, seat=0))


def test_who_is_here_with_a_ticket_does_not_come_with_it(play, refused):
    play.verify(0)
    refused(play, facts.PlayerVerified(at=play.inn.clock.time, seat=0, ticket="aa"))


@pytest.mark.parametrize("ticket", ["", "A0", "a" * 65, "?" * 64])
def test_a_ticket_is_known_by_its_hash(play, refused, ticket):
    refused(play, facts.PlayerVerified(at=play.inn.clock.time, seat=0, ticket=ticket))


def test_a_game_is_opened_once_an_epoch(play, refused):
    refused(play, opening(play.assign, "north", play.inn.clock.time))


def test_a_game_is_moved_once_an_epoch(inn, serve, play, refused):
    south = serve("south")
    play.play_to(1, 1)
    play.server.client.cut()
    play.server = south
    moved = going_on(inn, south.assigned(), "south")
    assert play.ship(*moved) == 0
    refused(play, *moved)


# --- how much ------------------------------------------------------------------------------


def test_a_batch_has_what_a_journal_puts_in_one(play):
    assert inspect.signature(Journal).parameters["max_events"].default == link.MAX_ROWS
    unit = []
    for n in range(link.MAX_ROWS + 1):
        ticket = ("aa", "bb")[n % 2]
        unit.append((GAME, 2 + n, facts.PlayerVerified(at=1, seat=0, ticket=ticket)))
    assert play.server.ship(*([row] for row in unit[:-1])).code == 0
    assert len(play.inn.events(GAME)) == 1 + link.MAX_ROWS


@pytest.mark.parametrize("units", [1, 513])
def test_a_longer_batch_is_refused(play, units):
    gone = facts.PlayerGone(at=1, seat=0)
    rows = [(GAME, 2 + n, gone) for n in range(link.MAX_ROWS + 1)] if units == 1 else []
    assert play.server.ship(*[rows] * units).code == BAD_BODY
    assert "512" in play.server.closed
    assert play.inn.names(GAME) == ["GameOpened"]
    assert play.inn.reports == []


def test_the_id_of_a_game_has_no_number_that_is_too_long(play):
    gone = facts.PlayerGone(at=1, seat=0)
    assert play.server.ship([(f"treasure.game:{'1' * 5000}:1", 1, gone)]).code == BAD_BODY
    assert play.server.closed
    assert play.inn.reports == []


def test_what_it_said_comes_into_the_log_cut(play):
    row = link.Row(GAME, 2, "x" * 1_000_000, msgspec.Raw(b"{}"))
    play.server.client.send(link.Batch(batch=9, units=((row,),)))
    [(_, fields)] = play.inn.lines
    assert len(fields["why"]) == len(play.server.closed) == 200


def test_a_refusal_names_what_it_was(play):
    with pytest.raises(shipment.BadShipment, match=r"^x{200}$"):
        raise shipment.BadShipment("x" * 1000)


# --- room servers that do not go on --------------------------------------------------------


def beat_on(play, seconds):
    """Have the room server live on for a while, and do nothing else."""
    for _ in range(0, seconds, 2):
        if not play.server.closed:
            play.server.client.send(link.Beat())
        play.inn.pass_time(2)


@pytest.mark.parametrize("stage", [0, 1])
def test_a_game_that_does_not_go_on_goes_to_another_room_server(serve, play, stage):
    south = serve("south")
    if stage:
        play.play_to(1, stage)
    beat_on(play, 30 + 4 * 15 - 5)  # the longest stage, and four times as long as the dead have
    assert play.inn.reports == []
    while not play.inn.reports and play.inn.clock.time < START + 300 * SECOND:
        beat_on(play, 2)
    assert play.inn.reports == ["game_taken_away"]
    [withdrawn] = play.server.take(link.Withdraw)
    assert withdrawn.epoch == 1
    again = south.assigned()
    assert again.epoch == 2
    south.accept(again)
    assert (play.inn.game().server, play.inn.room().state) == ("south", "playing")


def test_a_game_that_goes_on_stays_where_it_is(serve, play):
    serve("south")
    for _ in range(20):
        beat_on(play, 30)
        assert play.ship(*play.ring()) == 0
    assert play.inn.reports == []
    assert play.inn.room().epoch == 1


def test_a_slow_clock_is_no_reason(serve, play):
    serve("south")
    for _ in range(8):
        beat_on(play, 30)
        behind = play.inn.game().until  # rung as late as it likes, by its own clock
        assert play.ship(*play.decide(commands.Ring, at=behind)) == 0
        play.inn.clock.time += SECOND
    assert play.inn.reports == []


def test_a_stage_is_not_resumed_for_ever(serve, play):
    serve("south")
    play.play_to(1, 1)
    for _ in range(200):
        beat_on(play, 20)
        at = play.inn.clock.time
        if play.inn.reports:
            break
        assert play.ship(facts.StageResumed(at=at, until=at + 30 * SECOND)) == 0
    assert play.inn.reports == ["game_taken_away"]


def test_nobody_holds_a_game_for_ever_alone(serve, play):
    for _ in range(500):
        beat_on(play, 2)
        for assign in play.server.take(link.Assign):
            play.server.accept(assign)
        if play.inn.room().state == "waiting":
            break
    assert play.inn.events(GAME)[-1].reason == "bad_room_server"
    assert play.inn.reports == ["game_taken_away"] * 3 + ["game_cancelled"]


def test_a_game_that_is_over_is_settled_though_nobody_says_so(serve, play):
    while play.inn.game().stage or not play.inn.game().day:
        play.ship(*[e for e in play.ring() if not isinstance(e, facts.GameSettled)])
    beat_on(play, 300)
    assert play.inn.names(GAME)[-1] == "GameSettled"
    assert play.inn.room().state == "waiting"
    [answer] = play.server.take(link.PlacedAnswer)
    assert answer.code == 0
    assert play.inn.reports == []


def test_a_lobby_that_was_away_itself_takes_nothing_away(serve, play):
    serve("south")
    play.play_to(1, 1)
    beat_on(play, 100)  # the stage was seen
    play.inn.clock.time += 3600 * SECOND
    play.server.client.send(link.Beat())
    play.inn.engine.fire_timers()
    play.inn.flush()
    assert play.inn.reports == []
    beat_on(play, 300)
    assert play.inn.reports == ["game_taken_away"]
