"""Bytes, tickets and players that are not what they should be."""

import asyncio
import itertools
import resource
import struct

import pytest
from playing import begin, gather
from seeker import Closed, Line, TcpLink, frame, packed

NUMBERS = itertools.count(1)
SERVED = ("treasure", "treasure-room")


@pytest.fixture
async def party(hall, seeker_of):
    """Four players whose game has begun."""
    four = [seeker_of(f"prey{next(NUMBERS)}", hall, websocket=number == 3) for number in range(4)]
    await gather(four, name=f"prey {next(NUMBERS)}")
    await begin(four)
    return four


@pytest.fixture
async def newcomer(hall, seeker_of):
    seeker = seeker_of(f"new{next(NUMBERS)}", hall)
    await seeker.log_in()
    return seeker
    await seeker.leave()


async def line_to(hall, kind):
    return Line(await TcpLink.connect(hall.addresses[kind]))


# --- frames -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SERVED)
@pytest.mark.parametrize("length", [0, 1, 65_537, 2**31, 2**32 - 1])
async def test_a_length_out_of_bounds_ends_the_connection_before_a_byte_of_the_body(
    hall, kind, length
):
    line = await line_to(hall, kind)
    line.link.send_bytes(struct.pack("<I", length))
    await line.ended()
    assert line.heard[-1][0] == 0
    assert line.heard[-1][1]["code"] == 1
    await line.close()


@pytest.mark.parametrize("size", [65_536, 65_530])
async def test_the_longest_frame_is_read(newcomer, size):
    body = b'{"seq":"big","x":"' + b"y" * (size - 2 - 20) + b'"}'
    newcomer.lobby.link.send_bytes(packed(struct.pack("<H", 6) + body))
    assert await newcomer.lobby.until(6) == {"code": 5, "seq": "big"}


async def test_frames_come_byte_by_byte_and_many_at_once(newcomer):
    line = newcomer.lobby
    for byte in frame(2, {"seq": "slow"}):
        line.link.send_bytes(bytes((byte,)))
        await asyncio.sleep(0)
    assert (await line.until(2))["seq"] == "slow"
    line.link.send_bytes(b"".join(frame(6, {"seq": n}) for n in range(50)))
    assert [(await line.until(6))["seq"] for _ in range(50)] == list(range(50))


@pytest.mark.parametrize("kind", SERVED)
@pytest.mark.parametrize("cut", [1, 3, 5, 9])
async def test_half_a_frame_is_no_frame(hall, newcomer, kind, cut):
    line = await line_to(hall, kind)
    line.link.send_bytes(frame(1, {"name": "half"})[:cut])
    await line.close()
    assert await newcomer.lobby.code(6) == 5


async def test_a_frame_without_a_body_is_an_empty_object(newcomer):
    newcomer.lobby.link.send_bytes(packed(struct.pack("<H", 2)))
    assert (await newcomer.lobby.until(2))["code"] == 0


async def test_a_websocket_message_without_a_service_id_or_too_long_ends_the_connection(
    hall, seeker_of
):
    for message, close in ((b"", 1007), (b"x", 1007), (b"\x02\x00" + b" " * 65_535, 1009)):
        seeker = seeker_of("ws", hall, websocket=True)
        await seeker.connect()
        await seeker.lobby.link._socket.send_bytes(message)
        await seeker.lobby.ended()
        assert seeker.lobby.heard[-1][1]["code"] == 1
        assert seeker.lobby.link._socket.close_code == close


async def test_numbers_and_depth_out_of_bounds_change_nothing(newcomer):
    line = newcomer.lobby
    for body in (
        b'{"room_id":1e999}',
        b'{"room_id":123456789012345678901234567890}',
        b'{"room_id":NaN}',
        b'{"room_id":1,"x":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        b'{"room_id":1,"x":"\xc3\x28"}',
    ):
        line.link.send_bytes(packed(struct.pack("<H", 5) + body))
        assert (await line.until(5))["code"] == 1, body[:40]
    assert await line.code(6) == 5


# --- floods -----------------------------------------------------------------------------------


async def test_a_flood_is_refused_and_then_ended_and_nobody_else_suffers(brief, seeker_of):
    calm = seeker_of("calm", brief)
    await calm.log_in()
    wild = seeker_of("wild", brief)
    await wild.log_in()
    for number in range(200):
        wild.lobby.link.send_bytes(frame(2, {"seq": number}))
    await wild.lobby.ended()
    answers = [body["code"] for service, body in wild.lobby.heard if service == 2]
    assert answers[0] == 0
    assert 25 in answers
    assert sorted(answers) == answers
    assert wild.lobby.heard[-1] == (0, {**wild.lobby.heard[-1][1], "code": 25})
    assert await calm.lobby.code(2) == 0


@pytest.mark.parametrize("kind", SERVED)
async def test_who_says_nothing_is_ended(brief, kind):
    line = await line_to(brief, kind)
    await line.ended()
    assert line.heard[-1] == (0, {"code": 2, "reason": "no login in time"})
    await line.close()


