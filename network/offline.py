"""Operators' requests on a log that no engine runs on: the same actors, without a network.

The log's lock is held meanwhile, so an engine that starts at the same moment is refused, and
the other way round.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from parlour.events.errors import EngineError, LogUnavailable
from parlour.events.log import Log, open_log, unavailable
from parlour.events.reader import LogNotFound, LogReader
from parlour.events.writers import ThreadWriter
from parlour.network import account_requests as ask
from parlour.network import logs
from parlour.network.admin import request_of_engine
from parlour.network.config import Config
from parlour.network.hub import ConnectionHub
from parlour.network.metrics import Metrics
from parlour.network.production import WallClock


def serve(data: Path, request: ask.AnyRequest, config: Config) -> dict[str, Any]:
    """Have a request served: by the engine that runs on `data`, or else here.

    Raises:
        EngineError: It was refused, or the log cannot be opened.
    """
    ask.check_texts(request)
    answer = request_of_engine(data, request)
    if answer is not None:
        return answer
    if isinstance(request, ask.KickUser):
        raise EngineError(f"no engine runs on {data}: there is nobody to kick")
    open_mode = _open_mode(data, may_be_new=isinstance(request, ask.AddAccount))
    signing_key = config.log.signing_key
    log = open_log(
        data, open_mode=open_mode, signing_key=Path(signing_key) if signing_key else None
    )
    try:
        return asyncio.run(_serve_alone(log, request, config))
    finally:
        log.close()


def _open_mode(data: Path, *, may_be_new: bool) -> bool:
    """Return whether the log was made with `--open`; a new one is made without."""
    try:
        with LogReader(data) as reader:
            return reader.opened().open
    except LogNotFound as error:
        if may_be_new:
            return False
        raise EngineError(f"there is no log in {data}: name its folder with --data") from error


async def _serve_alone(log: Log, request: ask.AnyRequest, config: Config) -> dict[str, Any]:
    from parlour.network.server import make_desk, make_engine  # slow: aiohttp comes with it

    metrics = Metrics()
    hub = ConnectionHub(metrics)
    writer = ThreadWriter(asyncio.get_running_loop())
    failures: list[str] = []

    def report(event: str, **fields: Any) -> None:
        if event == "handler_failed":  # our bug, to be reported whole
            logs.report(event, **fields)
        elif event == "commit_failed":
            failures.append(fields["error"])

    engine = make_engine(
        log,
        config,
        hub=hub,
        metrics=metrics,
        writer=writer,
        clock=WallClock(),
        report=report,
    )
    hub.engine = engine
    try:
        answer = await make_desk(engine, log, config).serve(request)
        await engine.journal.drain()
        return answer
    except LogUnavailable as error:
        if not failures:
            raise
        # One line, where an engine would write several into its log.
        what = f"nothing was changed: the log in {log.data} cannot be written"
        raise unavailable(what, EngineError(failures[0])) from error
    finally:
        writer.close()
