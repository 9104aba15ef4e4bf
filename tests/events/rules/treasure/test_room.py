"""Rooms: who sits, who is ready, where the game is, and what comes back from the log."""

import msgspec
import pytest

from parlour.events import treasure as facts
from parlour.events.errors import RuleViolation
from parlour.events.messages.treasure import CODES
from parlour.events.rules.treasure import commands
from parlour.events.rules.treasure.room import (
    check_start,
    decide,
    evolve,
    players,
    seated,
)
from parlour.events.rules.treasure.state import Room, Ticket

NEXT = commands.Commitment(salt="ab" * 16, commitment="cd" * 32)


def refused(code):
    return pytest.raises(RuleViolation, match=f"^{next(w for w, n in CODES.items() if n == code)}$")


def names(events):
    return [type(event).__name__ for event in events]


class Waiting:
    """A room, told commands one after the other."""

    def __init__(self, *, members=1, max=5, password=""):
        self.room = Room()
        self.do(
            commands.OpenRoom,
            room=7,
            name="den",
            max=max,
            salt="",
            password=password,
            uid=101,
            username="a",
            next=NEXT,
        )
        for uid in range(102, 101 + members):
            self.join(uid)

    def do(self, kind, **fields):
        events = decide(self.room, kind(at=9, **fields))
        for event in events:
            self.room = evolve(self.room, event)
        return events

    def join(self, uid, password=""):
        return self.do(commands.JoinRoom, uid=uid, username="x", password=password)

    def leave(self, uid, reason="left"):
        return self.do(commands.LeaveRoom, uid=uid, reason=reason)

    def ready(self, uid, *, ready=True):
        return self.do(commands.ChangeReady, uid=uid, ready=ready)

    def all_ready(self):
        for uid in self.room.members:
            if uid != self.room.host:
                self.ready(uid)
        return self

    def start(self, uid=101, server="one"):
        return self.do(commands.StartGame, uid=uid, server=server, tickets=self.tickets())

    def place(self, epoch, server):
        return self.do(commands.PlaceGame, epoch=epoch, server=server, tickets=self.tickets())

    def accept(self, epoch):
        return self.do(commands.AcceptGame, epoch=epoch, ip="1.2.3.4", port=9201, ws="ws://x")

    def close(self, epoch):
        return self.do(commands.CloseGame, epoch=epoch, next=NEXT)

    def tickets(self):
        epoch = self.room.epoch + 1
        digests = {uid: f"{uid}-{epoch}" for uid in self.room.members}
        return commands.Tickets(digests=digests, expires=69)

    def seats(self):
        return {member.uid: member.seat for member in seated(self.room)}


@pytest.fixture
def started():
    room = Waiting(members=4).all_ready()
    room.start()
    return room


@pytest.fixture
def playing(started):
    started.accept(1)
    return started


# --- waiting --------------------------------------------------------------------------------


def test_who_makes_a_room_is_its_host_at_seat_0_and_the_next_seed_is_committed():
    waiting = Waiting()
    assert waiting.room.host == 101
    assert waiting.seats() == {101: 0}
    assert waiting.room.state == "waiting"
    assert (waiting.room.game, waiting.room.game_salt) == (1, NEXT.salt)
    assert waiting.room.commitment == NEXT.commitment


def test_one_living_room_has_a_name():
    opened = facts.RoomOpened(
        at=1, room=7, name="Den", max=4, salt="", password="", uid=1, username="a"
    )
    assert opened.claims() == facts.RoomClosed(at=2, name="DEN").releases()


def test_a_room_is_opened_once():
    waiting = Waiting()
    with refused(8):
        waiting.do(
            commands.OpenRoom,
            room=7,
            name="x",
            max=4,
            salt="",
            password="",
            uid=1,
            username="x",
            next=NEXT,
        )


