"""Tickets, rooms and the lobby of treasure games under audit.

Whoever alters these logs makes the seals anew, so that only the rules can tell.
"""

import pytest
from auditing import audited
from hunt_audits import begun, found
from treasuries import CANCELLED, EMBEDDED, FIRST, MOVED, OTHER, RUNNING

from parlour.events import account
from parlour.events import treasure as facts
from parlour.events.rules.treasure import commands

ROOM = facts.room_id(1)


@pytest.fixture
def tamperer(tamperer_of_hunt):
    return tamperer_of_hunt


# --- tickets and epochs -----------------------------------------------------------------------


def test_a_ticket_that_nobody_gave_is_told(tamperer):
    position = tamperer.find("treasure.player-verified", of=FIRST)
    tamperer.change(position, ticket="ef" * 32)
    assert found(tamperer) == [("treasure_ticket_wrong", position, "ticket")]


def test_another_s_ticket_is_told(tamperer):
    position = tamperer.find("treasure.player-verified", of=FIRST, seat=1)
    stolen = tamperer.event(tamperer.find("treasure.player-verified", of=FIRST, seat=0))["ticket"]
    tamperer.change(position, ticket=stolen)
    assert found(tamperer) == [("treasure_ticket_wrong", position, "ticket")]


def test_a_ticket_itself_is_never_in_the_log(tamperer):
    position = tamperer.find("treasure.ticket-given", of=ROOM)
    tamperer.change(position, ticket="0123456789abcdef0123456789abcdef")
    assert ("treasure_ticket_wrong", position, "ticket") in found(tamperer)


def test_a_ticket_s_time_must_lie_ahead(tamperer):
    position = tamperer.find("treasure.ticket-given", of=facts.room_id(3))
    event = tamperer.event(position)
    for nth in range(4):
        tamperer.change(
            tamperer.find("treasure.ticket-given", of=facts.room_id(3), nth=nth),
            expires=event["at"],
        )
    codes = found(tamperer)
    assert codes[0] == ("treasure_ticket_wrong", position, "expires")
    verified = tamperer.find("treasure.player-verified", of=RUNNING)
    assert ("treasure_ticket_wrong", verified, "at") in codes


def test_the_ticket_to_the_room_server_before_is_void(tamperer):
    old = tamperer.event(tamperer.find("treasure.player-verified", of=MOVED, seat=0))["ticket"]
    position = tamperer.find("treasure.player-verified", of=MOVED, seat=0, nth=1)
    tamperer.change(position, ticket=old)
    codes = [finding[:2] for finding in found(tamperer)]
    assert ("treasure_ticket_wrong", position) in codes


@pytest.mark.parametrize("asked", [1, 5])
@pytest.mark.parametrize(("seconds", "codes"), [(5, []), (40, ["treasure_ticket_wrong"])])
def test_a_ticket_before_is_good_only_while_news_may_travel(treasury, room, seconds, codes, asked):
    game = begun(treasury, room)
    old = treasury.state(game).tickets[3]
    treasury.go(game, 3)
    for _ in range(asked):
        treasury.new_ticket(game, 3)
        treasury.wait(1)
    treasury.wait(seconds)
    treasury.in_game(game, commands.VerifyPlayer(at=treasury.at, seat=3, ticket=old))
    room.flush()
    assert [finding.code for finding in audited(room.data).findings] == codes


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("treasure.game-opened", MOVED),
        ("treasure.game-moved", MOVED),
        ("treasure.game-placed", ROOM),
    ],
)
@pytest.mark.parametrize("by", [-1, 1])
def test_epochs_grow_one_by_one_and_the_game_has_its_room_s(tamperer, name, of, by):
    position = tamperer.find(name, of=of)
    tamperer.change(position, epoch=tamperer.event(position)["epoch"] + by)
    assert "treasure_epoch_wrong" in {code for code, *_ in found(tamperer)}


# --- room and game, lobby and accounts --------------------------------------------------------


def test_who_plays_is_who_sat_in_the_room(tamperer):
    position = tamperer.find("treasure.game-opened", of=RUNNING)
    players = tamperer.event(position)["players"]
    players[0]["uid"] = 1
    tamperer.change(position, players=players)
    assert ("treasure_game_differs", position, "players[0].uid") in found(tamperer)


def test_a_game_opens_where_it_was_placed(tamperer):
    position = tamperer.change(tamperer.find("treasure.game-opened", of=RUNNING), server=OTHER)
    assert found(tamperer) == [("treasure_game_differs", position, "server")]


def test_a_game_opens_under_its_own_name(tamperer):
    position = tamperer.change(tamperer.find("treasure.game-opened", of=RUNNING), game=9)
    assert ("treasure_game_differs", position, None) in found(tamperer)


def test_a_room_closes_the_game_when_it_is_settled(treasury, room):
    game = begun(treasury, room)
    state = treasury.state(facts.room_id(1))
    following = treasury.commitment(1, 2)
    close = commands.CloseGame(at=treasury.at, epoch=state.epoch, next=following)
    treasury.in_room(1, close)
    room.flush()
    (finding,) = audited(room.data).findings
    assert (finding.code, finding.detail) == (
        "treasure_game_differs",
        "the room's game is not over",
    )
    assert game


def test_a_settled_game_that_its_room_goes_on_with_is_told(tamperer):
    closed = tamperer.find("treasure.game-closed", of=ROOM)
    tamperer.take_out(closed)
    tamperer.take_out(closed)  # and the next one's commitment
    codes = found(tamperer)
    assert codes[0][0] == "treasure_game_differs"


