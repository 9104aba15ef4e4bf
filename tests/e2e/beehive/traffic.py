"""People who talk as fast as they can, and remember what of it was acknowledged."""

from __future__ import annotations

import base64
import itertools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bee import Bee
from bee_rows import answer_to
from engine_process import parlour

WINDOW = 64
"""Unacknowledged commands of one device; fewer than the engine remembers."""
KINDS = ("CHAT", "GROUP-CHAT", "ROOM-CHAT", "P2P")
ACKS = frozenset(map(answer_to, KINDS))


@dataclass
class Said:
    """One command, byte for byte."""

    keyword: str
    seq: int
    text: str
    packet: bytes
    acked: bool = False


@dataclass
class Talker:
    """A device that says everything there is to say, to one user, one group and one room."""

    device: Bee
    duid: int
    gid: int
    rid: int
    said: list[Said] = field(default_factory=list)
    words: Any = field(default_factory=itertools.count)
    used: int = 0
    """The highest number."""
    _heard: Any = None
    _looked: int = 0
    _highest: int = 0

    async def enter(self) -> None:
        """Come online and into the room; number on above all that was ever used."""
        await self.device.come()
        told = next(self.device.seq)
        assert told % 8 == 0
        assert all(told > said.seq for said in self.said if said.acked)
        self.device.seq = itertools.count(max(self.used + 1, told))

    async def resend(self) -> None:
        """Send again, byte for byte and in order, what nobody acknowledged."""
        for said in self.said:
            if not said.acked:
                self.device.link.send_packet(said.packet)
        for said in self.said:
            if not said.acked:
                await self._acknowledged(said)
        self.said = [said for said in self.said if said.acked]

    async def _acknowledged(self, said: Said) -> None:
        answer = await self.device.hear(answer_to(said.keyword), said.seq)
        if said.keyword != "ROOM-CHAT":
            assert answer.code == 0, answer
        else:  # after a restart nobody is in a room; what was said before is answered as before
            assert answer.code in (0, 10005), answer
        said.acked = answer.code == 0

    def say(self, keyword: str) -> Said:
        """Send something."""
        text = f"{self.device.uid}-{next(self.words)}"
        seq = self.used = next(self.device.seq)
        fields: dict[str, Any] = {
            "CHAT": {"duid": self.duid, "text": text},
            "GROUP-CHAT": {"gid": self.gid, "text": text},
            "ROOM-CHAT": {"rid": self.rid, "text": text},
            "P2P": {"duid": self.duid, "data": text.encode()},
        }[keyword]
        said = Said(keyword, seq, text, self.device.pack(keyword, seq=seq, **fields))
        self.said.append(said)
        self.device.link.send_packet(said.packet)
        return said

    async def talk(self) -> None:
        """Talk until the connection ends."""
        link = self.device.link
        for keyword in itertools.cycle(KINDS):
            if link.ended:
                break
            last = self.say(keyword).seq
            await link.when(lambda last=last: link.ended or last - self._answered() < WINDOW)
        self._settle()

    def _answered(self) -> int:
        """Return the highest number that was acknowledged on this connection."""
        log = self.device.link.log
        if self._heard is not log:
            self._heard, self._looked, self._highest = log, 0, self.said[-1].seq - 1
        for heard in log[self._looked :]:
            if heard.keyword in ACKS:
                self._highest = max(self._highest, heard.seq)
        self._looked = len(log)
        return self._highest

    def _settle(self) -> None:
        """Note what was acknowledged."""
        answers = {(h.keyword, h.seq): h.code for h in self.device.link.log}
        for said in self.said:
            code = answers.get((answer_to(said.keyword), said.seq))
            assert code in (None, 0), said
            said.acked |= code == 0

    def texts(self, *keywords: str, acked: bool = False) -> list[str]:
        """Return what was said, in order."""
        return [
            said.text
            for said in self.said
            if said.keyword in keywords and (said.acked or not acked)
        ]


def logged(data: Path) -> dict[str, list[str]]:
    """Return every text of the log, in order, by the keyword it was said with."""
    shown = parlour("log", "show", "--data", data, "--json")
    assert shown.code == 0, shown
    found: dict[str, list[str]] = {keyword: [] for keyword in KINDS}
    for event in shown.json()["events"]:
        name = event["name"].removeprefix("beehive.")
        if name == "private-sent" and event["kind"] == "chat":
            found["CHAT"].append(event["text"])
        elif name == "group-said":
            found["GROUP-CHAT"].append(event["text"])
        elif name == "room-said":
            found["ROOM-CHAT"].append(event["text"])
        elif name == "private-sent":
            found["P2P"].append(_decoded(event["data"]))
    return found


def _decoded(data: object) -> str:
    if isinstance(data, str):
        return base64.b64decode(data).decode()
    return json.dumps(data)


def replayed(data: Path, place: str) -> list[str]:
    """Return the texts that `parlour replay chat` shows."""
    shown = parlour("replay", "chat", place, "--data", data, "--json")
    assert shown.code == 0, shown
    document = shown.json()
    return [message["text"] for message in document["messages"]]
