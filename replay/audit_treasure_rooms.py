"""The treasure game's lobby, rooms and room servers: every step is what the rules give.

Each event of a room is given to the rules as the command that must have caused it, with the room
as it was before. The lobby, the rooms and the accounts that sit in them must tell one story in
one commit. Epochs only grow, because the rules give the next one and no other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from parlour.events import account
from parlour.events import treasure as facts
from parlour.events.errors import RuleViolation
from parlour.events.event import Event
from parlour.events.kinds import kind_of
from parlour.events.reader import Recorded
from parlour.events.rules.treasure import commands, room
from parlour.events.rules.treasure.lobby import next_room
from parlour.events.rules.treasure.state import LEAST, MOST, Lobby, Room, Servers
from parlour.replay.differences import told
from parlour.replay.findings import Findings
from parlour.replay.step_comparison import compare
from parlour.replay.treasure_causes import room_causes

MOST_BROKEN: Final = 3
"""Broken steps told of one room: after these, what follows stands on nothing."""

_PREFIX: Final = "treasure.room:"

_BEYOND_RULES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What the rules raise when an altered event gives them what no command can."""


def _commits_anew(before: Room, event: Event) -> bool:
    """Tell whether a waiting room takes another seed: the key its old one came from was lost."""
    anew = isinstance(event, facts.GameCommitted) and event.game == before.game + 1
    return anew and before.state == "waiting"


class Step(NamedTuple):
    """An event of a room with the room as it was before."""

    recorded: Recorded
    before: Room


class Story(NamedTuple):
    """Something that two aggregates must say in one commit."""

    what: str
    room: str
    who: str = ""
    """The account, when it is about one."""


