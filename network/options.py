"""Options that several commands take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def data_option(command: F) -> F:
    """Add `--data DIR`."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        default="data",
        show_default=True,
        envvar="PARLOUR_DATA",
        metavar="DIR",
        help="Folder with the log.",
    )(command)


def json_option(command: F) -> F:
    """Add `--json`."""
    return click.option(
        "as_json", "--json", is_flag=True, help="Print one JSON document on stdout."
    )(command)


def config_option(text: str) -> Callable[[F], F]:
    """Add `--config FILE`, with a help text of the command's own."""
    return click.option(
        "config_file",
        "--config",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help=text,
    )