def test_players_sit_on_the_lowest_free_seat():
    waiting = Waiting(members=4)
    waiting.leave(102)
    waiting.join(110)
    assert waiting.seats() == {101: 0, 110: 1, 103: 2, 104: 3}


def test_a_room_that_is_not_there_is_not_joined():
    with refused(6):
        decide(Room(), commands.JoinRoom(at=1, uid=1, username="x", password=""))


def test_a_full_room_takes_nobody():
    waiting = Waiting(members=5, max=5)
    with refused(7):
        waiting.join(110)


def test_nobody_is_in_a_room_twice():
    with refused(8):
        Waiting(members=2).join(102)


@pytest.mark.parametrize("given", ["", "other", "ünlike"])
def test_a_wrong_password_is_refused(given):
    waiting = Waiting(password="digest")
    with refused(23):
        waiting.join(102, given)
    assert names(waiting.join(102, "digest")) == ["PlayerJoined"]


def test_a_room_without_a_password_takes_any():
    assert Waiting().join(102, "whatever")


def test_who_is_not_in_the_room_does_not_leave_it_or_get_ready():
    waiting = Waiting()
    with refused(5):
        waiting.leave(110)
    with refused(5):
        waiting.ready(110)
    with refused(5):
        waiting.start(110)


def test_when_the_host_leaves_the_lowest_seat_is_host():
    waiting = Waiting(members=4)
    waiting.leave(102)
    assert names(waiting.leave(101)) == ["PlayerLeft", "HostChanged"]
    assert waiting.room.host == 103
    waiting.join(110)
    assert (waiting.seats()[110], waiting.room.host) == (0, 103)


def test_when_another_leaves_the_host_stays():
    waiting = Waiting(members=3)
    assert names(waiting.leave(102)) == ["PlayerLeft"]
    assert waiting.room.host == 101


def test_an_empty_room_goes():
    waiting = Waiting(members=2)
    waiting.leave(101)
    assert names(waiting.leave(102, "lost")) == ["PlayerLeft", "RoomClosed"]
    assert waiting.room.state == "closed"
    with refused(6):
        waiting.join(103)


def test_ready_is_changed_and_changed_back():
    waiting = Waiting(members=2)
    assert names(waiting.ready(102)) == ["ReadyChanged"]
    assert waiting.ready(102) == []
    waiting.ready(102, ready=False)
    assert not waiting.room.members[102].ready


# --- starting -------------------------------------------------------------------------------


def test_only_the_host_starts():
    with refused(9):
        Waiting(members=4).all_ready().start(102)


def test_four_players_are_needed():
    with refused(11):
        Waiting(members=3).all_ready().start()


def test_all_others_are_ready():
    waiting = Waiting(members=4)
    waiting.ready(102)
    with refused(10):
        waiting.start()


def test_a_room_server_must_be_free():
    with refused(12):
        Waiting(members=4).all_ready().start(server="")


def test_a_start_may_be_checked_before_a_server_is_looked_for():
    waiting = Waiting(members=4)
    with refused(10):
        check_start(waiting.room, 101)
    assert check_start(waiting.all_ready().room, 101) is None
    with refused(6):
        check_start(Room(), 101)


def test_the_game_is_placed_and_every_member_gets_a_ticket(started):
    room = started.room
    assert (room.state, room.server, room.epoch) == ("starting", "one", 1)
    assert room.members[103].ticket == Ticket(game=1, epoch=1, ticket="103-1", expires=69)


def test_seats_of_the_game_have_no_holes():
    waiting = Waiting(members=5)
    waiting.leave(102)
    assert [(p.seat, p.uid) for p in players(waiting.room)] == [
        (0, 101),
        (1, 103),
        (2, 104),
        (3, 105),
    ]


@pytest.mark.parametrize("state", ["started", "playing"])
def test_while_a_game_runs_nobody_enters_leaves_gets_ready_or_starts(request, state):
    waiting = request.getfixturevalue(state)
    for do in (
        lambda: waiting.join(110),
        lambda: waiting.leave(102),
        lambda: waiting.ready(102, ready=False),
        lambda: waiting.start(),
    ):
        with refused(21):
            do()


