"""A user: devices with their queues, friends, lists, remarks, groups."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from msgspec.structs import replace

from parlour.events import beehive as facts
from parlour.events.errors import RuleViolation
from parlour.events.event import Event
from parlour.events.rules.beehive import ranges
from parlour.events.rules.beehive.state import Inbox, Line, User


class Terms(NamedTuple):
    """What a user's decisions need to know besides the user."""

    at: int
    """µs since 1970."""
    most: int
    """Entries of each list."""


# --- what is recorded -----------------------------------------------------------------------


def evolve_inbox(inbox: Inbox, event: Event) -> Inbox:
    """Return `inbox` with one more message."""
    return Inbox(count=inbox.count + 1)


def evolve(user: User, event: Event) -> User:
    """Return `user` as `event` leaves it."""
    step = _STEPS.get(type(event))
    return user if step is None else step(user, event)


def _change(user: User, sid: int, **fields: Any) -> User:
    line = user.devices.get(sid)
    if line is None:
        return user
    return replace(user, devices={**user.devices, sid: replace(line, **fields)})


def _linked(user: User, event: facts.DeviceLinked) -> User:
    devices = dict(user.devices)
    before = devices.pop(event.heir_of, None)
    if before is not None:
        line = replace(before, sid=event.sid, seen=event.at, epoch=0, caught={})
    else:
        acked = (1, event.after) if event.after else ()
        line = Line(sid=event.sid, seen=event.at, acked=acked, heard=event.heard, lent=event.lent)
    return replace(user, devices={**devices, event.sid: line})


def _unlinked(user: User, event: facts.DeviceUnlinked) -> User:
    devices = {sid: line for sid, line in user.devices.items() if sid != event.sid}
    return replace(user, devices=devices)


def _online(user: User, event: facts.DeviceOnline) -> User:
    return _change(
        user, event.sid, seen=event.at, epoch=event.epoch, caught=event.caught, came=True
    )


def _offline(user: User, event: facts.DeviceOffline) -> User:
    line = user.devices.get(event.sid)
    if line is None:
        return user
    # Who never asked for what was missed has not heard it: from there on it is told again.
    heard = {gid: version for gid, version in event.heard.items() if gid not in line.caught}
    heard = _of_groups(user, {**line.heard, **heard})
    return _change(user, event.sid, seen=event.at, epoch=0, heard=heard, caught={})


def _of_groups(user: User, heard: dict[int, int]) -> dict[int, int]:
    return {gid: version for gid, version in heard.items() if gid in user.groups}


def _subscribed(user: User, event: facts.SubscriptionChanged) -> User:
    line = user.devices.get(event.sid)
    if line is None:
        return user
    wants = tuple(cmd for cmd in line.wants if cmd != event.cmd)
    return _change(user, event.sid, wants=(*wants, event.cmd) if event.on else wants)


def _acknowledged(user: User, event: facts.MessageAcknowledged) -> User:
    line = user.devices.get(event.sid)
    if line is None:
        return user
    acked = line.acked
    for version in event.versions:
        acked = ranges.add(acked, version, version)
    return _change(user, event.sid, acked=acked)


def _synced(user: User, event: facts.DeviceSynced) -> User:
    line = user.devices.get(event.sid)
    if line is None:
        return user
    acked = line.acked
    for version in event.notices:
        acked = ranges.add(acked, version, version)
    heard = _of_groups(user, {**line.heard, **event.heard})
    return _change(user, event.sid, seen=event.at, acked=acked, heard=heard, caught={})


def _told(user: User, event: facts.NoticeTold) -> User:
    for sid in event.sids:
        line = user.devices.get(sid)
        if line is not None:
            acked = ranges.add(line.acked, event.version, event.version)
            user = _change(user, sid, acked=acked)
    return user


def _asked(user: User, event: facts.FriendAsked) -> User:
    return replace(user, asked=user.asked | {event.uid})


def _made(user: User, event: facts.FriendMade) -> User:
    return replace(user, friends=user.friends | {event.uid}, asked=user.asked - {event.uid})


def _lost(user: User, event: facts.FriendLost) -> User:
    return replace(user, friends=user.friends - {event.uid}, asked=user.asked - {event.uid})


def _listed(user: User, event: facts.ListChanged) -> User:
    name = "black" if event.list == "black" else "gagged"
    entries: frozenset[int] = getattr(user, name)
    return replace(user, **{name: entries | {event.uid} if event.on else entries - {event.uid}})


def _marked(user: User, event: facts.MarkSet) -> User:
    marks = {uid: mark for uid, mark in user.marks.items() if uid != event.uid}
    return replace(user, marks={**marks, event.uid: event.mark} if event.mark else marks)


def _entered(user: User, event: facts.GroupEntered) -> User:
    return replace(user, groups={**user.groups, event.gid: event.version})


def _left(user: User, event: facts.GroupLeft) -> User:
    groups = {gid: version for gid, version in user.groups.items() if gid != event.gid}
    return replace(user, groups=groups)


