"""Those who chat in `make soak`: six devices, each in another dialect or over another transport.

They write to each other, talk in a room and in a group that is made for it, and one of them is
away for a while. What was acknowledged must reach its receiver, at once or by his next SYNC, also
when the engine was killed in between.
"""

from __future__ import annotations

import asyncio
from itertools import product
from typing import Final

from parlour.events.messages.beehive import group
from parlour.network.bench.soak_bees import Bee, BeeDialect, BeeTransport
from parlour.network.bench.soak_party import Addresses, Party, close_all, together

_DIALECTS: Final[tuple[BeeDialect, ...]] = ("pb", "v2", "v1")
_TRANSPORTS: Final[tuple[BeeTransport, ...]] = ("tcp", "websocket")
_REMARKS: Final = 10
_PAUSE_SECONDS: Final = 0.03
_FIRST_UID: Final = 5000
_FIRST_ROOM: Final = 100


class TalkParty(Party):
    """Six who write to each other."""

    kind = "beehive"

    def __init__(self, number: int) -> None:
        super().__init__(number)
        kinds = list(product(_DIALECTS, _TRANSPORTS))
        first = _FIRST_UID + len(kinds) * number
        self._bees = [
            Bee(first + place, dialect, transport, hear=self._heard)
            for place, (dialect, transport) in enumerate(kinds)
        ]
        self._owed: set[tuple[int, str]] = set()
        """Receiver and text of what was sent and has not come; unanswered ones are on it too."""
        self._said = 0

    def _heard(self, uid: int, text: str) -> None:
        self._owed.discard((uid, text))

    async def _round(self, where: Addresses) -> None:
        bees, rid = self._bees, _FIRST_ROOM + self.number
        for bee in bees:
            await bee.come(where)
            await bee.join(rid)
        gid = await self._found()
        away = bees[1 + self.rounds % (len(bees) - 1)]
        await away.leave()
        await together(*(self._talk(bee, rid, gid) for bee in bees if bee is not away))
        await away.come(where)
        await together(*(bee.sync() for bee in bees))
        if self._owed:
            self.blame(f"acknowledged, and not told by a SYNC: {sorted(self._owed)[:3]}")
            self._owed.clear()
        await bees[0].ask(group.GroupDimiss(uid=bees[0].uid, gid=gid))

    async def _found(self) -> int:
        """Return the number of a new group that everybody is in; v1 has no word for joining."""
        founder, *others = self._bees
        request = group.GroupCreat(uid=founder.uid, gid=0, name="soak", desc="")
        gid = int((await founder.ask(request)).gid)
        for bee in others:
            if bee.dialect == "v1":
                await founder.ask(group.GroupInvite(uid=founder.uid, gid=gid, to=bee.uid))
            else:
                await bee.ask(group.GroupJoin(uid=bee.uid, gid=gid))
        return gid

    async def _talk(self, bee: Bee, rid: int, gid: int) -> None:
        others = [other.uid for other in self._bees if other is not bee]
        for number in range(_REMARKS):
            await bee.say(rid, f"remark {number}")
            await self._write(bee, others[number % len(others)])
            await bee.say_in_group(gid, f"to all of us, {number}")
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _write(self, bee: Bee, to: int) -> None:
        self._said += 1
        owed = to, f"between us, {self._said}"
        self._owed.add(owed)
        try:
            await bee.write(*owed)
        except BaseException:
            self._owed.discard(owed)  # nobody promised anything
            raise

    async def _hang_up(self) -> None:
        await close_all(*(bee.leave() for bee in self._bees))
