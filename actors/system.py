"""thespian's in-process actor system with its four measured traps closed.

* Timers live in our own heap (`timers.py`): thespian's list is scanned at every message.
* An actor that ends is forgotten: thespian keeps its address for ever.
* A handler that raises runs once, what it sent is withdrawn, and `on_failure` is told:
  thespian would call it up to three times.
* The queue of messages is a deque: thespian pops a list from the front.

Actors are *virtual*: an address is the actor's id, and a message to an id nobody has yet
asks `activate` for the actor.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import timedelta
from itertools import islice
from typing import Any

from thespian.actors import Actor, ActorAddress, ActorExitRequest, ActorSystem, WakeupMessage
from thespian.system.simpleSystemBase import ActorRef, ActorSystemBase

from parlour.actors.timers import TimerHeap
from parlour.events.times import MICROSECONDS


class _Host:
    """What `ActorSystemBase` wants to know of the system it serves."""

    def __init__(self) -> None:
        self.systemAddress = ActorAddress("/ActorSys")
        self.capabilities: dict[str, Any] = {}


class _Ref(ActorRef):  # type: ignore[misc]
    """An actor's reference; children are a dict, so that one leaves in constant time."""

    def __init__(self, host: Any, parent: Any, address: Any, instance: Any) -> None:
        super().__init__(host, parent, address, instance)
        self._yung: dict[str, Any] = {}
        self.globalName = None

    def addChild(self, childAddr: Any) -> None:  # noqa: N802, N803
        self._yung[childAddr.actorAddressString] = childAddr
        self._childCounter: int = self._childCounter + 1

    def removeChild(self, childAddr: Any) -> None:  # noqa: N802, N803
        self._yung.pop(childAddr.actorAddressString, None)

    def wakeupAfter(self, timePeriod: Any, payload: Any) -> None:  # noqa: N802, N803
        self._system._systemBase.wakeupAfter(self._addr, timePeriod, payload)


