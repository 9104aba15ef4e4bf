"""Crash at every write: `python tests/crash/run.py [KIND ...]`, in virtual time.

--at 7 --boundary torn    that one alone
--twice                   each crash followed by one more, at the next process's first commit
--process                 real processes that kill themselves, instead of virtual time
--every 5                 only each fifth commit
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "simulation"), str(HERE.parent / "e2e")]

import crash_process  # noqa: E402
import crash_world  # noqa: E402
from crash_disk import BOUNDARIES  # noqa: E402
from crash_kinds import KINDS  # noqa: E402


def main() -> int:
    """Run; 1 when a crash made a difference."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []], metavar="KIND")
    parser.add_argument("--at", type=int)
    parser.add_argument("--boundary", choices=BOUNDARIES)
    parser.add_argument("--twice", action="store_true")
    parser.add_argument("--process", action="store_true")
    parser.add_argument("--every", type=int, default=1)
    options = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The order of sets of strings must be the same each time.
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, *sys.argv])
    failed = sum(crash_all(name, options) for name in options.kinds or KINDS)
    return 1 if failed else 0


def crash_all(name: str, options: argparse.Namespace) -> int:
    """Crash one kind's game wherever the options say; return how often it made a difference."""
    began, kind = time.process_time(), KINDS[name]
    expected = crash_world.play(kind)
    numbers = [options.at] if options.at else range(1, expected.commits + 1, options.every)
    known = crash_process.BOUNDARIES if options.process else BOUNDARIES
    boundaries = [options.boundary] if options.boundary else known
    failed = games = spared = 0
    for at in numbers:
        for boundary in boundaries:
            games += 1
            result, faults, deaths = _crash(kind, expected.key, at, boundary, options)
            spared += not deaths
            if faults or result != expected.result:
                failed += 1
                print(
                    f"{name} at {at} {boundary}: {faults or _differences(expected.result, result)}"
                )
    seconds = time.process_time() - began
    total, crashed = expected.commits, games - spared
    print(f"{name}: {total} commits, {crashed} crashed, {failed} differ, {seconds:.1f} s")
    if spared:
        print(f"  {spared} games were over before their crash")
    for fault in expected.faults:
        print(f"  undisturbed: {fault}")
    return failed + len(expected.faults)


def _crash(
    kind: Any, key: bytes, at: int, boundary: str, options: argparse.Namespace
) -> tuple[Any, list[str], int]:
    if options.process:
        with tempfile.TemporaryDirectory() as folder:
            dooms = [(at, boundary), *([(1, boundary)] if options.twice else [])]
            return crash_process.play(kind, Path(folder), key, dooms)
    outcome = crash_world.play(kind, dict.fromkeys((at, at + options.twice), boundary))
    return outcome.result, outcome.faults, 1


def _differences(expected: Any, found: Any) -> dict[str, tuple[Any, Any]]:
    return {
        name: (expected[name], found[name]) for name in expected if expected[name] != found[name]
    }


if __name__ == "__main__":
    sys.exit(main())
