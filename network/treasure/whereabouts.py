"""Where clients are told to find the treasure games of a process."""

from __future__ import annotations

from parlour.events.errors import EngineError
from parlour.network.config import Config
from parlour.network.netaddr import Address, is_unspecified
from parlour.network.treasure.entrance import ROOM_PATH


def whereabouts(config: Config, room: Address, http: Address | None) -> tuple[str, int, str]:
    """Return what 50 tells: the address and port of TCP, and the URL of the WebSocket.

    Args:
        config: `treasure.advertise`, and whether there is a certificate.
        room: Where the listener `treasure-room` listens.
        http: Where the listener `http` does; None without one, then the URL is "".

    Raises:
        EngineError: Clients would be told an address that stands for every interface.
    """
    ip = config.treasure.advertise or room.host
    if is_unspecified(ip):
        raise EngineError(
            f"treasure-room listens on {room}, and clients cannot be told to come there: "
            "set treasure.advertise to the address they reach this machine at"
        )
    if http is None:
        return ip, room.port, ""
    host = config.treasure.advertise or (room.host if is_unspecified(http.host) else http.host)
    scheme = "wss" if config.tls.certificate else "ws"
    return ip, room.port, f"{scheme}://{Address(host, http.port)}{ROOM_PATH}"
