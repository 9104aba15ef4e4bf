"""What an editable install forgives and a wheel does not."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDERS = ("actors", "events", "network", "replay")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def packages_in_the_tree():
    for folder in FOLDERS:
        for init in (ROOT / folder).rglob("__init__.py"):
            yield "parlour." + ".".join(init.parent.relative_to(ROOT).parts)


def test_every_package_of_the_tree_is_listed_for_the_wheel():
    assert sorted(PROJECT["tool"]["setuptools"]["packages"]) == sorted(packages_in_the_tree())


def test_every_folder_with_code_is_a_package():
    for folder in FOLDERS:
        for module in (ROOT / folder).rglob("*.py"):
            assert (module.parent / "__init__.py").exists(), module


def test_every_part_says_that_it_is_typed():
    for folder in FOLDERS:
        assert (ROOT / folder / "py.typed").exists()


def test_every_dependency_has_a_pinned_version_for_development():
    pinned = {
        re.split(r"[=@ ]", line)[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if line and not line.startswith("#")
    }
    wanted = [
        *PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"]["dev"],
    ]
    names = {re.split(r"[<>=; \[]", line)[0].lower().replace("_", "-") for line in wanted}
    assert names <= pinned