# --- players and tickets ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "forge",
    [
        lambda mine, other: {**mine, "player_id": other["player_id"]},
        lambda mine, other: {**other, "player_id": mine["player_id"]},
        lambda mine, other: {**mine, "room_id": mine["room_id"] + 1},
        lambda mine, other: {**mine, "room_id": 10**9},
        lambda mine, other: {**mine, "room_id": -1},
        lambda mine, other: {**mine, "player_id": 0},
        lambda mine, other: {**mine, "ticket": ""},
        lambda mine, other: {**mine, "ticket": mine["ticket"][:-1]},
        lambda mine, other: {**mine, "ticket": mine["ticket"].upper() + " "},
        lambda mine, other: {**mine, "ticket": "é" * 32},
        lambda mine, other: {**mine, "ticket": "0" * 60_000},
    ],
    ids=lambda _: "forged",
)
async def test_a_forged_ticket_is_13_three_times_and_then_the_end(party, forge):
    ann, ben = party[:2]
    forged = forge(ann.ticket, ben.ticket)
    line = await ann.knock()
    for _ in range(3):
        await line.say(1001, **forged)
    await line.ended()
    assert [body["code"] for body in line.of(1001)] == [13, 13, 13]
    assert await ben.game.code(52, to=1) == 0


async def test_two_bad_tickets_do_no_harm_to_the_third_that_is_good(party):
    ann = party[0]
    line = await ann.knock()
    for _ in range(2):
        assert await line.code(1001, **{**ann.ticket, "ticket": "00" * 16}) == 13
    assert await line.code(1001, **ann.ticket) == 0


async def test_a_ticket_of_an_earlier_login_is_void(party):
    ann = party[0]
    old = ann.ticket
    await ann.log_in(token=ann.token)
    await ann.hear_way()
    assert ann.ticket["ticket"] != old["ticket"]
    line = await ann.knock()
    assert await line.code(1001, **old) == 13
    assert await line.code(1001, **ann.ticket) == 0


async def test_a_ticket_that_was_not_used_in_time_is_void(brief, seeker_of):
    four = [seeker_of(f"late{n}", brief) for n in range(4)]
    await gather(four, name="late")
    assert await four[0].lobby.code(8) == 0
    for seeker in four:
        await seeker.hear_way()
    await four[0].enter()
    await asyncio.sleep(1.1)
    line = await four[1].knock()
    assert await line.code(1001, **four[1].ticket) == 13
    # Who used it in time comes back with it.
    await four[0].enter()


async def test_a_connection_speaks_for_one_player(party):
    ann, ben = party[:2]
    assert await ann.game.code(1001, **ben.ticket) == 13
    assert await ann.game.code(52, to=1, player_id=ben.uid, seat=1) == 0
    for seeker in party[1:]:
        assert await seeker.game.code(52) == 0
    positions = (await ann.game.until(53))["positions"]
    cells = {line["player_id"]: line["cell"] for line in positions}
    assert (cells[ann.uid], cells[ben.uid]) == (1, 4)


# --- taking over and coming back --------------------------------------------------------------


@pytest.mark.parametrize("number", [0, 3], ids=["tcp", "websocket"])
async def test_a_second_login_and_a_second_entry_take_over(party, number):
    seeker = party[number]
    lobby, game = seeker.lobby, seeker.game
    assert await game.code(52, to=1) == 0
    answer = await seeker.log_in(token=seeker.token)
    assert answer["room_id"] == seeker.way["room_id"]
    await lobby.ended()
    assert lobby.heard[-1] == (0, {"code": 2, "reason": "taken over by another connection"})
    before = seeker.way
    await seeker.hear_way()
    assert {**seeker.way, "ticket": 0, "expires": 0} == {**before, "ticket": 0, "expires": 0}
    await seeker.enter()
    await game.ended()
    assert game.heard[-1] == (0, {"code": 2, "reason": "taken over by another connection"})
    role = await seeker.game.until(51)
    assert (role["cell"], role["hp"], role["gold"]) == (4, 3, 5)
    assert (await seeker.game.until(58))["stage"] == 1
    # What he chose before stands: the others' choices end the stage.
    for other in party:
        if other is not seeker:
            assert await other.game.code(52) == 0
    positions = (await seeker.game.until(53))["positions"]
    assert {"player_id": seeker.uid, "cell": 1} in positions


async def test_who_reconnects_with_the_same_ticket_is_told_where_things_stand(party):
    ann = party[0]
    for seeker in party:
        assert await seeker.game.code(52, to=1) == 0
    await ann.game.close()
    for seeker in party[1:]:
        await seeker.game.until(58, stage=2)
        assert await seeker.game.code(53) == 0
    await ann.enter()
    role = await ann.game.until(51)
    assert role["cell"] == 1
    assert {player["cell"] for player in role["players"]} == {1}
    assert (await ann.game.until(58))["stage"] == 2
    assert await ann.game.code(55) == 0
    assert (await ann.game.until(55))["gold"] in (7, 8)
    assert (await ann.game.until(58))["stage"] == 3
    lots = await ann.game.until(56)
    await ann.game.close()
    await ann.enter()
    assert await ann.game.until(56) == lots