_STEPS: dict[type, Any] = {
    facts.DeviceLinked: _linked,
    facts.DeviceUnlinked: _unlinked,
    facts.DeviceOnline: _online,
    facts.DeviceOffline: _offline,
    facts.SubscriptionChanged: _subscribed,
    facts.MessageAcknowledged: _acknowledged,
    facts.DeviceSynced: _synced,
    facts.NoticeTold: _told,
    facts.FriendAsked: _asked,
    facts.FriendMade: _made,
    facts.FriendLost: _lost,
    facts.ListChanged: _listed,
    facts.MarkSet: _marked,
    facts.GroupEntered: _entered,
    facts.GroupLeft: _left,
}


# --- decisions ------------------------------------------------------------------------------


def link(
    user: User,
    inbox: Inbox,
    sid: int,
    terms: Terms,
    *,
    living: Collection[Line],
    most: int,
    groups: Mapping[int, int],
    heir_of: int | None = None,
    comes: bool = True,
) -> list[Event]:
    """Return what giving the user a device causes; a lent one may be heir of another (or 0).

    Devices that are not `living` lose their queue. The first device after that, or ever, takes
    over what none of them acknowledged; a further one begins with what comes from now on. Of
    more than `most` devices the one seen longest ago loses its queue, too; for one that is only
    registered (and does not come online: `comes`) none that ever was online. `groups` are the
    versions of the user's groups.

    Raises:
        RuleViolation: too_many_devices: all of them are in use.
    """
    kept = {line.sid for line in living} | {sid}
    stale = [line for line in user.devices.values() if line.sid not in kept]
    events: list[Event] = [facts.DeviceUnlinked(at=terms.at, sid=line.sid) for line in stale]
    if sid in user.devices:
        return events
    lent = heir_of is not None
    if heir_of in kept:
        return [*events, facts.DeviceLinked(at=terms.at, sid=sid, heir_of=heir_of or 0, lent=lent)]
    if len(living) >= most:
        events.append(facts.DeviceUnlinked(at=terms.at, sid=_given_up(living, comes=comes)))
    after, heard = inbox.count, dict(groups)
    if not living:
        after = max((_heard_up_to(line) for line in stale), default=0)
        heard = max(stale, key=lambda line: line.seen).heard if stale else {}
    linked = facts.DeviceLinked(at=terms.at, sid=sid, after=after, heard=heard, lent=lent)
    return [*events, linked]


def _given_up(living: Collection[Line], *, comes: bool) -> int:
    offline = [line for line in living if line.epoch == 0 and (comes or not line.came)]
    if not offline:
        raise RuleViolation("too_many_devices", "the user has too many devices in use")
    return min(offline, key=lambda line: line.seen).sid


def _heard_up_to(line: Line) -> int:
    """Return the version up to which a device has everything."""
    return line.acked[1] if line.acked and line.acked[0] == 1 else 0


def change_list(user: User, name: str, uid: int, terms: Terms, *, on: bool) -> list[Event]:
    """Return what putting somebody on a list ("black" or "gag"), or taking him off, causes.

    Raises:
        RuleViolation: list_full.
    """
    entries = user.black if name == "black" else user.gagged
    if (uid in entries) == on:
        return []
    if on and len(entries) >= terms.most:
        raise RuleViolation("list_full")
    return [facts.ListChanged(at=terms.at, list=name, uid=uid, on=on)]  # type: ignore[arg-type]


def set_mark(user: User, uid: int, mark: str, terms: Terms) -> list[Event]:
    """Return what a remark about somebody causes; "" takes it away.

    Raises:
        RuleViolation: list_full.
    """
    if user.marks.get(uid, "") == mark:
        return []
    if mark and uid not in user.marks and len(user.marks) >= terms.most:
        raise RuleViolation("list_full")
    return [facts.MarkSet(at=terms.at, uid=uid, mark=mark)]


def waiting(line: Line, inbox: Inbox) -> list[tuple[int, int]]:
    """Return the ranges of the inbox that a device has not acknowledged."""
    return ranges.gaps(line.acked, inbox.count)


def befriend(
    asker: User, asked: User, uids: tuple[int, int], mark: str, terms: Terms
) -> tuple[list[Event], list[Event]]:
    """Return what a request for friendship causes: on who asks, and on who is asked.

    Raises:
        RuleViolation: forbidden (on his black list), list_full.
    """
    me, other = uids
    if me in asked.black:
        raise RuleViolation("forbidden")
    if other in asker.friends or other in asker.asked:
        return [], []  # he knows
    if len(asker.friends) >= terms.most or len(asker.asked) >= terms.most:
        raise RuleViolation("list_full")
    ask = facts.FriendAsked(at=terms.at, uid=other, mark=mark)
    if me not in asked.asked or me == other:
        return [ask], []
    if len(asked.friends) >= terms.most:
        raise RuleViolation("list_full")
    return [ask, facts.FriendMade(at=terms.at, uid=other)], [facts.FriendMade(at=terms.at, uid=me)]


def part(
    user: User, other: User, uids: tuple[int, int], terms: Terms
) -> tuple[list[Event], list[Event]]:
    """Return what the end of a friendship (or of what was asked) causes on both."""
    me, him = uids
    mine: list[Event] = []
    his: list[Event] = []
    if him in user.friends or him in user.asked:
        mine.append(facts.FriendLost(at=terms.at, uid=him))
    if me in other.friends or me in other.asked:
        his.append(facts.FriendLost(at=terms.at, uid=me))
    return mine, his
