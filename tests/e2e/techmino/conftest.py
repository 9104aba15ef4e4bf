"""Engines with short clocks, people that come with a test and go with it."""

from __future__ import annotations

import itertools
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from engine_process import Engine, running
from people import Person
from tech_link import TechLink, WildLink

_UIDS = itertools.count(5001)
_ROOMS = itertools.count(100)
_TYPES = itertools.count(10)
_LAST = 199
CONFIG = """
[techmino]
newest_code = 1300
newest_name = "foo"
newest_content = "维度突破 New Dimension"
least_code = 1226
least_name = "Alpha V0.12.X"
least_content = "圣诞快乐 Merry Christmas"
notice = "Foo and bar"
[techmino.chats]
global = 1024
english = 512
chinese = 512
pair = 2
""" + "".join(f"room{number} = 512\n" for number in range(100, _LAST + 1))
CONFIG += "[techmino.types]\nsolo = 2\nclassic = 6\nr49 = 49\nr99 = 99\nunlimited = 10000\n"
CONFIG += "".join(f"kind{number} = 6\n" for number in range(10, 60))
"""Every test talks in a chat room of its own, and lists rooms of a type of its own."""

QUICK = {
    "techmino.start_seconds": 0.1,
    "techmino.connect_seconds": 60,
    "techmino.settle_seconds": 0.05,
    "techmino.end_seconds": 0.1,
    "techmino.return_seconds": 60,
    "limits.linger_seconds": 0.3,
}
"""Nobody waits, but for people who are slow to come."""
DOORS = {"limits.linger_seconds": 0.3}
CURT = {
    "techmino.reject": "http",
    "techmino.register": "false",
    "techmino.binary": "true",
    "techmino.credentials_seconds": 1.5,
    "techmino.ping_seconds": 0.5,
    "techmino.silence_seconds": 2,
    "techmino.utc_offset": "+08:00",
    "limits.auth_seconds": 1.5,
    "limits.linger_seconds": 0.3,
    "accounts.token_seconds.access": 1,
}
"""Everything that can be set another way."""

Options = dict[str, Any]


def _options(settings: dict[str, object], **more: Any) -> Options:
    return {"config": CONFIG, "listen": ("http",), "settings": settings, **more}


@pytest.fixture(scope="session")
def shared_quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine with `--open` and short clocks."""
    with running(tmp_path_factory.mktemp("quick"), **_options(QUICK)) as engine:
        yield engine


@pytest.fixture(scope="session")
def shared_doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine that wants to know who comes."""
    with running(tmp_path_factory.mktemp("doors"), **_options(DOORS, open=False)) as engine:
        yield engine


@pytest.fixture(scope="session")
def shared_curt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine with `CURT` settings."""
    with running(tmp_path_factory.mktemp("curt"), **_options(CURT, open=False)) as engine:
        yield engine


def _watched(engine: Engine) -> Iterator[Engine]:
    before = len(engine.stderr())
    yield engine
    assert engine.running, engine.stderr()[-4000:]
    engine.check_log(since=before)


@pytest.fixture
def engine(shared_quick: Engine) -> Iterator[Engine]:
    """The quick engine; a test fails when something grave is logged in its time."""
    yield from _watched(shared_quick)


@pytest.fixture
def doors(shared_doors: Engine) -> Iterator[Engine]:
    """The engine that wants to know who comes, watched as well."""
    yield from _watched(shared_doors)


@pytest.fixture
def curt(shared_curt: Engine) -> Iterator[Engine]:
    """The engine with other settings, watched as well."""
    yield from _watched(shared_curt)


@pytest.fixture(scope="session")
def quick_options() -> Callable[..., Options]:
    """Return how a quick engine is started with some settings changed (`a__b` for `a.b`)."""

    def options(*, open: bool = True, **settings: object) -> Options:
        changed = {name.replace("__", "."): value for name, value in settings.items()}
        return _options({**QUICK, **changed}, open=open)

    return options


@pytest.fixture
def launch(
    start: Callable[..., Engine], quick_options: Callable[..., Options]
) -> Callable[..., Engine]:
    """Start a quick engine of a test's own, with some settings changed."""

    def begin(name: str = "engine", *, allowed: tuple[str, ...] = (), **changes: Any) -> Engine:
        return start(name, allowed=allowed, **quick_options(**changes))

    return begin


def _empty_room() -> str:
    number = next(_ROOMS)
    assert number <= _LAST
    return f"room{number}"


@pytest.fixture
def chat_room() -> str:
    """A chat room nobody else talks in."""
    return _empty_room()


@pytest.fixture
def another_room() -> str:
    """Another one."""
    return _empty_room()


@pytest.fixture
def room_type() -> str:
    """A type of play room nobody else opens."""
    return f"kind{next(_TYPES)}"


Meet = Callable[..., Person]


@pytest.fixture
async def meet(engine: Engine) -> AsyncIterator[Meet]:
    """Make people who have no connection yet; theirs are closed with the test."""
    met: list[Person] = []

    def make(*, at: Engine | None = None, uid: int = 0, **options: Any) -> Person:
        person = Person((at or engine).http, uid or next(_UIDS), **options)
        met.append(person)
        return person

    yield make
    for person in met:
        await person.close()


Players = Callable[..., Awaitable[list[Person]]]


@pytest.fixture
async def players(meet: Meet) -> Players:
    """Bring people to `play`."""

    async def bring(count: int, **options: Any) -> list[Person]:
        people = [meet(**options) for _ in range(count)]
        for person in people:
            await person.to_play()
        return people

    return bring


Open = Callable[..., Awaitable[TechLink]]


@pytest.fixture
async def dial() -> AsyncIterator[Open]:
    """Open TCP connections to an endpoint that are closed with the test."""
    links: list[TechLink] = []

    async def connect(engine: Engine, endpoint: str, *, wild: bool = False) -> TechLink:
        link = WildLink(endpoint) if wild else TechLink(endpoint)
        links.append(link)
        return await link.open(engine.http)

    yield connect
    for link in links:
        await link.close()


@pytest.fixture
async def onlookers(meet: Meet, chat_room: str) -> Callable[..., Any]:
    """Two people who chat while something goes on, and hear nothing but each other."""

    @asynccontextmanager
    async def chatting(**options: Any) -> AsyncIterator[None]:
        first, second = meet(**options), meet(**options)
        for person in (first, second):
            await person.to_chat()
            await person.chat.ask(1, rid=chat_room)
        await first.chat.hear("Broadcast 1")
        yield
        for person in (first, second, first):
            await person.chat.say(3, rid=chat_room, message=f"{person.uid} is here")
            for hearer in (first, second):
                (heard,) = await hearer.chat.hear("Broadcast 3")
                assert heard["data"]["message"] == f"{person.uid} is here"
        for person in (first, second):
            assert person.chat.pending() == []

    return chatting
