"""Refresh what the pages show of the command line (`make docs`).

A block that follows a line `<!-- output: parlour … -->` holds what that command prints. Only
commands that need no log are shown so: help texts and the settings. Other output on the
pages was pasted from a real session.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from click.testing import CliRunner

from parlour.network.cli import cli

DOCS = Path(__file__).parent
_BLOCK = re.compile(r"(<!-- output: parlour (.*?) -->\n```\w*\n)(.*?)(```)", re.DOTALL)
_WIDTH = 96


def pages() -> list[Path]:
    """Return the pages that have such blocks."""
    return [page for page in sorted(DOCS.rglob("*.md")) if _BLOCK.search(page.read_text("utf-8"))]


def refreshed(page: str) -> str:
    """Return a page's text with every such block as it must be now."""
    return _BLOCK.sub(lambda block: block[1] + _output(block[2]) + block[4], page)


def _output(command: str) -> str:
    run = CliRunner().invoke(
        cli,
        shlex.split(command),
        prog_name="parlour",
        terminal_width=_WIDTH,
        catch_exceptions=False,
    )
    return run.output


if __name__ == "__main__":
    for path in pages():
        path.write_text(refreshed(path.read_text("utf-8")), encoding="utf-8")
