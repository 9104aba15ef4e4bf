"""The kinds of listeners, where each listens, and the sockets they accept on."""

from __future__ import annotations

import asyncio
import difflib
import os
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from parlour.events.errors import EngineError
from parlour.network.config import ListenSettings, TlsSettings
from parlour.network.edge import Edge
from parlour.network.netaddr import Address, bind, bound_address, is_loopback, parse
from parlour.network.tls import TlsListener

_NAMES = {field.encode_name: field.name for field in msgspec.structs.fields(ListenSettings)}
KINDS = tuple(_NAMES)
"""Kinds served, in the order of the ready file."""
_BACKLOG = 1024


def addresses(chosen: Sequence[str], defaults: ListenSettings) -> dict[str, Address]:
    """Return where to listen: what `--listen` chose, or every kind's default.

    Raises:
        EngineError: A kind is unknown or named twice, or an address is none.
    """
    if not chosen:
        return {kind: parse(getattr(defaults, name)) for kind, name in _NAMES.items()}
    found: dict[str, Address] = {}
    for text in chosen:
        kind, equals, where = text.partition("=")
        if not equals:
            raise EngineError(f"--listen takes KIND=HOST:PORT, not {text!r}")
        if kind not in KINDS:
            close = difflib.get_close_matches(kind, KINDS, n=1)
            hint = f"did you mean {close[0]}? " if close else ""
            raise EngineError(f"--listen {text}: {hint}the kinds served are {', '.join(KINDS)}")
        if kind in found:
            raise EngineError(f"--listen names {kind} twice; a kind listens in one place")
        found[kind] = parse(where)
    return found


def bind_all(where: Mapping[str, Address], *, loopback_only: bool) -> dict[str, socket.socket]:
    """Bind a socket for each kind; none listens yet.

    Raises:
        EngineError: An address cannot be had, or is not on this machine and must be.
    """
    bound: dict[str, socket.socket] = {}
    try:
        for kind, address in where.items():
            bound[kind] = bind(address)
            if loopback_only and not is_loopback(bound_address(bound[kind]).host):
                raise EngineError(
                    f"--open serves this machine only: {kind} cannot listen on {address}; "
                    "use 127.0.0.1 or leave --open out"
                )
    except EngineError:
        for listener in bound.values():
            listener.close()
        raise
    return bound


def tls_context(settings: TlsSettings) -> ssl.SSLContext | None:
    """Return what listeners speak TLS with, None without a certificate.

    Raises:
        EngineError: The files cannot be read or do not belong together.
    """
    if not settings.certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.certificate, settings.key)
    except (OSError, ssl.SSLError) as error:
        raise EngineError(
            f"tls.certificate {settings.certificate}, tls.key {settings.key}: {error}"
        ) from error
    return context


async def accept(
    listener: socket.socket,
    factory: Callable[[], asyncio.Protocol],
    *,
    kind: str,
    edge: Edge,
    tls: ssl.SSLContext | None,
) -> asyncio.Server | TlsListener:
    """Accept connections from now on."""
    if tls is not None:
        listener.listen(_BACKLOG)
        return TlsListener(listener, factory, kind=kind, edge=edge, context=tls)
    loop = asyncio.get_running_loop()
    return await loop.create_server(factory, sock=listener, backlog=_BACKLOG)


def clear_ready_file(path: Path) -> None:
    """Remove what an earlier engine wrote, which would be a lie now.

    Raises:
        EngineError: It cannot be removed, or a new one cannot be written.
    """
    half = _half(path)
    try:
        half.write_bytes(b"")
        half.unlink()
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from error


def write_ready_file(path: Path, bound: Mapping[str, socket.socket]) -> None:
    """Write {kind: "host:port"}, so that a reader sees all of it or nothing.

    Raises:
        EngineError: It cannot be written.
    """
    document = {kind: str(bound_address(listener)) for kind, listener in bound.items()}
    half = _half(path)
    try:
        half.write_bytes(msgspec.json.encode(document) + b"\n")
        half.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error


def _half(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}")


def _unwritable(path: Path, error: OSError) -> EngineError:
    return EngineError(f"cannot write the ready file {path}: {error.strerror}")
