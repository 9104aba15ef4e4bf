"""What tests of hostile input share: a join, a frame, and whether others are still served."""

from __future__ import annotations

import json
import struct

from engine_process import Engine
from player import Player

JOIN = {"cmd": "CLIENT_JOIN_TABLE_REQ", "type": 1, "zone": 0, "skey": "x"}


def frame(message: object, *, xor: bool = False) -> bytes:
    payload = json.dumps(message).encode()
    if xor:
        payload = bytes(byte ^ 0x0D for byte in payload)
    return struct.pack("<I", len(payload)) + payload


async def still_serves(engine: Engine, connect, zone: int, uid: int) -> None:
    """A newcomer is served as if nothing had happened."""
    player = Player(await connect(engine), uid + 3_000_000)
    assert (await player.join(zone=zone))["cmd"] == "SERVER_JOIN_TABLE_SUCC"
