"""What waits for a device, told when it asks (SYNC): read from the log, page by page.

Nothing of it is in memory but the page that is being told; the hub waits for the peer between
pages, and keeps what is said live until the last one has left.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from parlour.actors.beehive import messages
from parlour.actors.beehive.answering import note
from parlour.actors.beehive.sent import Key, Sent
from parlour.actors.ports import Backlog
from parlour.events import beehive as facts
from parlour.events.messages.beehive.packet import Packet
from parlour.events.repository import Repository
from parlour.events.rules.beehive import notices, place_notices
from parlour.events.rules.beehive import user as rules
from parlour.events.rules.beehive.state import Line

if TYPE_CHECKING:
    from parlour.actors.beehive.user import BeehiveUser

PAGE: Final = 512
"""Events read at once, and packets in a page."""
_LOOKED_THROUGH: Final = 4096
"""Events looked through for what an ack means when it is not known what the session was sent."""
_Told = tuple[int, Packet]
"""When it was said, and what is told."""


class Backlogs:
    """Of one user's devices."""

    def __init__(self, owner: BeehiveUser) -> None:
        self._owner = owner
        self._running: dict[int, messages.Routed | None] = {}
        """By sid: devices that are being told, and the SYNC to obey after this one."""

    def tell(self, routed: messages.Routed) -> None:
        """Tell a device what waits for it, then SYNC-ACK."""
        owner = self._owner
        note(owner.context, routed)
        if routed.sid in self._running:
            self._running[routed.sid] = routed
            return
        self._running[routed.sid] = None
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
            last=Packet(notices.ack(routed.request.message, 0), routed.request.seq),
            waiting=rules.waiting(line, owner.inbox),
            groups=[
                (gid, max(line.heard.get(gid, 0), user.groups[gid]) + 1, version)
                for gid, version in heard.items()
            ],
        )
        owner.context.say(Backlog(routed.session, pages.read, then=(owner.id, told)))

    def told(self, message: messages.Synced) -> None:
        """Note that a device was told everything; obey a SYNC that came meanwhile."""
        owner = self._owner
        if owner.session_of(message.sid) not in (None, message.session):
            return  # what a newer connection has not heard is still to be told
        again = self._running.pop(message.sid, None)
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
        if again is not None:
            self.tell(again)

    def forget(self, sid: int) -> None:
        """The device's connection is gone: nobody is told any more."""
        self._running.pop(sid, None)

    def look(self, line: Line) -> Iterator[tuple[Key, int]]:
        """Yield the first messages in the log that a device has not acknowledged, with versions."""
        owner = self._owner
        read, inbox = owner.context.repository.recorded, facts.inbox_id(owner.uid)
        left = _LOOKED_THROUGH
        for first, last in rules.waiting(line, owner.inbox):
            last = min(last, first + left - 1)
            for version, event in enumerate(read(inbox, first, last), first):
                if not isinstance(event, facts.FriendNoticeSent):
                    said: Any = event
                    yield (said.kind, said.suid, said.seq), version
            left -= last - first + 1
            if left <= 0:
                break


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
        last: Packet,
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
        """Yield pages of packets, oldest message first; the very last packet is SYNC-ACK."""
        streams = [self._private(), *(self._group(*group) for group in self._groups)]
        merged = iter(heapq.merge(*streams, key=_at))
        while page := [packet for _, packet in islice(merged, PAGE)]:
            yield page
        yield [self._last]

    def _events(self, aggregate_id: str, first: int, last: int) -> Iterator[tuple[int, Any]]:
        while first <= last:
            end = min(last, first + self._page - 1)
            yield from enumerate(self._repository.recorded(aggregate_id, first, end), first)
            first = end + 1

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
                yield said.at, packet

    def _group(self, gid: int, first: int, last: int) -> Iterator[_Told]:
        for _, said in self._events(facts.group_id(gid), first, last):
            if isinstance(said, facts.GroupSaid) and said.ssid != self._sid:
                packet = Packet(place_notices.group_remark(gid, said), said.seq, said.ssid)
                yield said.at, packet


def _at(told: _Told) -> int:
    return told[0]
