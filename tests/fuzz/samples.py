"""One plain instance of any message, made from its type: what fuzzing starts from."""

from __future__ import annotations

import re
from functools import singledispatch
from typing import Any

import msgspec
from msgspec import inspect


def sample(kind: type) -> Any:
    """Return an instance of a struct with every field filled in."""
    return msgspec.convert(_made(inspect.type_info(kind)), kind)


@singledispatch
def _made(info: inspect.Type) -> Any:
    raise TypeError(f"no sample of {info}")


@_made.register
def _(info: inspect.IntType) -> int:
    return info.ge if info.ge is not None else 3


@_made.register
def _(info: inspect.FloatType) -> float:
    return 1.5


@_made.register
def _(info: inspect.StrType) -> str:
    fits = re.compile(info.pattern or "").search
    return next(text for text in ("é", "0" * 64) if fits(text))


@_made.register
def _(info: inspect.BytesType) -> str:
    return "AP8="


@_made.register
def _(info: inspect.BoolType) -> bool:
    return True


@_made.register
def _(info: inspect.NoneType) -> None:
    return None


@_made.register
def _(info: inspect.RawType) -> Any:
    return msgspec.Raw(b'{"x":1}')


@_made.register
def _(info: inspect.AnyType) -> Any:
    return {"x": 1}


@_made.register
def _(info: inspect.LiteralType) -> Any:
    return info.values[0]


@_made.register
def _(info: inspect.EnumType) -> Any:
    return next(iter(info.cls)).value


@_made.register
def _(info: inspect.UnionType) -> Any:
    filled = [choice for choice in info.types if not isinstance(choice, inspect.NoneType)]
    return _made(filled[0])


@_made.register
def _(info: inspect.VarTupleType | inspect.ListType) -> Any:
    return [_made(info.item_type)]


@_made.register
def _(info: inspect.TupleType) -> Any:
    return [_made(item) for item in info.item_types]


@_made.register
def _(info: inspect.NamedTupleType) -> Any:
    return [_made(field.type) for field in info.fields]


@_made.register
def _(info: inspect.DictType) -> Any:
    return {_made(info.key_type): _made(info.value_type)}


@_made.register
def _(info: inspect.StructType) -> Any:
    made = {field.encode_name: _made(field.type) for field in info.fields}
    return {info.tag_field: info.tag, **made} if info.tag_field else made


@_made.register
def _(info: inspect.Metadata) -> Any:
    return _made(info.type)
