"""Which kind of aggregate each event belongs to; an event anywhere else was put there by hand."""

from __future__ import annotations

from typing import Final

from parlour.events import landlord
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

KIND_OF_EVENT: Final[dict[type[Event], str]] = {
    # By default the text before the dot is the kind: `account.posted` is an account's.
    **{cls: name_of(topic).partition(".")[0] for topic, cls in catalogue().items()},
    landlord.TableListed: "landlord.lobby",
    **dict.fromkeys(_TABLE, "landlord.table"),
    **dict.fromkeys(_HAND, "landlord.hand"),
}
