"""Techmino's players with an email and a password, who make their accounts themselves."""

from __future__ import annotations

from typing import Any

from sim_people import Gone
from sim_techmino import Socket, Stackers
from sim_world import World

from parlour.events.messages.techmino import app, user

_TAKEN = ("Username is taken", "Email is taken")


class Member(Stackers):
    """He registers, logs in, and plays with the access token that he gets for that."""

    TOKEN = ""
    KIND = "member"

    def __init__(self, world: World, number: int) -> None:
        super().__init__(world, number)
        self.email = f"Member.{number}@example.org"
        self.secret = f"what only member {number}. knows"
        world.watch.secrets.hide_text(self.secret, self.tag)
        self.registered = False
        self.auth = ""
        """The token that stands for the password."""

    def identity(self) -> int:
        return 0

    async def renew(self) -> None:
        if not self.registered and not (self.open_doors and self.chance(0.5)):
            await self.register()
        if not self.uid or self.chance(0.5):
            await self.log_in()

    @property
    def open_doors(self) -> bool:
        """Whether who logs in first has an account from then on."""
        return not self.world.closed

    async def register(self) -> None:
        """Make an account.

        Raises:
            Gone: It is not known whether there is one.
        """
        socket = await self.knock("app", {})
        await self.await_told(socket, "Connect")
        request = app.Register(
            username=f"the member {self.number}", email=self.email, password=self.secret
        )
        socket.say(request)
        told = await self.await_told(socket, "Self", "Error")
        if told["type"] == "Self":
            if self.email.lower() not in self.world.watch.emails:
                self.blame(f"its registration was answered, and is not on disk: {told}")
            self.world.counts["registrations"] += 1
        elif told["reason"] not in _TAKEN:  # it was made, and the answer was lost
            raise Gone
        self.registered = True
        self.hang_up(socket)

    async def log_in(self) -> None:
        """Have a new access token, for the password or for the token that stands for it.

        Raises:
            Gone: Not this time.
        """
        wrong = self.chance(0.1)
        if self.auth and self.chance(0.5):
            given = {"uid": self.uid, "authToken": "wrong" if wrong else self.auth}
        else:
            given = {"email": self.email, "password": "wrong" if wrong else self.secret}
        self.auth, auth = "", self.auth
        socket = await self.knock("user", given)
        told = await self.await_told(socket, "Connect")
        if wrong and self.world.closed:
            self.blame(f"it came in with {given}")
        if "email" in given:
            self.uid, auth = told["uid"], told["authToken"]
            if self.world.watch.emails.get(self.email.lower()) != self.uid:
                self.blame(f"it logged in as another one: {told}")
        self.world.counts["password logins" if "email" in given else "token logins"] += 1
        socket.say(user.GetAccessToken())
        self.credential = (await self.await_told(socket, "Self"))["accessToken"]
        self.auth = auth
        self.hang_up(socket)

    async def await_told(self, socket: Socket, *kinds: str) -> dict[str, Any]:
        """Return the next message, which is of one of some kinds.

        Raises:
            Gone: It is of another one.
        """
        while not (heard := await socket.hear(60.0)):
            pass
        if heard[0]["type"] not in kinds:
            self.world.counts["logins refused"] += heard[0]["type"] == "Error"
            raise Gone
        return heard[0]

    def hang_up(self, socket: Socket) -> None:
        """Have done with an endpoint."""
        socket.writer.close()
        self.writers.remove(socket.writer)
