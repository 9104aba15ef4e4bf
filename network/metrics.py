"""What the engine counts, in a registry of its own; served at `/metrics`."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

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
        self.frames = Counter("parlour_frames_sent", "Frames sent to clients.", registry=registry)
        self.bytes = Counter("parlour_sent_bytes", "Bytes sent to clients.", registry=registry)
        self._commit = Histogram(
            "parlour_commit_seconds",
            "Duration of a group commit.",
            buckets=_SECONDS,
            registry=registry,
        )
        self._batch = Histogram(
            "parlour_batch_events", "Events in a group commit.", buckets=_SIZES, registry=registry
        )
        self._mailbox = Histogram(
            "parlour_mailbox_seconds",
            "Time from a command's arrival until the actors are done with it, by protocol.",
            ["protocol"],
            buckets=_SECONDS,
            registry=registry,
        )

        self._of_command: dict[tuple[str, str], tuple[Counter, Histogram]] = {}

    def watch(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Add a gauge that is read when somebody asks."""
        Gauge(name, text, registry=self.registry).set_function(read)

    def command(self, protocol: str, name: str, seconds: float) -> None:
        """A command went through the actors; its events may still wait for the disk."""
        found = self._of_command.get((protocol, name))
        if found is None:  # looking labels up costs more than counting
            found = self._commands.labels(protocol, name), self._mailbox.labels(protocol)
            self._of_command[protocol, name] = found
        counter, mailbox = found
        counter.inc()
        mailbox.observe(seconds)

    def failed(self, kind: str) -> None:
        """Something went wrong; `kind` is a stable word."""
        self._errors.labels(kind).inc()

    def committed(self, batch: Batch) -> None:
        """A batch is on disk."""
        tally = Tally(entry.topic for item in batch.items for entry in item.unit.entries)
        for topic, count in tally.items():
            self._events.labels(name_of(topic)).inc(count)
        self._batch.observe(tally.total())
        self._commit.observe(batch.seconds)

    def page(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)
