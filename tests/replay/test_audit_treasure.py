"""Treasure games under audit: clean ones, and what is found after somebody was there.

Whoever alters these logs makes the seals anew, so that only the rules can tell.
"""

import pytest
from rich.console import Console
from tables import SECOND
from treasuries import CANCELLED, EMBEDDED, FIRST, MOVED, OTHER, RUNNING

from parlour.events import account
from parlour.events import treasure as facts
from parlour.events.reader import LogReader
from parlour.events.rules.treasure import commands, draws
from parlour.events.rules.treasure.sealing import Choice, Kind, Place, seal
from parlour.replay.audit import audit
from parlour.replay.treasure_judge import MOST_BROKEN

ROOM = facts.room_id(1)


def report_of(folder, **options):
    with LogReader(folder) as reader:
        return audit(reader, **options)


def found(tamperer, **options):
    """Return code, position and field of every finding, seals made anew and snapshots gone."""
    tamperer.sql("DELETE FROM snapshots")
    tamperer.reseal()
    findings = report_of(tamperer.folder, **options).findings
    return [(finding.code, finding.position, finding.field) for finding in findings]


@pytest.fixture
def tamperer(tamperer_of_hunt):
    return tamperer_of_hunt


@pytest.fixture
def keyless(tamperer):
    """The log without the key file: the running game's seed is not known."""
    (tamperer.folder / "deck.key").unlink()
    return tamperer


def test_whole_games_are_clean(hunted):
    report = report_of(hunted)
    assert report.findings == []
    assert (report.games, report.treasures, report.treasures_unseen) == (4, 4, 0)


def test_the_report_tells_what_was_judged(keyless):
    report = report_of(keyless.folder)
    assert report.ok
    # The cancelled one's seed is in no event either.
    assert report.treasures_unseen == 2
    console = Console(width=200, color_system=None)
    with console.capture() as captured:
        report.print(console)
    assert "4  treasure games re-played from their seeds and sealed choices" in captured.get()
    assert "roles and choices of 2 treasure games: their seed is not revealed" in captured.get()


def test_one_game_can_be_asked_for(tamperer):
    change_line(tamperer, FIRST, 0, score=99)
    report = report_of(tamperer.folder, game=MOVED)
    assert (report.games, report.games_skipped) == (1, 3)
    assert found(tamperer, game=MOVED) == []
    assert found(tamperer, game=FIRST) != []


# --- seeds and settlements --------------------------------------------------------------------


def change_line(tamperer, game, index, **fields):
    position = tamperer.find("treasure.game-settled", of=game)
    players = tamperer.event(position)["players"]
    players[index] |= fields
    return tamperer.change(position, players=players)


def other(role):
    return "miner" if role != "miner" else "healer"


@pytest.mark.parametrize("field", ["role", "alive", "treasures", "gold", "score", "win"])
def test_each_field_of_a_settlement_follows_again_from_the_seed(tamperer, field):
    line = tamperer.event(tamperer.find("treasure.game-settled", of=FIRST))["players"][1]
    value = {"role": other(line["role"]), "alive": not line["alive"], "win": not line["win"]}
    position = change_line(tamperer, FIRST, 1, **{field: value.get(field, 77)})
    findings = found(tamperer)
    assert ("treasure_settlement_wrong", position, f"players[1].{field}") in findings
    # Score and win are what the account counted.
    counted = {code for code, *_ in findings} - {"treasure_settlement_wrong"}
    assert counted == ({"treasure_count_wrong"} if field in ("score", "win") else set())


@pytest.mark.parametrize(("field", "value"), [("winner", "evil"), ("reason", "days_over")])
def test_who_won_and_why_follows_again(tamperer, field, value):
    position = tamperer.find("treasure.game-settled", of=FIRST)
    assert tamperer.event(position)[field] != value
    tamperer.change(position, **{field: value})
    assert found(tamperer) == [("treasure_settlement_wrong", position, field)]


def test_a_seed_that_is_not_the_promised_one_is_told(tamperer):
    position = tamperer.find("treasure.game-settled", of=FIRST)
    tamperer.change(position, seed="ab" * 32)
    assert found(tamperer) == [("treasure_seed_wrong", position, "seed")]


def test_without_its_seed_a_settlement_must_still_add_up(keyless):
    position = change_line(keyless, FIRST, 1, score=77)
    keyless.change(position, seed="no hex")
    codes = [code for code, at, _ in found(keyless) if at == position]
    assert codes[:2] == ["treasure_seed_wrong", "treasure_settlement_wrong"]


def test_a_commitment_that_was_changed_afterwards_is_told(tamperer):
    position = tamperer.find("treasure.game-opened", of=FIRST)
    tamperer.change(position, commitment="cd" * 32)
    codes = found(tamperer)
    assert ("treasure_game_differs", position, "commitment") in codes
    settled = tamperer.find("treasure.game-settled", of=FIRST)
    assert ("treasure_seed_wrong", settled, "seed") in codes


