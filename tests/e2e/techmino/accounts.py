"""Accounts as clients make and use them, and the words of every refused login."""

from __future__ import annotations

import itertools
import struct
import time
import zlib
from datetime import datetime

from engine_process import Engine, parlour
from tech_link import TechLink, credentials

PASSWORD = "FooBarBazQux"
_NUMBERS = itertools.count(1)

FIELDS = {
    "user": ({"email": "a@b.c", "password": "x"}, {"uid": 114, "authToken": "x"}),
    "chat": ({"uid": 114, "accessToken": "x"}, {"uid": 114, "authToken": "x"}),
    "play": ({"uid": 114, "accessToken": "x"},),
    "stream": ({"uid": 114, "accessToken": "x", "rid": "x"},),
}
"""What credentials each endpoint takes."""


class Account:
    """Somebody with an email and a password."""

    def __init__(self, engine: Engine) -> None:
        number = next(_NUMBERS)
        self.engine = engine
        self.name = f"koji {number}"
        self.email = f"koji{number}@bar.com"
        self.uid = 0
        self.auth = ""
        self.access = ""

    def add(self) -> Account:
        """Have an operator make the account."""
        wanted = ("--name", self.name, "--email", self.email, "--password", PASSWORD)
        added = parlour("account", "add", *wanted, "--data", self.engine.data, "--json")
        self.uid = added.json()["uid"]
        return self

    def give(self, kind: str, *, seconds: float | None = None) -> tuple[str, float]:
        """Have an operator give out a token; return it and when its time is over."""
        wanted = ("--uid", self.uid, "--kind", kind, *(("--seconds", seconds) if seconds else ()))
        given = parlour("account", "token", *wanted, "--data", self.engine.data, "--json")
        assert given.code == 0, given
        document = given.json()
        return document["token"], datetime.fromisoformat(document["expires"]).timestamp()

    def by_password(self, password: str = PASSWORD) -> bytes:
        """Return credentials."""
        return credentials(email=self.email, password=password)

    def by_auth(self, token: str = "") -> bytes:
        """Return credentials."""
        return credentials(uid=self.uid, authToken=token or self.auth)

    def by_access(self, token: str = "", **more: str) -> bytes:
        """Return credentials."""
        return credentials(uid=self.uid, accessToken=token or self.access, **more)

    async def login(self, link: TechLink) -> TechLink:
        """Log in with the password on a `user` link."""
        await link.upgrade(self.by_password())
        (connect,) = await link.hear("Connect with a token")
        self.uid, self.auth = connect["uid"], connect["authToken"]
        return link

    async def draw(self, link: TechLink) -> str:
        """Ask a `user` link for an accessToken."""
        await link.say(0)
        (answer,) = await link.hear("Self 0")
        self.access = answer["accessToken"]
        return self.access


async def registered(engine: Engine, app: TechLink) -> Account:
    """Make an account as a client does, on an `app` link."""
    account = Account(engine)
    await app.say(2, username=account.name, email=account.email, password=PASSWORD)
    await app.hear("Self 2")
    return account


def over(moment: float) -> bool:
    """Tell whether a time of this machine's clock has passed."""
    return time.time() > moment


def png(shade: int) -> bytes:
    """Return a picture of one dot."""

    def part(kind: bytes, content: bytes) -> bytes:
        head = struct.pack(">I", len(content)) + kind + content
        return head + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    dots = zlib.compress(bytes((0, shade)))
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", dots) + part(b"IEND", b"")
