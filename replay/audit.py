"""The audit: one pass over the log that checks everything the log says about itself.

Reads a log and nothing else. Rows are checked against their seals, decoded, and folded from
the first event on (snapshots are never trusted); on the way each event is shown to the
examiners, and at each seal they compare what was committed together. Altered bytes become
findings and the audit goes on. What a finding's code means is in `findings`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from parlour.events import seals
from parlour.events.errors import CorruptLog
from parlour.events.reader import LogReader
from parlour.replay import audit_beehive, audit_treasure
from parlour.replay.audit_accounts import AccountsExaminer
from parlour.replay.audit_file import examine_file, examine_schema, examine_tracking
from parlour.replay.audit_hands import HandsExaminer
from parlour.replay.audit_kept import ClaimsExaminer, SnapshotsExaminer
from parlour.replay.audit_payments import PaymentsExaminer
from parlour.replay.audit_rows import RowsExaminer
from parlour.replay.audit_seals import SealsExaminer
from parlour.replay.audit_tables import TablesExaminer
from parlour.replay.audit_techmino import TechminoExaminer
from parlour.replay.findings import Findings, Where
from parlour.replay.games import NoSuchGame
from parlour.replay.report import KeyState, Report

_TECHMINO_KINDS = ("techmino.lobby", "techmino.chat", "techmino.room", "techmino.match")

Progress = Callable[[int], object]
"""Told how many more events were read."""


def audit(
    reader: LogReader,
    *,
    game: str | None = None,
    head: Mapping[str, object] | None = None,
    public_key: Ed25519PublicKey | None = None,
    streams: bool = True,
    progress: Progress = lambda events: None,
) -> Report:
    """Return everything that is wrong with a log.

    Args:
        reader: The log, as it was when it was opened.
        game: Judge only this game (a hand and its payments, a match, a treasure game); the rest
            of the log is still checked.
        head: What `parlour log head` wrote earlier.
        public_key: Seals must be signed with its other half.
        streams: Judge also what players' own records hold.
        progress: Told how the reading goes on.

    Raises:
        NoSuchGame: There is no sign of `game` in a log that is clean otherwise.
        LogChanged: Somebody began to write the log: open it again and start over.
    """
    return _Audit(reader, game=game, public_key=public_key, streams=streams).run(head, progress)


class _Audit:
    def __init__(
        self,
        reader: LogReader,
        *,
        game: str | None,
        public_key: Ed25519PublicKey | None,
        streams: bool,
    ) -> None:
        self._reader = reader
        self._game = game
        self._public_key = public_key
        self._findings = findings = Findings()
        self._seals = SealsExaminer(findings, public_key)
        self._claims = ClaimsExaminer(findings)
        self._snapshots = SnapshotsExaminer(findings, self._read(reader.snapshots))
        self._rows = RowsExaminer(findings, claims=self._claims, snapshots=self._snapshots)
        self._accounts = AccountsExaminer(findings)
        self._tables = TablesExaminer(findings)
        self._payments = PaymentsExaminer(findings, self._rows.states, game=game)
        key, self._key_state = self._deck_key()
        self._hands = HandsExaminer(findings, game=game, key=key)
        self._with_streams = streams
        self._techmino = TechminoExaminer(findings, game=game, streams=streams)
        self._treasure = audit_treasure.TreasureExaminer(
            findings, self._rows.states, game=game, key=key
        )
        self._beehive = audit_beehive.BeehiveExaminer(findings, self._rows.states)
        self._rows.watch(
            {
                "account": (
                    self._accounts.see,
                    self._payments.see_account,
                    self._tables.see_account,
                    self._treasure.see_account,
                ),
                "landlord.lobby": (self._tables.see_lobby,),
                "landlord.table": (self._tables.see,),
                "landlord.hand": (self._tables.see_hand, self._payments.see_hand, self._hands.see),
                **dict.fromkeys(_TECHMINO_KINDS, (self._techmino.see,)),
                **dict.fromkeys(audit_treasure.KINDS, (self._treasure.see,)),
                **dict.fromkeys(audit_beehive.KINDS, (self._beehive.see,)),
            }
        )

    def run(self, head: Mapping[str, object] | None, progress: Progress) -> Report:
        """Read the log from end to end."""
        examine_file(self._read(self._reader.faults), self._findings)
        examine_schema(self._read(self._reader.schema), self._findings)
        for checked in seals.check(self._read(self._reader.rows), self._read(self._reader.seals)):
            self._seals.see(checked)
            for row in checked.rows:
                self._treasure.see_row(row)
                self._rows.see(row)
            # Only a seal that fits tells for sure what was committed together.
            if checked.seal is not None and not checked.findings:
                self._commit()
            progress(len(checked.rows))
        self._finish(head)
        if self._game is not None and not self._met and not self._findings:
            raise NoSuchGame(f"{self._game} is not in this log: see `parlour replay games`")
        return self._report(head)

    def _read(self, read: Callable[[], Iterator[Any]]) -> Iterator[Any]:
        """Yield what can be read; that the rest cannot is a finding.

        A log that was written meanwhile is none: `LogChanged` goes on to the caller.
        """
        try:
            yield from read()
        except (sqlite3.Error, CorruptLog) as error:
            self._findings.add("file_damaged", Where(), str(error))

    def _deck_key(self) -> tuple[bytes | None, KeyState]:
        # Judging needs no key: the secrets of what is over are in the log.
        try:
            key = self._reader.deck_key()
        except (CorruptLog, OSError):
            return None, "unusable"
        return key, "missing" if key is None else "there"

    def _commit(self) -> None:
        self._accounts.commit()
        self._payments.commit()
        self._tables.commit()
        self._techmino.commit()
        self._treasure.commit()
        self._beehive.commit()

    @property
    def _met(self) -> bool:
        return self._hands.met or self._techmino.met or self._treasure.games.met

    def _finish(self, head: Mapping[str, object] | None) -> None:
        self._commit()
        self._rows.finish()
        self._hands.finish()
        self._techmino.finish()
        self._treasure.finish()
        self._seals.finish()
        self._accounts.finish()
        self._claims.finish(self._read(self._reader.claims))
        self._snapshots.finish()
        examine_tracking(
            self._read(self._reader.tracking), self._rows.last_position, self._findings
        )
        if head is not None:
            self._check_head(head)

    def _check_head(self, head: Mapping[str, object]) -> None:
        log = self._rows.opened.log if self._rows.opened else ""
        # The head of a log without events: every log of that name goes on from it.
        if head["seal"] == 0 and head["log"] == log:
            return
        for finding in seals.check_head(head, log=log, seals=self._read(self._reader.seals)):
            self._findings.add(
                finding.code,
                Where(finding.position),
                finding.detail,
                expected=finding.expected,
                found=finding.found,
            )

    def _report(self, head: Mapping[str, object] | None) -> Report:
        opened, last = self._rows.opened, self._seals.last
        hands, techmino, treasure = self._hands, self._techmino, self._treasure.games
        kinds = (hands.games, techmino.matches, treasure.games)
        judged = (hands.judged, techmino.judged, treasure.judged)
        return Report(
            events=self._rows.count,
            games=sum(judged),
            matches=techmino.judged,
            treasures=treasure.judged,
            chunks=techmino.chunks,
            messages=self._beehive.messages,
            with_streams=self._with_streams,
            seals=self._seals.count,
            findings=list(self._findings),
            more=self._findings.dropped(),
            head=seals.head_of(opened.log if opened else "", last),
            signed=self._seals.signed,
            games_skipped=sum(kinds) - sum(judged),
            hands_unseen=hands.hidden,
            treasures_unseen=treasure.hidden,
            deck_key=self._key_state,
            settlements=self._payments.settlements,
            postings=self._accounts.postings,
            accounts=sum(key.startswith("account:") for key in self._rows.states),
            claims=self._claims.count,
            snapshots=self._snapshots.compared,
            against_head=head is not None,
            against_key=self._public_key is not None,
        )