def test_a_settlement_before_the_end_is_told(treasury, room):
    game = begun(treasury, room)
    lines = tuple(
        facts.Settled(
            player_id=uid, role="explorer", alive=True, treasures=0, gold=5, score=30, win=True
        )
        for uid in (1, 2, 3, 4)
    )
    settled = facts.GameSettled(
        at=treasury.at,
        seed=treasury.seed(game).hex(),
        winner="good",
        reason="evil_dead",
        players=lines,
        game_id=game,
    )
    treasury.settle(game, settled)
    room.flush()
    (finding,) = report_of(room.data).findings
    assert finding.code == "treasure_settlement_wrong"
    assert finding.detail == "the game was not over here"


@pytest.mark.parametrize("again", [True, False])
def test_after_its_end_nothing_happens_in_a_game(tamperer, again):
    position = tamperer.find("treasure.game-settled", of=FIRST)
    event = tamperer.event(position)
    name, gone = "treasure.player-gone@1", {"at": event["at"], "seat": 0}
    topic, late = ("treasure.game-settled@1", event) if again else (name, gone)
    tamperer.put_in(position + 1, FIRST, topic, late)
    code = "treasure_settlement_doubled" if again else "treasure_after_end"
    assert (code, position + 1, None) in found(tamperer)


# --- counts -----------------------------------------------------------------------------------


def count_of(tamperer, nth=0):
    return tamperer.find("account.game-counted", nth=nth, game=FIRST)


def test_a_count_that_is_missing_is_told(tamperer):
    tamperer.take_out(count_of(tamperer))
    settled = tamperer.find("treasure.game-settled", of=FIRST)
    assert found(tamperer) == [("treasure_count_wrong", settled, "exp, win")]


@pytest.mark.parametrize("fields", [{"exp": 1_000}, {"win": False}])
def test_a_count_is_what_was_settled(tamperer, fields):
    position = tamperer.change(count_of(tamperer), **fields)
    assert found(tamperer) == [("treasure_count_wrong", position, "exp, win")]


def test_a_game_is_counted_once(tamperer):
    position = count_of(tamperer)
    uid, topic = tamperer.row(position)[0], "account.game-counted@1"
    tamperer.put_in(position + 1, uid, topic, tamperer.event(position))
    assert found(tamperer) == [("treasure_count_wrong", position + 1, "exp, win")]


@pytest.mark.parametrize("game", [RUNNING, FIRST])
def test_a_count_without_a_settlement_is_told(tamperer, game):
    counted = {"at": 1, "game": game, "exp": 5, "win": True}
    position = tamperer.append((account.account_id(8), "account.game-counted@1", counted))
    assert found(tamperer) == [("treasure_count_wrong", position, "exp, win")]


def test_money_for_a_treasure_game_belongs_to_nothing(tamperer):
    lines = [
        (account.account_id(uid), "account.posted@1", posting(amount, balance))
        for uid, amount, balance in ((0, -5, -80_005), (8, 5, 10_005))
    ]
    position = tamperer.append(*lines)
    unfounded = [at for code, at, _ in found(tamperer) if code == "payment_unfounded"]
    assert unfounded == [position, position + 1]


def posting(amount, balance):
    return {
        "at": 1,
        "currency": "money",
        "amount": amount,
        "balance": balance,
        "reason": "settlement",
        "ref": FIRST,
    }


# --- choices ----------------------------------------------------------------------------------


def test_a_choice_whose_bytes_were_changed_does_not_open(tamperer):
    position = tamperer.find("treasure.choice-made", of=FIRST, nth=20)
    sealed = tamperer.event(position)["sealed"]
    flipped = f"{int(sealed, 16) ^ 1 << 60:016x}"
    tamperer.change(position, sealed=flipped)
    codes = found(tamperer)
    assert codes[0] == ("treasure_choice_wrong", position, "sealed")


@pytest.mark.parametrize("sealed", ["", "no hex", "00" * 9])
def test_what_is_no_sealed_choice_is_told(tamperer, sealed):
    position = tamperer.change(tamperer.find("treasure.choice-made", of=FIRST), sealed=sealed)
    assert found(tamperer)[0] == ("treasure_choice_wrong", position, "sealed")


def bid_of(tamperer):
    """Return position and place of the first choice in an auction."""
    with LogReader(tamperer.folder) as reader:
        events = list(reader.aggregate(FIRST))
    day = stage = 0
    for recorded in events:
        match recorded.event:
            case facts.StageBegun(day=day, stage=stage):
                pass
            case facts.ChoiceMade(seat=seat) if stage == 3:
                return recorded.position, Place(day, 3, seat, 0)
    raise AssertionError("nobody bid")


