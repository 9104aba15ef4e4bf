"""What an event is, its stable name, and how it becomes bytes and comes back.

A fact is a frozen struct registered under a name and a version that never change:
`landlord.cards-played@1`. The log holds that topic and the struct as JSON. When a shape
must change, the new struct takes the next version and an *upcaster*, one function a step,
turns the old JSON object into the new one. Class paths never enter the log.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from parlour.events.errors import CorruptLog, LocalProtocolError

Json = dict[str, Any]
Upcaster = Callable[[Json], Json]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A fact. Every event says when it happened."""

    at: int
    """Microseconds since 1970-01-01 UTC, read from the clock port by the actor."""

    def claims(self) -> tuple[str, ...]:
        """Idempotency keys this fact uses up; a second fact with one of them is refused."""
        return ()

    def releases(self) -> tuple[str, ...]:
        """Keys this fact gives back (a name that was changed, a token that was revoked)."""
        return ()


E = TypeVar("E", bound=type[Event])

_TOPIC_OF: dict[type[Event], str] = {}
_KEYED: set[type[Event]] = set()
_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {}
_UPCASTERS: dict[str, tuple[str, Upcaster]] = {}
_ENCODER = msgspec.json.Encoder()


def event(name: str, version: int = 1) -> Callable[[E], E]:
    """Register a struct as the event `name@version`."""

    def register(cls: E) -> E:
        topic = f"{name}@{version}"
        if topic in _DECODERS:
            raise LocalProtocolError(f"two events are called {topic}")
        _TOPIC_OF[cls] = topic
        if cls.claims is not Event.claims or cls.releases is not Event.releases:
            _KEYED.add(cls)
        _DECODERS[topic] = msgspec.json.Decoder(cls)
        return cls

    return register


def upcaster(name: str, old: int) -> Callable[[Upcaster], Upcaster]:
    """Register the step from `name@old` to `name@old+1`; it takes and gives JSON objects."""

    def register(step: Upcaster) -> Upcaster:
        _UPCASTERS[f"{name}@{old}"] = (f"{name}@{old + 1}", step)
        return step

    return register


def topic_of(event: Event) -> str:
    """Return the topic an event is stored under."""
    return _TOPIC_OF[type(event)]


def has_keys(event: Event) -> bool:
    """Tell whether events of its type may claim or release keys at all; most may not."""
    return type(event) in _KEYED


def name_of(topic: str) -> str:
    """Return a topic without its version: `landlord.cards-played`."""
    return topic.partition("@")[0]


def encode(event: Event) -> bytes:
    """Return the event's stored bytes: compact JSON, fields in their declared order."""
    return _ENCODER.encode(event)


def decode(topic: str, state: bytes) -> Event:
    """Return the event stored as `topic` and `state`, upcast to its newest version.

    Raises:
        CorruptLog: The topic is unknown or the bytes do not fit it.
    """
    decoder = _DECODERS.get(topic)
    try:
        if decoder is not None and topic not in _UPCASTERS:
            return decoder.decode(state)  # type: ignore[no-any-return]
        return _decode_old(topic, state)
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
        # SQLite lets anybody put anything anywhere: a state may be NULL, or no UTF-8.
        raise CorruptLog(f"{topic} does not decode: {error}") from error


def _decode_old(topic: str, state: bytes) -> Event:
    if topic not in _UPCASTERS:
        raise CorruptLog(f"unknown event {topic}")
    document = msgspec.json.decode(state)
    while topic in _UPCASTERS:
        topic, step = _UPCASTERS[topic]
        document = step(document)
    return _DECODERS[topic].decode(_ENCODER.encode(document))  # type: ignore[no-any-return]


def catalogue() -> dict[str, type[Event]]:
    """Return every registered topic with its struct, sorted by topic."""
    return {topic: cls for cls, topic in sorted(_TOPIC_OF.items(), key=lambda item: item[1])}
