"""Programs that use the HTTP interface of instant messaging."""

from __future__ import annotations

import asyncio

import msgspec
from sim_beehive import ROOM, Hive
from sim_people import Gone, Person
from sim_world import World

_USUAL = (200, 400, 401, 403, 404, 413, 429, 503)
_REQUEST = (
    "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: close\r\n"
    "Content-Length: {length}\r\n\r\n"
)


async def ask(person: Person, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    """Return status and body of an answer.

    Raises:
        Gone: There is none.
    """
    reader, writer = await person.open("http")
    head = _REQUEST.format(method=method, path=path, length=len(body))
    writer.write(head.encode() + body)
    answer = b""
    try:
        while piece := await person.read(reader, 60.0):
            answer += piece
    except Gone:
        pass  # it is told whole when the connection ends
    finally:
        writer.close()
        person.writers.remove(writer)
    head_end = answer.find(b"\r\n\r\n")
    if head_end < 0:
        raise Gone
    status = int(answer.split(b" ", 2)[1])
    if status not in _USUAL:
        person.blame(f"{method} {path}: {answer[:300]!r}")
    return status, answer[head_end + 4 :]


class Caller(Person):
    """A program that asks and pushes over HTTP."""

    TOKEN = "operator"

    def __init__(self, world: World, number: int) -> None:
        super().__init__(world, f"caller {number}")
        self.number = number
        self.uid = 900 + number
        self.pushes = 0

    async def visit(self) -> None:
        while not self.retiring:
            await asyncio.sleep(self.random.expovariate(1 / 1.5))
            if self.chance(0.3):
                await self.push()
            else:
                await self.look()

    async def look(self) -> None:
        bee = self.random.choice(Hive.of(self.world).devices)
        history = f"/im/history?rid={ROOM}&uid={bee.uid}&token={bee.credential}"
        path = self.random.choice(
            (
                history,
                history,
                f"/im/iplist?uid={bee.uid}&sid={bee.sid}&type=1&token={bee.credential}"
                if bee.known
                else "/",
                "/im/iplist?uid=x",
                "/healthz",
                "/readyz",
                "/metrics",
            )
        )
        status, body = await ask(self, "GET", path)
        if status == 200 and path.startswith("/im/history"):
            for remark in msgspec.json.decode(body)["list"]:
                if self.world.watch.said.get(remark["text"]) != 1:
                    self.blame(f"history has {remark}, which is not on disk once")

    async def push(self) -> None:
        hive = Hive.of(self.world)
        self.pushes += 1
        text = f"push {self.number} {self.pushes}"
        group = self.random.choice(hive.groups) if hive.groups else 7
        where = self.random.choice(
            (
                f"dim=room&rid={ROOM}",
                f"dim=group&gid={group}",
                f"dim=user&uid={self.random.choice(sorted(hive.users))}",
                "dim=broadcast",
                "dim=nowhere",
            )
        )
        status, _ = await ask(
            self, "POST", f"/im/push?{where}&token={self.credential}", text.encode()
        )
        if status == 200:
            self.world.counts["pushes"] += 1
            if self.world.watch.said.get(text) != 1:
                self.blame(f"{where} {text} was answered, and is not on disk once")
