"""Each code of the page, provoked over a socket."""

import asyncio
import itertools
import struct

import pytest
from engine_process import parlour
from playing import begin, gather
from seeker import packed

NUMBERS = itertools.count(1)
STRAY = 9_999_999


@pytest.fixture
async def meet(hall, seeker_of):
    """Bring players who are logged in; they leave with the test."""

    async def bring(count=1, *, at=hall, websocket=False, login=True):
        people = [seeker_of(f"coder{next(NUMBERS)}", at, websocket=websocket) for _ in range(count)]
        for seeker in people:
            if login:
                await seeker.log_in()
            else:
                await seeker.connect()
        return people if count > 1 else people[0]

    return bring


@pytest.fixture
async def game(hall, seeker_of):
    """Four players whose game has begun."""
    party = [seeker_of(f"coder{next(NUMBERS)}", hall) for _ in range(4)]
    await gather(party, name=f"codes {next(NUMBERS)}")
    await begin(party)
    return party


def room_name():
    return f"codes {next(NUMBERS)}"


async def act(party, service, **body):
    """Have everybody do the same; the stage is over then."""
    for seeker in party:
        assert await seeker.game.code(service, **body) == 0


async def to_stage(party, stage):
    """Pass until a stage of day 1 is on."""
    for number in range(1, stage):
        await act(party, {1: 52, 2: 53, 3: 56}[number])
        for seeker in party:
            await seeker.game.until(58, stage=number + 1)


# --- the lobby --------------------------------------------------------------------------------

BAD = [
    b"",
    b"{",
    b"[]",
    b"7",
    b'{"name":7,"max":4}',
    b'{"name":"x"}',
    b'{"name":"x","max":3}',
    b'{"name":"x","max":9}',
    b'{"name":"","max":4}',
    b'{"name":"x\\u0000","max":4}',
    b'{"name":"' + b"x" * 41 + b'","max":4}',
    '{"name":"{}","max":4}'.replace("{}", "𠮷" * 31).encode(),
    b'{"name":"\xff","max":4}',
    b'{"name":"x","max":4,"password":"' + b"p" * 129 + b'"}',
    b'{"name":"x","max":4.5}',
    b'{"name":"x","max":4,"seq":[1]}',
    b'{"name":"x","max":4,"seq":9007199254740993}',
    b"[" * 5000,
]


@pytest.mark.parametrize("body", BAD, ids=range(len(BAD)))
async def test_1_is_a_bad_body(meet, body):
    seeker = await meet()
    seeker.lobby.link.send_bytes(packed(struct.pack("<H", 3) + body))
    service, answer = await seeker.lobby.hear()
    assert (service, answer["code"]) == (3, 1)
    assert await seeker.lobby.code(6) == 5


@pytest.mark.parametrize("websocket", [False, True])
async def test_2_and_3_come_before_and_beside_everything(meet, websocket):
    stranger = await meet(websocket=websocket, login=False)
    for service in (2, 3, 4, 5, 6, 7, 8):
        assert await stranger.lobby.code(service, ready=True, room_id=1, name="x", max=4) == 2
    for service in (0, 9, 10, 50, 1000, 501, 65535):
        assert await stranger.lobby.code(service) == 3
    seeker = await meet(websocket=websocket)
    for service in (0, 52, 57, 1001):
        assert await seeker.lobby.code(service) == 3


async def test_5_is_for_who_has_no_room(meet):
    seeker = await meet()
    assert [await seeker.lobby.code(service) for service in (4, 6, 8)] == [5, 5, 5]
    assert await seeker.lobby.code(7, ready=True) == 5


async def test_6_7_8_22_23_of_joining(meet):
    host, *others, late = await meet(6)
    name = room_name()
    room = (await host.lobby.ask(3, name=name, max=4, password="gold"))["room_id"]
    assert await others[0].lobby.code(3, name=name.upper(), max=5) == 22
    assert await host.lobby.code(3, name=room_name(), max=4) == 8
    assert await host.lobby.code(5, room_id=room) == 8
    assert await late.lobby.code(5, room_id=STRAY) == 6
    assert await late.lobby.code(5, room_id=room) == 23
    assert await late.lobby.code(5, room_id=room, password="Gold") == 23
    for seeker in others[:3]:
        assert await seeker.lobby.code(5, room_id=room, password="gold") == 0
    assert await late.lobby.code(5, room_id=room, password="gold") == 7
    assert await others[0].lobby.code(4) == 0
    assert await late.lobby.code(5, room_id=room, password="gold") == 0


async def test_9_10_11_of_starting(meet):
    host, *others = await meet(4)
    room = (await host.lobby.ask(3, name=room_name(), max=8))["room_id"]
    for seeker in others[:2]:
        assert await seeker.lobby.code(5, room_id=room) == 0
    assert await others[0].lobby.code(8) == 9
    assert await host.lobby.code(8) == 11
    assert await others[2].lobby.code(5, room_id=room) == 0
    for seeker in others:
        assert await host.lobby.code(8) == 10
        assert await seeker.lobby.code(7, ready=True) == 0
    assert await others[0].lobby.code(7, ready=False) == 0
    assert await host.lobby.code(8) == 10


