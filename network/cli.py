"""The command `parlour`.

Commands are imported when they are used: a quick one does not wait for what it does not need.
Every failure is one line on stderr with what to do about it; exit codes are 0 done, 1 findings
of an audit, 2 could not run.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, NamedTuple, NoReturn

import click

from parlour.events.errors import EngineError
from parlour.network import logs
from parlour.network.output import one_line

_COULD_NOT_RUN = 2
_INTERRUPTED = 130
_OUTPUT_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class _Command(NamedTuple):
    where: str
    """module:attribute"""
    does: str
    """The line in `parlour --help`; the command itself is not imported for that."""


_COMMANDS = {
    "run": _Command("parlour.network.run_cli:run", "Start the engine."),
    "room-server": _Command(
        "parlour.network.treasure.room_server_cli:room_server",
        "Serve treasure games of an engine elsewhere.",
    ),
    "config": _Command("parlour.network.run_cli:config", "Print every setting with its default."),
    "account": _Command("parlour.network.account_cli:account", "Make, change, list accounts."),
    "kick": _Command("parlour.network.account_cli:kick", "Close the connections of a user."),
    "replay": _Command("parlour.replay.cli:replay", "List and replay past games."),
    "audit": _Command("parlour.replay.cli:audit", "Check seals, deals, settlements, money."),
    "export": _Command("parlour.replay.cli:export", "Write a queryable SQLite database."),
    "backup": _Command("parlour.replay.cli:backup", "Copy the log, also while an engine runs."),
    "log": _Command("parlour.replay.cli:log", "Look at the log itself."),
    "demo": _Command("parlour.network.demo.cli:demo", "The whole story in about fifteen seconds."),
    "bench": _Command("parlour.network.bench.cli:bench", "Measure beside named baselines."),
}


_HELP = """Run game tables whose every step is on disk; replay them; audit them.

\b
parlour run --open        play on this machine, no accounts needed
parlour replay games      what was played
parlour audit             was it all fair, and is the money right
"""


class _Commands(click.Group):
    """The commands, in the order of a newcomer's needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        known = _COMMANDS.get(cmd_name)
        if known is None:
            return None
        module, _, attribute = known.where.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.does) for name, command in _COMMANDS.items()])


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help=_HELP,
    epilog="Every command explains itself: parlour COMMAND --help",
)
@click.version_option(version("parlour"), prog_name="parlour")
def cli() -> None:
    """Set up what every command needs."""
    logs.configure(level="warning")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit with its code."""
    try:
        result: Any = cli.main(arguments, prog_name="parlour", standalone_mode=False)
    except Exception as error:  # the one place a command's failure is caught
        if os.environ.get("PARLOUR_TRACEBACK") == "1":
            raise
        sys.exit(_explain(error))
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    sys.exit(result if isinstance(result, int) else 0)


def _explain(error: Exception) -> int:
    match error:
        case click.Abort():
            return _INTERRUPTED
        case BrokenPipeError():
            # Whoever read our output has seen enough; Python must not complain at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        case click.exceptions.NoArgsIsHelpError():
            click.echo(error.format_message(), err=True)
        case click.UsageError():
            command = error.ctx.command_path if error.ctx is not None else "parlour"
            _complain(f"{error.format_message()} (see {command} --help)")
        case click.ClickException():
            _complain(error.format_message())
        case EngineError():
            _complain(error)
        case OSError() if error.filename is None and error.errno in _OUTPUT_ERRORS:
            # Nothing else is written without a name. What is left would be tried again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            _complain(f"the output cannot be written ({error.strerror}): send it elsewhere")
        case ModuleNotFoundError() if (error.name or "").startswith("parlour."):
            _complain(f"this installation lacks {error.name}")
        case _:
            _complain(
                f"internal error: {type(error).__name__}: {error} "
                "(run again with PARLOUR_TRACEBACK=1 and report what it prints)"
            )
    return _COULD_NOT_RUN


def _complain(problem: object) -> None:
    click.echo(f"parlour: {one_line(problem)}", err=True)


if __name__ == "__main__":
    main()
