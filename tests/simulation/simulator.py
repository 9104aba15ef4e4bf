"""One seed from beginning to end."""

from __future__ import annotations

import gc
import traceback
from collections import Counter
from typing import NamedTuple

import sim_people
from sim_beehive import Bee
from sim_caller import Caller
from sim_landlord import LandlordPlayer
from sim_member import Member
from sim_newcomer import Newcomer
from sim_node import Node, OldNode
from sim_old_bee import OldBee
from sim_techmino import Stackers
from sim_treasure import TreasurePlayer
from sim_world import PORTS, World, make_folder, remove

STEPS = 150
KINDS = {
    "landlord": (LandlordPlayer, 7),
    "beehive": (Bee, 8),
    "beehive v1": (OldBee, 2),
    "newcomers": (Newcomer, 2),
    "nodes": (Node, 2),
    "nodes v1": (OldNode, 1),
    "callers": (Caller, 2),
    "treasure": (TreasurePlayer, 8),
    "techmino": (Stackers, 6),
    "members": (Member, 2),
}
_EVERY, _CROWD = 16, 8
"""Every so many seeds there are so many times the clients: some 250."""
sim_people.PORT.update(PORTS)


class Outcome(NamedTuple):
    """How a seed went."""

    seed: int
    fault: str
    """What was wrong, "" for nothing."""
    trace: str
    """The same for the same seed: all that was committed, and when which client heard what."""
    counts: Counter[str]


def simulate(seed: int, steps: int = STEPS, *, only: str = "") -> Outcome:
    """Run one seed; with clients of one protocol `only`, if it is given."""
    folder = make_folder()
    # What a dead process left standing is ended by the collector: never in the middle of a world,
    # neither this one nor the next.
    gc.collect()
    gc.disable()
    try:
        world = World(seed, folder)
        kinds = {only: KINDS[only]} if only else KINDS
        crowd = _CROWD if seed % _EVERY == 0 and not only else 1
        people = sim_people.populate(world, kinds, crowd)
        fault = ""
        try:
            world.run(people, steps)
        except Exception as error:
            fault = f"{type(error).__name__}: {error}"
            if not isinstance(error, AssertionError):
                fault += "\n" + "".join(traceback.format_exception(error))
        return Outcome(seed, fault, world.trace.hexdigest(), world.counts)
    finally:
        gc.enable()
        remove(folder)