async def test_21_while_a_game_runs(game, meet):
    late = await meet()
    assert await late.lobby.code(5, room_id=game[0].room) == 21
    assert await game[1].lobby.code(4) == 21
    assert await game[1].lobby.code(7, ready=False) == 21
    assert await game[0].lobby.code(8) == 21


async def test_12_when_no_room_server_has_a_place_and_everything_is_as_before(hall_of, meet):
    small = hall_of(treasure__capacity=1)
    parties = [await meet(4, at=small) for _ in range(2)]
    for party in parties:
        room = (await party[0].lobby.ask(3, name=room_name(), max=4))["room_id"]
        for seeker in party[1:]:
            await seeker.lobby.code(5, room_id=room)
            await seeker.lobby.code(7, ready=True)
    assert await parties[0][0].lobby.code(8) == 0
    before = await parties[1][0].lobby.ask(6)
    assert await parties[1][0].lobby.code(8) == 12
    after = await parties[1][0].lobby.ask(6)
    assert {**after, "seq": 0} == {**before, "seq": 0}


async def test_24_with_accounts(hall_of, seeker_of):
    doors = hall_of(open=False)
    for number, name in enumerate(("Ada", "Bo"), 1):
        parlour(
            *("account", "add", "--name", name, "--uid", number, "--password", f"{name}-secret"),
            *("--data", doors.data),
        )
    token = parlour(
        *("account", "token", "--uid", 1, "--kind", "access", "--data", doors.data, "--json")
    ).json()["token"]
    seeker = seeker_of("Ada", doors)
    await seeker.connect()
    for name, given in (
        ("Ada", {"password": "Bo-secret"}),
        ("Ada", {"password": ""}),
        ("Nobody", {"password": "Ada-secret"}),
        ("Bo", {"token": token}),
        ("Ada", {"token": "00" * 16}),
        ("Ada", {"token": ""}),
    ):
        assert await seeker.lobby.code(1, name=name, **given) == 24, (name, given)
    for given in ({}, {"password": "Ada-secret", "token": token}):
        assert await seeker.lobby.code(1, name="Ada", **given) == 1
    assert await seeker.lobby.code(2) == 2
    for given in ({"password": "Ada-secret"}, {"token": token}):
        answer = await seeker.lobby.ask(1, name="aDA", **given)
        assert (answer["code"], answer["player_id"], answer["name"]) == (0, 1, "Ada")
        again = await seeker.lobby.ask(1, name="Ada", token=answer["token"])
        assert (again["code"], again["token"]) == (0, answer["token"])
    assert await seeker.lobby.code(1, name="Bo", password="Bo-secret") == 24
    parlour("account", "disable", "--uid", 2, "--reason", "x", "--data", doors.data)
    stranger = seeker_of("Bo", doors)
    await stranger.connect()
    assert await stranger.lobby.code(1, name="Bo", password="Bo-secret") == 24


# --- the room server --------------------------------------------------------------------------


async def test_2_of_a_room_server(game):
    stranger = await game[0].knock()
    for service in (52, 53, 54, 55, 56, 57):
        assert await stranger.ask(service) == {"code": 2, "seq": stranger.seq, "of": service}
    assert await stranger.code(3, name="x", max=4) == 3


async def test_1_of_actions_is_told_on_52(game):
    line = game[0].game
    for service, body in (
        (52, {"to": "1"}),
        (53, {"target": 1.5}),
        (54, {"target": 2**60}),
        (56, {"lot_id": 1}),
        (56, {"price": 1}),
        (57, {"pass": 1}),
    ):
        assert await line.ask(service, **body) == {"code": 1, "seq": line.seq, "of": service}


async def test_4_is_another_stage(hall, game):
    for stage, right in ((1, (52,)), (2, (53, 54, 55)), (3, (56,)), (4, (57,))):
        for service in (52, 53, 54, 55, 56, 57):
            if service not in right:
                assert await game[0].game.code(service) == 4, (stage, service)
        if stage < 4:
            await to_next(game, stage)


async def to_next(party, stage):
    await act(party, {1: 52, 2: 53, 3: 56}[stage])
    for seeker in party:
        await seeker.game.until(58, stage=stage + 1)


async def test_4_before_the_game_and_after_it(hall, seeker_of):
    party = [seeker_of(f"coder{next(NUMBERS)}", hall) for _ in range(4)]
    await gather(party, name=room_name())
    assert await party[0].lobby.code(8) == 0
    for seeker in party:
        await seeker.hear_way()
    await party[0].enter()
    assert await party[0].game.code(52, to=1) == 4
    for seeker in party[1:]:
        await seeker.enter()
    await finish(party)
    assert await party[0].game.code(52, to=1) == 4
    assert await party[0].game.code(1001, **party[0].ticket) == 13


