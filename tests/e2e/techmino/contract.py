"""Every message of the protocol, with its fields and their types, copied from its JSON examples.

A client of these tests checks all that it is told against this: a message has exactly these
fields. Source: the JSON of docs/protocols/techmino.md. Nothing of Parlour is imported.
"""

from __future__ import annotations

import re
from typing import Any, Final

Shape = Any
"""A type, a constant, a pattern, `{field: shape}`, or `[shape]` for a list of such."""

NUMBER: Final = float
"""Whole or not; a bool is none."""
TIME: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}")
UUID: Final = re.compile(r"[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}")
LONG: Final = re.compile(r"[0-9A-F]{64}")
DATA_URI: Final = re.compile(r"data:image/(?:png|jpeg);base64,[A-Za-z0-9+/]+=*")

RELEASE: Final = {"code": int, "name": str, "content": str}
PERSON: Final = {"uid": int, "username": str}
REMARK: Final = {"uid": int, "username": str, "time": TIME, "message": str}
MEMBER: Final = {"sid": int, "uid": int, "username": str, "config": str, "ready": bool}
USER: Final = {"uid": int, "username": str, "motto": str}
PLACE: Final = {"uid": int, "place": int, "score": NUMBER, "survivalTime": NUMBER}
DEATH: Final = {"uid": int, "score": NUMBER, "survivalTime": NUMBER}
LISTED: Final = {
    "rid": str,
    "name": str,
    "type": str,
    "private": bool,
    "start": bool,
    "count": int,
    "capacity": int,
}


def _self(action: int, **fields: Shape) -> dict[str, Shape]:
    return {"type": "Self", "action": action, **fields}


def _broadcast(action: int, **fields: Shape) -> dict[str, Shape]:
    return {"type": "Broadcast", "action": action, **fields}


def _server(action: int, **fields: Shape) -> dict[str, Shape]:
    return {"type": "Server", "action": action, **fields}


REFUSALS: Final = {
    "Error": {"type": "Error", "reason": str},
    "Warn": {"type": "Warn", "reason": re.compile(r"Wrong format: .+", re.DOTALL)},
}
TOLD: Final[dict[str, dict[str, Shape]]] = {
    "app": {
        "Connect": {
            "type": "Connect",
            "newestCode": int,
            "newestName": str,
            "lowest": int,
            "notice": str,
        },
        "Self 0, newest only": _self(0, newest=RELEASE),
        "Self 0": _self(0, newest=RELEASE, least=RELEASE, notice=str),
        "Self 1": _self(1, notice=str),
        "Self 2": _self(2, data={"message": str}),
    },
    "user": {
        "Connect": {"type": "Connect"},
        "Connect with a token": {"type": "Connect", "uid": int, "authToken": UUID},
        "Self 0": _self(0, accessToken=LONG),
        "Self 1": _self(1, data=USER),
        "Self 1 with an avatar": _self(1, data={**USER, "avatar": DATA_URI, "hash": str}),
    },
    "chat": {
        "Connect": {"type": "Connect"},
        "Connect with a token": {"type": "Connect", "uid": int, "accessToken": LONG},
        "Self 0": _self(0, roomList=[{"rid": str, "count": int, "capacity": int}]),
        "Self 1": _self(1, rid=str, data={"histories": [REMARK]}),
        "Self 2": _self(2, rid=str),
        "Broadcast 1": _broadcast(1, rid=str, data=PERSON),
        "Broadcast 2": _broadcast(2, rid=str, data=PERSON),
        "Broadcast 3": _broadcast(3, rid=str, data=REMARK),
    },
    "play": {
        "Connect": {"type": "Connect", "action": 0},
        "Self 0": _self(0, roomList=[LISTED]),
        "Self 2": _self(
            2, data={"sid": int, "ready": bool, "histories": [REMARK], "players": [MEMBER]}
        ),
        "Self 3": _self(3, data={}),
        "Broadcast 2": _broadcast(2, data=MEMBER),
        "Broadcast 3": _broadcast(3, data={**PERSON, "sid": int}),
        "Broadcast 4": _broadcast(4, data=REMARK),
        "Broadcast 5": _broadcast(5, data={"uid": int, "config": str}),
        "Broadcast 6": _broadcast(6, data={"uid": int, "ready": bool}),
        "Server 7": _server(7),
        "Server 8": _server(8, data={"rid": str}),
        "Server 9": _server(9, data={"start": False, "result": [PLACE]}),
    },
    "stream": {
        "Connect": {"type": "Connect", "data": {"connected": [int]}},
        "Broadcast 2": _broadcast(2, data={"uid": int, "watch": bool}),
        "Broadcast 4": _broadcast(4, data=DEATH),
        "Broadcast 5": _broadcast(5, data={"uid": int, "stream": str}),
        "Server 0": _server(0, data={"seed": int}),
        "Server 1": _server(1),
        "Server 3": _server(3, data={"uid": int}),
    },
}
"""By endpoint: what a client may be told, by a name of its own."""


def fits(value: object, shape: Shape) -> bool:
    """Tell whether a value has a shape: no field too many, none missing, no other type."""
    if isinstance(shape, dict):
        return (
            isinstance(value, dict)
            and value.keys() == shape.keys()
            and all(fits(value[name], shape[name]) for name in shape)
        )
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(entry, shape[0]) for entry in value)
    if isinstance(shape, re.Pattern):
        return isinstance(value, str) and shape.fullmatch(value) is not None
    if shape is NUMBER:
        return type(value) in (int, float)
    if isinstance(shape, type):
        return type(value) is shape
    return type(value) is type(shape) and value == shape


def name_of(endpoint: str, message: object) -> str:
    """Return which message of an endpoint this is; fail when it is none."""
    for name, shape in (*TOLD[endpoint].items(), *REFUSALS.items()):
        if fits(message, shape):
            return name
    raise AssertionError(f"{endpoint} has no such message: {message}")
