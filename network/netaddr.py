"""Addresses as people write them: `HOST:PORT`, `[::1]:8080`, `:9100`."""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import NamedTuple

from parlour.events.errors import EngineError

_PORT = re.compile(r"[0-9]{1,5}")


class Address(NamedTuple):
    """Where to listen."""

    host: str
    """"" stands for every interface."""
    port: int
    """0 stands for any free port."""

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse(text: str) -> Address:
    """Return the address `text` names.

    Raises:
        EngineError: It is no HOST:PORT.
    """
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise EngineError(f"{text!r}: an IPv6 address is written [ADDRESS]:PORT")
    if not colon or _PORT.fullmatch(port) is None or int(port) > 65535:
        raise EngineError(f"{text!r} is not HOST:PORT, with PORT 0 to 65535 (0 takes any)")
    return Address(host, int(port))


def is_loopback(host: str) -> bool:
    """Tell whether a numeric address is this machine's own."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def is_unspecified(host: str) -> bool:
    """Tell whether a numeric address stands for every interface: nobody can connect to it."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return not host or _is_short_zero(host)
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_unspecified


def _is_short_zero(host: str) -> bool:
    """Tell whether it is 0.0.0.0 as only the system's resolver takes it: 0, 0.0, 0x0."""
    try:
        return not any(socket.inet_aton(host))
    except (OSError, ValueError):
        return False


def bind(address: Address) -> socket.socket:
    """Return a TCP socket bound to an address; not listening yet.

    Raises:
        EngineError: The name is unknown, or the port is taken or not ours to take.
    """
    try:
        found = socket.getaddrinfo(
            address.host or "0.0.0.0",
            address.port,
            type=socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )
    except (socket.gaierror, UnicodeError) as error:
        raise EngineError(f"cannot listen on {address}: {error}") from error
    family, kind, protocol, _, where = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(where)
    except OSError as error:
        listener.close()
        raise EngineError(f"cannot listen on {address}: {error.strerror}") from error
    listener.setblocking(False)
    return listener


def bound_address(listener: socket.socket) -> Address:
    """Return where a socket listens."""
    host, port = listener.getsockname()[:2]
    return Address(host, port)
