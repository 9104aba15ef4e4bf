"""The engine: messages in, units into the journal, outputs out once they are on disk.

One message handled is one unit: all its events are committed together or none are. A
handler that raises changes nothing. What an actor says leaves after the commit of
everything recorded before it, in the order it was said, whoever said it; so no client ever
sees a state that is not on disk, also not one that came from another actor's mouth.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from thespian.actors import Actor, ActorAddress

from parlour.actors import messages, system
from parlour.actors.actor import EngineActor
from parlour.actors.context import Context, Reporter
from parlour.actors.ports import Answer, Clock, DeckKey, Hub, Output, Randomness
from parlour.actors.timers import TimerHeap
from parlour.events.errors import EngineError, LogUnavailable, RuleViolation
from parlour.events.journal import Batch, Item, Journal, Writer
from parlour.events.kinds import AggregateKind
from parlour.events.repository import Repository

_RETRY = 1_000_000
"""How long a failed or refused timer waits before it is tried again (µs)."""


class Origin(msgspec.Struct, frozen=True):
    """Who caused a unit: the actors that handled it and the session or ask behind it."""

    actor_ids: Sequence[str]
    """Who handled it: the actor it was told, and those that it passed it on to."""
    source: str
    """Session actor id, `ask:N`, or "" for timers and the engine itself."""
    request: Any = None
    """What a session was asked, if the message carried it."""


class Observer:
    """What metrics listen to; every call is optional work (`network.metrics`)."""

    def handled(self, actor_id: str, message: Any, seconds: float) -> None:
        """A message was handled."""

    def committed(self, batch: Batch) -> None:
        """A batch is on disk."""

    def failed(self, kind: str) -> None:
        """Something went wrong; `kind` is a stable word."""


class Engine:
    """Owns the actor system and the path message → unit → commit → outputs."""

    def __init__(
        self,
        *,
        recorder: Any,
        writer: Writer,
        kinds: Mapping[str, AggregateKind],
        actors: Mapping[str, type[EngineActor]],
        roots: Sequence[str],
        hub: Hub,
        clock: Clock,
        randomness: Randomness,
        decks: DeckKey,
        settings: Any,
        report: Reporter,
        observer: Observer | None = None,
        keep_actors: int = 20_000,
        keep_states: int = 20_000,
    ) -> None:
        """Wire the engine together.

        Args:
            recorder: Where events go (`events.recorder`).
            writer: Where commits run (`events.journal`).
            kinds: How each kind of aggregate is rebuilt.
            actors: Actor class by the part of an actor id before the colon.
            roots: Ids of the actors told to recover after a start.
            hub: Where outputs go.
            clock: Time.
            randomness: Salts and tokens.
            decks: The key file.
            settings: What actors see as `context.settings`.
            report: Where operators are told things.
            observer: What counts and times (`network.metrics`).
            keep_actors: How many idle actors stay in memory.
            keep_states: How many states that are on disk stay in memory.
        """
        self.timers = TimerHeap()
        self.journal = Journal(
            recorder,
            writer=writer,
            on_commit=self._on_commit,
            on_drop=self._on_drop,
            on_accepting=self._on_accepting,
        )
        self.repository = Repository(
            recorder, kinds, claimed=self.journal.claimed, capacity=keep_states
        )
        self._context = Context(
            repository=self.repository,
            timers=self.timers,
            hub=hub,
            clock=clock,
            randomness=randomness,
            decks=decks,
            settings=settings,
            report=report,
            claimed=self.repository.claimed,
            pass_on=self._pass_on,
        )
        self._hub = hub
        self._clock = clock
        self._actors = actors
        self._roots = roots
        self._observer = observer or Observer()
        self._keep = keep_actors
        self._base = system.InProcessBase(
            activate=self._activate,
            receive=self._receive,
            on_failure=self._on_failure,
            timers=self.timers,
            now=clock.now,
        )
        self._context.awake = self._base.is_live
        self.system = system.start(self._base)
        self._passed: list[str] = []
        """Actors that the message being handled was passed on to."""
        self._asks: dict[int, asyncio.Future[Any]] = {}
        self._ticket = 0
        self._ready: list[Output | Answer] = []
        self._restart: dict[str, None] = {}
        self._interrupted: messages.Recover | None = None
        """What the roots are still to be told, until what that causes is on disk."""
        self._draining = False
        self._delivering = False

    # --- in --------------------------------------------------------------------------------

    @property
    def accepting(self) -> bool:
        """False while the log takes no events or the engine drains: refuse commands."""
        return self.journal.accepting and not self._draining

    def drain(self) -> None:
        """Take no more commands; timers rest, and what actors have put off is done."""
        if self.accepting:
            for actor_id, message in self.timers.pop_put_off():
                self.tell(actor_id, message)
        self._draining = True

    def tell(self, actor_id: str, message: Any) -> None:
        """Have an actor handle a message now (or next, when called while one is handled)."""
        self._base.tell_id(actor_id, message)
        if self._ready:
            self._flush()

    def ask(self, actor_id: str, command: Any) -> asyncio.Future[Any]:
        """Return a future of the actor's answer, resolved when its events are on disk.

        Raises (in the future):
            RuleViolation: The actor refused.
            LogUnavailable: The log takes no events; nothing was changed.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if not self.accepting:
            future.set_exception(LogUnavailable("the engine takes no commands now"))
            return future
        self._ticket += 1
        self._asks[self._ticket] = future
        self.tell(actor_id, messages.Ask(self._ticket, command))
        return future

    def fire_timers(self) -> int | None:
        """Handle the wake-ups that are due; return when the next one is, in µs."""
        now = self._clock.now()
        if not self.accepting:
            return now + _RETRY if len(self.timers) else None
        for actor_id, message in self.timers.pop_due(now):
            self.tell(actor_id, message)
        return self.timers.next_at()

    def passivate(self) -> int:
        """Drop idle actors beyond the limit; return how many."""
        return self._base.forget_oldest(self._keep, lambda actor: bool(actor.may_end()))

    def end(self, actor_id: str) -> None:
        """Drop one actor (a closed session)."""
        self._base.forget(actor_id)

    def is_live(self, actor_id: str) -> bool:
        """Tell whether an actor is in memory."""
        return self._base.is_live(actor_id)

    def __len__(self) -> int:
        return len(self._base)

    # --- one message -----------------------------------------------------------------------

    def _activate(self, actor_id: str, message: Any) -> Actor | None:
        kind = actor_id.partition(":")[0]
        cls = self._actors.get(kind)
        if cls is None:
            return None
        if kind.endswith(".session") and type(message) is not messages.SessionOpened:
            return None  # late news for a connection that is gone must not bring it back
        actor = cls()
        actor.id = actor_id
        actor.context = self._context
        return actor

    def _receive(self, actor: EngineActor, message: Any, sender: ActorAddress) -> None:
        context, repository = self._context, self.repository
        context.begin()
        repository.begin()
        if self._passed:
            self._passed = []
        try:
            actor.receiveMessage(message, sender)
            unit = repository.take()
        except RuleViolation as refusal:
            unit = repository.rollback()
            if type(message) is not messages.Ask:
                raise
            context.begin()
            context.say(Answer(message.ticket, refusal))
        except BaseException:
            repository.rollback()
            raise
        outputs = context.take_outputs()
        if not unit.entries and not outputs:
            return
        origin = Origin(
            (actor.id, *self._passed),
            source_of(actor.id, message),
            getattr(message, "request", None),
        )
        if not self.journal.append(unit, outputs, origin=origin):
            self._ready.extend(outputs)

    def _pass_on(self, actor_id: str, message: Any) -> None:
        actor = self._base.instance(actor_id, message)
        if actor is None:
            return
        self._passed.append(actor_id)
        try:
            actor.receiveMessage(message, None)
        except BaseException:
            if actor.RESTARTS:
                self._base.forget(actor_id)
            raise

    def _on_failure(self, actor_id: str, message: Any, error: Exception) -> None:
        self._observer.failed("internal")
        self._context.report(
            "handler_failed", actor=actor_id, message=type(message).__name__, exc_info=error
        )
        if isinstance(message, messages.TimerFired):
            # Not at once again: a handler that always fails must not spin.
            self.timers.set(actor_id, message.name, self._clock.now() + _RETRY)
        self._refuse(source_of(actor_id, message), "internal", [getattr(message, "request", None)])

    def _refuse(self, source: str, code: str, requests: Sequence[Any] = ()) -> None:
        if source.startswith("ask:"):
            error: EngineError = (
                LogUnavailable("the log takes no events now; nothing was changed")
                if code == "unavailable"
                else RuleViolation("internal", "internal error; nothing was changed")
            )
            self._resolve(Answer(int(source[4:]), error))
        elif source:
            _, _, session = source.partition(":")
            known = {id(request): request for request in requests if request is not None}
            refused = messages.Refused(int(session), code, tuple(known.values()))
            self._base.actor_send(ActorAddress("engine"), ActorAddress(source), refused)

    # --- out -------------------------------------------------------------------------------

    def _flush(self) -> None:
        while self._ready and not self._delivering:
            ready, self._ready = self._ready, []
            self._deliver(ready)

    def _deliver(self, outputs: Sequence[Output | Answer]) -> None:
        self._delivering = True
        try:
            if self._asks and any(type(output) is Answer for output in outputs):
                for output in outputs:
                    if type(output) is Answer:
                        self._resolve(output)
                outputs = [output for output in outputs if type(output) is not Answer]
            if outputs:
                self._hub.deliver(outputs)  # type: ignore[arg-type]
        finally:
            self._delivering = False

    def _resolve(self, answer: Answer) -> None:
        future = self._asks.pop(answer.ticket, None)
        if future is None or future.done():
            return
        if isinstance(answer.value, Exception):
            future.set_exception(answer.value)
        else:
            future.set_result(answer.value)

    # --- what the journal says -------------------------------------------------------------

    def _on_commit(self, batch: Batch) -> None:
        self._observer.committed(batch)
        self.repository.committed(item.unit for item in batch.items)
        outputs: list[Output | Answer] = []
        for item in batch.items:
            outputs += item.held
        if outputs:
            self._deliver(outputs)
        self._flush()

    def _on_drop(self, dropped: Sequence[Item], error: Exception) -> None:
        """Restart who recorded what was dropped, and tell the clients behind it."""
        self._observer.failed("dropped")
        self._context.report("commit_failed", units=len(dropped), error=str(error))
        self.repository.dropped(item.unit for item in dropped)
        sources: dict[str, list[Any]] = {}
        for item in dropped:
            origin: Origin = item.origin
            for actor_id in origin.actor_ids if item.unit.entries else ():
                if ".session:" not in actor_id:
                    self._base.forget(actor_id)
                    self._restart[actor_id] = None
            if origin.source:
                sources.setdefault(origin.source, []).append(origin.request)
        for source, requests in sources.items():
            self._refuse(source, "unavailable", requests)
        if self.journal.accepting:
            self._restart_actors()
        self._run_queue()

    def _on_accepting(self, accepting: bool) -> None:
        self._context.report("log_accepting" if accepting else "log_refusing")
        if not accepting:
            if self._interrupted is None:
                self._interrupted = messages.Recover(self._clock.now(), cold=False)
            return
        if self._draining:
            return  # the next start recovers from the log
        self.repository.clear()
        self._restart_actors()
        self._recover()

    def _restart_actors(self) -> None:
        restart, self._restart = self._restart, {}
        for actor_id in restart:
            self.tell(actor_id, messages.Restarted())

    def _run_queue(self) -> None:
        self._base._runSends()
        self._flush()

    def recover(self, last_at: int) -> None:
        """Bring back what was running when the log took its last event, at `last_at` µs."""
        self._interrupted = messages.Recover(last_at, cold=True)
        self._recover()

    def _recover(self) -> None:
        for root in self._roots:
            self.tell(root, self._interrupted)
        self.journal.when_idle(self._recovered)

    def _recovered(self) -> None:
        if self.journal.accepting:
            self._interrupted = None


def source_of(actor_id: str, message: Any) -> str:
    """Return who waits for an answer to `message`: a session actor, an ask, or nobody."""
    if type(message) is messages.Ask:
        return f"ask:{message.ticket}"
    if type(message) in (messages.FromSession, messages.SessionOpened):
        return actor_id
    return str(getattr(message, "origin", ""))
