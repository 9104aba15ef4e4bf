"""Devices come, take over, drop and go in any order while everybody talks: nothing is lost."""

from __future__ import annotations

import asyncio
import random

SEED = 20261121
SENDERS = 3
SAID = 120
SPEAKERS = [("v2", "tcp"), ("pb", "websocket"), ("pb", "tcp"), ("v2", "websocket")]


class Restless:
    """A device that cannot stay, and remembers everything it was ever told."""

    def __init__(self, device, noise):
        self.device, self.noise = device, noise
        self.heard = set()

    def take(self):
        """Look at all that came, on every connection; acknowledge some."""
        for link in self.device.links:
            unread, link.inbox = link.inbox, []
            for heard in unread:
                if heard.keyword not in ("CHAT", "GROUP-CHAT"):
                    link.inbox.append(heard)
                    continue
                self.heard.add(heard["text"])
                acks = heard.keyword == "CHAT" and self.noise.random() < 0.5
                if acks and not self.device.link.ended:
                    self.device.ack(heard)

    async def live(self, done):
        """Come and go, in one way or another."""
        device = self.device
        while not done.is_set():
            await device.come()
            sync = device.send("SYNC") if self.noise.random() < 0.7 else None
            for _ in range(self.noise.randrange(4)):
                await asyncio.sleep(0)
                await device.still_lives()
                self.take()
            ending = self.noise.randrange(3)
            if ending == 0:
                if sync is not None:  # group messages count as told when SYNC has told them
                    await device.answered("SYNC", sync)
                    self.take()
                device.link.drop()
            elif ending == 1:
                await device.ask("OFFLINE")
            self.take()  # or just come again, which takes over

    async def settle(self):
        """Stay, and hear all there is."""
        await self.device.come()
        await self.device.ask("SYNC")
        self.take()


async def talk(sender, duid, gid):
    """Say everything once to the user and to the group."""
    for number in range(SAID):
        text = f"{sender.uid} {number}"
        await sender.ask("CHAT", duid=duid, text=f"private {text}")
        await sender.ask("GROUP-CHAT", gid=gid, text=f"group {text}")


async def test_every_device_hears_everything_however_it_comes_and_goes(come, meet):
    senders = await come(SENDERS)
    gid = (await senders[0].ask("GROUP-CREAT", name="storm"))["gid"]
    first = meet()
    noise = random.Random(SEED)
    devices = []
    for dialect, way in SPEAKERS:
        device = await meet(uid=first.uid, dialect=dialect, way=way).come()
        devices.append(Restless(device, random.Random(noise.random())))
    for device in (*senders[1:], devices[0].device):
        await device.ask("GROUP-JOIN", gid=gid)
    done = asyncio.Event()
    living = [asyncio.create_task(device.live(done)) for device in devices]
    await asyncio.gather(*(talk(sender, first.uid, gid) for sender in senders))
    done.set()
    await asyncio.gather(*living)
    said = {
        f"{place} {sender.uid} {number}"
        for place in ("private", "group")
        for sender in senders
        for number in range(SAID)
    }
    for device in devices:
        await device.settle()
        assert said - device.heard == set(), device.device
    for device in devices:
        await device.device.ask("SYNC")
        for heard in device.device.link.inbox:
            if heard.keyword == "CHAT":
                device.device.ack(heard)
        device.device.link.inbox.clear()
        await device.device.ask("SYNC")
        assert [h for h in device.device.link.inbox if h.keyword == "CHAT"] == []
