"""One device of a user, as a client program has it: ONLINE, commands with numbers, acks."""

from __future__ import annotations

import itertools
from typing import Any

from bee_dialects import DIALECTS, Heard
from bee_link import LINKS, BeeLink
from bee_rows import NEW, answer_to

OK = {"code": 0, "errmsg": "Ok"}
NOW = 1_795_231_045
"""What these clients' clocks say."""
_NEW_NUMBERS = {"ROOM-USR-NUM": 0x0123, "ONLINE-NTF": 0x0301, "OFFLINE-NTF": 0x0302}


class Bee:
    """A device. Without a sid (dialect v1) the engine gives it one."""

    def __init__(
        self, engine: Any, uid: int, *, sid: int = 0, dialect: str = "v2", way: str = "tcp"
    ) -> None:
        self.engine = engine
        self.uid = uid
        self.sid = sid
        self.way = way
        self.dialect = DIALECTS[dialect]
        self.token = "any"
        self.link: BeeLink
        self.links: list[BeeLink] = []
        self.sent: set[str] = set()
        """Keywords of what was sent."""
        self.seq = itertools.count(1)
        """Numbers for commands; ONLINE sets it to what the engine says."""

    @property
    def old(self) -> bool:
        """Whether it speaks v1."""
        return self.dialect.name == "v1"

    @property
    def heard(self) -> set[str]:
        """Keywords of all that was ever heard."""
        return {heard.keyword for link in self.links for heard in link.log}

    # --- connections ---------------------------------------------------------------------------

    async def connect(self, path: str = "", **options: Any) -> Bee:
        """Open a new connection."""
        self.link = LINKS[self.way](self.dialect)
        self.links.append(self.link)
        await self.link.open(self.engine, path, **options)
        return self

    async def online(self, code: int = 0, **fields: Any) -> Heard:
        """Say ONLINE on the connection there is; return the answer."""
        wanted = {"uid": self.uid, "sid": self.sid, "token": self.token, "app": "bees"}
        wanted |= {"version": "1.0", "terminal": 1, **fields}
        if self.old:
            del wanted["sid"]
        self.link.send_packet(self.dialect.pack("ONLINE", wanted, seq=1, sid=self.sid))
        self.sent.add("ONLINE")
        answer = await self.link.hear("ONLINE-ACK", 1)
        assert answer.code == code, answer
        if code == 0:
            assert answer["errmsg"] == "Ok"
            self._settle(answer, wanted)
        return answer

    def _settle(self, answer: Heard, wanted: dict[str, Any]) -> None:
        if self.old:
            assert answer.sid, answer
            if self.sid != answer.sid:  # else it is the device it was, and numbers go on
                self.sid, self.seq = answer.sid, itertools.count(1)
            return
        for name in ("uid", "sid", "app", "version", "terminal"):
            assert answer.fields.get(name) == wanted[name], answer
        assert answer["seq"] % 8 == 0, answer
        self.seq = itertools.count(answer["seq"])

    async def come(self, path: str = "", **fields: Any) -> Bee:
        """Connect and go online."""
        await self.connect(path)
        await self.online(**fields)
        return self

    async def close(self) -> None:
        """Close every connection it ever had."""
        for link in self.links:
            await link.close()

    # --- commands ------------------------------------------------------------------------------

    def _filled(self, keyword: str, fields: dict[str, Any]) -> dict[str, Any]:
        usual = {
            "uid": self.uid, "suid": self.uid, "level": 0, "time": NOW, "gid": 0, "num": 0,
            "mark": "", "name": "", "desc": "", "text": "", "data": b"", "token": self.token,
            "app": "bees", "version": "1.0", "to": None, "rid": None, "terminal": None, **OK,
            "errno": 0,
        }  # fmt: skip
        row = self.dialect.rows[keyword]
        filled = {f.name: usual[f.name] for f in row.fields if not f.optional and f.name in usual}
        return {**filled, **fields}

    def pack(self, keyword: str, *, seq: int, body: bytes | None = None, **fields: Any) -> bytes:
        """Return the bytes of a command; what is not named is as usual."""
        header = {"sid": fields.pop("header_sid", self.sid), "rsv": fields.pop("rsv", 0)}
        filled = {} if body is not None else self._filled(keyword, fields)
        return self.dialect.pack(keyword, filled, body, seq=seq, **header)

    def send(self, keyword: str, *, seq: int | None = None, **fields: Any) -> int:
        """Send a command; return its number, the next one unless it is given."""
        seq = next(self.seq) if seq is None else seq
        self.link.send_packet(self.pack(keyword, seq=seq, **fields))
        self.sent.add(keyword)
        return seq

    async def ask(self, keyword: str, *, code: int = 0, **fields: Any) -> Heard:
        """Send a command and wait for its answer, which must have that code."""
        seq = self.send(keyword, **fields)
        return await self.answered(keyword, seq, code)

    async def answered(self, keyword: str, seq: int, code: int = 0) -> Heard:
        """Wait for the answer to a command, under its number."""
        name = answer_to(keyword)
        if code and not any(f.name in ("code", "errno") for f in self.dialect.rows[name].fields):
            name = "UNUSUAL" if self.old else "ERROR"
        answer = await self.link.hear(name, seq)
        assert answer.code == code, answer
        assert (answer.fields.get("errmsg", "Ok") == "Ok") == (code == 0), answer
        return answer

    async def hear(self, keyword: str, seq: int | None = None, **fields: Any) -> Heard:
        """Wait for something the engine says."""
        return await self.link.hear(keyword, seq, **fields)

    async def refused(self, code: int, seq: int | None = None) -> Heard:
        """Wait for an ERROR of that code."""
        if self.old:
            return await self.link.hear("UNUSUAL", seq, errno=code)
        return await self.link.hear("ERROR", seq, code=code)

    def ack(self, heard: Heard) -> None:
        """Acknowledge what the engine said, as the table has it."""
        keyword = answer_to(heard.keyword)
        names = {field.name for field in self.dialect.rows[keyword].fields}
        echoed = {name: value for name, value in heard.fields.items() if name in names}
        self.send(keyword, seq=heard.seq, **echoed)

    async def hear_and_ack(self, keyword: str, **fields: Any) -> Heard:
        """Wait for something, and acknowledge it."""
        heard = await self.hear(keyword, **fields)
        self.ack(heard)
        return heard

    async def quiet(self) -> None:
        """Expect an answer to PING, and that nothing unread came before it."""
        await self.still_lives()
        assert self.link.inbox == [], self.link.inbox

    async def still_lives(self) -> None:
        """Expect an answer to PING."""
        await self.ask("PING")

    async def kicked(self, code: int) -> None:
        """Expect a KICK of that code as the last word, and the end when it is acknowledged."""
        kick = await (
            self.hear("UNUSUAL", errno=code) if self.old else self.hear("KICK", code=code)
        )
        self.send("UNUSUAL-ACK" if self.old else "KICK-ACK", seq=kick.seq)
        await self.link.when(lambda: self.link.ended)

    def subject(self, push: str) -> int:
        """Return the number of a push in this numbering, for SUB."""
        return _NEW_NUMBERS[push] if self.old else NEW[push].key

    def __repr__(self) -> str:
        return f"<{self.uid}/{self.sid} {self.dialect.name} {self.way}>"
