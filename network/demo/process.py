"""A real engine in a process of its own: started, waited for, killed, stopped."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from parlour.events.errors import EngineError

PARLOUR: Final = (sys.executable, "-m", "parlour.network.cli")
"""The command line of this very installation."""
_POLL_SECONDS: Final = 0.002
_PATIENCE: Final = 30.0
"""Seconds that a command may take."""
_LAST_LINES: Final = 5


class EngineFailed(EngineError):
    """The engine process did not do what was asked of it."""


class Printed(NamedTuple):
    """What a command answered."""

    code: int
    lines: Sequence[str]
    """Of its output, or of its errors when there is no output."""


def run_command(*arguments: str) -> Printed:
    """Run one command of Parlour to its end.

    Raises:
        EngineFailed: It does not come to its end.
    """
    try:
        done = subprocess.run(
            [*PARLOUR, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        command = " ".join(arguments)
        raise EngineFailed(f"parlour {command}: not done after {_PATIENCE:.0f} s") from None
    return Printed(done.returncode, (done.stdout or done.stderr).rstrip().splitlines())


class EngineProcess:
    """`parlour run` on free ports of the loopback, with its files in one folder."""

    addresses: Mapping[str, str]
    """Kind to "host:port", from the ready file; after `start`."""

    def __init__(
        self,
        folder: Path,
        data: Path,
        *,
        listen: Sequence[str] = ("landlord", "http"),
        options: Sequence[str] = (),
    ) -> None:
        """Prepare an engine.

        Args:
            folder: Where its ready file and its log of lines go.
            data: Its DATA folder.
            listen: Which kinds of listeners it opens.
            options: More options of `parlour run`.
        """
        self._ready_file = folder / "ready.json"
        self._lines = folder / "engine.log"
        listeners = [part for kind in listen for part in ("--listen", f"{kind}=127.0.0.1:0")]
        self.arguments = (
            *("run", "--open", "--data", str(data), *listeners),
            *("--ready-file", str(self._ready_file), *options),
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id of the running engine."""
        return self._running.pid

    def start(self, *, patience: float = _PATIENCE) -> float:
        """Start, wait until it accepts, and return how many seconds that took.

        Raises:
            EngineFailed: It ended, or was not ready within `patience` seconds.
        """
        self._ready_file.unlink(missing_ok=True)
        began = time.perf_counter()
        with self._lines.open("ab") as lines:
            self._process = subprocess.Popen(
                [*PARLOUR, *self.arguments], stdin=subprocess.DEVNULL, stdout=lines, stderr=lines
            )
        while not self._is_ready():
            if self._process.poll() is not None:
                raise EngineFailed("\n".join(["the engine did not start", *self.last_words()]))
            if time.perf_counter() - began > patience:
                raise EngineFailed(f"the engine is not ready after {patience:.0f} s")
            time.sleep(_POLL_SECONDS)
        return time.perf_counter() - began

    def _is_ready(self) -> bool:
        try:
            self.addresses = msgspec.json.decode(self._ready_file.read_bytes(), type=dict[str, str])
        except (FileNotFoundError, msgspec.DecodeError):
            return False
        return True

    def kill(self) -> None:
        """Kill it with signal 9: no goodbye, no flush."""
        self._running.kill()
        self._running.wait()
        self._process = None

    def stop(self, *, patience: float = 15.0) -> int:
        """Ask it to drain (SIGTERM) and return its exit code."""
        process = self._running
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(patience)
        except subprocess.TimeoutExpired:
            raise EngineFailed(f"the engine did not stop within {patience:.0f} s") from None
        self._process = None
        return code

    def last_words(self) -> list[str]:
        """Return the last lines it wrote."""
        if not self._lines.exists():
            return []
        return self._lines.read_text(errors="replace").splitlines()[-_LAST_LINES:]

    def close(self) -> None:
        """Kill it if it still runs."""
        if self._process is not None:
            self.kill()

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise EngineFailed("the engine is not running")
        return self._process
