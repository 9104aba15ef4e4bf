"""What an actor is handed: the ports, and the unit its current message is recorded in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from parlour.actors.ports import Answer, Bind, Clock, DeckKey, Hub, Output, Randomness
from parlour.actors.timers import TimerHeap
from parlour.events.event import Event
from parlour.events.repository import Repository


class Reporter(Protocol):
    """Where an actor reports what an operator should know."""

    def __call__(self, event: str, **fields: Any) -> None:
        """Write one structured line."""
        ...


class Record(Protocol):
    """`Repository.record`."""

    def __call__(self, aggregate_id: str, *events: Event) -> Any:
        """Return the state as the events leave it."""
        ...


class Context:
    """The engine as its actors see it.

    Everything an actor does through it during one message takes effect together: `record`
    and `say` join the message's unit, timers are set when the handler has returned.
    """

    def __init__(
        self,
        *,
        repository: Repository,
        timers: TimerHeap,
        hub: Hub,
        clock: Clock,
        randomness: Randomness,
        decks: DeckKey,
        settings: Any,
        report: Reporter,
        claimed: Callable[[str], str | None],
        pass_on: Callable[[str, Any], None],
    ) -> None:
        self.repository = repository
        self.state: Callable[[str], Any] = repository.get
        """Returns an aggregate's state with everything recorded so far."""
        self.record: Record = repository.record
        """Adds events of an aggregate to the unit of the message being handled."""
        self.hub = hub
        self.clock = clock
        self.randomness = randomness
        self.decks = decks
        self.settings = settings
        self.report = report
        self.claimed = claimed
        """Tells which aggregate holds an idempotency key, None for nobody."""
        self.pass_on = pass_on
        """Has another actor handle a message as part of this one (`EngineActor.pass_on`)."""
        self.awake: Callable[[str], bool] = lambda actor_id: True
        """Tells whether an actor is in memory; set by the engine."""
        self._timers = timers
        self._now: int | None = None
        self._outputs: list[Output | Answer] = []
        self._timer_calls: list[tuple[str, str, int | None]] = []

    def now(self) -> int:
        """Return the time, in µs: one time for all that a message records."""
        if self._now is None:
            self._now = self.clock.now()
        return self._now

    def say(self, output: Output | Answer) -> None:
        """Say something once the unit, and all before it, is on disk."""
        self._outputs.append(output)

    def bind(self, session: int, protocol: str, uid: int, *, device: int = 0) -> None:
        """Have a session speak for a user: known at once, in effect once all before is on disk."""
        self.hub.announce(session, protocol, uid, device)
        self.say(Bind(session, protocol, uid, device))

    def set_timer(self, actor_id: str, name: str, at: int | None) -> None:
        """Set (or with None cancel) a wake-up when this message is done."""
        self._timer_calls.append((actor_id, name, at))

    # --- for the engine --------------------------------------------------------------------

    def begin(self) -> None:
        """Start a message."""
        self._now = None
        self._outputs = []
        self._timer_calls = []

    def take_outputs(self) -> list[Output | Answer]:
        """End a message that was handled: apply its timers, give its outputs."""
        for actor_id, name, at in self._timer_calls:
            if at is None:
                self._timers.cancel(actor_id, name)
            else:
                self._timers.set(actor_id, name, at)
        return self._outputs
