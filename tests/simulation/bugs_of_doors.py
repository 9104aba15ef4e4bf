"""More bugs put in on purpose: whoever wants to is let in, believed, or listened to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from msgspec.structs import replace

from parlour.actors import accounts
from parlour.actors.beehive.lobby import BeehiveLobby
from parlour.actors.beehive.node_session import NodeSession
from parlour.actors.beehive.nodes import BeehiveNodes
from parlour.actors.beehive.user import BeehiveUser
from parlour.actors.context import Context
from parlour.actors.ports import Publish
from parlour.events.account import Registered, name_key
from parlour.events.messages.beehive.push import Bc
from parlour.events.repository import Repository
from parlour.network import passwords
from parlour.network.beehive import credentials
from parlour.network.treasure.login import LoginDesk


@contextmanager
def let_all_speak() -> Iterator[None]:
    """Everybody may say something to everybody."""
    broadcast = BeehiveLobby._broadcast

    def tolerant(self: Any, routed: Any, message: Any) -> None:
        state = self.context.state

        def flattering(aggregate_id: str) -> Any:
            found = state(aggregate_id)
            return replace(found, operator=True) if aggregate_id.startswith("account:") else found

        with mock.patch.object(self.context, "state", flattering):
            broadcast(self, routed, message)

    with mock.patch.object(BeehiveLobby, "_broadcast", tolerant):
        yield


@contextmanager
def say_it_twice() -> Iterator[None]:
    """What is said to everybody is said again, one time in five."""
    say, count = Context.say, [0]

    def eager(self: Any, output: Any) -> None:
        say(self, output)
        packet = getattr(output, "message", None)
        if isinstance(output, Publish) and isinstance(getattr(packet, "message", None), Bc):
            count[0] += 1
            if count[0] % 5 == 0:
                say(self, replace(output))

    with mock.patch.object(Context, "say", eager):
        yield


@contextmanager
def let_all_watch() -> Iterator[None]:
    """Everybody may be told what nodes report."""
    account = BeehiveUser.account.fget

    with (
        mock.patch.object(
            BeehiveUser, "account", property(lambda self: replace(account(self), operator=True))
        ),
        mock.patch.object(BeehiveNodes, "_may_watch", return_value=True),
    ):
        yield


@contextmanager
def believe_a_node() -> Iterator[None]:
    """A node may speak for another one."""
    report = NodeSession._report

    def trusting(self: Any, request: Any) -> None:
        message = request.message
        if self.nid and hasattr(message, "nid"):
            request = replace(request, message=replace(message, nid=self.nid))
        report(self, request)

    with mock.patch.object(NodeSession, "_report", trusting):
        yield


@contextmanager
def forget_a_forwarder() -> Iterator[None]:
    """Forwarders are acknowledged and not kept."""
    with mock.patch.object(BeehiveNodes, "_report", return_value=None):
        yield


@contextmanager
def take_any_password() -> Iterator[None]:
    """Every password is right."""
    with mock.patch.object(passwords, "is_password", return_value=True):
        yield


@contextmanager
def let_any_player_in() -> Iterator[None]:
    """Whoever says a name of the treasure game is believed."""

    async def believe(self: Any, peer: Any, request: Any) -> int:
        return int(self._holder(name_key(request.name)))

    with mock.patch.object(LoginDesk, "_find", believe):
        yield


@contextmanager
def forget_a_registration() -> Iterator[None]:
    """The email of a new account is lost."""
    record = Repository.record

    def forgetful(self: Any, aggregate_id: str, *events: Any) -> Any:
        kept = [replace(e, email="") if isinstance(e, Registered) else e for e in events]
        return record(self, aggregate_id, *kept)

    with mock.patch.object(Repository, "record", forgetful):
        yield


@contextmanager
def tell_a_password() -> Iterator[None]:
    """Who proves nothing is told the hash of what he should have known."""
    check = credentials.Credentials.check

    async def frank(self: Any, request: Any, uid: int) -> int:
        try:
            return await check(self, request, uid)
        except credentials.Denied:
            hashed = await self._engine.ask(f"user:{uid}", accounts.FindPassword())
            raise credentials.Denied(f"that is not {hashed}") from None

    with mock.patch.object(credentials.Credentials, "check", frank):
        yield


DOORS: dict[str, Callable[[], Any]] = {
    bug.__name__: bug
    for bug in (
        let_all_speak,
        say_it_twice,
        let_all_watch,
        believe_a_node,
        forget_a_forwarder,
        take_any_password,
        let_any_player_in,
        forget_a_registration,
        tell_a_password,
    )
}
