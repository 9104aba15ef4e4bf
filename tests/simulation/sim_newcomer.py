"""Devices of instant messaging that register over HTTP, and come in with what they get there."""

from __future__ import annotations

from typing import Any

import msgspec
from sim_beehive import Bee, Hive
from sim_caller import ask
from sim_people import Gone
from sim_world import World

from parlour.events.account import account_id
from parlour.events.beehive import device_id

_HERE = ("127.0.0.1:9002", "127.0.0.1:8080")


class Newcomer(Bee):
    """One device; of two, the second one is registered with the account of the first."""

    TOKEN = ""
    KIND = "newcomer"

    def __init__(self, world: World, number: int) -> None:
        super().__init__(world, number)
        self.password = f"secret of {(number + 1) // 2}"
        world.watch.secrets.hide_text(self.password, "a newcomer")
        self.doubtful = False
        """Whether its token may be no good any more."""

    def identity(self) -> tuple[int, int]:
        return 0, 0

    @property
    def operator(self) -> bool:
        return False

    async def renew(self) -> None:
        if not self.sid:
            await self.register()
        elif self.doubtful or self.chance(0.3):
            await self.look_around()

    async def come(self) -> None:
        try:
            await super().come()
        except Gone:
            self.doubtful = True
            raise

    async def ask(self, path: str, *, uid: int = 0, **more: int) -> dict[str, Any]:
        """Return the answer to a question, for a password or a token; now and then a wrong one.

        Raises:
            Gone: It is refused.
        """
        wrong = uid > 0 and self.chance(0.2)
        query = {"uid": uid, **more} if uid else more
        words = "".join(f"{name}={value}&" for name, value in query.items())
        proof, secret = "password", self.password.replace(" ", "+")
        if self.sid and not self.doubtful and self.chance(0.5):
            proof, secret = "token", self.credential
        status, body = await ask(
            self, "GET", f"{path}?{words}{proof}={'wrong' if wrong else secret}"
        )
        if wrong and self.world.closed and status == 200:
            self.blame(f"{path} believed a wrong {proof}")
        if status != 200:
            self.world.counts[f"wrong {proof}s"] += wrong and status == 401
            self.doubtful = True
            raise Gone
        answer: dict[str, Any] = msgspec.json.decode(body)
        states = self.world.watch.states
        account, device = (
            states.get(account_id(answer["uid"])),
            states.get(device_id(answer["sid"])),
        )
        if not getattr(account, "registered", False) or device.uid != answer["uid"]:
            self.blame(f"{path} was answered, and is not on disk: {answer}")
        if uid and answer["uid"] != uid:
            self.blame(f"{path} of {uid} is about another one: {answer}")
        return answer

    async def register(self) -> None:
        """Become somebody, or another device of who the first of two is.

        Raises:
            Gone: Not this time.
        """
        first = self
        if self.number % 2 == 0:
            first = next(
                bee
                for bee in Hive.of(self.world).devices
                if bee.tag == f"{self.KIND} {self.number - 1}"
            )
            if not first.sid:
                raise Gone
        known = first.uid
        answer = await self.ask("/im/register", uid=known)
        self.world.counts["further devices" if known else "newcomers"] += 1
        if first is not self and (answer["sid"] - first.sid) % 2 == 0:
            raise Gone  # the two are to have no number in common (see `next`)
        self.uid, self.sid, self.credential = answer["uid"], answer["sid"], answer["token"]
        Hive.of(self.world).users.add(self.uid)

    async def look_around(self) -> None:
        """Ask where to go, and for a new token.

        Raises:
            Gone: Not this time.
        """
        kind = self.random.choice((1, 2))
        answer = await self.ask("/im/iplist", uid=self.uid, sid=self.sid, type=kind)
        self.world.counts["lists of listeners"] += 1
        if answer["sid"] != self.sid:
            self.blame(f"it is told of another device: {answer}")
        reported = {port for _, told, port in self.world.watch.reports if told == kind}
        for where in answer["list"]:
            if where not in _HERE and int(where.rpartition(":")[2]) not in reported:
                self.blame(f"it is told of a listener that is none: {where}")
        self.credential, self.doubtful = answer["token"], False
