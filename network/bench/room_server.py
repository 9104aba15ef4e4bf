"""The servers of `server.py` as processes: started, waited for, ended."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, Literal

from parlour.network.bench.sockets import BenchFailed

_PATIENCE: Final = 60.0
_POLL_SECONDS: Final = 0.005


class RoomServer:
    """One server process; a context manager."""

    address: str
    """"host:port", once entered."""

    def __init__(self, kind: Literal["engine", "naive", "relay"], folder: Path) -> None:
        self.data = folder / f"{kind}-data"
        """The engine's DATA folder."""
        self._ready = folder / f"{kind}.ready"
        self._arguments = (
            *(sys.executable, "-m", "parlour.network.bench.server"),
            *(kind, str(self.data), str(self._ready)),
        )

    def __enter__(self) -> RoomServer:
        self._ready.unlink(missing_ok=True)
        self._process = subprocess.Popen(self._arguments, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + _PATIENCE
        while not (self._ready.exists() and self._ready.read_text()):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._process.kill()
                raise BenchFailed(f"the server did not start: {' '.join(self._arguments)}")
            time.sleep(_POLL_SECONDS)
        self.address = self._ready.read_text()
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
