"""The processes of `make soak`: an engine, and a room server that outlives it.

Both are looked at from outside, as an operator would: memory, open files, what they complained of.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from parlour.network.demo.process import PARLOUR, EngineFailed, EngineProcess

_LISTEN: Final = ("landlord", "beehive", "treasure", "treasure-room", "http")
_SECRET: Final = "soak"
_SMALL: Final = {"engine.actors": 150, "engine.states": 200}
"""Kept for later use: few, so that they are all there before the warm-up is over."""
_SETTINGS: Final[Mapping[str, object]] = {
    "accounts.default_purse": 100_000_000,
    **_SMALL,
    "cluster.secret": _SECRET,
    "landlord.levels.2.ceiling": "none",
    "landlord.ready_seconds": 2,
    "landlord.call_seconds": 2,
    "landlord.play_seconds": 2,
    "landlord.resume_seconds": 0.5,
    "limits.connections_per_address": 0,
    "techmino.start_seconds": 0.1,
    "techmino.settle_seconds": 0.1,
    "techmino.end_seconds": 0.1,
}
_TREASURE: Final = {
    "treasure.move_seconds": 2,
    "treasure.action_seconds": 2,
    "treasure.auction_seconds": 2,
    "treasure.explore_seconds": 2,
    "treasure.resume_seconds": 0.5,
    "treasure.return_seconds": 5,
}
_ROOM_SERVER: Final[Mapping[str, object]] = {
    **_SMALL,
    "cluster.secret": _SECRET,
    # As wide as those of an engine started with --open: bots play at full speed.
    "limits.connections_per_address": 0,
    "limits.messages_per_second": 5_000,
    "limits.burst": 10_000,
}
_EXPECTED: Final = ("lobby_refuses",)
"""Errors that a room server logs when its lobby drains: it is told to go, and comes back."""
_KIB: Final = 1024
_MIB: Final = 1024 * _KIB
_PATIENCE: Final = 120.0
_POLL_SECONDS: Final = 0.01
_LAST_LINES: Final = 5


class Sample(msgspec.Struct, frozen=True):
    """A process at a moment."""

    at: float
    """Seconds since the stretch began."""
    resident: int
    """Bytes."""
    files: int
    """Open ones, sockets included."""

    @property
    def mib(self) -> float:
        """Resident memory in MiB."""
        return self.resident / _MIB


def sample(pid: int, at: float) -> Sample:
    """Look at a process.

    Raises:
        EngineFailed: It has ended, and nobody had asked it to.
    """
    process = Path(f"/proc/{pid}")
    try:
        resident = int((process / "statm").read_text().split()[1]) * 4 * _KIB
        files = sum(1 for _ in (process / "fd").iterdir())
    except OSError:
        resident = files = 0
    if not resident:  # a process that nobody has waited for yet has a name, and no memory
        raise EngineFailed(f"process {pid} has ended by itself")
    return Sample(at, resident, files)


def soak_engine(folder: Path, data: Path) -> tuple[EngineProcess, str]:
    """Return an engine, not started yet, and where its room servers find it: always there."""
    nodes = f"127.0.0.1:{_free_port()}"
    options = ("--listen", f"nodes={nodes}", *_options({**_SETTINGS, **_TREASURE}))
    return EngineProcess(folder, data, listen=_LISTEN, options=options), nodes


def _options(settings: Mapping[str, object]) -> list[str]:
    return [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


class RoomServerProcess:
    """`parlour room-server`: games of the engine that are served elsewhere."""

    def __init__(self, folder: Path, nodes: str) -> None:
        self._ready = folder / "room-server.json"
        self.lines = folder / "room-server.log"
        """What it wrote."""
        self._arguments = (
            *(*PARLOUR, "room-server", "--lobby", nodes, "--server-id", "soak"),
            *("--listen", "treasure-room=127.0.0.1:0", "--listen", "http=127.0.0.1:0"),
            *("--ready-file", str(self._ready)),
            *_options(_ROOM_SERVER),
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id.

        Raises:
            EngineFailed: It does not run.
        """
        if self._process is None:
            raise EngineFailed("the room server is not running")
        return self._process.pid

    def start(self) -> None:
        """Start, and wait until the engine has let it in.

        Raises:
            EngineFailed: It has not.
        """
        self._ready.unlink(missing_ok=True)
        with self.lines.open("ab") as lines:
            self._process = subprocess.Popen(
                self._arguments, stdin=subprocess.DEVNULL, stdout=lines, stderr=lines
            )
        deadline = time.monotonic() + _PATIENCE
        while not self._ready.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                words = self.lines.read_text(errors="replace").splitlines()[-_LAST_LINES:]
                self.close()
                raise EngineFailed("\n".join(["the room server did not start", *words]))
            time.sleep(_POLL_SECONDS)

    def stop(self) -> int:
        """Ask it to go (SIGTERM) and return its exit code; -9 when it had to be killed."""
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            return -signal.SIGKILL
        finally:
            self.close()

    def close(self) -> None:
        """Kill it if it still runs."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()


def complaints(lines: Path) -> list[str]:
    """Return what a process said as errors; our bugs are among them."""
    if not lines.exists():
        return []
    with lines.open(encoding="utf-8", errors="replace") as file:
        return [
            line.strip()
            for line in file
            if '"level": "error"' in line and not any(word in line for word in _EXPECTED)
        ]