@pytest.mark.parametrize(("price", "code"), [(1, "bid_too_low"), (99, "not_enough_gold")])
def test_a_bid_that_the_rules_refuse_is_told(tamperer, price, code):
    seed = bytes.fromhex(tamperer.event(tamperer.find("treasure.game-settled", of=FIRST))["seed"])
    position, place = bid_of(tamperer)
    tamperer.change(position, sealed=seal(seed, place, Choice(Kind.BID, 1, price)))
    tamperer.reseal()
    finding = report_of(tamperer.folder).findings[0]
    assert (finding.code, finding.position) == ("treasure_choice_wrong", position)
    assert finding.detail.endswith(code)


def test_another_bid_that_is_allowed_shows_in_what_follows(tamperer):
    seed = bytes.fromhex(tamperer.event(tamperer.find("treasure.game-settled", of=FIRST))["seed"])
    position, place = bid_of(tamperer)
    tamperer.change(position, sealed=seal(seed, place, Choice(Kind.PASS)))
    code, _, field = found(tamperer)[0]
    assert code == "treasure_stage_wrong"
    assert field.startswith("sold")


def test_a_choice_of_the_absent_is_refused(treasury, room):
    game = begun(treasury, room)
    treasury.go(game, 2)
    place = Place(1, 1, 2, 0)
    sealed = seal(treasury.seed(game), place, Choice(Kind.PASS))
    treasury.record(game, facts.ChoiceMade(at=treasury.at, seat=2, sealed=sealed))
    room.flush()
    (finding,) = report_of(room.data).findings
    assert (finding.code, finding.expected) == ("treasure_choice_wrong", "not_verified")


def test_a_choice_of_nobody_is_told(tamperer):
    position = tamperer.change(tamperer.find("treasure.choice-made", of=FIRST), seat=7)
    assert found(tamperer)[0][:2] == ("treasure_choice_wrong", position)


# --- stages -----------------------------------------------------------------------------------


def change_in(tamperer, name, field, index, *, stage, **fields):
    position = tamperer.find(name, of=FIRST, stage=stage)
    values = tamperer.event(position)[field]
    values[index] |= fields
    return tamperer.change(position, **{field: values})


def test_an_hp_that_was_changed_is_told_and_nothing_else(tamperer):
    position = change_in(tamperer, "treasure.stage-ended", "hp", 2, stage=2, hp=1)
    assert found(tamperer) == [("treasure_stage_wrong", position, "hp[2].hp")]


def test_a_position_that_was_changed_is_told(tamperer):
    position = change_in(tamperer, "treasure.stage-ended", "positions", 0, stage=1, cell=8)
    assert found(tamperer) == [("treasure_stage_wrong", position, "positions[0].cell")]


def test_a_sale_that_was_changed_is_told(tamperer):
    position = change_in(tamperer, "treasure.stage-ended", "sold", 0, stage=3, price=3)
    assert ("treasure_stage_wrong", position, "sold[0].price") in found(tamperer)


def test_treasures_that_are_left_are_counted_again(tamperer):
    position = tamperer.find("treasure.stage-ended", of=FIRST, stage=4)
    tamperer.change(position, left=7)
    assert ("treasure_stage_wrong", position, "left") in found(tamperer)


def test_lots_follow_from_the_seed(tamperer):
    position = change_in(tamperer, "treasure.stage-begun", "lots", 0, stage=3, item="map", min=2)
    fields = {field for code, at, field in found(tamperer) if at == position}
    assert fields == {"lots[0].item", "lots[0].min"}


def test_a_stage_lasts_as_long_as_was_promised(tamperer):
    position = tamperer.find("treasure.stage-begun", of=FIRST, nth=2)
    tamperer.change(position, until=tamperer.event(position)["until"] + SECOND)
    assert found(tamperer)[0] == ("treasure_stage_wrong", position, "until")


def test_a_stage_that_ended_too_early_is_told(tamperer):
    position = tamperer.find("treasure.stage-ended", of=MOVED)
    early = tamperer.event(position)["at"] - SECOND
    tamperer.change(position, at=early)
    assert ("treasure_stage_wrong", position, None) in found(tamperer)


@pytest.mark.parametrize("name", ["treasure.stage-ended", "treasure.stage-begun"])
def test_a_stage_s_beginning_and_end_may_not_be_left_out(tamperer, name):
    tamperer.take_out(tamperer.find(name, of=FIRST, nth=3))
    assert "treasure_stage_wrong" in {code for code, *_ in found(tamperer)}


