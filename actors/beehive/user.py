"""A user of instant messaging, `beehive.user:{uid}`: devices, friends, lists, and the way in.

Whatever is sent to the user is handled here: it goes to the aggregate `beehive.inbox:{uid}`, to
the devices that are online, and stays for the others. What is remembered besides the log is which
message a session was sent (`Sent`), for its acks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, ClassVar, Final

from parlour.actors import accounts
from parlour.actors.actor import EngineActor, Handler
from parlour.actors.beehive import contacts, devices, messages
from parlour.actors.beehive.acks import Acks
from parlour.actors.beehive.answering import answer
from parlour.actors.beehive.backlog import Backlogs
from parlour.actors.beehive.presence import Presence
from parlour.actors.beehive.sent import Key
from parlour.actors.beehive.tokens import sign_token
from parlour.actors.messages import Ask, Restarted, TimerFired
from parlour.actors.ports import Answer, Publish
from parlour.events import beehive as facts
from parlour.events.account import HOUSE_UID, account_id
from parlour.events.errors import RuleViolation
from parlour.events.messages.beehive import common, private, push
from parlour.events.messages.beehive.packet import Message, Packet
from parlour.events.rules.account import Account
from parlour.events.rules.beehive import lobby as lobby_rules
from parlour.events.rules.beehive import notices
from parlour.events.rules.beehive import user as rules
from parlour.events.rules.beehive.state import (
    PUSHES,
    ROOM_LSN_STAT,
    ROOM_USR_NUM,
    Inbox,
    User,
)
from parlour.events.times import MICROSECONDS


class BeehiveUser(EngineActor):
    """The actor of one user."""

    def __init__(self) -> None:
        super().__init__()
        self.acks = Acks(self)
        self._last = 0
        """Version of the inbox that was handled last."""
        self._presence = Presence(self)
        self.backlogs = Backlogs(self)
        self._contacts = contacts.Contacts(self)

    # --- what is where ---------------------------------------------------------------------

    @cached_property
    def uid(self) -> int:
        """The uid in the actor's id."""
        return int(self.id.rpartition(":")[2])

    @cached_property
    def inbox_id(self) -> str:
        """The id of the aggregate with what is sent to the user."""
        return facts.inbox_id(self.uid)

    @cached_property
    def epoch(self) -> int:
        """Which start of the engine this is: the lobby recovers before anybody comes."""
        return devices.epoch(self.context)

    @property
    def user(self) -> User:
        """The user with everything recorded so far."""
        state: User = self.context.state(self.id)
        return state

    @property
    def inbox(self) -> Inbox:
        """How much was sent to the user so far."""
        state: Inbox = self.context.state(self.inbox_id)
        return state

    @property
    def account(self) -> Account:
        """The user's account."""
        state: Account = self.context.state(account_id(self.uid))
        return state

    def terms(self) -> rules.Terms:
        """Return what decisions need to know."""
        return rules.Terms(self.context.now(), self.context.settings.beehive.list_entries)

    def record(self, *events: Any) -> None:
        """Record facts of this user."""
        self.context.record(self.id, *events)

    def may_end(self) -> bool:
        """While a device is online, what it was sent must be known."""
        return not self.acks

    # --- what is sent to him ---------------------------------------------------------------

    def put(self, event: Any) -> int:
        """Record what is sent to the user; return its version in the inbox."""
        self.context.record(self.inbox_id, event)
        version = self.context.repository.version(self.inbox_id)
        self._note(version)
        return version

    def _note(self, version: int) -> None:
        """See whether what was in the inbox before was dropped: then nobody was sent it."""
        if version <= self._last:
            self.acks.forget_from(version)
        self._last = version

    def tell_devices(
        self, sent: Any, version: int, packet: Packet | None = None
    ) -> tuple[int, ...]:
        """Tell the devices that are online, but for the sender's own; return those."""
        epoch, ssid = self.epoch, sent.ssid
        devices_ = self.user.devices
        sids = tuple([sid for sid in devices_ if devices_[sid].epoch == epoch and sid != ssid])
        if not sids:
            return ()
        if packet is None:
            packet = notices.tell(sent)
        self.context.say(Publish(devices.PROTOCOL, sids, packet))
        if type(sent) is not facts.FriendNoticeSent:
            key = (sent.kind, sent.suid, sent.seq)
            for sid in sids:
                self.acks.sent_to(sid).add(key, version)
        return sids

    def session_of(self, sid: int) -> int | None:
        """Return the connection that came last for a device, None when that is not known."""
        return self._presence.sessions.get(sid)

    def _chat(self, routed: messages.Routed, message: private.Chat) -> None:
        sent = facts.PrivateSent(
            at=self.context.now(),
            kind="chat",
            suid=routed.uid,
            ssid=routed.sid,
            seq=routed.request.seq,
            duid=self.uid,
            level=message.level,
            time=message.time,
            text=message.text,
            data=message.data,
            muted=routed.uid in self.user.gagged,
        )
        self._accept(routed, sent)

    def _p2p(self, routed: messages.Routed, message: push.P2P) -> None:
        sent = facts.PrivateSent(
            at=self.context.now(),
            kind="p2p",
            suid=routed.uid,
            ssid=routed.sid,
            seq=routed.request.seq,
            duid=self.uid,
            time=message.time,
            data=message.data,
            muted=routed.uid in self.user.gagged,
        )
        self._accept(routed, sent)

    def _accept(self, routed: messages.Routed, sent: facts.PrivateSent) -> None:
        request = routed.request
        if sent.suid in self.user.black:
            raise RuleViolation("forbidden")
        version = self.put(sent)
        answer(self.context, routed)
        if not sent.muted:
            self.tell_devices(sent, version, Packet(request.message, request.seq, sent.ssid))
        if sent.suid == self.uid:
            self._has(sent.ssid, version)
        else:
            self._copy(sent)

    def _copy(self, sent: facts.PrivateSent) -> None:
        """Keep what was sent for the sender's other devices, if he has any."""
        context, sender = self.context, facts.user_id(sent.suid)
        if len(context.state(sender).devices) < 2:
            return
        if not any(line.sid != sent.ssid for line in devices.living(context, sent.suid)):
            return
        copy, inbox = facts.copied(sent), facts.inbox_id(sent.suid)
        context.record(inbox, copy)
        version = context.repository.version(inbox)
        context.record(
            sender,
            facts.MessageAcknowledged(at=sent.at, sid=sent.ssid, versions=(version,)),
        )
        self.tell(sender, messages.Deliver(version=version, sent=copy))

    def _has(self, sid: int, version: int) -> None:
        self.record(facts.MessageAcknowledged(at=self.context.now(), sid=sid, versions=(version,)))

    def on_deliver(self, message: messages.Deliver) -> None:
        """Tell the devices what another actor put into the inbox."""
        self._note(message.version)
        told = self.tell_devices(message.sent, message.version)
        if told and isinstance(message.sent, facts.FriendNoticeSent):
            self.record(facts.NoticeTold(at=self.context.now(), version=message.version, sids=told))

    def on_heard(self, message: messages.Heard) -> None:
        """Take a message out of a device's queue."""
        self.acks.hear(message)

    def on_timer(self, message: TimerFired) -> None:
        """Record what was acknowledged a moment ago."""
        self.acks.flush()

    def unacknowledged(self, sid: int) -> Iterator[tuple[Key, int]]:
        """Yield the first messages in the log that a device has not acknowledged."""
        return self.backlogs.look(self.user.devices[sid])

    # --- wishes ----------------------------------------------------------------------------

    def _subscribe(self, routed: messages.Routed, message: common.Sub | common.Unsub) -> None:
        cmd = ROOM_USR_NUM if message.cmd is None else message.cmd
        on = isinstance(message, common.Sub)
        if cmd not in PUSHES:
            raise RuleViolation("unsupported")
        if cmd == ROOM_LSN_STAT and on and not self.account.operator:
            raise RuleViolation("forbidden")
        if (cmd in self.user.devices[routed.sid].wants) != on:
            changed = facts.SubscriptionChanged(
                at=self.context.now(), sid=routed.sid, cmd=cmd, on=on
            )
            self.record(changed)
            if cmd == ROOM_LSN_STAT:  # what nodes report, they alone have
                watching = facts.WatchChanged(at=changed.at, sid=routed.sid, on=on)
                self.context.record(facts.NODES_ID, watching)
            self._presence.wishes_changed(routed.sid)
        answer(self.context, routed)

    def _of_contacts(self, routed: messages.Routed, _message: Message) -> None:
        self._contacts.obey(routed)

    def _sync(self, routed: messages.Routed, _message: common.Sync) -> None:
        self.backlogs.tell(routed)

    # --- messages --------------------------------------------------------------------------

    def on_routed(self, routed: messages.Routed) -> None:
        """Obey a device's command, or say why not."""
        message = routed.request.message
        try:
            _REQUESTS[type(message)](self, routed, message)
        except RuleViolation as refusal:
            answer(self.context, routed, code=notices.CODES[refusal.code])

    def on_come_online(self, message: messages.ComeOnline) -> None:
        """Let a connection speak for one of the devices, or say why not."""
        self._presence.come_online(message)

    def on_go_offline(self, message: messages.GoOffline) -> None:
        """Take a device offline that says goodbye."""
        self._presence.go_offline(message)

    def on_gone(self, message: messages.Gone) -> None:
        """Take a device offline whose connection ended."""
        self._presence.lose(message.sid, message.reason)

    def on_dropped(self, message: messages.Dropped) -> None:
        """Wait for no SYNC that nobody tells."""
        self.backlogs.forget(message.sid)

    def on_synced(self, message: messages.Synced) -> None:
        """Note what a device has heard."""
        self.backlogs.told(message)

    def on_ask(self, ask: Ask) -> None:
        """Do what HTTP asks."""
        self.context.say(Answer(ask.ticket, _ASKED[type(ask.command)](self, ask.command)))

    def on_restarted(self, message: Restarted) -> None:
        """Stand on the log again: who went while it took nothing is gone."""
        self._presence.look_again()
        for sid in devices.online_sids(self.context, self.uid):
            self.acks.sent_to(sid)

    # --- asked by HTTP ---------------------------------------------------------------------

    def _add_device(self, command: messages.AddDevice) -> int:
        self.must_exist()
        if command.known and command.sid not in self.user.devices:
            raise RuleViolation("no_such_device", f"{command.sid} is no device of {self.uid}'s")
        sid = command.sid or devices.draw_sid(self.context)
        holder = devices.device(self.context, sid).uid
        if command.sid and not holder and not lobby_rules.may_choose_sid(sid):
            raise RuleViolation("sid_invalid", f"no device may have the number {sid}")
        if holder not in (0, self.uid):
            raise RuleViolation("sid_taken", f"sid {sid} is another user's")
        self._presence.link(sid, comes=False)
        return sid

    def must_exist(self) -> None:
        """Refuse a user without an account; with `open` he gets one.

        Raises:
            RuleViolation: no_such_account, account_disabled.
        """
        account = self.account
        if not account.registered and self.context.settings.open and self.uid != HOUSE_UID:
            accounts.register_guest(self.context, self.uid)
        elif not account.registered or self.uid == HOUSE_UID:
            raise RuleViolation("no_such_account", f"there is no account with uid {self.uid}")
        elif account.disabled:
            raise RuleViolation("account_disabled", f"account {self.uid} is disabled")

    def _give_token(self, command: messages.GiveDeviceToken) -> accounts.TokenGiven:
        self.must_exist()
        if devices.device(self.context, command.sid).uid != self.uid:
            raise RuleViolation("no_such_device", f"{command.sid} is no device of {self.uid}'s")
        seconds = self.context.settings.token_seconds.beehive
        expires = self.context.now() + int(seconds * MICROSECONDS)
        token = sign_token(self.context.decks, self.uid, command.sid, expires=expires)
        return accounts.TokenGiven(token=token, expires=expires)

    def _push_to_user(self, command: messages.PushToUser) -> int:
        if not self.account.registered:
            raise RuleViolation("no_such_account", f"there is no account with uid {self.uid}")
        at = self.context.now()
        sent = facts.PrivateSent(
            at=at,
            kind="p2p",
            suid=0,
            ssid=0,
            seq=self.inbox.count + 1,
            duid=self.uid,
            time=at // MICROSECONDS,
            data=command.data,
        )
        version = self.put(sent)
        self.tell_devices(sent, version)
        return version

    HANDLERS: ClassVar[dict[type, Handler]] = {
        messages.Routed: on_routed,
        messages.Heard: on_heard,
        messages.Deliver: on_deliver,
        messages.ComeOnline: on_come_online,
        messages.GoOffline: on_go_offline,
        messages.Gone: on_gone,
        messages.Dropped: on_dropped,
        messages.Synced: on_synced,
        TimerFired: on_timer,
        Ask: on_ask,
        Restarted: on_restarted,
    }


_REQUESTS: Final[dict[type[Message], Callable[[BeehiveUser, messages.Routed, Any], None]]] = {
    private.Chat: BeehiveUser._chat,
    push.P2P: BeehiveUser._p2p,
    **dict.fromkeys(contacts.REQUESTS, BeehiveUser._of_contacts),
    common.Sub: BeehiveUser._subscribe,
    common.Unsub: BeehiveUser._subscribe,
    common.Sync: BeehiveUser._sync,
}
_ASKED: Final[dict[type, Callable[[BeehiveUser, Any], Any]]] = {
    messages.AddDevice: BeehiveUser._add_device,
    messages.GiveDeviceToken: BeehiveUser._give_token,
    messages.PushToUser: BeehiveUser._push_to_user,
}
