"""Beehive under audit: what its rules could not have produced, told by the event that shows it.

Keeps a view of its own, made from the events alone: who owns which device, who is in which group
and room, which messages wait. The engine's states are not asked, so a mistake in the rules is
found too. Each event is judged as it comes; what several aggregates must say together is
compared at the end of their commit. Memory follows the state of users, groups and rooms, and
one bit for each event of a user and of his devices.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from parlour.events.kinds import kind_of
from parlour.events.reader import Recorded
from parlour.replay.audit_beehive_devices import DevicesExaminer
from parlour.replay.audit_beehive_groups import GroupsExaminer
from parlour.replay.audit_beehive_lobby import LobbyExaminer
from parlour.replay.audit_beehive_rooms import RoomsExaminer
from parlour.replay.audit_beehive_users import UsersExaminer
from parlour.replay.findings import Findings

KINDS: Final = (
    "beehive.lobby",
    "beehive.device",
    "beehive.user",
    "beehive.inbox",
    "beehive.group",
    "beehive.room",
    "beehive.nodes",
)


class BeehiveExaminer:
    """Judges every aggregate of beehive."""

    def __init__(self, findings: Findings, accounts: Mapping[str, Any]) -> None:
        """Begin before the first event.

        Args:
            findings: Where to put what is wrong.
            accounts: Every account as it is now, by aggregate id.
        """
        self._lobby = lobby = LobbyExaminer(findings, accounts)
        self._devices = devices = DevicesExaminer(findings, lobby, accounts)
        self._groups = groups = GroupsExaminer(findings, lobby, devices)
        self._users = users = UsersExaminer(findings, lobby, devices, groups, accounts)
        self._rooms = rooms = RoomsExaminer(findings, lobby, devices)
        self._see = {
            "beehive.lobby": lobby.see,
            "beehive.device": devices.see,
            "beehive.user": users.see,
            "beehive.inbox": users.see,
            "beehive.group": groups.see,
            "beehive.room": rooms.see,
            "beehive.nodes": lobby.see,
        }

    @property
    def messages(self) -> int:
        """How many messages were compared with the answers their senders got."""
        return self._devices.messages

    def see(self, recorded: Recorded, _before: object) -> None:
        """Take the next event of an aggregate of beehive."""
        self._see[kind_of(recorded.originator_id)](recorded)

    def commit(self) -> None:
        """The events since the last call were committed together."""
        self._users.commit()
        self._groups.commit()
        self._rooms.commit()
        self._devices.commit()
        self._lobby.commit()
