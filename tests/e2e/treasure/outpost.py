"""A room server as an operator runs it: a process at the end of a link to an engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from engine_process import PARLOUR, PATIENCE


class Outpost:
    """One room server, by its id, and the process it is now."""

    def __init__(
        self,
        folder: Path,
        lobby: str,
        *,
        server_id: str = "",
        settings: Mapping[str, object] | None = None,
        listen: tuple[str, ...] = ("treasure-room=127.0.0.1:0",),
        options: tuple[str, ...] = (),
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.ready_file = folder / "ready.json"
        self.errors = folder / "stderr.log"
        self.lobby = lobby
        self.server_id = server_id
        self.settings = dict(settings or {})
        self.listen = listen
        self.options = options
        self.addresses: dict[str, str] = {}
        self.process: subprocess.Popen[bytes] | None = None

    def spawn(self) -> Outpost:
        """Start the process; it may be that the engine does not let it in."""
        self.ready_file.unlink(missing_ok=True)
        line = [*PARLOUR, "room-server", "--lobby", self.lobby, *self.options]
        line += ["--ready-file", str(self.ready_file)]
        for where in self.listen:
            line += ["--listen", where]
        if self.server_id:
            line += ["--server-id", self.server_id]
        for key, value in self.settings.items():
            line += ["--set", f"{key}={value}"]
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(
                line, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors
            )
        return self

    def start(self) -> Outpost:
        """Start the process and wait until the engine has let it in."""
        self.spawn()
        assert self.process is not None
        deadline = time.monotonic() + PATIENCE
        while not self.ready_file.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"the room server did not start: {self.stderr()[-2000:]}")
            time.sleep(0.01)
        self.addresses = json.loads(self.ready_file.read_text())
        return self

    @property
    def port(self) -> int:
        """Where its clients come."""
        return int(self.addresses["treasure-room"].rpartition(":")[2])

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """Kill −9."""
        assert self.process is not None
        assert self.running, f"it had died of itself: {self.stderr()[-2000:]}"
        self.process.kill()
        self.process.wait(PATIENCE)
        self.process = None

    def send_signal(self, number: signal.Signals) -> None:
        """Stop it, have it go on, …"""
        assert self.process is not None
        os.kill(self.process.pid, number)

    def wait(self) -> int:
        """Return the exit code, once it has ended."""
        assert self.process is not None
        return self.process.wait(PATIENCE)

    def stop(self) -> None:
        """End the process if it lives; it must leave properly."""
        if self.running:
            assert self.process is not None
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(PATIENCE) == 0, self.stderr()[-4000:]

    def stderr(self) -> str:
        """Return all that its processes have logged."""
        return self.errors.read_text(errors="replace") if self.errors.exists() else ""
