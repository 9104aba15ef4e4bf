"""All there is to fuzz, by name: codecs, readers of logs and files, and the whole engine."""

from __future__ import annotations

from typing import Final

import beginnings
import codec_targets
import handler_target
import log_targets
from codec_targets import Target

ENGINE: Final = Target("engine", handler_target.feed, tuple(beginnings.beginnings().values()))
READERS: Final = {
    **codec_targets.TARGETS,
    **{target.name: target for target in log_targets.targets()},
}
"""All but the engine: bytes in, documented errors out."""
TARGETS: Final = {**READERS, ENGINE.name: ENGINE}
