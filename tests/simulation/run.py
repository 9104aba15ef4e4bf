"""Simulate: `python tests/simulation/run.py --seeds 1000 --first 1`, or `--seed N` for one."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from multiprocessing import Pool
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from simulator import STEPS, Outcome, simulate

_SHOWN = ("events", "starts", "games", "clients")
"""Of each seed; the rest is in the summary."""
_FAULTS = (
    "commits refused",
    "commits torn",
    "deaths before a commit",
    "deaths inside a commit",
    "deaths after a commit",
    "kills",
    "server kills",
    "disks out of order",
    "disks full",
    "cuts",
    "clock jumps",
    "networks changed",
    "operator",
)


def main() -> int:
    """Run seeds; 1 when one of them fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--jobs", type=int, default=2, help="processes; the order stays")
    parser.add_argument("--only", default="", help="clients of one kind only")
    parser.add_argument("--stop", action="store_true", help="stop at the first that fails")
    options = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The order of sets of strings must be the same each time.
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, *sys.argv])
    first = options.first if options.seed is None else options.seed
    seeds = range(first, first + (options.seeds if options.seed is None else 1))
    totals, failed, done = Counter[str](), 0, 0
    for outcome, seconds in _outcomes(seeds, options):
        done += 1
        totals.update(outcome.counts)
        totals["seconds"] += round(seconds)
        shown = ", ".join(f"{outcome.counts[name]} {name}" for name in _SHOWN)
        verdict = "FAILED" if outcome.fault else "ok"
        print(f"seed {outcome.seed}: {verdict}, {seconds:.1f} s, {shown}", flush=True)
        if outcome.fault:
            failed += 1
            more = "" if options.steps == STEPS else f" STEPS={options.steps}"
            print(
                f"  {outcome.fault}\n  again: make simulate SEED={outcome.seed}{more}", flush=True
            )
            if options.stop:
                break
    _sum_up(totals, done, failed)
    return 1 if failed else 0


def _outcomes(seeds: range, options: argparse.Namespace) -> Iterator[tuple[Outcome, float]]:
    """Yield how seeds went, in their order, and how many seconds of CPU each took."""
    work = partial(_timed, steps=options.steps, only=options.only)
    if options.jobs < 2 or len(seeds) == 1:
        yield from map(work, seeds)
        return
    # A process a seed: none finds the caches, or the garbage, of another.
    with Pool(options.jobs, maxtasksperchild=1) as pool:
        yield from pool.imap(work, seeds)


def _timed(seed: int, *, steps: int, only: str) -> tuple[Outcome, float]:
    began = time.process_time()
    return simulate(seed, steps, only=only), time.process_time() - began


def _sum_up(totals: Counter[str], seeds: int, failed: int) -> None:
    print(f"\n{seeds} seeds, {failed} failed; {totals.pop('seconds')} s of CPU")
    faults = {name: totals.pop(name, 0) for name in _FAULTS}
    print("faults: " + ", ".join(f"{count} {name}" for name, count in faults.items()))
    rest = ", ".join(f"{count} {name}" for name, count in sorted(totals.items()))
    print(f"totals: {rest}")


if __name__ == "__main__":
    sys.exit(main())
