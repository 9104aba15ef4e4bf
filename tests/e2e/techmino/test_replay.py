"""What the command line makes of a log: streams, replay files, chats, games, audits, exports."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from datetime import datetime
from typing import NamedTuple

import pytest
from command_line import refused
from engine_process import Engine, parlour, running
from people import Person, keys, result_of, start_match
from record_bytes import (
    ATTACK_RECEIVED,
    ATTACK_SENT,
    attack,
    chunk,
    events,
    joined,
    press,
    read_replay,
    release,
)

LINES = {"line": 0x3F7, "time": 60, "amount": 3}


class Scene(NamedTuple):
    """A match that is over, on an engine that runs."""

    engine: Engine
    people: list[Person]
    room: str
    rid: str
    seed: int
    result: list[dict]

    def ask(self, *arguments):
        """Return the JSON document a command prints."""
        done = parlour(*arguments, "--data", self.engine.data, "--json")
        assert done.code == 0, done
        return done.json()


async def play(engine: Engine) -> Scene:
    people = [Person(engine.http, uid) for uid in (11, 12, 13)]
    for person in people:
        await person.to_play()
        await person.to_chat()
        await person.chat.ask(1, rid="global")
    for number in range(12):
        await people[0].chat.say(3, rid="global", message=f"remark {number} 你好")
    room, rid, seed = await start_match(people)
    await people[1].play.say(4, message="good luck")
    await people[1].play.until("Broadcast 4")
    first, second, third = people
    opening = [
        (first, chunk((180, press(6)), (2, release(6)), (1, 0))),
        (second, chunk((3, press(1)), (4, release(1)))),
        (first, chunk((3, 0), (0, attack(ATTACK_SENT, **LINES, sid=1)))),
    ]
    answer = [
        (second, chunk((90, attack(ATTACK_RECEIVED, **LINES, sid=0)), (0, press(3)))),
        *((person, keys(number)) for number in range(30) for person in people),
    ]
    for person, text in opening:
        await person.play_chunk(text)
    for _ in range(2):  # nobody receives lines before he has heard of them
        await second.stream.until("Broadcast 5")
    for person, text in answer:
        await person.play_chunk(text)
    for _ in range(len(opening) + len(answer) - len(third.sent)):
        await third.stream.until("Broadcast 5")
    await second.die(8723, 82)
    await third.stream.until("Broadcast 4")
    third.stream.drop()
    result = await result_of(people)
    for person in people:
        await person.close()
    return Scene(engine, people, room, rid, seed, result)


@pytest.fixture(scope="session")
def scene(tmp_path_factory, quick_options):
    with running(tmp_path_factory.mktemp("scene"), **quick_options()) as engine:
        yield asyncio.run(play(engine))


# --- streams ------------------------------------------------------------------------------------


def test_a_stream_is_told_as_it_was_sent(scene):
    document = scene.ask("replay", "stream", scene.rid)
    assert (document["rid"], document["seed"]) == (scene.rid, scene.seed)
    assert [player["uid"] for player in document["players"]] == [11, 12, 13]
    for player, person in zip(document["players"], scene.people, strict=True):
        assert [told["stream"] for told in player["chunks"]] == person.sent
        told = [(event["frame"], event["event"]) for event in player["events"]]
        assert told == events(joined(person.sent))
    first = document["players"][0]["events"]
    assert (first[0]["name"], first[0]["key"], first[0]["frame"]) == ("press", 6, 180)
    (sent,) = [event for event in first if event["name"] == "attack_sent"]
    assert {name: sent[name] for name in (*LINES, "sid")} == {**LINES, "sid": 1}
    (got,) = [e for e in document["players"][1]["events"] if e["name"] == "attack_received"]
    assert {name: got[name] for name in (*LINES, "sid")} == {**LINES, "sid": 0}


def test_one_players_stream_can_be_asked_for(scene):
    document = scene.ask("replay", "stream", scene.rid, "--uid", 12)
    assert [player["uid"] for player in document["players"]] == [12]
    refused(parlour("replay", "stream", scene.rid, "--uid", 99, "--data", scene.engine.data))
    refused(parlour("replay", "stream", "nowhere", "--data", scene.engine.data))


def test_people_get_a_timeline(scene):
    shown = parlour("replay", "stream", scene.rid, "--data", scene.engine.data)
    assert shown.code == 0
    for word in ("hard drop", "left", "player11", "player13", str(scene.seed)):
        assert word in shown.out
    fast = ("--speed", 1000, "--data", scene.engine.data)
    played = parlour("replay", "stream", scene.rid, "--uid", 11, *fast)
    assert played.code == 0
    assert "hard drop" in played.out


def test_a_replay_file_holds_exactly_the_bytes_a_player_sent(scene, tmp_path):
    for person in scene.people:
        file = tmp_path / f"{person.uid}.rep"
        written = scene.ask("replay", "stream", scene.rid, "--uid", person.uid, "--rep", file)
        replay = read_replay(file.read_bytes())
        assert replay.record == joined(person.sent)
        assert replay.seed == scene.seed
        assert json.loads(replay.settings) == json.loads(person.config)
        assert json.loads(replay.mods) == []
        assert replay.mode == "netBattle"
        assert re.fullmatch(r"V0\.14\.\d", replay.version)
        assert replay.player == person.name
        assert re.fullmatch(r"\d{4}/\d\d/\d\d [A-Z][a-z]+day \d\d:\d\d:\d\d", replay.date)
        datetime.strptime(replay.date, "%Y/%m/%d %A %H:%M:%S")
        assert written["uid"] == person.uid
    refused(parlour("replay", "stream", scene.rid, "--rep", file, "--data", scene.engine.data))


# --- chats and games ----------------------------------------------------------------------------


def test_all_that_was_said_is_there(scene):
    document = scene.ask("replay", "chat", "techmino:global")
    assert [(m["uid"], m["username"], m["text"]) for m in document["messages"]] == [
        (11, "player11", f"remark {number} 你好") for number in range(12)
    ]
    page = scene.ask("replay", "chat", "techmino:global", "--after", 10, "--limit", 1)
    assert [message["text"] for message in page["messages"]] == ["remark 10 你好"]
    spoken = scene.ask("replay", "chat", f"techmino.room:{scene.room}")
    assert [message["text"] for message in spoken["messages"]] == ["good luck"]
    shown = parlour("replay", "chat", "techmino:global", "--data", scene.engine.data)
    assert len(shown.out.splitlines()) == 12
    refused(parlour("replay", "chat", "techmino:nowhere", "--data", scene.engine.data))


def test_a_match_is_a_game(scene):
    (game,) = scene.ask("replay", "games", "--kind", "techmino")["games"]
    assert game["id"] == f"techmino.match:{scene.rid}"
    assert game["state"] == "finished"
    assert sorted(game["players"]) == [11, 12, 13]
    for name in (scene.rid, game["id"]):
        told = scene.ask("replay", "game", name)
        assert told["result"] == scene.result
        assert told["seats"] == [{"seat": seat, "uid": 11 + seat} for seat in range(3)]
    assert [line["place"] for line in scene.result] == [1, 3, 2]
    assert parlour("replay", "game", scene.rid, "--data", scene.engine.data).code == 0


# --- audits and exports -------------------------------------------------------------------------


def test_the_audit_finds_nothing(scene):
    audit = parlour("audit", "--data", scene.engine.data, "--json")
    assert audit.code == 0, audit
    assert audit.json()["findings"] == []
    assert parlour("audit", "--data", scene.engine.data, "--game", scene.rid).code == 0


def test_an_export_has_matches_chunks_and_remarks(scene, tmp_path):
    out = tmp_path / "export.db"
    rows = scene.ask("export", out)["rows"]
    with sqlite3.connect(out) as database:
        held = {
            table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type='table'")
        }
    assert all(held[table] == count for table, count in rows.items())
    chunks = sum(len(person.sent) for person in scene.people)
    assert chunks in rows.values()
    assert 13 in rows.values()  # remarks: twelve in the chat, one in the room


async def test_the_audit_reports_a_record_that_does_not_decode(launch, players):
    engine = launch()
    people = await players(2, at=engine)
    _, rid, _ = await start_match(people)
    for text in ("!", "gQ==", chunk((1_000_000, 1)), chunk((0, 2**52))):
        await people[0].play_chunk(text)
        await people[1].stream.until("Broadcast 5")
    await people[0].die()
    await result_of(people)
    audit = parlour("audit", "--data", engine.data, "--json")
    assert audit.code == 1
    document = audit.json()
    assert document["ok"] is False
    assert len(document["findings"]) >= 3
    assert {finding["originator_id"] for finding in document["findings"]} == {
        f"techmino.match:{rid}"
    }
    # The engine did nothing wrong.
    assert parlour("audit", "--no-streams", "--data", engine.data).code == 0


async def test_the_audit_finds_an_altered_result(launch, players):
    engine = launch()
    people = await players(2, at=engine)
    await start_match(people)
    await people[0].die(12134, 104)
    await result_of(people)
    await asyncio.to_thread(engine.terminate)
    with sqlite3.connect(engine.data / "log.db") as database:
        changed = database.execute(
            "UPDATE stored_events SET state = CAST(replace(CAST(state AS TEXT), '12134', '99999')"
            " AS BLOB) WHERE topic LIKE 'techmino.match-ended%'"
        )
        assert changed.rowcount == 1
    audit = parlour("audit", "--data", engine.data, "--json")
    assert audit.code == 1
    assert any(found["code"] == "result_wrong" for found in audit.json()["findings"])