class InProcessBase(ActorSystemBase):  # type: ignore[misc]
    """The system base handed to `thespian.actors.ActorSystem`."""

    def __init__(
        self,
        *,
        activate: Callable[[str, Any], Actor | None],
        receive: Callable[[Actor, Any, ActorAddress], None] | None = None,
        on_failure: Callable[[str, Any, Exception], None] | None = None,
        timers: TimerHeap | None = None,
        now: Callable[[], int] = lambda: 0,
    ) -> None:
        host = _Host()
        host._systemBase = self  # type: ignore[attr-defined]
        super().__init__(host, logDefs=False)
        self._activate = activate
        self._receive = receive or _receive
        self._on_failure = on_failure
        self._timers = TimerHeap() if timers is None else timers
        self._now = now
        self._queue: deque[tuple[str, Any, ActorAddress]] = deque()
        self._live: OrderedDict[str, Any] = OrderedDict()
        self._outside = ActorAddress("System:ExternalRequester")
        self._running = False
        self._wakeups = 0

    # --- sending and running ---------------------------------------------------------------

    def tell(self, anActor: ActorAddress, msg: Any) -> None:  # noqa: N803
        """Queue a message from outside and run until the queue is empty."""
        self.tell_id(anActor.addressDetails, msg)

    def tell_id(self, actor_id: str, message: Any) -> None:
        """Tell an actor by its id: what `tell` does without an address made for it."""
        self._queue.append((actor_id, message, self._outside))
        if not self._running:  # else the run that this was said in takes it
            self._runSends()

    def actor_send(self, fromActor: Any, toActor: Any, msg: Any) -> None:  # noqa: N803
        """Queue a message from an actor."""
        self._queue.append((toActor.addressDetails, msg, fromActor))

    def _runSends(self, timeout: Any = None, stop_on_available: Any = False) -> None:  # noqa: N802
        if self._running:  # told from inside a handler's outputs: the outer run takes it
            return
        self._running = True
        queue = self._queue
        try:
            while queue:
                self._run_one(*queue.popleft())
                if stop_on_available and getattr(stop_on_available.instance, "responses", None):
                    return
        finally:
            self._running = False

    def _run_one(self, address: str, message: Any, sender: ActorAddress) -> None:
        ref = self._live.get(address)
        if ref is None:
            ref = self.actorRegistry.get(address)
            if ref is None:
                if type(message) is ActorExitRequest:
                    return
                ref = self._enter(address, message)
                if ref is None:
                    return
        else:
            self._live.move_to_end(address)
        sent = len(self._queue)
        try:
            self._receive(ref._inst, message, sender)
        except Exception as error:  # the one place an actor's failure is caught
            while len(self._queue) > sent:
                self._queue.pop()
            if getattr(ref.instance, "RESTARTS", True):
                self.forget(address)
            if self._on_failure is not None:
                self._on_failure(address, message, error)
        else:
            if type(message) is ActorExitRequest:
                self.forget(address)

    # --- coming and going ------------------------------------------------------------------

    def instance(self, address: str, message: Any) -> Any:
        """Return a live actor, woken for `message` if need be; None when there can be none."""
        ref = self._live.get(address)
        if ref is None:
            ref = self._enter(address, message)
            if ref is None:
                return None
        else:
            self._live.move_to_end(address)
        return ref._inst

    def _enter(self, address: str, message: Any) -> Any:
        actor = self._activate(address, message)
        if actor is None:
            return None
        ref = _Ref(self.system, self.system.systemAddress, ActorAddress(address), actor)
        actor._myRef = ref
        self._live[address] = ref
        return ref

    def newPrimaryActor(  # noqa: N802
        self,
        actorClass: Any,  # noqa: N803
        targetActorRequirements: Any,  # noqa: N803
        globalName: Any,  # noqa: N803
        sourceHash: Any = None,  # noqa: N803
    ) -> ActorAddress:
        """Create an actor of a class under an address of its own (thespian's createActor)."""
        self._primaryCount += 1
        return self._create(f"{globalName or actorClass.__name__}#{self._primaryCount}", actorClass)

    def newActor(  # noqa: N802
        self,
        parentAddr: Any,  # noqa: N803
        actorClass: Any,  # noqa: N803
        actorSystem: Any,  # noqa: N803
        targetActorRequirements: Any,  # noqa: N803
        globalName: Any,  # noqa: N803
        sourceHash: Any,  # noqa: N803
    ) -> ActorAddress:
        """Create a child of an actor; it ends when its parent ends."""
        parent = self._live[parentAddr.addressDetails]
        address = self._create(f"{parentAddr.addressDetails}/{parent.childCount}", actorClass)
        self._live[address.addressDetails]._oldm = parentAddr
        parent.addChild(address)
        return address

    def _create(self, address: str, actor_class: Any) -> ActorAddress:
        actor = actor_class()
        ref = _Ref(self.system, self.system.systemAddress, ActorAddress(address), actor)
        actor._myRef = ref
        self._live[address] = ref
        return ref.address

    def forget(self, address: str) -> None:
        """End an actor and its children: nothing of them stays behind."""
        ref = self._live.pop(address, None)
        if ref is None:
            return
        for child in list(ref._yung):
            self.forget(child)
        parent = self._live.get(ref.parent.addressDetails)
        if parent is not None:
            parent.removeChild(ref.address)

    def is_live(self, address: str) -> bool:
        """Tell whether an actor is in memory."""
        return address in self._live

    def __len__(self) -> int:
        return len(self._live)

    def forget_oldest(self, keep: int, may_end: Callable[[Any], bool]) -> int:
        """End the longest unused actors beyond `keep` that `may_end`; return how many."""
        ended = 0
        excess = len(self._live) - keep
        for address in list(islice(self._live, max(excess, 0))):
            if may_end(self._live[address].instance):
                self.forget(address)
                ended += 1
        return ended

    # --- timers ----------------------------------------------------------------------------

    def wakeupAfter(self, fromActor: Any, timePeriod: timedelta, payload: Any = None) -> None:  # noqa: N802, N803
        """Serve thespian's own wake-up call from the heap."""
        self._wakeups += 1
        at = self._now() + int(timePeriod.total_seconds() * MICROSECONDS)
        message = WakeupMessage(timePeriod, payload)
        self._timers.set(fromActor.addressDetails, f"wakeup:{self._wakeups}", at, message)


def _receive(actor: Actor, message: Any, sender: ActorAddress) -> None:
    actor.receiveMessage(message, sender)


def start(base: InProcessBase) -> ActorSystem:
    """Return a thespian system that runs on `base`."""
    return ActorSystem(base, transientUnique=True)
