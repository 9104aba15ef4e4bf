"""A user's friends, his lists of people, and his remarks about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from parlour.actors.beehive import devices, messages
from parlour.actors.beehive.answering import answer
from parlour.events import beehive as facts
from parlour.events.account import account_id
from parlour.events.errors import RuleViolation
from parlour.events.messages.beehive import private
from parlour.events.messages.beehive.packet import Message
from parlour.events.rules.beehive import user as rules

if TYPE_CHECKING:
    from parlour.actors.beehive.user import BeehiveUser

_MARK_BYTES: Final = 1024
_LISTS: Final = {
    private.BlacklistAdd: ("black", True),
    private.BlacklistDel: ("black", False),
    private.GagAdd: ("gag", True),
    private.GagDel: ("gag", False),
}


class Contacts:
    """Of one user; requests for friendship are obeyed by the actor of whom they are made to."""

    def __init__(self, owner: BeehiveUser) -> None:
        self._owner = owner

    def obey(self, routed: messages.Routed) -> None:
        """Obey a command about somebody else.

        Raises:
            RuleViolation: forbidden, list_full, no_such_account or oneself.
        """
        message = routed.request.message
        REQUESTS[type(message)](self, routed, message)

    # --- friends ---------------------------------------------------------------------------

    def _notify(self, routed: messages.Routed, **content: Any) -> None:
        """Put a notice into the inbox and tell who is online; of who is gagged only SYNC tells."""
        owner = self._owner
        notice = facts.FriendNoticeSent(
            at=owner.context.now(),
            suid=routed.uid,
            ssid=routed.sid,
            seq=routed.request.seq,
            duid=owner.uid,
            **content,
        )
        version = owner.put(notice)
        muted = routed.uid in owner.user.gagged
        told = () if muted else owner.tell_devices(notice, version)
        if told:
            owner.record(facts.NoticeTold(at=notice.at, version=version, sids=told))

    def _friend_add(self, routed: messages.Routed, message: private.FriendAdd) -> None:
        asked = self._befriend(routed, message.mark)
        answer(self._owner.context, routed)
        if asked:
            self._notify(routed, kind="add", mark=message.mark)

    def _befriend(self, routed: messages.Routed, mark: str) -> bool:
        """Ask for friendship, or agree to it; tell whether that is new."""
        owner = self._owner
        if routed.uid == owner.uid:
            raise RuleViolation("oneself")
        asker = devices.user(owner.context, routed.uid)
        theirs, mine = rules.befriend(
            asker,
            owner.user,
            (routed.uid, owner.uid),
            _short(mark),
            owner.terms(),
        )
        owner.context.record(facts.user_id(routed.uid), *theirs)
        owner.record(*mine)
        return bool(theirs)

    def _friend_del(self, routed: messages.Routed, message: private.FriendDel) -> None:
        parted = self._part(routed)
        answer(self._owner.context, routed)
        if parted:
            self._notify(routed, kind="del")

    def _part(self, routed: messages.Routed) -> bool:
        owner = self._owner
        other = devices.user(owner.context, routed.uid)
        theirs, mine = rules.part(other, owner.user, (routed.uid, owner.uid), owner.terms())
        owner.context.record(facts.user_id(routed.uid), *theirs)
        owner.record(*mine)
        return bool(theirs or mine)

    def _friend_reply(self, routed: messages.Routed, message: private.FriendReply) -> None:
        agreed = message.code == 0
        changed = self._befriend(routed, message.mark) if agreed else self._part(routed)
        answer(self._owner.context, routed)
        if changed and routed.uid not in self._owner.user.black:
            self._notify(
                routed, kind="refuse", mark=message.mark, code=message.code, text=message.errmsg
            )

    def _check_other(self, uid: int) -> None:
        """Refuse who is nobody, or oneself."""
        if not self._owner.context.state(account_id(uid)).registered:
            raise RuleViolation("no_such_account")
        if uid == self._owner.uid:
            raise RuleViolation("oneself")

    # --- lists -----------------------------------------------------------------------------

    def _list(self, routed: messages.Routed, message: Any) -> None:
        owner = self._owner
        name, on = _LISTS[type(message)]
        if on:
            self._check_other(message.duid)
        owner.record(*rules.change_list(owner.user, name, message.duid, owner.terms(), on=on))
        answer(owner.context, routed)

    def _mark(self, routed: messages.Routed, message: private.MarkAdd | private.MarkDel) -> None:
        owner = self._owner
        mark = ""
        if isinstance(message, private.MarkAdd):
            self._check_other(message.duid)
            mark = _short(message.mark)
        owner.record(*rules.set_mark(owner.user, message.duid, mark, owner.terms()))
        answer(owner.context, routed)


def _short(mark: str) -> str:
    """Return a remark as it is kept: cut at a whole character."""
    return mark.encode()[:_MARK_BYTES].decode(errors="ignore")


REQUESTS: Final[dict[type[Message], Callable[[Contacts, messages.Routed, Any], None]]] = {
    private.FriendAdd: Contacts._friend_add,
    private.FriendDel: Contacts._friend_del,
    private.FriendReply: Contacts._friend_reply,
    **dict.fromkeys(_LISTS, Contacts._list),
    private.MarkAdd: Contacts._mark,
    private.MarkDel: Contacts._mark,
}