@pytest.mark.parametrize(
    ("name", "fields", "code"),
    [
        ("treasure.player-joined", {"seat": 5}, "treasure_step_wrong"),
        ("treasure.ready-changed", {"uid": 8}, "treasure_step_wrong"),
        ("treasure.game-accepted", {"epoch": 9}, "treasure_epoch_wrong"),
        ("treasure.ticket-given", {"epoch": 9}, "treasure_epoch_wrong"),
        ("treasure.game-placed", {"server": "nobody"}, "treasure_server_wrong"),
        ("treasure.game-closed", {"game": 5}, "treasure_step_wrong"),
        ("treasure.game-committed", {"game": 5}, "treasure_step_wrong"),
    ],
)
def test_a_step_of_a_room_that_the_rules_do_not_give_is_told(tamperer, name, fields, code):
    position = tamperer.change(tamperer.find(name, of=ROOM), **fields)
    assert (code, position) in [finding[:2] for finding in found(tamperer)]


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("treasure.ticket-given", ROOM),
        ("treasure.game-committed", ROOM),
        ("treasure.host-changed", facts.room_id(2)),
        ("treasure.room-closed", facts.room_id(2)),
    ],
)
def test_what_must_follow_in_a_room_may_not_be_left_out(tamperer, name, of):
    tamperer.take_out(tamperer.find(name, of=of))
    assert "treasure_step_wrong" in {code for code, *_ in found(tamperer)}


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("treasure.room-listed", facts.LOBBY_ID),
        ("treasure.room-delisted", facts.LOBBY_ID),
        ("account.seated", account.account_id(8)),
        ("account.unseated", account.account_id(8)),
    ],
)
def test_lobby_room_and_accounts_tell_one_story(tamperer, name, of):
    tamperer.take_out(tamperer.find(name, of=of))
    assert "treasure_room_differs" in {code for code, *_ in found(tamperer)}


def test_a_waiting_room_takes_another_seed_when_the_key_is_lost(treasury, room):
    room.register(1)
    treasury.open_room(1, 1)
    chosen = treasury.commitment(1, 2)
    for game in (2, 4):
        committed = facts.GameCommitted(
            at=treasury.at, game=game, salt=chosen.salt, commitment=chosen.commitment
        )
        treasury.record(ROOM, committed)
    room.flush()
    (finding,) = audited(room.data).findings
    # Room and seed, a new seed; then one that leaves out a game.
    assert (finding.code, finding.originator_version) == ("treasure_step_wrong", 4)


def test_a_room_has_a_number_that_none_had_before(treasury, room):
    for uid in (1, 2):
        room.register(uid)
    treasury.open_room(7, 1)
    treasury.open_room(6, 2)
    room.flush()
    (finding,) = audited(room.data).findings
    assert (finding.code, finding.originator_id) == ("treasure_room_differs", facts.LOBBY_ID)


def test_room_servers_live_once_and_die_once(treasury, room):
    treasury.serve(EMBEDDED, OTHER)
    again = facts.ServerRegistered(at=1, server=OTHER, ip="", port=1, capacity=1)
    treasury.record(facts.SERVERS_ID, again, facts.ServerLost(at=1, server="nobody"))
    room.flush()
    codes = [finding.code for finding in audited(room.data).findings]
    assert codes == ["treasure_server_wrong"] * 2


def test_a_field_that_says_more_than_an_event_may_is_told(tamperer):
    position = tamperer.change(tamperer.find("treasure.player-verified", of=RUNNING), role="evil")
    assert found(tamperer) == [("treasure_secret_shown", position, "role")]


def test_a_cancelled_game_is_the_one_it_names(tamperer):
    position = tamperer.find("treasure.game-cancelled", of=CANCELLED)
    tamperer.change(position, game_id=FIRST)
    assert ("treasure_step_wrong", position, "game_id") in found(tamperer)


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("key_lost", None),
        ("no_room_server", None),
        ("bad_room_server", None),
        ("tired", "event_undecodable"),
    ],
)
def test_a_game_is_cancelled_for_one_of_three_reasons(tamperer, reason, code):
    position = tamperer.find("treasure.game-cancelled", of=CANCELLED)
    tamperer.change(position, reason=reason)
    codes = {finding[0] for finding in found(tamperer) if finding[1] == position}
    assert codes == ({code} if code else set())


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("treasure.game-opened", {"players": []}),
        ("treasure.game-opened", {"room": 10**30}),
        ("treasure.player-verified", {"seat": 99}),
        ("treasure.player-gone", {"seat": -1}),
        ("treasure.choice-made", {"seat": -1}),
        ("treasure.stage-begun", {"day": 99}),
        ("treasure.stage-ended", {"day": 99}),
        ("treasure.stage-ended", {"at": -(10**18)}),
        ("treasure.game-moved", {"epoch": 10**30}),
        ("treasure.stage-resumed", {"until": -1}),
        ("treasure.game-settled", {"players": []}),
        ("treasure.game-settled", {"game_id": "?"}),
        ("treasure.room-opened", {"max": 0}),
        ("treasure.server-lost", {"server": "?"}),
    ],
)
def test_values_that_no_engine_writes_are_findings_and_no_crash(tamperer, name, fields):
    tamperer.change(tamperer.find(name), **fields)
    assert found(tamperer) != []
