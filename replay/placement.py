"""Which kind of aggregate each event belongs to; an event anywhere else was put there by hand."""

from __future__ import annotations

from typing import Final

from parlour.events import beehive, landlord, techmino, treasure
from parlour.events.event import Event, catalogue, name_of

_HAND: Final = (
    landlord.HandOpened,
    landlord.HandDealt,
    landlord.Called,
    landlord.Robbed,
    landlord.LandlordNamed,
    landlord.DealThrownIn,
    landlord.CardsPlayed,
    landlord.Passed,
    landlord.TurnTimedOut,
    landlord.TrusteeSet,
    landlord.TrusteeCleared,
    landlord.HandResumed,
    landlord.HandSettled,
    landlord.HandCancelled,
)
_TABLE: Final = (
    landlord.TableOpened,
    landlord.PlayerSeated,
    landlord.PlayerLeft,
    landlord.PlayerReadied,
    landlord.ConnectionLost,
    landlord.ConnectionRegained,
    landlord.TableResumed,
    landlord.HandNumbered,
    landlord.HandBegun,
    landlord.HandClosed,
)
_TECHMINO: Final[dict[str, tuple[type[Event], ...]]] = {
    "techmino.lobby": (
        techmino.RoomListed,
        techmino.RoomDelisted,
        techmino.MatchListed,
        techmino.MatchDelisted,
    ),
    "techmino.chat": (
        techmino.ChatJoined,
        techmino.ChatLeft,
        techmino.ChatSaid,
        techmino.ChatEmptied,
    ),
    "techmino.room": (
        techmino.RoomOpened,
        techmino.PlayerEntered,
        techmino.PlayerReturned,
        techmino.PlayerLeft,
        techmino.RoomSaid,
        techmino.ConfigChanged,
        techmino.ReadyChanged,
        techmino.CountdownStarted,
        techmino.CountdownCancelled,
        techmino.MatchStarted,
        techmino.MatchFinished,
        techmino.RoomResumed,
        techmino.RoomClosed,
    ),
    "techmino.match": (
        techmino.MatchOpened,
        techmino.StreamJoined,
        techmino.StreamLeft,
        techmino.MatchBegan,
        techmino.ChunkStreamed,
        techmino.PlayerDied,
        techmino.MatchResumed,
        techmino.MatchEnded,
    ),
}
_BEEHIVE: Final[dict[str, tuple[type[Event], ...]]] = {
    "beehive.lobby": (beehive.EngineStarted, beehive.NumberGiven, beehive.BroadcastSent),
    "beehive.device": (
        beehive.DeviceAdded,
        beehive.CommandAnswered,
        beehive.RoomEntered,
        beehive.RoomExited,
    ),
    "beehive.user": (
        beehive.DeviceLinked,
        beehive.DeviceUnlinked,
        beehive.NoticeTold,
        beehive.DeviceOnline,
        beehive.DeviceOffline,
        beehive.SubscriptionChanged,
        beehive.MessageAcknowledged,
        beehive.DeviceSynced,
        beehive.FriendAsked,
        beehive.FriendMade,
        beehive.FriendLost,
        beehive.ListChanged,
        beehive.MarkSet,
        beehive.GroupEntered,
        beehive.GroupLeft,
    ),
    "beehive.inbox": (beehive.PrivateSent, beehive.PrivateCopied, beehive.FriendNoticeSent),
    "beehive.group": (
        beehive.GroupCreated,
        beehive.GroupDismissed,
        beehive.GroupMemberAdded,
        beehive.GroupMemberRemoved,
        beehive.GroupGagChanged,
        beehive.GroupBlacklistChanged,
        beehive.GroupRoleChanged,
        beehive.GroupSaid,
    ),
    "beehive.room": (
        beehive.RoomCreated,
        beehive.RoomDismissed,
        beehive.RoomJoined,
        beehive.RoomLeft,
        beehive.RoomEmptied,
        beehive.RoomKicked,
        beehive.RoomRoleChanged,
        beehive.RoomSaid,
        beehive.RoomBroadcast,
    ),
    "beehive.nodes": (beehive.NodeReported, beehive.WatchChanged, beehive.NodeLost),
}
_TREASURE: Final[dict[str, tuple[type[Event], ...]]] = {
    "treasure.lobby": (treasure.RoomListed, treasure.RoomDelisted),
    "treasure.room": (
        treasure.RoomOpened,
        treasure.GameCommitted,
        treasure.PlayerJoined,
        treasure.PlayerLeft,
        treasure.HostChanged,
        treasure.ReadyChanged,
        treasure.RoomClosed,
        treasure.GamePlaced,
        treasure.GameAccepted,
        treasure.TicketGiven,
        treasure.GameRefused,
        treasure.GameClosed,
    ),
    "treasure.servers": (treasure.ServerRegistered, treasure.ServerLost),
    "treasure.game": (
        treasure.GameOpened,
        treasure.GameMoved,
        treasure.PlayerVerified,
        treasure.PlayerGone,
        treasure.StageBegun,
        treasure.ChoiceMade,
        treasure.StageResumed,
        treasure.StageEnded,
        treasure.GameSettled,
        treasure.GameCancelled,
    ),
}

KIND_OF_EVENT: Final[dict[type[Event], str]] = {
    # By default the text before the dot is the kind: `account.posted` is an account's.
    **{cls: name_of(topic).partition(".")[0] for topic, cls in catalogue().items()},
    landlord.TableListed: "landlord.lobby",
    **dict.fromkeys(_TABLE, "landlord.table"),
    **dict.fromkeys(_HAND, "landlord.hand"),
    **{
        cls: kind
        for kinds in (_TECHMINO, _BEEHIVE, _TREASURE)
        for kind, classes in kinds.items()
        for cls in classes
    },
}

_ELSEWHERE: Final = frozenset({(beehive.SubscriptionChanged, "beehive.nodes")})
"""Events that are also recorded in another kind of aggregate than their own."""


def belongs(event: type[Event], kind: str) -> bool:
    """Tell whether an event may be in an aggregate of a kind."""
    return KIND_OF_EVENT[event] == kind or (event, kind) in _ELSEWHERE
