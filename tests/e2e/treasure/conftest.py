"""Engines with a lobby and room servers in other processes, and guests; they go with the test."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from engine_process import Engine, running
from guest import Guest
from outpost import Outpost
from seeker import Seeker
from wiretap import Wiretap

BRISK = {
    "treasure.embedded": "false",
    "treasure.beat_seconds": 0.2,
    "treasure.dead_seconds": 1,
    "treasure.resume_seconds": 0.3,
    "limits.linger_seconds": 0.3,
}
"""Who dies is found dead at once."""
FIVE = ("ann", "ben", "cid", "dee", "eve")


class Lobby(Engine):
    """An engine that has the same addresses after a restart."""

    def command(self) -> list[str]:
        """Return the command line."""
        known = {f"{kind}=127.0.0.1:0": f"{kind}={at}" for kind, at in self.addresses.items()}
        return [known.get(word, word) for word in super().command()]

    @property
    def treasure(self) -> str:
        """Address of the lobby listener."""
        return self.addresses["treasure"]

    @property
    def nodes(self) -> str:
        """Address of the listener of room servers."""
        return self.addresses["nodes"]


@pytest.fixture
def lobby_of(tmp_path: Path) -> Iterator[Callable[..., Lobby]]:
    """Start engines; they are stopped and their logs are checked."""
    started: list[tuple[Lobby, tuple[str, ...]]] = []

    def start(
        name: str = "lobby", *, open: bool = True, allowed: tuple[str, ...] = (), **settings: Any
    ) -> Lobby:
        chosen = {**BRISK, **{key.replace("__", "."): value for key, value in settings.items()}}
        lobby = Lobby(tmp_path / name, open=open, settings=chosen, listen=("treasure", "nodes"))
        started.append((lobby, allowed))
        lobby.start()
        return lobby

    yield start
    for lobby, allowed in started:
        try:
            lobby.stop()
        finally:
            if lobby.process is not None and lobby.running:
                lobby.process.kill()
                lobby.process.wait()
        lobby.check_log(allowed=allowed)


@pytest.fixture
def lobby(lobby_of: Callable[..., Lobby]) -> Lobby:
    """An engine without games of its own, open to all."""
    return lobby_of()


@pytest.fixture
def outpost_of(tmp_path: Path) -> Iterator[Callable[..., Outpost]]:
    """Make room servers; they are stopped, and must not have failed."""
    made: list[Outpost] = []

    def make(server_id: str, address: str, **options: Any) -> Outpost:
        settings = {**BRISK, **options.pop("settings", {})}
        del settings["treasure.embedded"]
        outpost = Outpost(
            tmp_path / server_id, address, server_id=server_id, settings=settings, **options
        )
        made.append(outpost)
        return outpost

    yield make
    for outpost in made:
        try:
            outpost.stop()
        finally:
            if outpost.process is not None and outpost.running:
                outpost.process.kill()
                outpost.process.wait()
        assert "Traceback" not in outpost.stderr(), outpost.stderr()[-6000:]
        assert "handler_failed" not in outpost.stderr(), outpost.stderr()[-6000:]


Party = Callable[..., Awaitable[list[Guest]]]


@pytest.fixture
async def party_of() -> AsyncIterator[Party]:
    """Bring guests into a game."""
    guests: list[Guest] = []

    async def bring(
        lobby: Lobby,
        *,
        names: Sequence[str] = FIVE,
        pause: float = 0.0,
        start: bool = True,
        idle: bool = False,
    ) -> list[Guest]:
        party = [Guest(name, lambda: lobby.treasure, pause=pause) for name in names]
        guests.extend(party)
        for guest in party:
            guest.greedy = not idle
            await guest.log_in()
        host, *others = party
        made = await host.ask(3, name=f"den of {host.name}", max=8)
        for guest in others:
            assert (await guest.ask(5, room_id=made["room_id"]))["code"] == 0
            assert (await guest.ask(7, ready=True))["code"] == 0
        for guest in party:
            guest.room = made["room_id"]
        if start:
            assert (await host.ask(8))["code"] == 0
        return party

    yield bring
    await asyncio.gather(*(guest.leave() for guest in guests))


@pytest.fixture
async def wiretap_of() -> AsyncIterator[Callable[..., Awaitable[Wiretap]]]:
    """Put a stretch of wire before a lobby."""
    taps: list[Wiretap] = []

    async def listen(lobby: Lobby) -> Wiretap:
        taps.append(await Wiretap(lambda: lobby.nodes).listen())
        return taps[-1]

    yield listen
    for tap in taps:
        await tap.close()


# --- engines that play games themselves -----------------------------------------------------

HALL = ("treasure", "treasure-room", "http")
DOORS = {"limits.linger_seconds": 0.3}
BRIEF = {
    **DOORS,
    "limits.messages_per_second": 20,
    "limits.burst": 30,
    "limits.auth_seconds": 1,
    "treasure.silence_seconds": 1,
    "treasure.ticket_seconds": 1,
    "treasure.offline_seconds": 1,
}


@pytest.fixture(scope="session")
def shared_hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine with `--open`, a lobby and games."""
    with running(tmp_path_factory.mktemp("hall"), listen=HALL, settings=DOORS) as engine:
        yield engine


@pytest.fixture
def hall(shared_hall: Engine) -> Iterator[Engine]:
    """That engine; a test fails when something grave is logged in its time."""
    began = len(shared_hall.stderr())
    yield shared_hall
    shared_hall.check_log(since=began)


@pytest.fixture(scope="session")
def shared_brief(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine without patience."""
    with running(tmp_path_factory.mktemp("brief"), listen=HALL, settings=BRIEF) as engine:
        yield engine


@pytest.fixture
def brief(shared_brief: Engine) -> Iterator[Engine]:
    """That engine, watched as well."""
    began = len(shared_brief.stderr())
    yield shared_brief
    shared_brief.check_log(since=began)


@pytest.fixture
def hall_of(tmp_path: Path) -> Iterator[Callable[..., Engine]]:
    """Start engines with a lobby and games; their logs are checked when they are stopped."""
    started: list[tuple[Engine, tuple[str, ...]]] = []

    def start(
        *,
        open: bool = True,
        allowed: tuple[str, ...] = (),
        listen: tuple[str, ...] = HALL,
        **more: Any,
    ) -> Engine:
        settings = {**DOORS, **{key.replace("__", "."): value for key, value in more.items()}}
        folder = tmp_path / f"hall{len(started)}"
        engine = Engine(folder, open=open, settings=settings, listen=listen)
        started.append((engine, allowed))
        return engine.start()

    yield start
    for engine, allowed in started:
        try:
            engine.stop()
        finally:
            if engine.running:
                engine.kill()
        engine.check_log(allowed=allowed)


@pytest.fixture
def own_hall(hall_of: Callable[..., Engine]) -> Engine:
    """An engine of a test's own, to be killed."""
    return hall_of()


@pytest.fixture
async def seeker_of() -> AsyncIterator[Callable[..., Seeker]]:
    """Make seekers; they hang up when the test ends."""
    made: list[Seeker] = []

    def make(name: str, hall: Engine, *, websocket: bool = False) -> Seeker:
        made.append(Seeker(name, hall.addresses, websocket=websocket))
        return made[-1]

    yield make
    for seeker in made:
        await seeker.leave()
