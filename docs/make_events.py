"""Write docs/events.md from the events' own structs and docstrings (`make docs`).

Owns the shape of that page and its few sentences of introduction; everything else on it is
read from the code, so that the page cannot disagree with it (tests/docs holds it to that).
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, get_args, get_origin

import msgspec

import parlour.events
from parlour.events.event import Event, catalogue

PAGE = Path(__file__).with_name("events.md")

INTRODUCTION = """\
<!-- Made by docs/make_events.py (`make docs`). Do not edit. -->
# Event catalogue

Everything that ever happened is one of these. An event is stored under its topic,
`name@version`, with its fields as one JSON object: `at`, then those listed here, in this order.
A topic keeps its meaning for ever: when a shape must change, the new shape takes the next
version, and old events are turned into it while they are read (an *upcaster*). Nothing in a log
is rewritten.

Every event has the field `at`: when it happened, in microseconds since 1970-01-01 UTC, by the
engine's clock. It is not listed again below.

*Claims* are keys that an event uses up: a second event with the same key is refused, for ever, or
until an event *releases* the key. They are rows of the table `claims` in the log.

To read a log yourself: [audit.md](audit.md) has the tables, `parlour log show` prints events.
"""


def render() -> str:
    """Return the whole page."""
    for module in pkgutil.iter_modules(parlour.events.__path__):
        importlib.import_module(f"parlour.events.{module.name}")
    by_module: dict[str, list[tuple[str, type[Event]]]] = {}
    for topic, cls in catalogue().items():
        by_module.setdefault(cls.__module__, []).append((topic, cls))
    sections = [_section(sys.modules[name], found) for name, found in sorted(by_module.items())]
    return "\n".join([INTRODUCTION, _index(by_module), *sections])


def _index(by_module: dict[str, list[tuple[str, type[Event]]]]) -> str:
    lines = ["| Topic | |", "|---|---|"]
    for _, found in sorted(by_module.items()):
        lines += [f"| [`{t}`](#{_anchor(t)}) | {_first(cls)} |" for t, cls in _in_order(found)]
    return "\n".join([*lines, ""])


def _section(module: ModuleType, found: list[tuple[str, type[Event]]]) -> str:
    title, _, rest = (inspect.getdoc(module) or "").partition(".")
    parts = [f"## {title}\n"]
    if rest.strip():
        parts.append(rest.strip() + "\n")
    parts += [_event(topic, cls) for topic, cls in _in_order(found)]
    parts += [_struct(cls) for cls in _nested(module, [cls for _, cls in found])]
    return "\n".join(parts)


def _in_order(found: list[tuple[str, type[Event]]]) -> list[tuple[str, type[Event]]]:
    return sorted(found, key=lambda item: inspect.getsourcelines(item[1])[1])


def _event(topic: str, cls: type[Event]) -> str:
    parts = [f"### {topic}\n", inspect.getdoc(cls) or "", ""]
    parts += _fields(cls)
    for verb in ("claims", "releases"):
        if verb in vars(cls):
            parts.append(_keys(cls, verb))
    return "\n".join(parts)


def _struct(cls: type[msgspec.Struct]) -> str:
    """Return the section of a struct that is a field of an event."""
    return "\n".join([f"### {cls.__name__}\n", inspect.getdoc(cls) or "", "", *_fields(cls)])


def _fields(cls: type[msgspec.Struct]) -> list[str]:
    names = vars(sys.modules[cls.__module__])
    rows = [
        f"| `{name}` | {_type(annotation, names)} | {_cell(text)} |"
        for name, annotation, text in _declared(cls)
    ]
    return ["| Field | Type | |", "|---|---|---|", *rows, ""] if rows else []


def _declared(cls: type[msgspec.Struct]) -> Iterator[tuple[str, str, str]]:
    """Yield name, annotation and the string under each field, in order."""
    [definition] = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(definition, ast.ClassDef)
    for node, after in zip(definition.body, [*definition.body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            text = ""
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                text = str(after.value.value)
            default = f" Default `{ast.unparse(node.value)}`." if node.value else ""
            yield node.target.id, ast.unparse(node.annotation), text + default


def _keys(cls: type[Event], verb: str) -> str:
    # Structs check types when they are decoded, not when they are made.
    names: dict[str, Any] = {name: _Placeholder(f"{{{name}}}") for name in cls.__struct_fields__}
    event = cls(**names)
    keys = ", ".join(f"`{key}`" for key in getattr(event, verb)())
    return f"{verb.capitalize()} {keys}: {inspect.getdoc(getattr(cls, verb))}\n"


class _Placeholder(str):
    """A field's name in braces, whatever format a key gives it."""

    def __format__(self, spec: str) -> str:
        return str(self)


def _nested(module: ModuleType, events: list[type[Event]]) -> list[type[msgspec.Struct]]:
    """Return the structs of a module that its events hold, in their order."""
    used = "\n".join(f" {kind} " for cls in events for _, kind, _ in _declared(cls))
    return [
        cls
        for name, cls in vars(module).items()
        if isinstance(cls, type)
        and issubclass(cls, msgspec.Struct)
        and not issubclass(cls, Event)
        and cls.__module__ == module.__name__
        and name in used
    ]


def _first(cls: type) -> str:
    return (inspect.getdoc(cls) or "").partition("\n")[0]


def _type(annotation: str, names: Mapping[str, object]) -> str:
    """Return a field's type; a choice of words, also one with a name, as those words."""
    named = names.get(annotation)
    choices = get_args(named) if get_origin(named) is Literal else ()
    if annotation.startswith("Literal["):
        choices = get_args(eval(annotation, {"Literal": Literal}))
    shown = " | ".join(f'"{choice}"' for choice in choices) or annotation
    return _cell(f"`{shown}`")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _anchor(heading: str) -> str:
    return "".join(c for c in heading.lower() if c.isalnum() or c in "-_")


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
