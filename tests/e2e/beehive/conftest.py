"""Engines that serve instant messaging, and devices that come with a test and go with it."""

from __future__ import annotations

import itertools
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from bee import Bee
from bee_node import SECRET, Node
from engine_process import Engine, parlour, running
from kept import check_audit

LISTEN = ("http", "beehive", "beehive-nodes")
OPERATOR = 60_001
QUICK = {
    "beehive.farewell_seconds": 60,
    "beehive.count_seconds": 0.05,
    "beehive.online_seconds": 60,
    "limits.linger_seconds": 0.3,
    "cluster.secret": SECRET,
}
"""Nobody is sent away while a test looks, and counts come at once."""
CURT = {
    "beehive.farewell_seconds": 0.2,
    "beehive.online_seconds": 0.5,
    "beehive.idle_tcp_seconds": 2.5,
    "beehive.idle_websocket_seconds": 2.5,
    "beehive.node_seconds": 1,
}

_UIDS = itertools.count(70_001)
_SIDS = itertools.count(800_001)
_RIDS = itertools.count(500_001)
_NIDS = itertools.count(30_001)


@contextmanager
def _hive(folder: Path, *, open: bool = True, **settings: object) -> Iterator[Engine]:
    changed = {**QUICK, **{name.replace("__", "."): value for name, value in settings.items()}}
    with running(folder, listen=LISTEN, settings=changed, open=open) as engine:
        yield engine
    check_audit(engine.data)


@pytest.fixture(scope="session")
def shared_hive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine with `--open` for all who keep to users and rooms of their own."""
    with _hive(tmp_path_factory.mktemp("hive")) as engine:
        wanted = ("--uid", OPERATOR, "--name", "operator", "--operator")
        added = parlour("account", "add", *wanted, "--data", engine.data, "--json")
        assert added.code == 0, added
        yield engine


@pytest.fixture
def hive(shared_hive: Engine) -> Iterator[Engine]:
    """The shared engine; a test fails when something grave is logged in its time."""
    yield from _watched(shared_hive)


def _watched(engine: Engine) -> Iterator[Engine]:
    before = len(engine.stderr())
    yield engine
    assert engine.running, engine.stderr()[-4000:]
    engine.check_log(since=before)


@pytest.fixture(scope="session")
def shared_guard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine that wants proof of everybody, with the usual limits."""
    with _hive(tmp_path_factory.mktemp("guard"), open=False) as engine:
        yield engine


@pytest.fixture
def guard(shared_guard: Engine) -> Iterator[Engine]:
    """The engine that wants proof, watched as well."""
    yield from _watched(shared_guard)


@pytest.fixture(scope="session")
def shared_curt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine that waits for nobody."""
    with _hive(tmp_path_factory.mktemp("curt"), **CURT) as engine:
        yield engine


@pytest.fixture
def curt(shared_curt: Engine) -> Iterator[Engine]:
    """The engine that waits for nobody, watched as well."""
    yield from _watched(shared_curt)


@pytest.fixture
def launch(tmp_path: Path, start: Callable[..., Engine]) -> Iterator[Callable[..., Engine]]:
    """Start an engine of a test's own; its log must be clean in the end."""
    started: list[Engine] = []

    def begin(name: str = "engine", *, open: bool = True, **settings: object) -> Engine:
        changed = {name.replace("__", "."): value for name, value in settings.items()}
        options = {"listen": LISTEN, "settings": {**QUICK, **changed}, "config": ""}
        engine = start(name, open=open, **options)
        started.append(engine)
        return engine

    yield begin
    for engine in started:
        check_audit(engine.data)


Meet = Callable[..., Bee]


@pytest.fixture
async def meet(request: pytest.FixtureRequest) -> AsyncIterator[Meet]:
    """Make devices that have no connection yet; theirs are closed with the test."""
    met: list[Bee] = []

    def make(*, uid: int = 0, sid: int = 0, at: Any = None, **speaks: str) -> Bee:
        engine = at or request.getfixturevalue("hive")
        old = speaks.get("dialect") == "v1"
        sid = 0 if old else sid or next(_SIDS)
        device = Bee(engine, uid or next(_UIDS), sid=sid, **speaks)
        met.append(device)
        return device

    yield make
    for device in met:
        await device.close()


@pytest.fixture
async def come(meet: Meet) -> Callable[..., Any]:
    """Bring devices online: as many as are wanted, each of a user of its own."""

    async def bring(count: int = 1, **options: Any) -> list[Bee]:
        return [await meet(**options).come() for _ in range(count)]

    return bring


@pytest.fixture
async def node(request: pytest.FixtureRequest) -> AsyncIterator[Callable[..., Node]]:
    """Make nodes that have no connection yet."""
    made: list[Node] = []

    def make(*, at: Any = None, nid: int = 0, dialect: str = "v2") -> Node:
        engine = at or request.getfixturevalue("hive")
        made.append(Node(engine, nid or next(_NIDS), dialect=dialect))
        return made[-1]

    yield make
    for device in made:
        await device.close()


@pytest.fixture
def rid() -> int:
    """A room nobody else is in, and nobody has created."""
    return next(_RIDS)


@pytest.fixture
def uid() -> int:
    """A user nobody else is."""
    return next(_UIDS)


@pytest.fixture
async def operator(meet: Meet) -> Callable[..., Any]:
    """Bring the operator online."""

    async def bring(**options: Any) -> Bee:
        return await meet(uid=OPERATOR, **options).come()

    return bring
