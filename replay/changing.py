"""Which events change something every time: told of what was so already, they are told twice.

The engine asks before it records one of these, so its aggregate is never as it was before. Of what
changes only a clock or a count (a remark, a device that comes online) a second may be true.
"""

from __future__ import annotations

from typing import Any, Final

from parlour.events import account, beehive, techmino, treasure
from parlour.events.event import Event
from parlour.replay.placement import KIND_OF_EVENT

CHANGING: Final[frozenset[type[Event]]] = frozenset(
    {
        account.Renamed,
        account.EmailChanged,
        techmino.RoomListed,
        techmino.RoomDelisted,
        techmino.MatchListed,
        techmino.MatchDelisted,
        treasure.RoomListed,
        treasure.RoomDelisted,
        treasure.ServerRegistered,
        treasure.TicketGiven,
        beehive.RoomEntered,
        beehive.RoomExited,
        beehive.SubscriptionChanged,
        beehive.FriendMade,
        beehive.FriendLost,
        beehive.ListChanged,
        beehive.MarkSet,
        beehive.GroupEntered,
        beehive.GroupLeft,
        beehive.GroupGagChanged,
        beehive.GroupBlacklistChanged,
        beehive.GroupRoleChanged,
        beehive.NodeReported,
    }
)
"""By type. A lobby's lists, who is where, who is whose friend, what is on or off."""


def repeated(event: Event, kind: str, *, before: Any, after: Any) -> bool:
    """Tell whether an event says what was so already and must not.

    Args:
        event: What was recorded.
        kind: Of the aggregate it is recorded in; elsewhere than in its own it may change nothing.
        before: The aggregate as it was.
        after: The aggregate as the event leaves it.
    """
    return type(event) in CHANGING and KIND_OF_EVENT[type(event)] == kind and before == after