async def finish(party):
    """Pass to the end."""
    service = {1: 52, 2: 53, 3: 56, 4: 57}
    passes = {4: {"pass": True}}

    async def play(seeker):
        while True:
            got, body = await seeker.game.hear()
            if got == 58:
                stage = body["stage"]
                await seeker.game.say(service[stage], **passes.get(stage, {}))
            elif got == 61:
                return

    await asyncio.gather(*(play(seeker) for seeker in party))


async def test_14_is_for_the_dead_who_go_on_hearing(game):
    await to_stage(game, 2)
    roles = {seeker: seeker.game.of(51)[0]["role"] for seeker in game}
    victim = next(seeker for seeker in game if roles[seeker] != "evil")
    for seeker in game:
        target = None if seeker is victim else victim.uid
        assert await seeker.game.code(53, target=target) == 0
    hp = (await victim.game.until(54))["hp"]
    assert {"player_id": victim.uid, "hp": 0, "alive": False} in hp
    await victim.game.until(58, stage=3)
    assert await victim.game.code(56) == 14
    assert await victim.game.code(52, to=1) == 4
    others = [seeker for seeker in game if seeker is not victim]
    await act(others, 56)
    assert (await victim.game.until(57))["sold"] == []
    await victim.game.until(58, stage=4)
    assert await victim.game.code(57) == 14
    await act(others, 57)
    await victim.game.until(58, day=2, stage=1)
    assert await victim.game.code(52, to=4) == 14
    assert victim.game.of(55) == []
    for seeker in others:
        assert await seeker.game.code(52) == 0
    told = (await victim.game.until(53))["positions"]
    assert victim.uid not in {line["player_id"] for line in told}
    await victim.game.until(58, stage=2)
    for seeker in others:
        await seeker.game.until(58, day=2, stage=2)
    assert await others[0].game.code(54, target=victim.uid) == 16
    assert await others[0].game.code(53, target=victim.uid) == 16


async def test_15_16_17_of_moving_and_acting(game):
    ann, ben, cid, dee = game
    for to in (0, 2, 6, 8, 9, -1, 2**40):
        assert await ann.game.code(52, to=to) == 17, to
    for to in (1, 3, 4):
        assert await ann.game.code(52, to=to) == 0
    for seeker in (ben, cid, dee):
        assert await seeker.game.code(52, to=3 if seeker is ben else 5) == 0
    positions = (await ann.game.until(53))["positions"]
    assert [line["cell"] for line in positions] == [4, 3, 5, 5]
    await ann.game.until(58, stage=2)
    await cid.game.until(58, stage=2)
    assert await ann.game.code(55) == 16
    for target in (ben.uid, ann.uid, STRAY, 0, -1):
        assert await ann.game.code(53, target=target) == 16, target
    for target in (ben.uid, STRAY):
        assert await ann.game.code(54, target=target) == 16
    assert await ann.game.code(54, target=ann.uid) == 0
    for service in (53, 54, 55):
        assert await ann.game.code(service) == 15
    assert await cid.game.code(53) == 0
    assert await cid.game.code(55) == 15


async def test_18_19_20_of_bidding(game):
    await to_stage(game, 3)
    line = game[0].game
    first, second = (await line.until(56))["lots"]
    for price in (first["min"] - 1, 0, -1):
        assert await line.code(56, lot_id=first["lot_id"], price=price) == 19, price
    assert await line.code(56, lot_id=3, price=5) == 20
    assert await line.code(56, lot_id=-1, price=5) == 20
    assert await line.code(56, lot_id=first["lot_id"], price=6) == 18
    assert await line.code(56, lot_id=first["lot_id"], price=4) == 0
    assert await line.code(56, lot_id=first["lot_id"], price=4) == 19
    assert await line.code(56, lot_id=second["lot_id"], price=second["min"]) == 18
    assert await line.code(56, lot_id=first["lot_id"], price=5) == 0
    assert await line.code(56) == 0
    for seeker in game[1:]:
        assert await seeker.game.code(56) == 0
    sold = (await line.until(57))["sold"]
    assert sold == [{"lot_id": first["lot_id"], "buyer": game[0].uid, "price": 5}]


async def test_a_tie_goes_to_who_bid_first_and_a_raise_takes_its_own_time(game):
    await to_stage(game, 3)
    ann, ben, cid, dee = game
    lot = (await ann.game.until(56))["lots"][0]["lot_id"]
    for seeker, price in ((ann, 3), (ben, 4), (ann, 4), (cid, 3)):
        assert await seeker.game.code(56, lot_id=lot, price=price) == 0
    assert await dee.game.code(56) == 0
    assert (await ann.game.until(57))["sold"] == [{"lot_id": lot, "buyer": ben.uid, "price": 4}]


async def test_15_of_exploring_twice_and_of_changing_a_pass(game):
    await to_stage(game, 4)
    ann, ben = game[:2]
    assert await ann.game.code(57, **{"pass": True}) == 0
    assert await ann.game.code(57) == 15
    assert await ben.game.code(57) == 0
    assert await ben.game.code(57) == 15