class RoomsExaminer:
    """Judges rooms, the lobby's list, and which room servers live."""

    def __init__(self, findings: Findings) -> None:
        """Begin before the first event."""
        self._findings = findings
        self._waiting: dict[str, list[Step]] = {}
        """What the running commit has recorded so far, by room."""
        self._stories: defaultdict[Story, dict[str, Recorded]] = defaultdict(dict)
        """Who says what, of the running commit: by the kind of the aggregate that says it."""
        self._servers = {facts.EMBEDDED}
        """Whoever registered."""
        self._broken: Counter[str] = Counter()

    def see(self, recorded: Recorded, before: Any) -> None:
        """Take the next event of the lobby, of a room or of the room servers."""
        kind = kind_of(recorded.originator_id)
        if kind == "treasure.room":
            self._waiting.setdefault(recorded.originator_id, []).append(Step(recorded, before))
            self._tell_room(recorded, before)
        elif kind == "treasure.lobby":
            self._see_lobby(recorded, before)
        else:
            self._see_server(recorded, before)

    def see_account(self, recorded: Recorded) -> None:
        """Take an event of an account; seats elsewhere than in a room are not looked at."""
        match recorded.event:
            case account.Seated(seat=seat) if seat.startswith(_PREFIX):
                self._say(recorded, Story("sits down", seat, recorded.originator_id))
            case account.Unseated(seat=seat) if seat.startswith(_PREFIX):
                self._say(recorded, Story("leaves", seat, recorded.originator_id))

    def commit(self) -> None:
        """The events since the last call were committed together."""
        for steps in self._waiting.values():
            done = 0
            while done < len(steps):
                done += self._step(steps[done:])
        self._waiting.clear()
        for story, said in self._stories.items():
            self._compare(story, said)
        self._stories.clear()

    # --- rooms -----------------------------------------------------------------------------

    def _step(self, steps: Sequence[Step]) -> int:
        """Judge what one command caused; return how many events that was."""
        recorded, before = steps[0]
        if self._broken[recorded.originator_id] >= MOST_BROKEN:
            return 1
        self._check(recorded)
        if _commits_anew(before, recorded.event):
            return 1
        events = [step.recorded.event for step in steps]
        cause = next(room_causes(before, events), None)
        if cause is None:
            self._break(recorded, "nothing that happened before leads to this event")
            return 1
        answer = self._ask(before, cause)
        if isinstance(answer, str):
            code = "treasure_epoch_wrong" if answer == "stale_epoch" else "treasure_step_wrong"
            detail = f"the rules refuse this: {answer}"
            self._break(recorded, detail, code=code, expected=answer, found=told(recorded.event))
            return 1
        if not answer:
            self._break(recorded, "nothing could cause this here")
            return 1
        looked_at, faults = compare([step.recorded for step in steps], answer)
        for fault in faults:
            self._break(
                fault.recorded,
                fault.detail,
                code="treasure_epoch_wrong" if fault.field == "epoch" else "treasure_step_wrong",
                field=fault.field,
                expected=fault.expected,
                found=fault.found,
            )
        return looked_at

    def _ask(self, before: Room, cause: commands.Command) -> list[Event] | str:
        """Return what the rules give, or why they refuse."""
        try:
            return room.decide(before, cause)
        except RuleViolation as refusal:
            return refusal.code
        except _BEYOND_RULES as error:
            return f"beyond_rules ({error})"

    def _check(self, recorded: Recorded) -> None:
        match recorded.event:
            case facts.RoomOpened(room=number) if facts.room_id(number) != recorded.originator_id:
                self._break(
                    recorded,
                    "the opening is another room's",
                    field="room",
                    expected=recorded.originator_id,
                    found=facts.room_id(number),
                )
            case facts.RoomOpened(max=most) if not LEAST <= most <= MOST:
                self._break(
                    recorded,
                    "no room is for so many",
                    field="max",
                    expected=[LEAST, MOST],
                    found=most,
                )
            case facts.GamePlaced(server=server) if server not in self._servers:
                self._findings.add(
                    "treasure_server_wrong",
                    recorded,
                    "no room server of this name ever registered",
                    field="server",
                    found=server,
                )

    def _break(
        self,
        recorded: Recorded,
        detail: str,
        *,
        code: str = "treasure_step_wrong",
        field: str | None = None,
        expected: object = None,
        found: object = None,
    ) -> None:
        self._broken[recorded.originator_id] += 1
        self._findings.add(code, recorded, detail, field=field, expected=expected, found=found)

    # --- lobby and room servers ------------------------------------------------------------

    def _see_lobby(self, recorded: Recorded, before: Lobby) -> None:
        match recorded.event:
            case facts.RoomListed(room=number):
                if number < next_room(before):
                    self._differ(recorded, "another room had this number before")
                self._say(recorded, Story("opens", facts.room_id(number)))
            case facts.RoomDelisted(room=number):
                self._say(recorded, Story("closes", facts.room_id(number)))

    def _see_server(self, recorded: Recorded, before: Servers) -> None:
        match recorded.event:
            case facts.ServerRegistered(server=server):
                self._servers.add(server)
                if server in before.servers and server != facts.EMBEDDED:
                    self._wrong_server(recorded, "a living room server has this name", server)
            case facts.ServerLost(server=server) if server not in before.servers:
                self._wrong_server(recorded, "a room server was lost that was not there", server)

    def _wrong_server(self, recorded: Recorded, detail: str, server: str) -> None:
        self._findings.add("treasure_server_wrong", recorded, detail, field="server", found=server)

    # --- one story -------------------------------------------------------------------------

    def _tell_room(self, recorded: Recorded, before: Room) -> None:
        where = recorded.originator_id
        match recorded.event:
            case facts.RoomOpened(uid=uid):
                self._say(recorded, Story("opens", where))
                self._say(recorded, Story("sits down", where, account.account_id(uid)))
            case facts.PlayerJoined(uid=uid):
                self._say(recorded, Story("sits down", where, account.account_id(uid)))
            case facts.PlayerLeft(uid=uid):
                self._say(recorded, Story("leaves", where, account.account_id(uid)))
            case facts.RoomClosed():
                self._say(recorded, Story("closes", where))

    def _say(self, recorded: Recorded, story: Story) -> None:
        self._stories[story][kind_of(recorded.originator_id)] = recorded

    def _compare(self, story: Story, said: dict[str, Recorded]) -> None:
        other = "account" if story.who else "treasure.lobby"
        first = next(iter(said.values()))
        for kind in {"treasure.room", other} - said.keys():
            who = story.room if kind == "treasure.room" else story.who or facts.LOBBY_ID
            self._differ(first, f"{who} says nothing of this in the same commit ({story.what})")

    def _differ(self, recorded: Recorded, detail: str) -> None:
        self._findings.add("treasure_room_differs", recorded, detail, found=recorded.event)