async def test_who_hangs_up_in_the_lobby_keeps_his_seat(party):
    ann, ben = party[:2]
    await ann.lobby.close()
    assert await ben.lobby.code(4) == 21
    members = (await ben.lobby.ask(6))["players"]
    assert ann.uid in {player["player_id"] for player in members}


async def test_in_a_waiting_room_a_seat_is_kept_for_a_while(brief, seeker_of):
    ann, ben = (seeker_of(name, brief) for name in ("ann", "ben"))
    for seeker in (ann, ben):
        await seeker.log_in()
    room = (await ann.lobby.ask(3, name="brief", max=4))["room_id"]
    assert await ben.lobby.code(5, room_id=room) == 0
    await ann.lobby.close()
    assert (await ann.log_in(token=ann.token))["room_id"] == room
    await ann.lobby.close()
    info = await ben.lobby.until(6, host=ben.uid)
    assert [player["player_id"] for player in info["players"]] == [ben.uid]
    assert "room_id" not in await ann.log_in(token=ann.token)


# --- what nobody may know ---------------------------------------------------------------------


async def test_no_byte_before_the_end_tells_what_is_hidden(hall, seeker_of):
    """Cells, prices and tickets that are in nobody else's messages are looked for everywhere."""
    party = [seeker_of(f"spy{n}", hall, websocket=n == 1) for n in range(5)]
    await gather(party, name="spies")
    await begin(party)
    ann = party[0]
    for seeker in party:
        assert await seeker.game.code(52, to=1) == 0
    for seeker in party:
        await seeker.game.until(58, stage=2)
        assert await seeker.game.code(53) == 0
    for seeker in party:
        lots = (await seeker.game.until(56))["lots"]
    for price, seeker in ((3, party[1]), (4, ann), (5, party[2])):
        code = await seeker.game.code(56, lot_id=lots[0]["lot_id"], price=price)
        assert code == 0
    for seeker in party[3:]:
        assert await seeker.game.code(56) == 0
    for seeker in party:
        await seeker.game.until(58, stage=4)
    prices = [sale["price"] for sale in ann.game.of(57)[0]["sold"]]
    assert prices == [5]
    roles = {seeker: seeker.game.of(51)[0]["role"] for seeker in party}
    for seeker in party:
        sent = b"\n".join(got for line in seeker.lines for got in line.bytes)
        for other in party:
            if other is not seeker:
                assert other.way["ticket"].encode() not in sent
                assert other.token.encode() not in sent
        for role in {"evil", "healer", "miner", "explorer"} - {roles[seeker]}:
            assert role.encode() not in sent
        if roles[seeker] != "evil":
            assert b'"hint"' not in sent
            assert sent.count(b'"mates"') == 0
            assert sum(b'"gold"' in got for got in seeker.game.bytes) == len(
                seeker.game.of(51) + seeker.game.of(55)
            )
        assert b'"price":3' not in sent
        assert b'"price":4' not in sent
        assert b'"seed"' not in sent
        assert b'"sealed"' not in sent


# --- a disk that takes nothing ----------------------------------------------------------------


def limit(engine, size):
    """Let no file of the engine get longer than that."""
    resource.prlimit(engine.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


async def test_27_while_the_disk_is_full_and_the_game_goes_on_afterwards(hall_of, seeker_of):
    full = hall_of(allowed=("log_refusing", "commit_failed"))
    party = [seeker_of(f"full{n}", full) for n in range(4)]
    await gather(party, name="full")
    await begin(party)
    ann = party[0]
    limit(full, max(path.stat().st_size for path in full.data.glob("log.db*")))
    codes, to = [], itertools.cycle((1, 3))
    while 27 not in codes:
        codes.append(await ann.game.code(52, to=next(to)))
    assert set(codes) <= {0, 27}
    while await ann.lobby.code(3, name="more", max=4) not in (27,):
        pass
    limit(full, resource.RLIM_INFINITY)
    while await ann.game.code(52, to=5) == 27:
        await asyncio.sleep(0.05)
    for seeker in party[1:]:
        assert await seeker.game.code(52, to=7) == 0
    positions = (await ann.game.until(53))["positions"]
    assert [line["cell"] for line in positions] == [5, 7, 7, 7]


async def test_a_stopping_engine_says_27_and_hangs_up(hall_of, seeker_of):
    going = hall_of()
    seekers = [seeker_of(name, going, websocket=name == "web") for name in ("tcp", "web")]
    for seeker in seekers:
        await seeker.log_in()
    assert await asyncio.to_thread(going.terminate) == 0
    for seeker in seekers:
        await seeker.lobby.ended()
        assert seeker.lobby.heard[-1][0] == 0
        assert seeker.lobby.heard[-1][1]["code"] == 27
        with pytest.raises(Closed):
            await seeker.lobby.hear()
    assert seekers[0].lobby.heard[-1] == seekers[1].lobby.heard[-1]
