"""The second half of the demo: what the log alone can tell, and a forgery that it tells on."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from parlour.events.errors import EngineError
from parlour.events.reader import LogReader
from parlour.network.demo.figures import Figures
from parlour.network.demo.process import PARLOUR
from parlour.network.demo.telling import Teller, drawn
from parlour.replay.audit import audit

_ACE_OF_SPADES: Final = 0x31
_TWO_OF_SPADES: Final = 0x32
_PATIENCE: Final = 30.0
_FIRST_LINES: Final = 12
_LAST_LINES: Final = 8
_CLEAN, _FINDINGS = 0, 1


class Printed(NamedTuple):
    """What a command of Parlour answered."""

    code: int
    lines: Sequence[str]


class Forgery(NamedTuple):
    """One card of one recorded play, changed."""

    position: int
    before: int
    after: int


class Evidence:
    """Replays, audits and forges the log that `LiveTable` left behind."""

    def __init__(self, teller: Teller, figures: Figures, folder: Path, *, game: str) -> None:
        self._teller = teller
        self._figures = figures
        self._data = folder / "data"
        self._copy = folder / "forged"
        self._game = game

    def run(self) -> None:
        """Tell the second half of the story."""
        self._replay()
        self._audit()
        self._forge()

    def _replay(self) -> None:
        self._teller.chapter("The engine is gone. The log alone replays the interrupted hand")
        code, lines = self._parlour("replay", "game", self._game, "--data", str(self._data))
        shown = [*lines[:_FIRST_LINES], *lines[-_LAST_LINES:]]
        left_out = len(lines) - len(shown)
        if left_out > 0:
            shown.insert(_FIRST_LINES, f"… {left_out} more lines …")
        self._teller.quote(shown if left_out > 0 else lines)
        self._teller.promise("the game replays from its first event", code == 0)

    def _audit(self) -> None:
        teller, figures = self._teller, self._figures
        teller.chapter("An auditor deals every deck again and plays every card again")
        code, lines = self._parlour("audit", "--data", str(self._data))
        teller.quote(lines)
        began = time.perf_counter()
        with LogReader(self._data) as log:
            report = audit(log)
        figures.audit_seconds = time.perf_counter() - began
        figures.events, figures.games, figures.seals = report.events, report.games, report.seals
        teller.promise(
            "the audit is clean",
            code == _CLEAN and report.ok,
            f"{report.events} events, {report.games} games, {report.seals} seals "
            f"in {figures.audit_seconds * 1000:.0f} ms",
        )

    def _forge(self) -> None:
        teller = self._teller
        teller.chapter("A cheat copies the log and changes one card of one play")
        shutil.copytree(self._data, self._copy, ignore=shutil.ignore_patterns("lock", "admin.sock"))
        forgery = forge(self._copy / "log.db", self._game)
        teller.shell(f"sqlite3 {self._copy}/log.db 'UPDATE stored_events SET state = …'")
        teller.say(
            f"position {forgery.position}: ",
            drawn([forgery.before]),
            " becomes ",
            drawn([forgery.after]),
        )
        code, lines = self._parlour("audit", "--data", str(self._copy))
        teller.quote(lines)
        teller.promise("the audit says no", code == _FINDINGS, f"exit code {code}")
        found = self._findings()
        teller.promise(
            "it names the altered row",
            any(f["code"] == "row_altered" and f["position"] == forgery.position for f in found),
            f"position {forgery.position}",
        )

    def _findings(self) -> list[dict[str, Any]]:
        printed = _run("audit", "--data", str(self._copy), "--json")
        document: dict[str, list[dict[str, Any]]] = msgspec.json.decode("\n".join(printed.lines))
        return document["findings"]

    def _parlour(self, *arguments: str) -> Printed:
        self._teller.command(*arguments)
        return _run(*arguments)


def _run(*arguments: str) -> Printed:
    done = subprocess.run(
        [*PARLOUR, *arguments],
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    lines = (done.stdout or done.stderr).rstrip().splitlines()
    return Printed(done.returncode, lines)


def forge(file: Path, game: str) -> Forgery:
    """Change the first card of the game's last play into a spade two, or an ace if it is one.

    Raises:
        EngineError: The game has no play.
    """
    with closing(sqlite3.connect(file)) as db:
        row = db.execute(
            "SELECT rowid, state FROM stored_events WHERE originator_id = ? "
            "AND topic LIKE 'landlord.cards-played@%' ORDER BY rowid DESC LIMIT 1",
            (game,),
        ).fetchone()
        if row is None:
            raise EngineError(f"nothing was played in {game}")
        position, state = row
        play = msgspec.json.decode(state)
        before = play["cards"][0]
        after = _ACE_OF_SPADES if before == _TWO_OF_SPADES else _TWO_OF_SPADES
        play["cards"][0] = after
        db.execute(
            "UPDATE stored_events SET state = ? WHERE rowid = ?",
            (msgspec.json.encode(play), position),
        )
        db.commit()
    return Forgery(position, before, after)
