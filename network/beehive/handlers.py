"""What becomes of each beehive packet, and how refusals are worded on this wire.

Every request of a client goes to its session's own actor, whatever the dialect; so does every
one of a node, on its own listener. Source: docs/protocols/beehive.md, "Error codes".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from parlour.actors.beehive.settings import BeehiveSettings
from parlour.actors.messages import FromSession
from parlour.events.beehive import LOBBY_ID, NODES_ID
from parlour.events.errors import RemoteProtocolError
from parlour.events.messages.beehive.common import Error, Kick, KickAck
from parlour.events.messages.beehive.packet import Message, Packet, Request
from parlour.network import websocket
from parlour.network.beehive import commands, v1_requests
from parlour.network.beehive.frames import BODY_TOO_LONG, HEADER_INVALID, Frame
from parlour.network.connection import Ending
from parlour.network.service import Service

_ERRORS: Final = {
    "too_many": 10022,
    "unavailable": 10001,
    "internal": 10001,
    Ending.NO_LOGIN: 20008,
    Ending.DRAINING: 10001,
}
_KICKS: Final = {
    Ending.TAKEN_OVER: 20009,
    Ending.KICKED: 10005,
    Ending.TOO_SLOW: 10022,
}
_BREACHES: Final = {HEADER_INVALID, BODY_TOO_LONG}

ACKS: Final = frozenset(
    key
    for key, keyword, sender in (
        *((row.key, row.keyword, row.sender) for row in commands.ROWS),
        *((row.key, row.keyword, row.sender) for row in v1_requests.ROWS),
    )
    if keyword.endswith("-ACK") and sender != commands.ENGINE
)
"""Keys of what a peer says of our pushes. None of them is a command in any dialect."""


def refusal(code: str, reason: str, seq: int = 0) -> Packet:
    """Return the packet that tells a client `code` (see `Service.refusal`), or a number."""
    message: Message
    if code in _KICKS:
        message = Kick(code=_KICKS[Ending(code)], errmsg=reason)
    else:
        number = int(code) if code.isdigit() else _ERRORS.get(code, 10001)
        message = Error(code=number, errmsg=reason)
    return Packet(message, seq)


def _address(words: Packet, frame: Frame) -> Packet:
    return Packet(words.message, frame.seq, words.sid)


def _breach(error: RemoteProtocolError) -> str:
    """Return the code of a broken frame: WebSocket's own numbers are not for this wire."""
    if error.code == websocket.TOO_BIG:
        return str(BODY_TOO_LONG)
    return str(error.code if error.code in _BREACHES else HEADER_INVALID)


def _is_ack(frame: Frame) -> bool:
    return frame.key in ACKS


def _knows(request: Request) -> bool:
    return type(request.message) is KickAck


def _label(request: Request) -> str:
    return type(request.message).__name__


def _to_session(session: int, request: Request) -> tuple[str, FromSession]:
    return f"beehive.session:{session}", FromSession(session, request)


def _to_node_session(session: int, request: Request) -> tuple[str, FromSession]:
    return f"beehive.node.session:{session}", FromSession(session, request)


Decode = Callable[[Any], Request]


def clients(settings: BeehiveSettings, decode: Decode) -> Service:
    """Return the service of one client's connection; `decode` is its codec's.

    One a connection, because dialect v1 keeps numbers of its own for each.
    """
    return Service(
        name="beehive",
        home=LOBBY_ID,
        decode=decode,
        handlers=_CLIENT_HANDLERS,
        refusal=refusal,
        patience=None,
        paced=_is_ack,
        address=_address,
        breach=_breach,
        auth_seconds=settings.online_seconds,
        farewell_seconds=settings.farewell_seconds,
        knows=_knows,
        label=_label,
    )


def nodes(settings: BeehiveSettings, decode: Decode) -> Service:
    """Return the service of one node's connection; `decode` is its codec's."""
    return clients(settings, decode)._replace(
        name="beehive-nodes",
        home=NODES_ID,
        handlers=_NODE_HANDLERS,
        sessions="beehive.node.session",
    )


_Handlers = Mapping[type, Callable[[int, Any], tuple[str, FromSession]]]
_CLIENT_HANDLERS: Final[_Handlers] = {Request: _to_session}
_NODE_HANDLERS: Final[_Handlers] = {Request: _to_node_session}
