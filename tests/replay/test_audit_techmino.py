"""Rooms and matches under audit: a clean night, and what is found after somebody was there.

Whoever alters these logs makes the seals anew, so that only the rules can tell.
"""

import pytest
from halls import MATCH_TERMS, rid_of
from rich.console import Console

from parlour.events import techmino as facts
from parlour.events.reader import LogReader
from parlour.events.rules.techmino import commands, record
from parlour.events.rules.techmino.record import Attack
from parlour.replay.audit import audit
from parlour.replay.audit_techmino import MOST_BROKEN

DUEL, CROWD, INTERRUPTED, RUNNING = (f"techmino.match:{rid_of(number)}" for number in (2, 3, 5, 7))
ROOM = f"techmino.room:{rid_of(1)}"


def report_of(folder, **options):
    with LogReader(folder) as reader:
        return audit(reader, **options)


def found(tamperer, **options):
    """Return code, position and field of every finding, seals made anew."""
    tamperer.reseal()
    findings = report_of(tamperer.folder, **options).findings
    return [(finding.code, finding.position, finding.field) for finding in findings]


@pytest.fixture
def tamperer(tamperer_of_night):
    return tamperer_of_night


def test_a_whole_night_is_clean(danced):
    report = report_of(danced)
    assert report.findings == []
    assert (report.games, report.matches) == (4, 4)
    assert report.chunks == 33


def test_the_report_tells_what_was_judged(danced):
    console = Console(width=120, color_system=None)
    with console.capture() as captured:
        report_of(danced).print(console)
    assert "4  matches re-played by the rules, their results derived anew" in captured.get()
    assert "33  chunks of players' streams decoded and compared" in captured.get()


def test_one_match_can_be_asked_for(danced):
    report = report_of(danced, game=DUEL)
    assert (report.games, report.games_skipped) == (1, 3)
    assert report.chunks == 28
    assert "3 other games" in next(report.not_checked())


# --- results ----------------------------------------------------------------------------------


def change_place(tamperer, match, index, **fields):
    position = tamperer.find("techmino.match-ended", of=match)
    result = tamperer.event(position)["result"]
    result[index] |= fields
    return tamperer.change(position, result=result)


@pytest.mark.parametrize(
    ("index", "field", "value"),
    [(0, "score", 1_000), (1, "place", 1), (2, "survivalTime", 4), (1, "uid", 9)],
)
def test_a_result_is_derived_anew(tamperer, index, field, value):
    position = change_place(tamperer, CROWD, index, **{field: value})
    assert found(tamperer) == [("result_wrong", position, f"result[{index}].{field}")]


def test_a_player_may_not_be_left_out_of_a_result(tamperer):
    position = tamperer.find("techmino.match-ended", of=DUEL)
    tamperer.change(position, result=tamperer.event(position)["result"][:1])
    assert found(tamperer) == [("result_wrong", position, "result")]


def test_another_s_match_is_not_judged_when_one_is_asked_for(tamperer):
    change_place(tamperer, CROWD, 0, score=1)
    assert found(tamperer, game=DUEL) == []


def test_a_death_that_is_taken_out_shows_in_the_result(tamperer):
    position = tamperer.take_out(tamperer.find("techmino.player-died", of=DUEL))
    codes = found(tamperer)
    assert ("rule_broken", tamperer.find("techmino.match-ended", of=DUEL), None) in codes
    assert position < tamperer.find("techmino.match-ended", of=DUEL)


def test_an_end_that_came_too_early_is_told(tamperer):
    position = tamperer.find("techmino.match-ended", of=DUEL)
    at = tamperer.event(position)["at"] - 1_000_000
    tamperer.change(position, at=at)
    assert ("rule_broken", position, None) in found(tamperer)


# --- who may send -----------------------------------------------------------------------------


def chunk(at, uid):
    return {"at": at, "uid": uid, "stream": record.pack(b"\x00\x00")}


@pytest.mark.parametrize(
    ("uid", "code"), [(5, "watcher"), (7, "no_room"), (3, "no_room"), (2, "no_room")]
)
def test_chunks_of_watchers_strangers_and_the_gone_are_told(tamperer, uid, code):
    # Behind the first chunk of `crowd`: 5 watches by then, 3 is missing; 2 is lost at the end.
    behind = "techmino.stream-left" if uid == 2 else "techmino.stream-joined"
    position = tamperer.find(behind, of=CROWD, uid=2 if uid == 2 else 5) + 1
    at = tamperer.event(position - 1)["at"]
    tamperer.put_in(position, CROWD, "techmino.chunk-streamed@1", chunk(at, uid))
    tamperer.reseal()
    findings = report_of(tamperer.folder).findings
    assert [(f.code, f.position, f.expected) for f in findings] == [("rule_broken", position, code)]


