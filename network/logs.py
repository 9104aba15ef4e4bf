"""Log lines for operators: JSON on stderr, or coloured text when a person watches."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Final, Literal

import structlog


def configure(*, level: Literal["debug", "info", "warning"]) -> None:
    """Send every log line of this process from `level` on to stderr."""
    on_terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(
                fmt="%H:%M:%S" if on_terminal else "%Y-%m-%dT%H:%M:%S.%fZ", utc=not on_terminal
            ),
            *_rendering(on_terminal=on_terminal),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=_Stderr,
        cache_logger_on_first_use=True,
    )
    # Libraries speak through the standard module: only what an operator must see.
    logging.basicConfig(handlers=[_Forward()], level=logging.WARNING, force=True)


def _rendering(*, on_terminal: bool) -> list[Any]:
    if on_terminal:
        # By default it shows the variables of every frame: passwords and tokens among them.
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(exception_formatter=plain)]
    return [structlog.processors.format_exc_info, _in_order, structlog.processors.JSONRenderer()]


def _in_order(
    logger: object, method: str, line: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Put time, level and event first: people read these lines too."""
    first = {name: line.pop(name) for name in ("timestamp", "level", "event") if name in line}
    return {**first, **line}


class _Stderr:
    """Writes to whatever stderr is now."""

    def __init__(self, *_: object) -> None:
        """Structlog passes the logger's name."""

    def msg(self, line: str) -> None:
        """Write one line."""
        print(line, file=sys.stderr, flush=True)

    log = debug = info = warning = error = critical = exception = fatal = msg


class _Forward(logging.Handler):
    """Hands records of the standard logging module to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        exc_info = record.exc_info if record.exc_info and record.exc_info[0] else None
        structlog.get_logger(record.name).log(
            record.levelno, record.getMessage(), logger=record.name, exc_info=exc_info
        )


_GRAVE: Final = ("log_refusing", "deck_key_lost", "game_cancelled", "game_taken_away")


def report(event: str, **fields: Any) -> None:
    """Write what the engine reports (`actors.context.Reporter`)."""
    logger = structlog.get_logger("parlour.engine")
    grave = event.endswith("_failed") or event in _GRAVE
    (logger.error if grave else logger.info)(event, **fields)
