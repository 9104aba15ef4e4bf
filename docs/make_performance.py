"""Write the numbers of docs/performance.md from a run of the benches.

    parlour bench all --rounds 5 --json > bench.json
    python docs/make_performance.py bench.json

Everything between the two marks is replaced; the words around them are a person's.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent / "performance.md"
_MARKED = re.compile(r"(<!-- numbers -->\n).*?(<!-- end of numbers -->)", re.DOTALL)


def refreshed(page: str, run: dict[str, Any]) -> str:
    """Return the page with the numbers of a run."""
    return _MARKED.sub(lambda marked: marked[1] + numbers(run) + marked[2], page)


def numbers(run: dict[str, Any]) -> str:
    """Return what stands between the marks."""
    machine = run["machine"]
    lines = [
        "",
        f"{machine['cpus']} CPUs, Python {machine['python']}, {machine['system']}; "
        f"load before the run {machine['load']}; rounds: {run['rounds']}; "
        f"{run['seconds']:.0f} s in all.",
        "",
        "| bench | | measured | bar | |",
        "|---|---|---|---|---|",
    ]
    lines += [_bar(bar) for bar in run["bars"]]
    lines += ["", "And what was measured besides:", "", "| bench | | |", "|---|---|---|"]
    for bench in run["benches"]:
        for name, figure in bench["figures"].items():
            lines.append(
                f"| {bench['bench']} | {name} | {_number(figure['value'])} {figure['unit']} |"
            )
    lines += ["", *(f"Not measured: {line}." for line in run["not_measured"])]
    lines += ["", *(f"Could not be run: {line}." for line in run["not_run"])]
    return "\n".join(lines).rstrip() + "\n\n"


def _bar(bar: dict[str, Any]) -> str:
    sense = "≥" if bar["sense"] == "at least" else "≤"
    measured = "–" if bar["measured"] is None else f"{_number(bar['measured'])} {bar['unit']}"
    verdict = {True: "met", False: "**missed**", None: "not measured"}[bar["met"]]
    asked = f"{sense} {bar['bar']:,g} {bar['unit']}"
    return f"| {bar['bench']} | {bar['name']} | {measured} | {asked} | {verdict} |"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


if __name__ == "__main__":
    run = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    PAGE.write_text(refreshed(PAGE.read_text("utf-8"), run), encoding="utf-8")
