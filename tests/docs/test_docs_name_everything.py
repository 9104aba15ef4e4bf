"""Nothing an operator or a client author meets is missing from the pages, and no link is broken."""

import importlib.util
import re
from pathlib import Path

import click
import pytest

from parlour.network.cli import cli
from parlour.network.config import Config
from parlour.network.configfile import settings
from parlour.network.connection import Ending

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
OPERATORS = (DOCS / "operators.md").read_text(encoding="utf-8")
COMMAND_LINE = (DOCS / "command-line.md").read_text(encoding="utf-8")


def sources(*folders):
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not {"bench", "demo"} & set(path.parts):
                yield path.read_text(encoding="utf-8")


def found(pattern, *folders):
    return sorted({name for text in sources(*folders) for name in re.findall(pattern, text)})


def output_maker():
    spec = importlib.util.spec_from_file_location("make_output", DOCS / "make_output.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def commands(command, path=("parlour",)):
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from commands(command.get_command(context, name), (*path, name))


COMMANDS = dict(commands(cli))


# --- command line and settings ------------------------------------------------------------


def test_what_the_pages_show_of_the_command_line_is_what_make_docs_would_write():
    maker = output_maker()
    assert maker.pages() != []
    for page in maker.pages():
        text = page.read_text(encoding="utf-8")
        assert maker.refreshed(text) == text, f"{page.name}: run `make docs`"


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_is_shown_with_its_help(path):
    name = " ".join(path)
    assert f"<!-- output: {name} --help -->" in COMMAND_LINE
    if len(path) > 1:
        assert re.search(rf"^##+ {name}$", COMMAND_LINE, re.M)


def test_every_flag_is_named():
    flags = {
        flag
        for command in COMMANDS.values()
        for parameter in command.params
        for flag in parameter.opts
        if flag.startswith("--")
    }
    assert [flag for flag in sorted(flags) if flag not in COMMAND_LINE] == []


def test_every_setting_is_named_with_its_default():
    shown = OPERATORS.partition("<!-- output: parlour config -->")[2].partition("```\n\n")[0]
    for setting in settings(Config()):
        section, _, name = setting.key.rpartition(".")
        assert f"\n{name} = " in shown.partition(f"[{section}]")[2]


# --- what an operator watches -------------------------------------------------------------


@pytest.mark.parametrize("metric", found(r'"(parlour_[a-z_]+)"', "network"))
def test_every_metric_is_named(metric):
    assert f"`{metric}" in OPERATORS


@pytest.mark.parametrize("kind", found(r'\.failed\("([a-z_]+)"\)', "network", "actors"))
def test_every_kind_of_error_is_named(kind):
    assert f"`{kind}`" in OPERATORS


def test_exactly_the_ways_a_connection_is_ended_are_named():
    name = "| `parlour_connections_ended_total{reason}` |"
    [row] = [line for line in OPERATORS.splitlines() if line.startswith(name)]
    told = row.split("|")[3]
    assert set(re.findall(r"`(\w+)`", told)) == {ending.value for ending in Ending}


def test_every_line_of_the_log_is_named():
    events = found(
        r'(?:_log\.(?:debug|info|warning|error)|report)\(\s*"([a-z_]+)"', "network", "actors"
    )
    events += ["log_refusing", "log_accepting"]
    assert [event for event in events if f"`{event}`" not in OPERATORS] == []


def test_the_readme_names_the_two_commands_to_start_with():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make run" in readme
    assert "make test" in readme


# --- links --------------------------------------------------------------------------------


def anchors(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for heading in re.findall(r"^#+ (.*)$", text, re.M):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_relative_link_is_broken(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            broken.append(target)
    assert broken == []


def test_every_page_can_be_reached_from_the_readme():
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        for target in re.findall(r"\]\(([^)\s#:]+)", page.read_text(encoding="utf-8")):
            there = (page.parent / target).resolve()
            if there.exists():
                waiting.append(there)
    assert [str(page.relative_to(ROOT)) for page in PAGES if page not in reached] == []
