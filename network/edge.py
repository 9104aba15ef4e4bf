"""What every listener shares: the engine, the hub, the limits, the counters."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from parlour.network.config import LimitSettings
from parlour.network.hub import ConnectionHub
from parlour.network.limits import Gate
from parlour.network.metrics import Metrics
from parlour.network.service import Commands


@dataclass(frozen=True, slots=True)
class Edge:
    """Handed to each connection when it is accepted."""

    engine: Commands
    hub: ConnectionHub
    gate: Gate
    limits: LimitSettings
    metrics: Metrics
    clock: Callable[[], float] = time.monotonic
    """Seconds; never falls."""
