import msgspec

from parlour.events.rules.treasure import notices
from parlour.events.rules.treasure.state import Member, Room, Ticket

TICKET = Ticket(game=1, epoch=1, ticket="digest of a ticket", expires=60)
ROOM = Room(
    room=7,
    name="den",
    max=5,
    salt="salt",
    password="digest of a password",
    state="playing",
    host=102,
    members={
        102: Member(uid=102, username="b", seat=1, ticket=TICKET),
        101: Member(uid=101, username="a", seat=0, ready=True),
    },
    game=1,
    game_salt="salt of the seed",
    commitment="cd" * 32,
    epoch=1,
    server="one",
    ip="1.2.3.4",
    port=9201,
    ws="ws://x",
)


def test_a_room_is_shown_with_its_members_by_seat_and_the_commitment():
    assert msgspec.to_builtins(notices.room_info(ROOM, seq=4)) == {
        "code": 0,
        "seq": 4,
        "room_id": 7,
        "name": "den",
        "host": 102,
        "max": 5,
        "state": "playing",
        "players": (
            {"player_id": 101, "name": "a", "seat": 0, "ready": True},
            {"player_id": 102, "name": "b", "seat": 1, "ready": False},
        ),
        "commitment": "cd" * 32,
    }


def test_a_room_that_is_pushed_answers_no_request():
    assert b"seq" not in msgspec.json.encode(notices.room_info(ROOM))


def test_a_room_is_listed():
    assert msgspec.to_builtins(notices.listing(ROOM)) == {
        "room_id": 7,
        "name": "den",
        "players": 2,
        "max": 5,
        "locked": True,
        "state": "playing",
    }


def test_a_member_is_told_where_the_game_is():
    assert msgspec.to_builtins(notices.game_at(ROOM, "ticket", 1_500_000)) == {
        "room_id": 7,
        "ip": "1.2.3.4",
        "port": 9201,
        "ws": "ws://x",
        "ticket": "ticket",
        "expires": 1.5,
    }
