"""What waits for a device, told when it asks (SYNC): read from the log, page by page.

Nothing of it is in memory but the page that is being told; the hub waits for the peer between
pages, and keeps what is said live until the last one has left.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from parlour.actors.beehive import messages
from parlour.actors.beehive.answering import note
from parlour.actors.beehive.sent import Key, Sent
from parlour.actors.ports import Backlog
from parlour.events import beehive as facts
from parlour.events.errors import RuleViolation
from parlour.events.messages.beehive.packet import Packet
from parlour.events.repository import Repository
from parlour.events.rules.beehive import notices, place_notices
from parlour.events.rules.beehive import user as rules
from parlour.events.rules.beehive.state import Line

if TYPE_CHECKING:
    from parlour.actors.beehive.user import BeehiveUser

PAGE: Final = 512
"""Most events read at once, and packets in a page."""
PAGE_BYTES: Final = 1_048_576
"""A page of long messages ends before; so does reading for it."""
MOST_WAITING: Final = 16
"""SYNCs of a device that wait for the end of another one."""
_AT_FIRST: Final = 16
"""Events read before it is known how long they are."""
_LOOKED_THROUGH: Final = 256
"""Events looked through for what an ack means when it is not known what the session was sent."""
_LOOKED_BYTES: Final = 262_144
"""After so much nothing more is looked through: the loop waits for it."""
_Told = tuple[int, int, Packet]
"""When it was said, how long it is, and what is told."""


class Backlogs:
    """Of one user's devices."""

    def __init__(self, owner: BeehiveUser) -> None:
        self._owner = owner
        self._running: dict[int, tuple[int, list[messages.Routed]]] = {}
        """By sid: the session that is being told, and the SYNCs to obey after this one."""

    def tell(self, routed: messages.Routed) -> None:
        """Tell a device what waits for it, then SYNC-ACK."""
        session, waiting = self._running.get(routed.sid, (0, None))
        if session != routed.session:
            waiting = None  # an older connection's, which may never hear the end of it
        if waiting is not None and len(waiting) >= MOST_WAITING:
            raise RuleViolation("full")
        note(self._owner.context, routed)
        if waiting is None:
            self._begin([routed])
        else:
            waiting.append(routed)

    def _begin(self, syncs: Sequence[messages.Routed]) -> None:
        """Tell a device what waits for it, and answer all that asked for that."""
        owner, routed = self._owner, syncs[-1]
        self._running[routed.sid] = (routed.session, [])
        owner.acks.flush()
        user = owner.user
        line = user.devices[routed.sid]
        heard = {gid: version for gid, version in line.caught.items() if gid in user.groups}
        told = messages.Synced(sid=routed.sid, session=routed.session, notices=[], heard=heard)
        pages = _Pages(
            owner.context.repository,
            sid=routed.sid,
            uid=owner.uid,
            sent=owner.acks.sent_to(routed.sid),
            told=told.notices,
            last=[Packet(notices.ack(one.request.message, 0), one.request.seq) for one in syncs],
            waiting=rules.waiting(line, owner.inbox),
            groups=[
                (gid, max(line.heard.get(gid, 0), user.groups[gid]) + 1, version)
                for gid, version in heard.items()
            ],
        )
        owner.context.say(Backlog(routed.session, pages.read, then=(owner.id, told)))

    def told(self, message: messages.Synced) -> None:
        """Note that a device was told everything; obey what SYNCs came meanwhile."""
        owner = self._owner
        if owner.session_of(message.sid) not in (None, message.session):
            return  # what a newer connection has not heard is still to be told
        session, again = self._running.get(message.sid, (0, []))
        if session == message.session:
            del self._running[message.sid]
        else:
            again = []
        line = owner.user.devices.get(message.sid)
        if line is not None and (message.notices or message.heard):
            owner.record(
                facts.DeviceSynced(
                    at=owner.context.now(),
                    sid=message.sid,
                    notices=tuple(message.notices),
                    heard=message.heard,
                )
            )
        if again:
            self._begin(again)

    def forget(self, sid: int) -> None:
        """The device's connection is gone: nobody is told any more."""
        self._running.pop(sid, None)

    def look(self, line: Line) -> Iterator[tuple[Key, int]]:
        """Yield the first messages in the log that a device has not acknowledged, with versions."""
        owner = self._owner
        read, inbox = owner.context.repository.recorded, facts.inbox_id(owner.uid)
        left, size = _LOOKED_THROUGH, 0
        for first, last in rules.waiting(line, owner.inbox):
            while first <= last and left > 0 and size < _LOOKED_BYTES:
                end = min(last, first + min(_AT_FIRST, left) - 1)
                for version, event in enumerate(read(inbox, first, end), first):
                    size += _size(event)
                    if not isinstance(event, facts.FriendNoticeSent):
                        said: Any = event
                        yield (said.kind, said.suid, said.seq), version
                left -= end - first + 1
                first = end + 1


class _Pages:
    """One SYNC's pages; `read` runs in another thread."""

    def __init__(
        self,
        repository: Repository,
        *,
        sid: int,
        uid: int,
        sent: Sent,
        told: list[int],
        last: Sequence[Packet],
        waiting: Sequence[tuple[int, int]],
        groups: Sequence[tuple[int, int, int]],
    ) -> None:
        self._repository = repository
        self._sid = sid
        self._uid = uid
        self._sent = sent
        self._told = told
        self._last = last
        self._waiting = waiting
        self._groups = groups
        self._page = max(16, PAGE // (1 + len(groups)))

    def read(self) -> Iterator[Sequence[Packet]]:
        """Yield pages of packets, oldest message first; what comes last are SYNC-ACKs."""
        streams = [self._private(), *(self._group(*group) for group in self._groups)]
        page: list[Packet] = []
        size = 0
        for _, length, packet in heapq.merge(*streams, key=_at):
            if page and (len(page) >= PAGE or size + length > PAGE_BYTES):
                yield page
                page, size = [], 0
            page.append(packet)
            size += length
        if page:
            yield page
        yield self._last

    def _events(self, aggregate_id: str, first: int, last: int) -> Iterator[tuple[int, Any]]:
        step = _AT_FIRST
        while first <= last:
            end = min(last, first + step - 1)
            read = self._repository.recorded(aggregate_id, first, end)
            yield from enumerate(read, first)
            first = end + 1
            long = sum(map(_size, read)) > PAGE_BYTES // 2
            step = _AT_FIRST if long else min(2 * step, self._page)

    def _private(self) -> Iterator[_Told]:
        inbox = facts.inbox_id(self._uid)
        for first, last in self._waiting:
            for version, said in self._events(inbox, first, last):
                packet = notices.tell(said)
                if packet is None:
                    continue
                if isinstance(said, facts.FriendNoticeSent):
                    self._told.append(version)
                else:
                    self._sent.add((said.kind, said.suid, said.seq), version)
                yield said.at, _size(said), packet

    def _group(self, gid: int, first: int, last: int) -> Iterator[_Told]:
        for _, said in self._events(facts.group_id(gid), first, last):
            if isinstance(said, facts.GroupSaid) and said.ssid != self._sid:
                packet = Packet(place_notices.group_remark(gid, said), said.seq, said.ssid)
                yield said.at, _size(said), packet


def _at(told: _Told) -> int:
    return told[0]


def _size(said: Any) -> int:
    """Return about how many bytes the contents of an event have."""
    words = (getattr(said, name, "") for name in ("text", "mark"))
    return sum(len(one.encode()) for one in words if one) + len(getattr(said, "data", None) or b"")