def test_of_one_game_only_the_first_broken_steps_are_told(tamperer):
    for nth in range(6):
        position = tamperer.find("treasure.stage-ended", of=MOVED, nth=nth)
        tamperer.change(position, at=tamperer.event(position)["at"] - SECOND)
    assert len(found(tamperer)) == MOST_BROKEN


# --- without the seed -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("treasure.stage-begun", "until", 5),
        ("treasure.stage-begun", "day", 2),
        ("treasure.stage-ended", "stage", 2),
        ("treasure.stage-ended", "positions", []),
        ("treasure.choice-made", "sealed", "0102"),
        ("treasure.choice-made", "seat", 9),
    ],
)
def test_without_the_seed_what_everybody_saw_is_judged(keyless, name, field, value):
    position = keyless.change(keyless.find(name, of=RUNNING), **{field: value})
    codes = [(code, at) for code, at, _ in found(keyless)]
    kind = "treasure_choice_wrong" if name.endswith("made") else "treasure_stage_wrong"
    assert (kind, position) in codes


@pytest.mark.parametrize(
    ("stage", "field", "fields"),
    [
        (1, "positions", {"cell": 0}),
        (2, "hp", {"hp": 9}),
        (2, "hp", {"alive": False}),
        (3, "sold", {"price": 0}),
        (3, "sold", {"buyer": 1}),
        (4, "found", {"count": 2}),
        (4, "found", {"cell": 4}),
    ],
)
def test_without_the_seed_outcomes_must_be_possible(keyless, stage, field, fields):
    position = next(
        position
        for nth in range(2)
        if keyless.event(position := keyless.find(
            "treasure.stage-ended", of=RUNNING, stage=stage, nth=nth
        ))[field]
    )  # fmt: skip
    values = keyless.event(position)[field]
    values[0] |= fields
    keyless.change(position, **{field: values})
    assert ("treasure_stage_wrong", position) in [finding[:2] for finding in found(keyless)]


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


@pytest.mark.parametrize(("seconds", "codes"), [(5, []), (40, ["treasure_ticket_wrong"])])
def test_the_ticket_before_is_good_only_while_news_may_travel(treasury, room, seconds, codes):
    game = begun(treasury, room)
    old = treasury.state(game).tickets[3]
    treasury.go(game, 3)
    treasury.new_ticket(game, 3)
    treasury.wait(seconds)
    treasury.in_game(game, commands.VerifyPlayer(at=treasury.at, seat=3, ticket=old))
    room.flush()
    assert [finding.code for finding in report_of(room.data).findings] == codes


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
    (finding,) = report_of(room.data).findings
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
    (finding,) = report_of(room.data).findings
    # Room and seed, a new seed; then one that leaves out a game.
    assert (finding.code, finding.originator_version) == ("treasure_step_wrong", 4)


def test_a_room_has_a_number_that_none_had_before(treasury, room):
    for uid in (1, 2):
        room.register(uid)
    treasury.open_room(7, 1)
    treasury.open_room(6, 2)
    room.flush()
    (finding,) = report_of(room.data).findings
    assert (finding.code, finding.originator_id) == ("treasure_room_differs", facts.LOBBY_ID)


def test_room_servers_live_once_and_die_once(treasury, room):
    treasury.serve(EMBEDDED, OTHER)
    again = facts.ServerRegistered(at=1, server=OTHER, ip="", port=1, capacity=1)
    treasury.record(facts.SERVERS_ID, again, facts.ServerLost(at=1, server="nobody"))
    room.flush()
    codes = [finding.code for finding in report_of(room.data).findings]
    assert codes == ["treasure_server_wrong"] * 2


def test_a_field_that_says_more_than_an_event_may_is_told(tamperer):
    position = tamperer.change(tamperer.find("treasure.player-verified", of=RUNNING), role="evil")
    assert found(tamperer) == [("treasure_secret_shown", position, "role")]


def test_a_game_is_cancelled_for_a_lost_key_alone(tamperer):
    position = tamperer.find("treasure.game-cancelled", of=CANCELLED)
    tamperer.change(position, game_id=FIRST)
    assert ("treasure_step_wrong", position, "game_id") in found(tamperer)


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


def begun(treasury, room):
    """A game of four on its first day."""
    for uid in (1, 2, 3, 4):
        room.register(uid)
    treasury.serve(EMBEDDED)
    treasury.open_room(1, 1)
    treasury.join(1, 2, 3, 4)
    game = treasury.start(1)
    assert draws.commitment(treasury.seed(game)) == treasury.state(game).commitment
    return game


def test_a_game_that_was_played_out_is_settled_after_a_restart_too(treasury, room):
    game = begun(treasury, room)
    treasury.unheard = []
    treasury.play(game)
    treasury.crash(game)
    treasury.settle(game, *treasury.unheard)
    room.flush()
    assert not any(treasury.state(game).present)
    assert report_of(room.data).findings == []
