"""The second half of the demo: what the log alone can tell, and a forgery that it tells on."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from parlour.events.errors import EngineError
from parlour.events.messages import treasure as wire
from parlour.events.reader import LogReader
from parlour.network.demo.figures import Figures
from parlour.network.demo.people import PEOPLE
from parlour.network.demo.process import Printed, run_command
from parlour.network.demo.talk import ROOM
from parlour.network.demo.telling import Teller, drawn
from parlour.replay.audit import audit

_ACE_OF_SPADES: Final = 0x31
_TWO_OF_SPADES: Final = 0x32
_CRASH: Final = "the engine started again"
"""In a replayed game, the line of the restart."""
_BEFORE_CRASH: Final = 5
_AFTER_CRASH: Final = 4
_FIRST_DAY: Final = "Day 1"
_RESUMED: Final = "goes on"
"""In a replayed search, where it begins, and the line of the restart."""
_RESULT: Final = "Settlement"
_RECEIVES: Final = " receives "
_DIES: Final = " DIES: "
"""In a replayed stream, lines that came in, and how somebody ended."""
_AROUND: Final = 3
_GONE_BEFORE_CRASH: Final = 9
"""Three choices, the stage and five who were cut off stand before the line of the restart."""
_BACK_AFTER_CRASH: Final = 7
_CLEAN, _FOUND = 0, 1


class _Replayed(msgspec.Struct):
    """The part of `parlour replay game --json` that is looked at."""

    result: wire.GameOver | None

    @classmethod
    def read(cls, document: str) -> _Replayed:
        return msgspec.json.decode(document, type=cls)


class Forgery(NamedTuple):
    """One card of one recorded play, changed."""

    position: int
    before: int
    after: int


class Evidence:
    """Replays, audits and forges the log that `Live` left behind."""

    def __init__(
        self, teller: Teller, figures: Figures, folder: Path, *, game: str, match: str
    ) -> None:
        self._teller = teller
        self._figures = figures
        self._data = folder / "data"
        self._copy = folder / "forged"
        self._game = game
        self._match = match

    def run(self, search: str, settled: wire.GameOver | None) -> None:
        """Tell the second half of the story.

        Args:
            search: Id of the treasure game.
            settled: Its settlement as its players were told it.
        """
        self._replay()
        self._replay_streams()
        self._replay_search(search, settled)
        self._replay_chat()
        self._audit()
        self._forge()

    def _replay(self) -> None:
        self._teller.chapter("The engine is gone. The log alone replays the interrupted hand")
        code, lines = self._parlour("replay", "game", self._game, "--data", str(self._data))
        self._teller.quote(excerpt(lines))
        self._teller.promise(
            "the game replays from its first event to its settlement, the crash included",
            code == 0 and all(_find(lines, part) is not None for part in (_CRASH, _RESULT)),
        )

    def _replay_chat(self) -> None:
        self._teller.chapter("And what was said")
        for room in (f"room:{ROOM}", f"user:{PEOPLE[0].uid}:{PEOPLE[1].uid}"):
            code, lines = self._parlour("replay", "chat", room, "--data", str(self._data))
            self._teller.quote(lines)
            self._teller.promise(f"{room} replays from the log", code == _CLEAN and bool(lines))

    def _replay_streams(self) -> None:
        self._teller.chapter("And the match: every key that was struck, and every line on its way")
        arguments = ("replay", "stream", self._match, "--data", str(self._data))
        code, lines = self._parlour(*arguments)
        self._teller.quote(stream_excerpt(lines))
        self._teller.promise(
            "the streams replay across the crash, to the end of all but one",
            code == 0 and sum(_DIES in line for line in lines) == len(PEOPLE) - 1,
        )

    def _replay_search(self, game: str, settled: wire.GameOver | None) -> None:
        self._teller.chapter("And the search, from above: who was evil, and what was sealed")
        code, lines = self._parlour("replay", "game", game, "--data", str(self._data))
        self._teller.quote(search_excerpt(lines))
        printed = run_command("replay", "game", game, "--data", str(self._data), "--json")
        self._teller.promise(
            "the search replays to the settlement that its players were told",
            code == printed.code == 0
            and settled is not None
            and _Replayed.read("\n".join(printed.lines)).result == settled,
        )

    def _audit(self) -> None:
        teller, figures = self._teller, self._figures
        teller.chapter("An auditor deals, plays, and reads everything again")
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
        teller.say(f"UPDATE stored_events SET state = … WHERE rowid = {forgery.position}")
        teller.say("and ", drawn([forgery.before]), " has become ", drawn([forgery.after]))
        code, lines = self._parlour("audit", "--data", str(self._copy), "--json")
        report: dict[str, Any] = msgspec.json.decode("\n".join(lines))
        found = report["findings"]
        for finding in found:
            where = f"position {finding['position']}  {finding['code']:14}"
            teller.say("  ", (where, "red"), finding["detail"])
        teller.promise("the audit says no", code == _FOUND, f"exit code {code}")
        teller.promise(
            "it names the altered row",
            any(f["code"] == "event_altered" and f["position"] == forgery.position for f in found),
            f"position {forgery.position}",
        )

    def _parlour(self, *arguments: str) -> Printed:
        self._teller.command(*arguments)
        return run_command(*arguments)


def excerpt(lines: Sequence[str]) -> list[str]:
    """Return the title of a replayed game, what is around the crash, and how it ended."""
    crash, result = _find(lines, _CRASH), _find(lines, _RESULT)
    if crash is None or result is None:
        return list(lines)
    parts = (
        lines[:1],
        lines[max(1, crash - _BEFORE_CRASH) : crash + _AFTER_CRASH + 1],
        lines[result:],
    )
    shown: list[str] = []
    for part in parts:
        shown += ["…", *part] if shown else part
    return shown


def stream_excerpt(lines: Sequence[str]) -> list[str]:
    """Return who streamed, what is around the first lines received, and who died."""
    received = _find(lines, _RECEIVES)
    head = next((index for index, line in enumerate(lines) if not line), None)
    if received is None or head is None:
        return list(lines)
    shown = [*lines[:head], "…", *lines[max(head + 1, received - _AROUND) : received + _AROUND]]
    for index, line in enumerate(lines):
        if _DIES in line:
            shown += ["…", *lines[max(head + 1, index - 1) : index + 1]]
    return shown


def search_excerpt(lines: Sequence[str]) -> list[str]:
    """Return who played, what is around the crash, and the settlement."""
    first, result = _find(lines, _FIRST_DAY), _find(lines, _RESULT)
    crash = _find(lines, _RESUMED)
    if first is None or crash is None or result is None:
        return list(lines)
    head = next((index for index, line in enumerate(lines) if not line), first)
    around = lines[max(first, crash - _GONE_BEFORE_CRASH) : crash + _BACK_AFTER_CRASH]
    return [*lines[:head], "…", *around, "…", *lines[result:]]


def _find(lines: Sequence[str], part: str) -> int | None:
    return next((index for index, line in enumerate(lines) if part in line), None)


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
