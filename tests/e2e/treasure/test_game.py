"""Whole games over sockets, each message held against a second opinion of the rules."""

import asyncio
import hashlib
import json
import random

import pytest
from engine_process import parlour
from playing import Game, begin, gather

NAMES = ("Ann", "Ben", "Cid", "Dee", "Eve", "Fay", "Gil", "Hob")


@pytest.fixture
def company_of(seeker_of):
    """Make players who come by these transports."""

    def make(hall, transports, prefix):
        return [
            seeker_of(f"{prefix}{name}", hall, websocket=transport == "websocket")
            for name, transport in zip(NAMES, transports, strict=False)
        ]

    return make


@pytest.mark.parametrize(
    "transports",
    [("tcp",) * 5, ("websocket",) * 5, ("tcp", "websocket") * 4, ("websocket", "tcp") * 2],
    ids=["five-tcp", "five-websocket", "eight-mixed", "four-mixed"],
)
async def test_a_game_from_login_to_settlement_is_what_the_rules_say(
    hall, company_of, transports, request
):
    party = company_of(hall, transports, request.node.callspec.id)
    room = await gather(party, name=f"room of {request.node.callspec.id}")
    commitment = (await party[0].lobby.ask(6))["commitment"]
    await begin(party)
    game = Game(party, random.Random(len(transports)))
    over = await game.play()
    game.judge(over)
    assert hashlib.sha256(bytes.fromhex(over["seed"])).hexdigest() == commitment
    info = await party[0].lobby.until(6, room_id=room, state="waiting")
    while info["commitment"] == commitment:
        info = await party[0].lobby.until(6)
    assert not any(player["ready"] for player in info["players"])


async def test_the_next_game_of_a_room_has_another_seed(hall, company_of):
    party = company_of(hall, ("tcp",) * 4, "again")
    room = await gather(party, name="twice")
    seeds = set()
    for number in range(2):
        if number:
            for seeker in party[1:]:
                assert await seeker.lobby.code(7, ready=True) == 0
        await begin(party)
        game = Game(party, random.Random(number))
        over = await game.play()
        game.judge(over)
        seeds.add(over["seed"])
        for seeker in party:
            await seeker.game.close()
            seeker.lines = [seeker.lobby]
    assert len(seeds) == 2
    assert all(seeker.way["room_id"] == room for seeker in party)


async def test_a_game_killed_in_every_stage_settles_as_if_nothing_had_been(own_hall, company_of):
    party = company_of(own_hall, ("tcp", "websocket", "tcp", "tcp", "websocket"), "")
    room = await gather(party, name="doomed")
    await begin(party)
    killed = []

    async def kill(day, stage):
        if day > 1 or stage in killed:
            return
        killed.append(stage)
        own_hall.kill()
        await asyncio.to_thread(own_hall.start)
        for seeker in party:
            seeker.addresses = own_hall.addresses
            await seeker.come_back()
            assert seeker.room == room
            assert (await seeker.game.until(51))["player_id"] == seeker.uid
            on = await seeker.game.until(58)
            assert (on["day"], on["stage"]) == (day, stage)
            assert on["ends_in"] >= 5
            if stage == 3:
                await seeker.game.until(56)

    game = Game(party, random.Random(5))
    over = await game.play(interlude=kill)
    assert killed[:2] == [1, 2]
    oracle = game.judge(over)
    own_hall.stop()
    check_replay(own_hall, f"treasure.game:{room}:1", over, oracle)


def check_replay(hall, game_id, over, oracle):
    """What replay and audit say of a game is what its players saw."""
    replayed = parlour("replay", "game", game_id, "--data", hall.data, "--json")
    assert replayed.code == 0, replayed
    said = replayed.json()
    assert said["result"] == over
    assert said["commitment"] == oracle.commitment
    ended = [event for event in said["events"] if event["name"] == "treasure.stage-ended"]
    fields = {53: "positions", 54: "hp", 57: "sold", 60: "found"}
    assert [
        (event["day"], event[field])
        for event in ended
        for field in [fields[[53, 54, 57, 60][event["stage"] - 1]]]
    ] == [
        (body["day"], body[fields[service]])
        for whom, service, body in oracle.told
        if whom is None and service in fields
    ]
    evil = next(uid for uid, player in oracle.players.items() if player.evil)
    good = next(uid for uid, player in oracle.players.items() if not player.evil)
    for uid in (evil, good):
        seat = list(oracle.players).index(uid)
        view = parlour(
            "replay", "game", game_id, "--data", hall.data, "--json", "--seat", seat
        ).json()
        told = [
            (message["service"], {k: v for k, v in message.items() if k != "service"})
            for event in view["events"]
            for message in event["told"]
            if message["service"] not in (51, 58)
        ]
        expected = [(service, body) for whom, service, body in oracle.told if whom in (None, uid)]
        assert told == expected
    audit = parlour("audit", "--data", hall.data, "--json")
    assert audit.code == 0, audit
    assert json.loads(audit.out)["ok"]
