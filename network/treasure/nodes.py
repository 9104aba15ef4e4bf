"""The listener where room servers come in: kind `nodes`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import msgspec

from parlour.actors.messages import FromSession
from parlour.actors.treasure.link_messages import LINKS
from parlour.actors.treasure.settings import TreasureSettings
from parlour.events.errors import RemoteProtocolError
from parlour.events.messages import treasure as wire
from parlour.events.messages import treasure_link as link
from parlour.events.treasure import SERVERS_ID
from parlour.network.connection import Ending
from parlour.network.edge import Edge
from parlour.network.service import Service
from parlour.network.tcp import TcpConnection
from parlour.network.treasure import link_codec
from parlour.network.treasure.codec import FrameCodec

_UNLIMITED: Final = 10**9
_OUT_BYTES: Final = 256 * 1024 * 1024
"""What may wait for a room server: a thousand games that are given to it at once."""
_CODES: Final = {
    "too_many": wire.CODES["too_many_requests"],
    "unavailable": wire.CODES["no_commands"],
    Ending.DRAINING.value: wire.CODES["no_commands"],
    "internal": wire.CODES["internal_error"],
    "malformed": wire.CODES["bad_body"],
}
_ENDED: Final = wire.CODES["not_verified"]


def refusal(code: str, _reason: str) -> link.Registered:
    """Return the message a room server is told `code` with (see `Service.refusal`)."""
    return link.Registered(code=_CODES.get(code, _ENDED))


def _breach(_error: RemoteProtocolError) -> str:
    return "malformed"


def _address(words: link.Registered, payload: bytes) -> wire.Message:
    return link_codec.refuse(link_codec.from_server().decode(payload), words.code)


def _to_session(session: int, request: Any) -> tuple[str, FromSession]:
    return f"treasure.node.session:{session}", FromSession(session, request)


SERVICE: Final = Service(
    name=LINKS,
    home=SERVERS_ID,
    decode=link_codec.from_server().decode,
    handlers=dict.fromkeys(link.FROM_SERVER.values(), _to_session),
    refusal=refusal,
    patience=None,
    address=_address,
    breach=_breach,
    sessions="treasure.node.session",
    out_bytes=_OUT_BYTES,
)


class NodeConnection(TcpConnection):
    """One room server's connection: frames as short as clients' until it is let in."""

    def __init__(self, edge: Edge, frames: FrameCodec, *, idle_seconds: float) -> None:
        super().__init__(edge, SERVICE, frames, idle_seconds=idle_seconds)
        self._frames = frames

    def next_frame(self) -> Any | None:
        """Return the next frame."""
        if self._connection.admitted:
            self._frames.max_frame = link.MAX_FRAME
        return super().next_frame()


def listener(edge: Edge, settings: TreasureSettings) -> Callable[[], NodeConnection]:
    """Return what `loop.create_server` makes each room server's connection with."""
    limits = msgspec.structs.replace(
        edge.limits, messages_per_second=float(_UNLIMITED), burst=_UNLIMITED
    )
    unlimited = replace(edge, limits=limits)
    return lambda: NodeConnection(unlimited, FrameCodec(), idle_seconds=settings.dead_seconds)
