"""The admin socket over the real engine and a real log."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import stat
from contextlib import asynccontextmanager
from types import SimpleNamespace

import msgspec
import pytest

from parlour.actors.accounts import MAX_UID
from parlour.actors.messages import FromSession, SessionOpened
from parlour.events.account import account_id
from parlour.events.errors import EngineError, RuleViolation
from parlour.events.log import open_log
from parlour.events.messages.landlord import JoinTable
from parlour.events.writers import ThreadWriter
from parlour.network import account_requests as ask
from parlour.network.account_desk import AccountDesk
from parlour.network.admin import MAX_LINE, AdminServer, request_of_engine
from parlour.network.config import AccountSettings, Config
from parlour.network.hub import ConnectionHub
from parlour.network.landlord.codec import PLAIN
from parlour.network.landlord.handlers import LANDLORD
from parlour.network.metrics import Metrics
from parlour.network.production import WallClock
from parlour.network.server import make_desk, make_engine


@asynccontextmanager
async def running(data):
    with open_log(data, open_mode=False) as log:
        metrics = Metrics()
        hub = ConnectionHub(metrics)
        writer = ThreadWriter(asyncio.get_running_loop())
        config = Config()
        engine = make_engine(
            log, config, hub=hub, metrics=metrics, writer=writer, clock=WallClock()
        )
        hub.engine = engine
        desk = make_desk(engine, log, config)
        server = AdminServer(data, desk)
        await server.start()

        async def request(what):
            return await asyncio.to_thread(request_of_engine, data, what)

        yield SimpleNamespace(engine=engine, desk=desk, hub=hub, log=log, request=request)
        await server.stop()
        await engine.journal.drain()
        writer.close()


async def test_requests_are_served_by_the_running_engine(tmp_path):
    async with running(tmp_path) as node:
        assert await node.request(ask.AddAccount(name="alice")) == {"uid": 1, "name": "alice"}
        assert await node.request(ask.AddAccount(name="bob", uid=7)) == {"uid": 7, "name": "bob"}
        assert (await node.request(ask.AddAccount(name="carol")))["uid"] == 8
        changed = await node.request(ask.SetAccount(uid=7, name="robert", grant=5))
        assert changed == {"uid": 7, "money": 10_005}
        account = node.engine.repository.get(account_id(7))
        assert (account.name, account.money) == ("robert", 10_005)


async def test_a_refusal_keeps_its_code(tmp_path):
    async with running(tmp_path) as node:
        await node.request(ask.AddAccount(name="alice"))
        with pytest.raises(RuleViolation, match="taken") as caught:
            await node.request(ask.AddAccount(name="ALICE"))
        assert caught.value.code == "name_taken"


async def test_several_changes_are_made_together_or_not_at_all(tmp_path):
    async with running(tmp_path) as node:
        await node.request(ask.AddAccount(name="alice", email="a@b.c"))
        before = node.engine.repository.get(account_id(1)), node.log.head()
        everything = ask.SetAccount(
            uid=1,
            name="alicia",
            email="other@b.c",
            motto="hello",
            zone="north",
            sex=2,
            password_hash="$argon2id$",
            grant=-10_001,
        )
        with pytest.raises(RuleViolation, match="it cannot change by -10001"):
            await node.request(everything)
        assert (node.engine.repository.get(account_id(1)), node.log.head()) == before
        answer = await node.request(msgspec.structs.replace(everything, grant=5))
        assert answer == {"uid": 1, "money": 10_005}
        account = node.engine.repository.get(account_id(1))
        assert (account.name, account.motto, account.password) == ("alicia", "hello", "$argon2id$")
        assert node.log.head()["seal"] == before[1]["seal"] + 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"zone": "z" * 9000}, "zone_invalid"),
        ({"motto": "m" * 120_000}, "motto_invalid"),
        ({"motto": "two\nlines"}, "motto_invalid"),
        ({"sex": 3}, "sex_invalid"),
        ({"birthday": "9999/99/99"}, "birthday_invalid"),
        ({"avatar": "face.png"}, "avatar_invalid"),
        ({"name": "A" * 65}, "name_invalid"),
    ],
)
async def test_a_profile_is_checked_whoever_asks(tmp_path, change, code):
    async with running(tmp_path) as node:
        await node.request(ask.AddAccount(name="alice"))
        before = node.log.head()
        with pytest.raises(RuleViolation) as caught:
            await node.request(ask.SetAccount(uid=1, **change))
        assert caught.value.code == code
        assert node.log.head() == before


async def test_a_name_that_differs_only_in_case_is_checked_too(tmp_path):
    async with running(tmp_path) as node:
        await node.request(ask.AddAccount(name="ß" * 64))
        with pytest.raises(RuleViolation, match="1 to 64"):
            await node.request(ask.SetAccount(uid=1, name="ss" * 64))


@pytest.mark.parametrize("seconds", [1e300, 1e12, 0, -1, -1e300])
async def test_a_token_for_no_time_or_for_ever_is_refused_before_it_is_recorded(tmp_path, seconds):
    async with running(tmp_path) as node:
        await node.request(ask.AddAccount(name="alice"))
        before = node.log.head()
        with pytest.raises(RuleViolation, match="less than ten years") as caught:
            await node.request(ask.GiveToken(uid=1, kind="skey", seconds=seconds))
        assert caught.value.code == "seconds_invalid"
        with pytest.raises(RuleViolation, match="a sid is"):
            await node.request(ask.GiveToken(uid=1, kind="beehive", sid=2**53))
        assert node.log.head() == before


async def test_what_users_are_told_is_bounded(tmp_path):
    async with running(tmp_path) as node:
        await node.request(ask.AddAccount(name="alice"))
        for request in (ask.KickUser, ask.DisableAccount):
            with pytest.raises(RuleViolation) as caught:
                await node.request(request(uid=1, reason="x" * 257))
            assert caught.value.code == "reason_invalid"


async def test_uids_go_on_after_the_highest_that_has_room_above(tmp_path):
    async with running(tmp_path) as node:
        await node.request(ask.AddAccount(name="first"))
        await node.request(ask.AddAccount(name="last", uid=MAX_UID))
        await node.request(ask.AddAccount(name="last but one", uid=MAX_UID - 1))
        assert (await node.request(ask.AddAccount(name="next")))["uid"] == 2
        assert (await node.request(ask.AddAccount(name="after")))["uid"] == 3


async def test_a_uid_on_its_way_to_disk_is_taken(tmp_path):
    async with running(tmp_path) as node:
        await node.request(ask.AddAccount(name="first"))
        chosen = node.desk.serve(ask.AddAccount(name="chosen", uid=2))
        following = [node.desk.serve(ask.AddAccount(name=f"n{n}")) for n in range(3)]
        answers = await asyncio.gather(chosen, *following)
        assert [answer["uid"] for answer in answers] == [2, 3, 4, 5]


async def test_the_next_uid_is_asked_for_by_order_alone():
    class Asked:
        async def ask(self, actor_id, command):
            return int(actor_id.partition(":")[2])

    asked = []

    def last_uid(below):
        asked.append(below)
        return 1_000_000

    desk = AccountDesk(
        Asked(), AccountSettings(), last_uid=last_uid, claimed=lambda key: None, head=dict
    )
    assert (await desk.serve(ask.AddAccount(name="next")))["uid"] == 1_000_001
    assert asked == [MAX_UID + 1]


async def test_accounts_asked_for_at_once_get_uids_of_their_own(tmp_path):
    async with running(tmp_path) as node:
        requests = [node.desk.serve(ask.AddAccount(name=f"n{n}")) for n in range(20)]
        answers = await asyncio.gather(*requests)
        assert sorted(answer["uid"] for answer in answers) == list(range(1, 21))


async def test_the_head_is_the_newest_seal_on_disk(tmp_path):
    async with running(tmp_path) as node:
        before = await node.request(ask.ShowHead())
        await node.request(ask.AddAccount(name="alice"))
        after = await node.request(ask.ShowHead())
        assert after["position"] > before["position"]
        assert after == node.log.head()


async def test_a_kick_closes_the_users_connections(tmp_path):
    async with running(tmp_path) as node:
        await node.request(ask.AddAccount(name="alice"))
        token = (await node.request(ask.GiveToken(uid=1, kind="skey")))["token"]
        closed = []
        link = SimpleNamespace(
            write=lambda data: None,
            buffered=lambda: 0,
            close=lambda ending, reason: closed.append(reason),
        )
        connection = node.hub.open(LANDLORD, PLAIN, link=link, peer="test")
        join = JoinTable(type=1, uid=1, skey=token)
        node.engine.tell("landlord.session:1", FromSession(connection.session, join))
        await node.engine.journal.drain()
        assert node.hub.online("landlord", 1)
        assert await node.request(ask.KickUser(uid=1, reason="enough")) == {"uid": 1}
        assert closed == ["enough"]
        assert not node.hub.online("landlord", 1)


async def test_lines_that_are_no_request_are_refused_and_the_next_one_is_served(tmp_path):
    async with running(tmp_path):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "admin.sock"))
        for line in (b"hello", b"[]", b'{"command":"fly"}', b'{"command":"kick","uid":"1"}'):
            writer.write(line + b"\n")
            answer = msgspec.json.decode(await reader.readline(), type=ask.Answer)
            assert (answer.code, answer.result) == ("malformed", None)
        writer.write(b'{"command":"log-head"}\n')
        assert b'"position"' in await reader.readline()
        writer.close()


async def test_a_line_over_the_limit_closes(tmp_path):
    async with running(tmp_path):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "admin.sock"))
        writer.write(b"x" * (MAX_LINE * 3) + b"\n")
        with contextlib.suppress(ConnectionResetError):
            assert await reader.readline() == b""
        writer.close()


async def test_the_socket_is_the_owners_alone_and_goes_with_the_engine(tmp_path):
    async with running(tmp_path):
        path = tmp_path / "admin.sock"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.exists()


async def test_a_folder_with_a_very_long_name_works(tmp_path):
    data = tmp_path / ("long" * 40)
    async with running(data) as node:
        assert len(str(data / "admin.sock")) > 108
        assert (await node.request(ask.AddAccount(name="alice")))["uid"] == 1


def test_without_an_engine_there_is_no_answer(tmp_path):
    assert request_of_engine(tmp_path, ask.ShowHead()) is None
    assert request_of_engine(tmp_path / "nowhere", ask.ShowHead()) is None


def test_a_socket_left_by_a_dead_engine_is_no_engine(tmp_path):
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / "admin.sock"))
    left.close()
    assert request_of_engine(tmp_path, ask.ShowHead()) is None


async def test_an_engine_that_goes_away_is_an_error(tmp_path):
    async def hang_up(reader, writer):
        await reader.readline()
        writer.close()

    server = await asyncio.start_unix_server(hang_up, str(tmp_path / "admin.sock"))
    with pytest.raises(EngineError, match="went away"):
        await asyncio.to_thread(request_of_engine, tmp_path, ask.ShowHead())
    server.close()


async def test_a_session_actor_is_dropped_with_its_connection(tmp_path):
    async with running(tmp_path) as node:
        link = SimpleNamespace(write=lambda data: None, buffered=lambda: 0, close=lambda *_: None)
        before = len(node.engine)
        for _ in range(50):
            node.hub.lost(node.hub.open(LANDLORD, PLAIN, link=link, peer="test"))
        assert len(node.engine) == before
        node.engine.tell("landlord.session:51", SessionOpened(51, "test"))
        assert len(node.engine) == before + 1