def test_a_chunk_before_the_beginning_is_told(tamperer):
    position = tamperer.find("techmino.match-began", of=DUEL)
    at = tamperer.event(position)["at"]
    tamperer.put_in(position, DUEL, "techmino.chunk-streamed@1", chunk(at, 1))
    assert found(tamperer) == [("rule_broken", position, None)]


def test_nobody_dies_twice_by_his_own_report(tamperer):
    position = tamperer.find("techmino.player-died", of=DUEL)
    event = tamperer.event(position)
    tamperer.put_in(position + 1, DUEL, "techmino.player-died@1", event)
    assert found(tamperer) == [("rule_broken", position + 1, None)]


def test_after_its_end_nothing_happens_in_a_match(tamperer):
    position = tamperer.find("techmino.match-ended", of=DUEL) + 1
    at = tamperer.event(position)["at"]
    tamperer.put_in(position, DUEL, "techmino.chunk-streamed@1", chunk(at, 1))
    assert found(tamperer) == [("rule_broken", position, None)]


def test_a_beginning_before_its_time_is_told(tamperer):
    position = tamperer.find("techmino.match-began", of=CROWD)
    tamperer.change(position, at=tamperer.event(position)["at"] - 9_500_000)
    assert ("rule_broken", position, None) in found(tamperer)


def test_of_one_match_only_the_first_broken_steps_are_told(tamperer):
    began = tamperer.take_out(tamperer.find("techmino.match-began", of=DUEL))
    told = [code for code in found(tamperer, streams=False) if code[0] == "rule_broken"]
    assert len(told) == MOST_BROKEN
    assert min(position for _, position, _ in told) >= began


# --- rooms, chats, the lobby ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "of", "fields"),
    [
        ("techmino.player-entered", ROOM, {"sid": 5}),
        ("techmino.player-left", ROOM, {"sid": 4}),
        ("techmino.player-left", ROOM, {"username": "x"}),
        ("techmino.room-said", ROOM, {"uid": 7}),
        ("techmino.ready-changed", ROOM, {"uid": 7}),
        ("techmino.ready-changed", ROOM, {"ready": False}),
        ("techmino.chat-left", "techmino.chat:global", {"uid": 7}),
        ("techmino.chat-said", "techmino.chat:global", {"uid": 7}),
        ("techmino.stream-joined", RUNNING, {"watch": True}),
    ],
)
def test_a_step_that_the_rules_do_not_give_is_told(tamperer, name, of, fields):
    position = tamperer.change(tamperer.find(name, of=of), **fields)
    assert ("rule_broken", position) in [finding[:2] for finding in found(tamperer)]


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("techmino.room-closed", ROOM),
        ("techmino.countdown-started", ROOM),
        ("techmino.stream-left", INTERRUPTED),
    ],
)
def test_what_must_follow_may_not_be_left_out(tamperer, name, of):
    tamperer.take_out(tamperer.find(name, of=of))
    assert "rule_broken" in {code for code, *_ in found(tamperer)}


def test_everybody_ready_starts_a_countdown(hall, room):
    for uid in (1, 2):
        room.register(uid)
    rid = hall.open_room(1)
    hall.enter(rid, 2)
    for uid in (1, 2):
        hall.record(facts.room_id(rid), facts.ReadyChanged(at=hall.at, uid=uid, ready=True))
    room.flush()
    (finding,) = report_of(room.data).findings
    assert (finding.code, finding.detail) == ("rule_broken", "what must follow is not there")
    assert finding.expected["name"] == "techmino.countdown-started"


def test_one_alone_may_practise(hall, room):
    room.register(1)
    rid = hall.open_room(1, kind="solo")
    room_id = facts.room_id(rid)
    with room.unit():
        hall.record(room_id, facts.ReadyChanged(at=hall.at, uid=1, ready=True))
        hall.record(room_id, facts.CountdownStarted(at=hall.at, until=hall.at + 5))
    hall.wait(2)
    hall.in_room(rid, commands.Wake(at=hall.at, match=rid_of(99)))
    hall.begin(rid_of(99), 1)
    hall.wait(5)
    hall.play(rid_of(99), 1)
    hall.die(rid_of(99), 1, 5, 4.5)
    hall.end(rid_of(99))
    assert report_of(room.data).findings == []


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("techmino.room-listed", "techmino.lobby:1"),
        ("techmino.room-delisted", "techmino.lobby:1"),
        ("techmino.match-listed", "techmino.lobby:1"),
        ("techmino.match-delisted", "techmino.lobby:1"),
    ],
)
def test_the_lobby_tells_of_whatever_is_opened_and_ended(tamperer, name, of):
    tamperer.take_out(tamperer.find(name, of=of))
    assert "match_differs" in {code for code, *_ in found(tamperer)}


