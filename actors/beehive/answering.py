"""The one place where a numbered command is answered: what it was answered is a fact.

The same bytes sent again get the same answer and change nothing, also after a crash; so the
answer is recorded in the unit of what the command caused.
"""

from __future__ import annotations

from typing import Final

from parlour.actors.beehive.messages import Routed
from parlour.actors.context import Context
from parlour.actors.ports import Reply
from parlour.events import beehive as facts
from parlour.events.messages.beehive.common import Sync
from parlour.events.messages.beehive.group import GroupUsrList
from parlour.events.messages.beehive.packet import Message, Packet
from parlour.events.rules.beehive import notices

READS: Final = frozenset({Sync, GroupUsrList})
"""Sent again, they are simply done again."""


def answer(
    context: Context,
    routed: Routed,
    *,
    code: int = 0,
    value: int = 0,
    reply: Message | None = None,
) -> None:
    """Answer a device's command.

    Args:
        context: The engine.
        routed: The command.
        code: Number of a refusal, 0 for none.
        value: A gid or rid that the answer carries.
        reply: The answer, when it is more than `notices.ack` makes of the others.
    """
    note(context, routed, code=code, value=value)
    message = notices.ack(routed.request.message, code, value) if reply is None else reply
    context.say(Reply(routed.session, Packet(message, routed.request.seq)))


def note(context: Context, routed: Routed, *, code: int = 0, value: int = 0) -> None:
    """Record what a command is answered; a read that is done again is recorded once."""
    request, device = routed.request, facts.device_id(routed.sid)
    if type(request.message) in READS and request.seq <= context.state(device).highest:
        return
    context.record(
        device,
        facts.CommandAnswered(
            at=context.now(), seq=request.seq, digest=request.digest, code=code, value=value
        ),
    )
