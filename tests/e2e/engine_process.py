"""The engine as an operator runs it: a process, a folder, a ready file, and its stderr."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

PARLOUR = [os.environ.get("PARLOUR", str(Path(sys.executable).with_name("parlour")))]
"""The command under test: this environment's, or what PARLOUR names."""
PATIENCE = 30.0
LAST_ZONE = 599
ZONES = "[landlord.zones]\n" + "".join(
    f"{zone} = [1, 2, 3, 4]\n" for zone in range(100, LAST_ZONE + 1)
)
"""Every test plays in a zone of its own, so that no test finds another one's tables."""


class Engine:
    """One data folder, and the process that serves it now."""

    def __init__(
        self,
        folder: Path,
        *,
        open: bool = True,
        settings: Mapping[str, object] | None = None,
        config: str = "",
        listen: Sequence[str] = ("http", "landlord"),
        before_exec: Any = None,
    ) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.data = folder / "data"
        self.ready_file = folder / "ready.json"
        self.errors = folder / "stderr.log"
        self.open = open
        self.settings = dict(settings or {})
        self.config = folder / "parlour.toml" if config else None
        if self.config is not None:
            self.config.write_text(config)
        self.listen = listen
        self.before_exec = before_exec
        self.addresses: dict[str, str] = {}
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        """Return the command line."""
        line = [*PARLOUR, "run", "--data", str(self.data), "--ready-file", str(self.ready_file)]
        for kind in self.listen:
            line += ["--listen", f"{kind}=127.0.0.1:0"]
        if self.config is not None:
            line += ["--config", str(self.config)]
        if self.open:
            line.append("--open")
        for key, value in self.settings.items():
            line += ["--set", f"{key}={value}"]
        return line

    def start(self) -> Engine:
        """Start the process and wait until it accepts connections."""
        assert self.process is None, "it runs"
        self.ready_file.unlink(missing_ok=True)
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                preexec_fn=self.before_exec,
            )
        deadline = time.monotonic() + PATIENCE
        while not self.ready_file.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                self.process.wait()
                self.process = None
                raise AssertionError(f"the engine did not start: {self.stderr()[-2000:]}")
            time.sleep(0.01)
        self.addresses = json.loads(self.ready_file.read_text())
        return self

    @property
    def tcp(self) -> str:
        """Address of the landlord TCP listener."""
        return self.addresses["landlord"]

    @property
    def http(self) -> str:
        """Address of the HTTP listener."""
        return self.addresses["http"]

    @property
    def pid(self) -> int:
        """The process id."""
        assert self.process is not None
        return self.process.pid

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

    def terminate(self) -> int:
        """Ask it to stop; return its exit code."""
        assert self.process is not None
        assert self.running, f"it had died of itself: {self.stderr()[-2000:]}"
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        self.process = None
        return code

    def stderr(self) -> str:
        """Return all that the processes of this folder have logged."""
        return self.errors.read_text(errors="replace") if self.errors.exists() else ""

    def check_log(self, *, allowed: Sequence[str] = (), since: int = 0) -> None:
        """Fail when something went wrong inside that no client was meant to see.

        What stood in the log up to character `since` is not looked at.
        """
        text = self.stderr()[since:]
        assert "Traceback" not in text, text[-6000:]
        for line in text.splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                entry = json.loads(line)
                grave = str(entry.get("level", "")).lower() in ("error", "critical", "exception")
                assert not grave or entry.get("event") in allowed, line

    def stop(self) -> None:
        """End the process if it lives; it must leave properly."""
        if self.running:
            assert self.terminate() == 0, self.stderr()[-4000:]
        elif self.process is not None:
            raise AssertionError(f"it had died of itself: {self.stderr()[-4000:]}")


class Result:
    """What a finished command said."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.code = done.returncode
        self.out = done.stdout
        self.err = done.stderr

    def json(self) -> Any:
        """Return stdout, which must be exactly one JSON document."""
        return json.loads(self.out)

    def __repr__(self) -> str:
        return f"<exit {self.code}\n{self.out[-3000:]}\n--\n{self.err[-3000:]}>"


def parlour(*arguments: object, timeout: float = 60, cwd: Path | None = None) -> Result:
    """Run one `parlour` command to its end."""
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200"}
    done = subprocess.run(
        [*PARLOUR, *map(str, arguments)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=timeout,
        env=environment,
        cwd=cwd,
        check=False,
    )
    assert "Traceback" not in done.stderr + done.stdout, done.stderr
    return Result(done)


@contextlib.contextmanager
def running(folder: Path, **options: Any) -> Iterator[Engine]:
    """Run an engine for a while, and check afterwards that nothing broke inside."""
    engine = Engine(folder, **options).start()
    try:
        yield engine
        engine.stop()
    finally:
        if engine.running:
            engine.kill()
    engine.check_log()