def test_a_full_room_that_plays_is_said_to_play():
    waiting = Waiting(members=4, max=4).all_ready()
    waiting.start()
    with refused(21):
        waiting.join(110)


def test_who_is_lost_while_a_game_runs_keeps_his_seat(playing):
    assert playing.leave(102, "lost") == []
    assert 102 in playing.room.members


def test_the_next_server_is_asked_under_the_next_epoch_with_new_tickets(started):
    assert names(started.place(1, "two")) == ["GamePlaced"] + ["TicketGiven"] * 4
    assert (started.room.server, started.room.epoch) == ("two", 2)
    assert started.room.members[103].ticket.ticket == "103-2"
    assert started.room.game == 1


def test_when_no_server_is_left_the_game_is_refused_and_everybody_is_as_before(started):
    before = started.room
    assert names(started.place(1, "")) == ["GameRefused"]
    room = started.room
    assert (room.state, room.server, room.game) == ("waiting", "", 1)
    assert room.commitment == before.commitment
    assert [member.ready for member in seated(room)] == [False, True, True, True]
    started.start()
    assert started.room.epoch == 2


# --- playing --------------------------------------------------------------------------------


def test_the_server_that_has_the_game_says_where(playing):
    room = playing.room
    assert (room.state, room.ip, room.port, room.ws) == ("playing", "1.2.3.4", 9201, "ws://x")


def test_a_second_answer_changes_nothing(playing):
    assert playing.accept(1) == []


def test_an_older_epoch_is_refused_everywhere(started):
    started.place(1, "two")
    for do in (started.accept, started.close, lambda epoch: started.place(epoch, "three")):
        with pytest.raises(RuleViolation, match="stale_epoch"):
            do(1)
        with pytest.raises(RuleViolation, match="stale_epoch"):
            do(3)


def test_a_game_whose_server_died_is_placed_again_and_not_refused(playing):
    with refused(12):
        playing.place(1, "")
    playing.place(1, "two")
    assert playing.room.state == "starting"
    with refused(12):
        playing.place(2, "")
    playing.accept(2)
    assert playing.room.state == "playing"


def test_who_logs_in_again_gets_a_new_ticket(playing):
    playing.do(commands.GiveTicket, uid=102, ticket="new", expires=99)
    assert playing.room.members[102].ticket == Ticket(game=1, epoch=1, ticket="new", expires=99)


def test_there_is_no_ticket_to_a_game_that_nobody_has(started):
    assert started.do(commands.GiveTicket, uid=102, ticket="new", expires=99) == []
    with refused(5):
        started.do(commands.GiveTicket, uid=110, ticket="new", expires=99)


def test_after_a_game_nobody_is_ready_and_the_next_seed_is_committed(playing):
    assert names(playing.close(1)) == ["GameClosed", "GameCommitted"]
    room = playing.room
    assert (room.state, room.game, room.server, room.accepted) == ("waiting", 2, "", False)
    assert not any(member.ready or member.ticket for member in seated(room))


def test_a_game_is_closed_once(playing):
    playing.close(1)
    with pytest.raises(RuleViolation, match="stale_epoch"):
        playing.close(1)


def test_epochs_rise_through_the_rooms_life(playing):
    playing.close(1)
    playing.all_ready().start()
    assert playing.room.epoch == 2


# --- the log --------------------------------------------------------------------------------


def test_a_room_comes_back_from_its_snapshot(playing):
    stored = msgspec.json.encode(playing.room)
    assert msgspec.json.decode(stored, type=Room) == playing.room


def test_events_of_others_change_nothing():
    room = Waiting().room
    assert evolve(room, facts.RoomListed(at=1, room=1)) is room
    assert evolve(room, facts.ReadyChanged(at=1, uid=99, ready=True)) is room
