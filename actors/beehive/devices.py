"""What actors ask about devices that are not theirs."""

from __future__ import annotations

from parlour.actors.context import Context
from parlour.events import beehive as facts
from parlour.events.rules.beehive import lobby as lobby_rules
from parlour.events.rules.beehive.state import Device, Line, Lobby, User
from parlour.events.rules.beehive.state import living as _living
from parlour.events.rules.beehive.state import online_sids as _online_sids
from parlour.events.times import MICROSECONDS

PROTOCOL = "beehive"
_DAY = 86_400


def epoch(context: Context) -> int:
    """Return which start of the engine this is."""
    lobby: Lobby = context.state(facts.LOBBY_ID)
    return lobby.epoch


def user(context: Context, uid: int) -> User:
    """Return a user with everything recorded so far."""
    state: User = context.state(facts.user_id(uid))
    return state


def device(context: Context, sid: int) -> Device:
    """Return a device with everything recorded so far."""
    state: Device = context.state(facts.device_id(sid))
    return state


def sids_of(context: Context, uid: int) -> tuple[int, ...]:
    """Return all devices of a user."""
    return tuple(user(context, uid).devices)


def online_sids(context: Context, uid: int) -> tuple[int, ...]:
    """Return the devices of a user that are online."""
    return _online_sids(user(context, uid), epoch(context))


def keep(context: Context) -> int:
    """Return how long a device keeps its queue without being seen (µs)."""
    return int(context.settings.beehive.device_days * _DAY * MICROSECONDS)


def living(context: Context, uid: int) -> list[Line]:
    """Return the devices of a user that keep their queues."""
    lobby: Lobby = context.state(facts.LOBBY_ID)
    return _living(user(context, uid), lobby, at=context.now(), keep=keep(context))


def draw_sid(context: Context) -> int:
    """Give out a sid that nobody has.

    Raises:
        RuleViolation: full.
    """
    sid = lobby_rules.next_sid(context.state(facts.LOBBY_ID))
    context.record(facts.LOBBY_ID, facts.NumberGiven(at=context.now(), series="sid", number=sid))
    return sid


def draw_place(context: Context, wish: int = 0) -> int:
    """Give out a number for a group or a room; the wished one if it is free to choose.

    Raises:
        RuleViolation: full.
    """
    if lobby_rules.may_choose_place(wish) and not _is_place(context, wish):
        return wish
    number = lobby_rules.next_place(context.state(facts.LOBBY_ID))
    context.record(
        facts.LOBBY_ID, facts.NumberGiven(at=context.now(), series="place", number=number)
    )
    return number


def _is_place(context: Context, number: int) -> bool:
    return bool(
        context.state(facts.group_id(number)).gid or context.state(facts.room_id(number)).rid
    )
