"""A node of the installation: it proves the cluster secret and reports."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
import uuid
from typing import Any

from bee import Bee
from bee_dialects import Heard
from bee_http import get
from wire import PATIENCE

SECRET = "beehive-cluster-secret"
PLACE = "10.0.0.1"


class Node(Bee):
    """A listening or forwarding node."""

    def __init__(self, engine: Any, nid: int, *, dialect: str = "v2") -> None:
        super().__init__(engine, 0, dialect=dialect)
        self.nid = nid

    def __repr__(self) -> str:
        return f"<node {self.nid} {self.dialect.name}>"

    async def open(self) -> Node:
        """Connect to the nodes' listener."""
        await self.connect("beehive-nodes")
        return self

    async def prove(self, secret: str = SECRET, code: int = 0, **changes: Any) -> Heard:
        """Send the proof; return the answer."""
        proof = {"nid": self.nid, "time": int(time.time()), "nonce": uuid.uuid4().hex, **changes}
        text = f"beehive-node|{proof['nid']}|{proof['time']}|{proof['nonce']}"
        mac = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        self.send("NODE-AUTH", **{"mac": mac, **proof})
        answer = await self.hear("NODE-AUTH-ACK")
        assert answer.code == code, answer
        return answer

    async def enter(self) -> Node:
        """Connect and prove."""
        await self.open()
        await self.prove()
        return self

    def about(self, port: int, *, type: int = 1, ip: str = PLACE) -> dict[str, Any]:
        """Return what LSND-INFO says."""
        place = {"type": type, "nid": self.nid, "opid": 7, "nation": "CN"}
        return {**place, "ip": ip, "port": port, "connections": 3}


async def places(engine: Any, type: int = 1) -> list[str]:
    """Return where clients are sent."""
    status, answer = await get(engine, "iplist", type=type, uid=60_100, sid=60_101)
    assert (status, answer["code"]) == (200, 0)
    assert answer["len"] == len(answer["list"])
    return list(answer["list"])


async def listed(engine: Any, *nodes: str, type: int = 1) -> None:
    """Wait until clients are sent to our own listener, then to these nodes, and nowhere else."""
    own = engine.addresses["beehive" if type == 1 else "http"]
    async with asyncio.timeout(PATIENCE):
        while (found := await places(engine, type)) != [own, *nodes]:
            assert found[0] == own
            await asyncio.sleep(0.02)


async def report(node: Node, port: int, *, type: int = 1, ip: str = PLACE) -> Heard:
    """Say where this node is."""
    if node.old:
        return await node.ask("LSN-RPT", nid=node.nid, ipaddr=ip, port=port)
    return await node.ask("LSND-INFO", **node.about(port, type=type, ip=ip))


async def forward(node: Node, port: int, ip: str = PLACE) -> Heard:
    """Say where this forwarder is."""
    if node.old:
        return await node.ask("HB", nid=node.nid, mod=2, ipaddr=ip, port=port)
    ports = {"forward_port": port, "backend_port": port + 1}
    return await node.ask("FRWD-INFO", nid=node.nid, ip=ip, **ports)
