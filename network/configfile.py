"""Reading settings from TOML and `--set`, and printing them.

A wrong key or value is one line that names the key: the dotted keys of a file and of `--set`
are the same, and an unknown one is answered with the nearest that exists.
"""

from __future__ import annotations

import ast
import difflib
import inspect
import itertools
import math
import textwrap
import tomllib
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from parlour.actors.settings import TokenSettings
from parlour.actors.techmino.times import time_writer
from parlour.events.errors import EngineError, RuleViolation
from parlour.events.rules.profile import check_seconds
from parlour.network.config import OPEN_LIMITS, Config

_ALIKE, _ALIKE_ELSEWHERE = 0.6, 0.8
"""From here on a name is taken for the one that was meant: in its section, in another."""
_NONE = "none"
"""How a file and `--set` say that an optional setting is not set: TOML has no null."""


def load(
    path: Path | None = None, overrides: Sequence[str] = (), *, open_mode: bool = False
) -> Config:
    """Return the settings: defaults, then the file, then each `KEY=VALUE`.

    Raises:
        EngineError: The file cannot be read, a key is unknown or a value does not fit.
    """
    document: dict[str, Any] = msgspec.to_builtins(Config(), str_keys=True)
    if open_mode:
        document["limits"] = msgspec.to_builtins(OPEN_LIMITS)
    if path is not None:
        _merge(document, _read(path), Config, "")
    for override in overrides:
        _merge(document, _parse_override(override), Config, "")
    config = msgspec.convert(document, Config, str_keys=True)
    _check_together(config)
    return config


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise EngineError(f"cannot read {path}: {error.strerror}") from error
    except RecursionError as error:
        raise EngineError(f"{path} is nested too deeply") from error
    except ValueError as error:  # not TOML, not UTF-8, or a number of thousands of digits
        raise EngineError(f"{path} is not TOML: {error}") from error


def _parse_override(text: str) -> dict[str, Any]:
    key, equals, raw = text.partition("=")
    names = [name.strip() for name in key.split(".")]
    if not equals or not all(names):
        raise EngineError(f"--set takes KEY=VALUE, not {text!r}")
    value = _parse_value(raw.strip())
    for name in reversed(names):
        value = {name: value}
    return typing.cast(dict[str, Any], value)


def _parse_value(raw: str) -> Any:
    try:
        document = tomllib.loads(f"value = {raw}")
    except (ValueError, RecursionError):  # not TOML, or no value that a setting could have
        return raw
    return document["value"] if len(document) == 1 else raw


# --- fitting values to the structs ---------------------------------------------------------


def _merge(into: dict[str, Any], table: Mapping[str, Any], struct: Any, prefix: str) -> None:
    hints = _hints(struct)
    for name, value in table.items():
        key = f"{prefix}{name}"
        if name not in hints:
            raise EngineError(f"unknown setting {key}{_nearest(name, list(hints), prefix)}")
        into[name] = _fit(into.get(name), value, hints[name], key)


def _hints(struct: Any) -> dict[str, Any]:
    """Return the type of each setting of a section, by its name in files."""
    hints = typing.get_type_hints(struct)
    return {field.encode_name: hints[field.name] for field in msgspec.structs.fields(struct)}


def _nearest(typed: str, names: Sequence[str], prefix: str) -> str:
    """Return what to say of a name that is not in its section, by its own last part.

    Whole keys would not do: those of one section are alike by the section's name.
    """
    alike, near = max((_likeness(typed, name, name[: len(typed)]), name) for name in names)
    keys = [setting.key for setting in settings(Config())]
    alike_far, far = max((_likeness(typed, key.rpartition(".")[2]), key) for key in keys)
    if alike_far >= _ALIKE_ELSEWHERE and alike_far > alike:
        return f"; did you mean {far}?"
    if alike >= _ALIKE:
        return f"; did you mean {prefix}{near}?"
    return "; there are " + ", ".join(f"{prefix}{name}" for name in names)


def _likeness(typed: str, *names: str) -> float:
    """Return how like the nearest of some names what was typed is: 0 to 1."""
    return max(difflib.SequenceMatcher(a=typed, b=name).ratio() for name in names)


def _fit(old: Any, value: Any, hint: Any, key: str) -> Any:
    if _is_struct(hint):
        if not isinstance(value, dict):
            raise EngineError(f"{key} is a section: set {key}.{hint.__struct_fields__[0]} …")
        section = dict(old or {})
        _merge(section, value, hint, f"{key}.")
        _require_complete(section, hint, key)
        return section
    if typing.get_origin(hint) is dict and _is_struct(typing.get_args(hint)[1]):
        if not isinstance(value, dict):
            raise EngineError(f"{key} is a table of sections: set {key}.1.…")
        sections = dict(old or {})
        for name, entry in value.items():
            _convert(name, int, f"{key}.{name}", strict=False)
            sections[name] = _fit(
                sections.get(name), entry, typing.get_args(hint)[1], f"{key}.{name}"
            )
        return sections
    if typing.get_origin(hint) is dict and isinstance(value, dict):
        return {**(old or {}), **_plain(_convert(value, hint, key))}
    if value == _NONE and type(None) in typing.get_args(hint):
        return None
    return _plain(_convert(value, hint, key))


