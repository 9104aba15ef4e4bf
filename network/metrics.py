"""What the engine counts, in a registry of its own; served at `/metrics`."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Callable, Mapping
from itertools import accumulate

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from parlour.actors.engine import Observer
from parlour.events.event import name_of
from parlour.events.journal import Batch

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.0)
_SIZES = (1, 4, 16, 64, 128, 256, 512, 1024, 4096)


disable_created_metrics()  # type: ignore[no-untyped-call]  # a timestamp beside each counter that nobody asked for


class Metrics(Observer):
    """Counters of one engine process."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.connections = Gauge(
            "parlour_connections", "Open connections.", ["kind"], registry=registry
        )
        self.accepted = Counter(
            "parlour_connections_accepted", "Connections accepted.", ["kind"], registry=registry
        )
        self.refused = Counter(
            "parlour_connections_refused", "Connections refused.", ["kind"], registry=registry
        )
        self.endings = Counter(
            "parlour_connections_ended",
            "Connections ended by the server, by reason.",
            ["reason"],
            registry=registry,
        )
        self._commands = Counter(
            "parlour_commands", "Commands taken.", ["protocol", "name"], registry=registry
        )
        self._errors = Counter(
            "parlour_errors", "What went wrong, by kind.", ["kind"], registry=registry
        )
        self._events = Counter(
            "parlour_events", "Events on disk, by name.", ["name"], registry=registry
        )
        self._frames = Counter("parlour_frames_sent", "Frames sent to clients.", registry=registry)
        self._bytes = Counter("parlour_sent_bytes", "Bytes sent to clients.", registry=registry)
        self._commit = Histogram(
            "parlour_commit_seconds",
            "Duration of a group commit.",
            buckets=_SECONDS,
            registry=registry,
        )
        self._batch = Histogram(
            "parlour_batch_events", "Events in a group commit.", buckets=_SIZES, registry=registry
        )
        # Counting for every command in Prometheus' own objects cost a twentieth of handling it.
        self._taken: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._waits: defaultdict[str, _Waits] = defaultdict(_Waits)
        self._frames_sent = self._bytes_sent = 0
        registry.register(_Mailbox(self._waits))

    def watch(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Add a gauge that is read when somebody asks."""
        Gauge(name, text, registry=self.registry).set_function(read)

    def command(self, protocol: str, name: str, seconds: float) -> None:
        """A command went through the actors; its events may still wait for the disk."""
        self._taken[protocol, name] += 1
        waits = self._waits[protocol]
        waits.counts[bisect_left(_SECONDS, seconds)] += 1
        waits.total += seconds

    def sent(self, frames: int, size: int) -> None:
        """Frames left, so many bytes in all."""
        self._frames_sent += frames
        self._bytes_sent += size

    def failed(self, kind: str) -> None:
        """Something went wrong; `kind` is a stable word."""
        self._errors.labels(kind).inc()

    def committed(self, batch: Batch) -> None:
        """A batch is on disk."""
        tally = Tally([entry.topic for item in batch.items for entry in item.unit.entries])
        for topic, count in tally.items():
            self._events.labels(name_of(topic)).inc(count)
        self._batch.observe(tally.total())
        self._commit.observe(batch.seconds)

    def page(self) -> bytes:
        """Return everything in Prometheus' text format."""
        self._settle()
        return generate_latest(self.registry)

    def _settle(self) -> None:
        """Have Prometheus' objects say what was counted beside them."""
        taken, self._taken = self._taken, defaultdict(int)
        for (protocol, name), count in taken.items():
            self._commands.labels(protocol, name).inc(count)
        self._frames.inc(self._frames_sent)
        self._bytes.inc(self._bytes_sent)
        self._frames_sent = self._bytes_sent = 0


class _Waits:
    """How long commands of one protocol took, by bucket; the last one has no bound."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(_SECONDS) + 1)
        self.total = 0.0


class _Mailbox(Collector):
    """Tells the waits as a histogram."""

    def __init__(self, waits: Mapping[str, _Waits]) -> None:
        self._waits = waits

    def describe(self) -> list[Metric]:
        """Name it, without its numbers."""
        return [self._family()]

    def collect(self) -> list[Metric]:
        """Return it as it is now."""
        family = self._family()
        for protocol, waits in self._waits.items():
            sums = accumulate(waits.counts)
            buckets = list(zip([*map(floatToGoString, _SECONDS), "+Inf"], sums, strict=True))
            family.add_metric([protocol], buckets, waits.total)
        return [family]

    @staticmethod
    def _family() -> HistogramMetricFamily:
        return HistogramMetricFamily(
            "parlour_mailbox_seconds",
            "Time from a command's arrival until the actors are done with it, by protocol.",
            labels=["protocol"],
        )
