"""Real engines for end-to-end tests, and players that find each other at a table of their own."""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# Tests are imported by path (importlib mode); the client modules beside them are not on it.
sys.path.insert(0, str(Path(__file__).parent))

from command_line import Scene, play_scene
from engine_process import LAST_ZONE, ZONES, Engine, parlour, running
from player import Player
from wire import Link, TcpLink, WebSocketLink

_UIDS = itertools.count(1001)
_ZONES = itertools.count(100)


@pytest.fixture(scope="session")
def shared_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine with the timers of the page, for all who keep to a zone of their own."""
    with running(tmp_path_factory.mktemp("engine"), config=ZONES) as engine:
        yield engine


@pytest.fixture
def engine(shared_engine: Engine) -> Iterator[Engine]:
    """The shared engine; a test fails when something grave is logged in its time."""
    before = len(shared_engine.stderr())
    yield shared_engine
    assert shared_engine.running, shared_engine.stderr()[-4000:]
    shared_engine.check_log(since=before)


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A log worth reading, and the engine that still writes it."""
    settings = {"landlord.call_seconds": 600, "landlord.trustee_seconds": 600}
    with running(tmp_path_factory.mktemp("scene"), config=ZONES, settings=settings) as engine:
        yield asyncio.run(play_scene(engine))


@pytest.fixture
def zone() -> int:
    """A zone nobody else plays in."""
    number = next(_ZONES)
    assert number <= LAST_ZONE
    return number


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Engine]]:
    """Start engines of a test's own; they are stopped and their logs are checked."""
    started: list[tuple[Engine, tuple[str, ...]]] = []

    def start_engine(
        name: str = "engine", *, allowed: tuple[str, ...] = (), **options: Any
    ) -> Engine:
        options.setdefault("config", ZONES)
        engine = Engine(tmp_path / name, **options)
        started.append((engine, allowed))
        return engine.start()

    yield start_engine
    for engine, allowed in started:
        try:
            engine.stop()
        finally:
            if engine.running:
                engine.kill()
        engine.check_log(allowed=allowed)


KINDS = ("tcp", "tcp-xor", "websocket")

Connect = Callable[..., Awaitable[Link]]
Enter = Callable[..., Awaitable[Player]]
Table = Callable[..., Awaitable[list[Player]]]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Open links that are closed with the test."""
    links: list[Link] = []

    async def open_link(engine: Engine, kind: str = "tcp") -> Link:
        if kind == "websocket":
            link: Link = await WebSocketLink().connect(engine.http)
        else:
            link = await TcpLink(xor=kind == "tcp-xor").connect(engine.tcp)
        links.append(link)
        return link

    yield open_link
    for link in links:
        await link.close()


@pytest.fixture
async def enter(connect: Connect) -> Enter:
    """Bring a player to a table."""

    async def bring(
        engine: Engine, *, kind: str = "tcp", uid: int = 0, type: int = 1, zone: int = 0
    ) -> Player:
        player = Player(await connect(engine, kind), uid or next(_UIDS))
        answer = await player.join(type, zone)
        assert answer["cmd"] == "SERVER_JOIN_TABLE_SUCC", answer
        return player

    return bring


@pytest.fixture
async def table(enter: Enter, zone: int) -> Table:
    """Bring three players to one table of their own; seat order."""

    async def bring_three(
        engine: Engine, *, kinds: tuple[str, ...] = KINDS, type: int = 1
    ) -> list[Player]:
        players = [await enter(engine, kind=kind, type=type, zone=zone) for kind in kinds]
        assert [player.seat for player in players] == [0, 1, 2]
        assert len({player.tid for player in players}) == 1
        for player in players:
            while len(player.users) < 3:
                await player.expect("SERVER_TABLE_INFO_BC")
        return players

    return bring_three


@pytest.fixture
def register() -> Callable[..., int]:
    """Make accounts by the command line."""

    def add(engine: Engine, *, money: int) -> int:
        uid = next(_UIDS)
        wanted = ("--uid", uid, "--name", f"registered{uid}", "--money", money)
        added = parlour("account", "add", *wanted, "--data", engine.data, "--json")
        assert added.code == 0, added
        assert added.json()["uid"] == uid
        return uid

    return add


@pytest.fixture
def uid() -> int:
    """A uid nobody has."""
    return next(_UIDS)
