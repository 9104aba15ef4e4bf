"""The admin socket: DATA/admin.sock, mode 0600, one JSON request a line, one answer a line.

Whoever may write the data folder may use it; there is no other check. Also the client side,
which the command line uses.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import structlog

from parlour.events.errors import EngineError, RuleViolation
from parlour.network import account_requests as ask
from parlour.network.account_desk import AccountDesk, parse_request

SOCKET_NAME = "admin.sock"
MAX_LINE = 1 << 20
"""Longest request in bytes: an avatar must fit."""
_ANSWER_SECONDS = 30.0
_log = structlog.get_logger("parlour.admin")


class AdminServer:
    """Serves the admin socket of one data folder."""

    def __init__(self, data: Path, desk: AccountDesk) -> None:
        self._path = data / SOCKET_NAME
        self._desk = desk
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Listen; a socket left behind by a dead engine is replaced (we hold the lock)."""
        self._path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with _reachable(self._path) as name:
            before = os.umask(0o177)
            try:
                listener.bind(name)
            finally:
                os.umask(before)
        self._server = await asyncio.start_unix_server(
            self._converse, sock=listener, limit=MAX_LINE
        )

    async def stop(self) -> None:
        """Stop listening and remove the socket."""
        if self._server is None:
            return
        self._server.close()
        for writer in list(self._clients):
            writer.close()
        self._path.unlink(missing_ok=True)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            while line := await reader.readline():
                answer = await self._answer(line)
                writer.write(msgspec.json.encode(answer) + b"\n")
                await writer.drain()
        except (ValueError, ConnectionError):  # a line over the limit, or the peer left
            pass
        finally:
            self._clients.discard(writer)
            writer.close()

    async def _answer(self, line: bytes) -> ask.Answer:
        try:
            request = parse_request(line)
            result = await self._desk.serve(request)
        except RuleViolation as violation:
            return ask.Answer(code=violation.code, error=str(violation))
        except EngineError as error:
            return ask.Answer(code="unavailable", error=str(error))
        _log.info("admin", request=type(request).__name__, uid=getattr(request, "uid", None))
        return ask.Answer(result=result)


@contextlib.contextmanager
def _reachable(path: Path) -> Iterator[str]:
    """Give a name for a socket that fits the 108 bytes a socket address has room for."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        short = f"/proc/self/fd/{folder}/{path.name}"
        yield (
            short if len(os.fsencode(path)) > 100 and Path("/proc/self/fd").is_dir() else str(path)
        )
    finally:
        os.close(folder)


def request_of_engine(data: Path, request: ask.AnyRequest) -> dict[str, Any] | None:
    """Have the engine that runs on `data` serve a request; None when none runs.

    Raises:
        RuleViolation: It refused.
        EngineError: It did not answer.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(_ANSWER_SECONDS)
    with connection:
        try:
            with _reachable(data / SOCKET_NAME) as name:
                connection.connect(name)
        except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
            return None
        except OSError as error:
            raise EngineError(f"cannot reach the engine on {data}: {error.strerror}") from error
        try:
            connection.sendall(msgspec.json.encode(request) + b"\n")
            line = connection.makefile("rb").readline()
        except OSError as error:
            raise EngineError(f"the engine on {data} does not answer: {error}") from error
    if not line:
        raise EngineError(f"the engine on {data} went away before it answered")
    answer = msgspec.json.decode(line, type=ask.Answer)
    if answer.result is None:
        raise RuleViolation(answer.code, answer.error)
    return answer.result
