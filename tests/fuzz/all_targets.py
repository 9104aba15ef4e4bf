"""All there is to fuzz, by name: codecs, readers of logs and files, engine, room server."""

from __future__ import annotations

from typing import Final

import beginnings
import codec_targets
import handler_target
import lobby_target
import log_targets
from codec_targets import Target

ENGINE: Final = Target("engine", handler_target.feed, tuple(beginnings.beginnings().values()))
ROOM_SERVER: Final = Target(
    "room server", lobby_target.feed, tuple(lobby_target.BEGINNINGS.values())
)
READERS: Final = {
    **codec_targets.TARGETS,
    **{target.name: target for target in log_targets.targets()},
}
"""All but the engine and the room server: bytes in, documented errors out."""
TARGETS: Final = {**READERS, ENGINE.name: ENGINE, ROOM_SERVER.name: ROOM_SERVER}
