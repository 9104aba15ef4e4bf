"""What a user's devices acknowledge: CHAT-ACK and P2P-ACK, one event for many of them.

Nobody waits for the answer to an ack, so what came within a tenth of a second is recorded at once:
a crash in between has messages told again, and none is lost. Before anything asks what a device
has acknowledged it is recorded in any case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from parlour.actors.beehive import messages
from parlour.actors.beehive.sent import Key, Sent
from parlour.actors.timers import PUT_OFF
from parlour.events import beehive as facts
from parlour.events.rules.beehive import ranges
from parlour.events.rules.beehive.state import Line, is_online

if TYPE_CHECKING:
    from parlour.actors.beehive.user import BeehiveUser

DELAY: Final = 100_000
"""µs."""
_MOST_AT_ONCE: Final = 256
MOST_HOLES: Final = 8_192
"""Ends of the ranges that a device acknowledged, counted both."""


PATIENCE: Final = 1_000_000
"""How long nothing is looked for in the log after nothing was found there (µs): reading is too dear
for who guesses, with however many devices."""


class Acks:
    """Of one user."""

    def __init__(self, owner: BeehiveUser) -> None:
        self._owner = owner
        self._sent: dict[int, Sent] = {}
        """By sid: what the session that speaks for it was sent."""
        self._pending: dict[int, list[int]] = {}
        """By sid: acknowledged versions of the inbox that are not recorded yet."""
        self._count = 0
        self._look_at = 0

    def __len__(self) -> int:
        return len(self._sent)

    # --- what was sent ---------------------------------------------------------------------

    def begin(self, sid: int) -> None:
        """Begin to note what a connection is sent that has just come."""
        self.flush()
        self._sent[sid] = Sent(whole=True)

    def end(self, sid: int) -> None:
        """Forget what a connection was sent."""
        self.flush()
        self._sent.pop(sid, None)

    def sent_to(self, sid: int) -> Sent:
        """Return what a device's session was sent."""
        known = self._sent.get(sid)
        if known is None:
            # It came online before this actor did.
            known = self._sent[sid] = Sent(whole=False)
        return known

    def forget_from(self, version: int) -> None:
        """Forget messages of the inbox that were dropped."""
        for sent in self._sent.values():
            sent.forget_from(version)
        for sid, versions in self._pending.items():
            self._pending[sid] = [one for one in versions if one < version]

    # --- what is acknowledged --------------------------------------------------------------

    def hear(self, message: messages.Heard) -> None:
        """Take a message out of a device's queue."""
        owner = self._owner
        line = owner.user.devices.get(message.sid)
        if line is None or not is_online(line, owner.epoch):
            return
        version = self._meant(line, (message.kind, message.suid, message.seq))
        if version is None:
            return
        if len(line.acked) >= MOST_HOLES and not ranges.touches(line.acked, version):
            return  # it stays queued: a queue with many holes is dear to keep
        self._pending.setdefault(message.sid, []).append(version)
        self._count += 1
        if self._count == 1:
            owner.context.set_timer(owner.id, PUT_OFF, owner.context.now() + DELAY)
        elif self._count >= _MOST_AT_ONCE:
            self.flush()

    def _meant(self, line: Line, key: Key) -> int | None:
        sent = self.sent_to(line.sid)
        pending = self._pending.get(line.sid, ())
        version = sent.take(key)
        while version is not None and (version in pending or ranges.has(line.acked, version)):
            version = sent.take(key)  # told twice: live, and by a SYNC that it asked for before
        if version is None:
            version = self._look(line.sid, sent, key)
        return None if version in pending else version

    def _look(self, sid: int, sent: Sent, key: Key) -> int | None:
        """Look in the log for what an ack means that is not known here."""
        now = self._owner.context.now()
        if sent.whole or now < self._look_at:
            return None
        self.flush()
        version = sent.fill(self._owner.unacknowledged(sid), key)
        if version is None:
            self._look_at = now + PATIENCE
        return version

    def flush(self) -> None:
        """Record what was acknowledged."""
        if not self._count:
            return
        owner, pending = self._owner, self._pending
        self._pending, self._count = {}, 0
        owner.context.set_timer(owner.id, PUT_OFF, None)
        for sid, versions in pending.items():
            if versions:
                owner.record(
                    facts.MessageAcknowledged(
                        at=owner.context.now(), sid=sid, versions=tuple(sorted(versions))
                    )
                )