def test_who_plays_is_who_was_ready(tamperer):
    position = tamperer.find("techmino.match-opened", of=RUNNING)
    players = tamperer.event(position)["players"]
    players[0]["username"] = "somebody else"
    tamperer.change(position, players=players)
    assert found(tamperer) == [("match_differs", position, None)]


def test_a_room_s_match_is_over_only_when_the_match_is(hall, room):
    for uid in (1, 2):
        room.register(uid)
    play = hall.open_room(1)
    hall.enter(play, 2)
    rid = hall.start(play, 1, 2)
    hall.in_room(play, commands.FinishMatch(at=hall.at, match=rid))
    (finding,) = report_of(room.data).findings
    assert (finding.code, finding.originator_id) == ("match_differs", facts.room_id(play))


@pytest.mark.parametrize("what", ["match", "room"])
def test_nothing_is_opened_twice_or_under_another_name(hall, room, what):
    room.register(1)
    if what == "room":
        hall.open_room(1)
        opened = facts.RoomOpened(
            at=hall.at,
            rid=rid_of(8),
            type="solo",
            name="",
            capacity=2,
            salt="",
            password="",
            uid=1,
        )
        hall.record(facts.room_id(rid_of(1)), opened)
    else:
        opened = facts.MatchOpened(
            at=hall.at, rid=rid_of(8), room="r", type="t", players=(), terms=MATCH_TERMS
        )
        hall.record(facts.match_id(rid_of(9)), opened)
    details = [f.detail for f in report_of(room.data).findings if f.code == "rule_broken"]
    assert details[0] in ("it was opened before", "the opening is another one's")


# --- streams ----------------------------------------------------------------------------------


@pytest.fixture
def cheated(hall, room):
    """A log in which a player's own program wrote nonsense."""
    for uid in (1, 2):
        room.register(uid)
    play = hall.open_room(1)
    hall.enter(play, 2)
    rid = hall.start(play, 1, 2)
    hall.begin(rid, 1, 2)
    hall.wait(5)
    hall.chunk(rid, 1, "23810j0djqe0291esj")
    hall.play(rid, 1, [record.sent(9, Attack(1, 2, 3, 1))])
    hall.chunk(rid, 2, record.pack(record.encode([record.press(1_000_000, 1)])))
    hall.sent[rid, 2] = 1_000_000
    hall.wait(20)
    hall.play(rid, 1)
    hall.chunk(rid, 2, record.pack(record.encode([record.press(0, 1)])))
    return room.data


def test_what_players_programs_sent_is_told(cheated):
    report = report_of(cheated)
    codes = [finding.code for finding in report.findings]
    assert codes == [
        "chunk_undecodable",
        "attack_unreceived",
        "frame_implausible",
        "frame_implausible",
    ]
    assert not report.ok
    console = Console(width=200, color_system=None)
    with console.capture() as captured:
        report.print(console)
    verdict = captured.get().splitlines()[-1]
    assert verdict == "NOT clean: 4 findings, 4 of them about what players' own programs sent"


def test_what_players_programs_sent_can_be_left_out(cheated):
    report = report_of(cheated, streams=False)
    assert report.ok
    assert report.chunks == 0
    assert "what players' own records hold (leave out --no-streams)" in list(report.not_checked())


def test_a_stream_that_was_altered_afterwards_is_told_by_its_seal_too(tamperer):
    position = tamperer.find("techmino.chunk-streamed", of=DUEL)
    tamperer.change(position, stream="?")
    codes = {finding.code for finding in report_of(tamperer.folder).findings}
    assert {"event_altered", "chunk_undecodable", "attack_unsent"} <= codes


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("techmino.match-opened", {"players": []}),
        ("techmino.stream-left", {"uid": 10**30}),
        ("techmino.match-began", {"at": -(10**18)}),
        ("techmino.player-died", {"uid": 99}),
        ("techmino.chunk-streamed", {"uid": 99}),
        ("techmino.ready-changed", {"uid": 99}),
        ("techmino.player-entered", {"uid": 2}),
        ("techmino.match-started", {"match": ""}),
    ],
)
def test_values_that_no_engine_writes_are_findings_and_no_crash(tamperer, name, fields):
    tamperer.change(tamperer.find(name), **fields)
    assert found(tamperer) != []
