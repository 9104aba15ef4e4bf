"""The page with the numbers is what its script makes of a run."""

import importlib.util
from pathlib import Path

from parlour.network.bench.all import BARS, Outcome, Summary
from parlour.network.bench.report import Bar, Figure, Report

DOCS = Path(__file__).parents[2] / "docs"


def script():
    spec = importlib.util.spec_from_file_location("make_performance", DOCS / "make_performance.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run():
    report = Report(
        bench="chat",
        what="",
        rounds=1,
        figures=(Figure(name="flat out", value=13_000.0, unit="messages/s"),),
        bars=(
            Bar(name="p99", measured=31.5, bar=20.0, unit="ms", sense="at most"),
            Bar(name="pace", measured=10_000.0, bar=9_500.0, unit="/s"),
            Bar(name="plays", measured=None, bar=4.0, unit="×", note="not installed"),
        ),
    )
    outcomes = (
        Outcome(bench="chat", seconds=5.0, document=report.document()),
        Outcome(bench="idle", seconds=1.0, document=None, trouble="too few files"),
    )
    machine = {"cpus": 2, "load": 0.1, "python": "3.11.7", "system": "Linux"}
    return Summary(rounds=1, machine=machine, outcomes=outcomes).document()


def test_a_run_becomes_tables_between_the_marks():
    page = "words\n<!-- numbers -->\nold\n<!-- end of numbers -->\nmore words\n"
    made = script().refreshed(page, run())
    assert "old" not in made
    assert made.startswith("words\n")
    assert made.endswith("more words\n")
    assert "| chat | p99 | 31.50 ms | ≤ 20 ms | **missed** |" in made
    assert "| chat | pace | 10,000 /s | ≥ 9,500 /s | met |" in made
    assert "| chat | plays | – | ≥ 4 × | not measured |" in made
    assert "| chat | flat out | 13,000 messages/s |" in made
    assert "Not measured: chat: plays: not installed." in made
    assert "Could not be run: idle: too few files." in made
    assert script().refreshed(made, run()) == made


def test_the_page_has_the_marks():
    page = (DOCS / "performance.md").read_text("utf-8")
    assert page.count("<!-- numbers -->") == page.count("<!-- end of numbers -->") == 1


def test_the_page_has_a_row_for_every_bar():
    page = (DOCS / "performance.md").read_text("utf-8")
    begin, end = page.index("<!-- numbers -->"), page.index("<!-- end of numbers -->")
    rows = [line.split(" | ") for line in page[begin:end].splitlines()]
    found = {(row[0].removeprefix("| "), row[1]) for row in rows if len(row) == 5}
    assert found >= {(bench, name) for bench, names in BARS.items() for name in names}


def test_the_page_says_of_every_bench_what_limits_it():
    page = (DOCS / "performance.md").read_text("utf-8")
    limits = page[page.index("## What it is compared with") :]
    assert [bench for bench in BARS if f"`{bench}`" not in limits] == []
