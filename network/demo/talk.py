"""The messages of the demo: a room, and one for somebody who is not there, across a kill −9."""

from __future__ import annotations

from typing import Final

from parlour.events.messages.beehive.room import RoomChat
from parlour.network.demo.beehive_client import BeehiveClient
from parlour.network.demo.people import Person
from parlour.network.demo.telling import Teller

ROOM: Final = 7
"""The room they meet in; joining makes it."""
_HELLO: Final = "hello, who is here?"
_SECRET: Final = "Cy bluffs with one pair. Do not tell him."


class Talk:
    """Three people and a chat room."""

    def __init__(self, teller: Teller, people: tuple[Person, ...]) -> None:
        self._teller = teller
        self._people = people
        self._clients = [BeehiveClient(person.uid, 100 + person.uid) for person in people]

    async def open(self, address: str) -> None:
        """Meet in a room; then one leaves, and is written to."""
        ada, bo, cy = self._clients
        for client in self._clients:
            await client.connect(address)
            await client.enter(ROOM)
        await ada.say(ROOM, _HELLO)
        heard = [(await client.until(RoomChat)).text for client in (bo, cy)]
        self._say("Ada", f"room {ROOM}", _HELLO)
        self._teller.promise("everybody in the room heard it", heard == [_HELLO, _HELLO])
        await bo.close()
        ack = await ada.write(bo.uid, _SECRET)
        self._say("Ada", "to Bo, who is not there", _SECRET)
        self._teller.promise("accepted, because it is on disk", ack.code == 0)

    async def leave(self) -> None:
        """Hang up, all."""
        for client in self._clients:
            await client.close()

    async def come_back(self, address: str) -> None:
        """Bo comes back after the crash and asks what he missed."""
        bo = BeehiveClient(self._people[1].uid, 100 + self._people[1].uid)
        await bo.connect(address)
        missed = [said.text for said in await bo.sync()]
        again = await bo.sync()
        await bo.close()
        self._teller.promise(
            "Bo comes online and has the message that was sent before the crash, once",
            missed == [_SECRET] and not again,
            "; ".join(missed),
        )

    def _say(self, name: str, where: str, text: str) -> None:
        self._teller.say((f"{name:4}", "bold"), f"({where}) {text}")
