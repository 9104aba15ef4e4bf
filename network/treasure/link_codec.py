"""The node link on the wire: the frames of clients, with bodies of its own. No sockets, no clock.

A peer that says what does not belong here has broken the protocol: the link is between programs of
one installation, and nothing is gained by going on. Source: docs/protocols/treasure.md, "Room
servers".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from parlour.events.errors import RemoteProtocolError
from parlour.events.messages import treasure as wire
from parlour.events.messages import treasure_link as link
from parlour.network.treasure.codec import SERVICE, heading_of

_BAD_BODY: Final = wire.CODES["bad_body"]


class LinkDecoder:
    """Reads what one side of one link says."""

    def __init__(self, messages: Mapping[int, tuple[type[wire.Message], ...]]) -> None:
        """`messages` has the structs of each service id, as `treasure_link.TO_SERVER` has."""
        self._decoders = {
            service: [msgspec.json.Decoder(cls) for cls in classes]
            for service, classes in messages.items()
        }

    def decode(self, payload: bytes) -> Any:
        """Return the message in a frame.

        Raises:
            RemoteProtocolError: It is none.
        """
        service, _ = heading_of(payload[: SERVICE.size])
        decoders = self._decoders.get(service)
        if decoders is None:
            raise RemoteProtocolError(f"no {service} here", code=wire.CODES["unknown_service"])
        said = self._said(service, decoders, payload[SERVICE.size :])
        if len(decoders) > 1:
            del decoders[0]
        return said

    @staticmethod
    def _said(service: int, decoders: list[msgspec.json.Decoder[Any]], body: bytes) -> Any:
        # A lobby that takes no commands refuses before it has said what comes first.
        reason: Exception | None = None
        for decoder in decoders:
            try:
                return decoder.decode(body)
            except (ValueError, RecursionError) as error:
                reason = reason or error
        raise RemoteProtocolError(f"{service}: {reason}", code=_BAD_BODY) from reason


def from_server() -> LinkDecoder:
    """Return what reads a room server."""
    return LinkDecoder({service: (cls,) for service, cls in link.FROM_SERVER.items()})


def from_lobby() -> LinkDecoder:
    """Return what reads the lobby."""
    return LinkDecoder(link.TO_SERVER)


def refuse(said: Any, code: int) -> wire.Message:
    """Return how the lobby says that it did not obey a message of a room server."""
    match said:
        case link.Batch(batch=batch):
            return link.BatchAnswer(batch=batch, code=code)
        case link.Placed(room_id=room_id, game=game, epoch=epoch):
            return link.PlacedAnswer(room_id=room_id, game=game, epoch=epoch, code=code)
        case link.Beat():
            return said
        case _:
            return link.Registered(code=code)
