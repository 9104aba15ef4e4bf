"""Treasure games: which are judged, and whether room, game and accounts tell one story.

A game's events are collected until it is over, because the seed that shows what everybody chose
is revealed last; running ones are judged at the end. Its players, commitment, epoch and room server
are compared with its room when the game says them; its end with what was committed together with
it: the room closes the game, and each player's account counts it once, as it was settled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from parlour.events import account
from parlour.events import treasure as facts
from parlour.events.reader import Recorded
from parlour.events.rules.treasure import room as room_rules
from parlour.events.rules.treasure.state import Game, Room
from parlour.replay.differences import differences
from parlour.replay.findings import Findings
from parlour.replay.treasure_judge import TreasureJudge

_ENDS: Final = (facts.GameSettled, facts.GameCancelled)
_PREFIX: Final = "treasure.game:"


class GamesExaminer:
    """Collects the events of games, has each judged, and compares them with what is around."""

    def __init__(
        self,
        findings: Findings,
        states: Mapping[str, Any],
        *,
        game: str | None,
        key: bytes | None,
    ) -> None:
        """Begin before the first event.

        Args:
            findings: Where to put what is wrong.
            states: Every aggregate as it is now, by its id.
            game: Judge only this game; None for all.
            key: What the key file holds.
        """
        self._findings = findings
        self._states = states
        self._only = game
        self._key = key
        self._open: dict[str, list[Recorded]] = {}
        self._salts: dict[str, str] = {}
        self._over: dict[str, bool] = {}
        """Ended games; True when settled."""
        self._settled: dict[str, Recorded] = {}
        """Of the running commit, as the next two."""
        self._closed: dict[str, tuple[Recorded, Room]] = {}
        self._counted: defaultdict[str, list[Recorded]] = defaultdict(list)
        self.met = False
        """Whether the asked-for game has any event."""
        self.games = 0
        """Opened games."""
        self.judged = 0
        """Games that were re-played."""
        self.hidden = 0
        """Of these, those whose seed nobody revealed and no key gives."""

    # --- what is seen ----------------------------------------------------------------------

    def see(self, recorded: Recorded, before: Game) -> None:
        """Take the next event of a game, with the game before it."""
        game, event = recorded.originator_id, recorded.event
        self.met = self.met or game == self._only
        if game in self._over:
            self._after_end(recorded)
            return
        if self._wanted(game):
            self._check_around(recorded, before)
        self._open.setdefault(game, []).append(recorded)
        if isinstance(event, _ENDS):
            self._over[game] = isinstance(event, facts.GameSettled)
            if isinstance(event, facts.GameSettled):
                self._settled[game] = recorded
            self._judge(game, self._open.pop(game))

    def see_room(self, recorded: Recorded, before: Room) -> None:
        """Take an event of a room, with the room before it."""
        if isinstance(recorded.event, facts.GameClosed):
            game = facts.game_id(before.room, recorded.event.game)
            self._closed[game] = recorded, before

    def see_account(self, recorded: Recorded) -> None:
        """Take an event of an account."""
        event = recorded.event
        if isinstance(event, account.GameCounted) and event.game.startswith(_PREFIX):
            self._counted[event.game].append(recorded)

    def commit(self) -> None:
        """The events since the last call were committed together."""
        for game, recorded in self._settled.items():
            if self._wanted(game):
                self._check_end(game, recorded)
        for game, counted in self._counted.items():
            if game not in self._settled and self._wanted(game):
                for recorded in counted:
                    self._count_wrong(recorded, f"no settlement of {game} was committed with it")
        for game, (recorded, before) in self._closed.items():
            # A game that no room server took can be closed without ever having been opened.
            if game not in self._over and (before.accepted or game in self._open):
                self._differ(recorded, "the room's game is not over")
        self._settled.clear()
        self._counted.clear()
        self._closed.clear()

    def finish(self) -> None:
        """Judge the games that still run."""
        for game, events in self._open.items():
            self._judge(game, events)
        self._open.clear()

    def _wanted(self, game: str) -> bool:
        return self._only in (None, game)

    def _judge(self, game: str, events: list[Recorded]) -> None:
        self.games += 1
        salt = self._salts.pop(game, None)
        if not self._wanted(game):
            return
        judge = TreasureJudge(self._findings, events, key=self._key, salt=salt)
        judge.run()
        self.judged += 1
        self.hidden += not judge.knows

    def _after_end(self, recorded: Recorded) -> None:
        if not self._wanted(recorded.originator_id):
            return
        doubled = isinstance(recorded.event, facts.GameSettled)
        doubled = doubled and self._over[recorded.originator_id]
        self._findings.add(
            "treasure_settlement_doubled" if doubled else "treasure_after_end",
            recorded,
            "the game was settled before" if doubled else "the game was over before this event",
            found=recorded.event,
        )

    # --- the room --------------------------------------------------------------------------

    def _check_around(self, recorded: Recorded, before: Game) -> None:
        match recorded.event:
            case facts.GameOpened() as event:
                self._check_opening(recorded, event)
            case facts.GameMoved(epoch=epoch, server=server):
                room = self._room(before.room)
                self._agree(recorded, "treasure_epoch_wrong", epoch=(room.epoch, epoch))
                self._agree(recorded, "treasure_game_differs", server=(room.server, server))

    def _check_opening(self, recorded: Recorded, event: facts.GameOpened) -> None:
        name = facts.game_id(event.room, event.game)
        if name != recorded.originator_id:
            self._differ(recorded, f"the opening is that of {name}")
            return
        room = self._room(event.room)
        self._salts[name] = room.game_salt
        self._agree(recorded, "treasure_epoch_wrong", epoch=(room.epoch, event.epoch))
        self._agree(
            recorded,
            "treasure_game_differs",
            game=(room.game, event.game),
            server=(room.server, event.server),
            commitment=(room.commitment, event.commitment),
            players=(room_rules.players(room), event.players),
        )

    def _room(self, number: int) -> Room:
        room = self._states.get(facts.room_id(number))
        return room if isinstance(room, Room) else Room()

    def _agree(self, recorded: Recorded, code: str, **fields: tuple[Any, Any]) -> None:
        """Compare what the room has with what the game says, by field."""
        for name, (ours, theirs) in fields.items():
            for field, expected, found in differences(ours, theirs, name):
                self._findings.add(
                    code,
                    recorded,
                    "the room says otherwise",
                    field=field,
                    expected=expected,
                    found=found,
                )

    # --- the end ---------------------------------------------------------------------------

    def _check_end(self, game: str, settled: Recorded) -> None:
        event = settled.event
        assert isinstance(event, facts.GameSettled)
        if event.game_id != game:
            self._differ(settled, f"the settlement is that of {event.game_id}")
        if game not in self._closed:
            self._differ(settled, "the room does not close the game in the same commit")
        counted: defaultdict[str, list[Recorded]] = defaultdict(list)
        for recorded in self._counted[game]:
            counted[recorded.originator_id].append(recorded)
        for line in event.players:
            name = account.account_id(line.player_id)
            self._check_count(settled, line, counted.pop(name, []))
        for recorded in (r for left in counted.values() for r in left):
            self._count_wrong(recorded, "the settlement has no such line")

    def _check_count(self, settled: Recorded, line: facts.Settled, counted: list[Recorded]) -> None:
        expected = [line.score, line.win]
        if not counted:
            detail = f"the game is not counted for account {line.player_id}"
            self._count_wrong(settled, detail, expected=expected)
            return
        for number, recorded in enumerate(counted):
            event = recorded.event
            assert isinstance(event, account.GameCounted)
            found = [event.exp, event.win]
            if number:
                self._count_wrong(recorded, "the game is counted twice", found=found)
            elif found != expected:
                detail = "the game is counted otherwise than it was settled"
                self._count_wrong(recorded, detail, expected=expected, found=found)

    def _count_wrong(
        self, recorded: Recorded, detail: str, *, expected: object = None, found: object = None
    ) -> None:
        self._findings.add(
            "treasure_count_wrong",
            recorded,
            detail,
            field="exp, win",
            expected=expected,
            found=found,
        )

    def _differ(self, recorded: Recorded, detail: str) -> None:
        self._findings.add("treasure_game_differs", recorded, detail, found=recorded.event)
