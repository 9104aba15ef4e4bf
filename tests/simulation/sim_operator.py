"""An operator who does this and that to accounts while they play."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from sim_watch import Watch

from parlour.events.account import account_id
from parlour.events.errors import EngineError
from parlour.network import account_requests as ask
from parlour.network.account_desk import AccountDesk
from parlour.network.passwords import hash_password

PLAYERS = (*range(101, 108), *range(301, 304), *range(501, 507))
LOCKED = (101, 105, 501)
"""Who may be locked out."""
SPEAKERS = (300, 302, 341)
"""Who is an operator at one time and not at another."""


class Operator:
    """One request after the other; what is answered must be on disk."""

    def __init__(self, random: Random, watch: Watch) -> None:
        self._random = random
        self._watch = watch
        self._names = 0

    def act(self, desk: AccountDesk, start: Callable[[Any], Any]) -> asyncio.Task[None]:
        """Ask for something."""
        task: asyncio.Task[None] = start(self._ask(desk, self._request()))
        return task

    async def enrol(self, desk: AccountDesk, people: Sequence[Any]) -> None:
        """Make an account for everybody who has none."""
        made: set[int] = set()
        for person in people:
            if person.account and person.account not in made:
                made.add(person.account)
                secret = getattr(person, "secret", "")
                await desk.serve(
                    ask.AddAccount(
                        uid=person.account,
                        name=getattr(person, "name", f"member {person.account}"),
                        password_hash=hash_password(secret) if secret else "",
                        operator=person.operator,
                    )
                )

    async def give_token(
        self, desk: AccountDesk, given: asyncio.Future[str], uid: int, kind: Any
    ) -> None:
        """Draw a token for somebody; "" when that is refused."""
        try:
            token = (await desk.serve(ask.GiveToken(uid=uid, kind=kind)))["token"]
        except EngineError:
            token = ""
        if not given.done():
            given.set_result(token)

    def _request(self) -> Any:
        random = self._random
        uid = random.choice(PLAYERS)
        self._names += 1
        return random.choice(
            (
                ask.KickUser(uid=uid),
                ask.KickUser(uid=uid),
                ask.SetAccount(uid=uid, grant=random.randint(1, 500)),
                ask.SetAccount(uid=uid, name=f"named {self._names}", motto="m"),
                ask.SetAccount(uid=random.choice(SPEAKERS), operator=random.random() < 0.5),
                ask.SetAccount(uid=random.choice(SPEAKERS), operator=random.random() < 0.5),
                ask.SetAccount(uid=uid, email=f"{self._names}@example.org"),
                ask.AddAccount(name=f"new {self._names}"),
                ask.GiveToken(uid=uid, kind="access"),
                ask.DisableAccount(uid=random.choice(LOCKED)),
                ask.EnableAccount(uid=random.choice(LOCKED)),
            )
        )

    async def _ask(self, desk: AccountDesk, request: Any) -> None:
        try:
            answer = await desk.serve(request)
        except EngineError:
            return
        account = self._watch.states.get(account_id(answer["uid"]))
        if isinstance(request, ask.AddAccount) and getattr(account, "name", "") != request.name:
            self._watch.blame(f"answered before it is on disk: {request}")