def _require_complete(section: Mapping[str, Any], hint: Any, key: str) -> None:
    for field in msgspec.structs.fields(hint):
        if field.required and field.encode_name not in section:
            raise EngineError(f"{key}.{field.encode_name} is missing: a new entry needs it")


def _convert(value: Any, hint: Any, key: str, *, strict: bool = True) -> Any:
    try:
        fitted = msgspec.convert(value, hint, str_keys=True, strict=strict)
    except msgspec.ValidationError as error:
        wrong = str(error).partition(" - at")[0]
        raise EngineError(f"{key} = {_toml(value)}: {wrong[0].lower()}{wrong[1:]}") from error
    numbers = fitted.values() if isinstance(fitted, dict) else (fitted,)
    for number in numbers:
        if isinstance(number, int | float) and not math.isfinite(number):
            raise EngineError(f"{key} = {_toml(value)}: must be finite")
        if isinstance(number, int | float) and number < 0:
            raise EngineError(f"{key} = {_toml(value)}: must be 0 or more")
    return fitted


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value, str_keys=True)


def _is_struct(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, msgspec.Struct)


def _check_together(config: Config) -> None:
    if bool(config.tls.certificate) != bool(config.tls.key):
        raise EngineError("tls.certificate and tls.key are set together or not at all")
    for number, level in config.landlord.levels.items():
        if level.rake > 100:
            raise EngineError(f"landlord.levels.{number}.rake = {level.rake}: at most 100 percent")
        if level.base < 1:
            raise EngineError(f"landlord.levels.{number}.base = {level.base}: at least 1")
    for zone, kinds in config.landlord.zones.items():
        for kind in kinds:
            if kind not in config.landlord.levels:
                raise EngineError(f"landlord.zones.{zone}: there is no level {kind}")
    try:
        time_writer(config.techmino.utc_offset)
    except ValueError as error:
        raise EngineError(f"techmino.utc_offset: {error}") from error
    if config.limits.messages_per_second <= 0 or config.limits.burst < 1:
        raise EngineError("limits.messages_per_second and limits.burst are more than 0")
    for name in TokenSettings.__struct_fields__:
        seconds = getattr(config.accounts.token_seconds, name)
        try:
            check_seconds(seconds)
        except RuleViolation as violation:
            raise EngineError(f"accounts.token_seconds.{name} = {seconds}: {violation}") from None


# --- printing ------------------------------------------------------------------------------


class Setting(NamedTuple):
    """One setting, as `parlour config` prints it."""

    key: str
    """Dotted: `landlord.levels.1.base`."""
    value: Any
    comment: str


def settings(config: Config) -> Iterator[Setting]:
    """Yield every setting with its value and what it means, in order."""
    yield from _settings(config, "")


def _settings(struct: msgspec.Struct, prefix: str) -> Iterator[Setting]:
    comments = _field_strings(type(struct))
    fields = msgspec.structs.fields(struct)
    values = {field.encode_name: getattr(struct, field.name) for field in fields}
    # TOML: what follows the head of a section belongs to that section.
    for name in sorted(values, key=lambda name: isinstance(values[name], dict | msgspec.Struct)):
        value, key = values[name], f"{prefix}{name}"
        if isinstance(value, msgspec.Struct):
            yield from _settings(value, f"{key}.")
        elif isinstance(value, dict):
            for entry, inner in value.items():
                if isinstance(inner, msgspec.Struct):
                    yield from _settings(inner, f"{key}.{entry}.")
                else:
                    yield Setting(f"{key}.{entry}", inner, comments.get(name, ""))
        else:
            yield Setting(key, value, comments.get(name, ""))


def _field_strings(struct: type[msgspec.Struct]) -> dict[str, str]:
    """Return the string under each field, from the source, by its name in files."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(struct)))
    body = typing.cast(ast.ClassDef, tree.body[0]).body
    strings: dict[str, str] = {}
    for field, below in itertools.pairwise(body):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                strings[name] = " ".join(text.split())
    return {
        field.encode_name: strings[field.name]
        for field in msgspec.structs.fields(struct)
        if field.name in strings
    }


def render(config: Config) -> str:
    """Return every setting as TOML, each with a comment; a valid file for `--config`."""
    lines: list[str] = []
    section: str | None = None
    for setting in settings(config):
        here, _, name = setting.key.rpartition(".")
        if here != section:
            section = here
            lines += ["", f"[{section}]"]
        line = f"{name} = {_toml(setting.value)}"
        lines.append(f"{line}  # {setting.comment}" if setting.comment else line)
    return "\n".join(lines[1:]) + "\n"


def _toml(value: Any) -> str:
    match value:
        case None:
            return f'"{_NONE}"'
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return "[" + ", ".join(_toml(item) for item in value) + "]"
        case dict():
            return "{" + ", ".join(f"{name} = {_toml(item)}" for name, item in value.items()) + "}"
        case int() | float():
            return str(value)
        case _:
            return msgspec.json.encode(str(value)).decode()
