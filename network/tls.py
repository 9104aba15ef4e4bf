"""The listener of connections that speak TLS: a peer is counted before it shakes hands.

asyncio's own server tells of a connection once the handshake is done, and one that never is
would be held without being counted. So connections are accepted here, in plain, and are only
then given to asyncio. Who is over a limit is closed unheard: a refusal in words would need the
handshake, which is the dearest thing a stranger can ask for.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable

import structlog

from parlour.network.edge import Edge
from parlour.network.limits import Gate

_PAUSE_SECONDS = 1.0
"""How long nothing is accepted when the system has no more sockets."""
_log = structlog.get_logger("parlour.tls")


class TlsListener:
    """Accepts on one socket."""

    def __init__(
        self,
        listener: socket.socket,
        factory: Callable[[], asyncio.Protocol],
        *,
        kind: str,
        edge: Edge,
        context: ssl.SSLContext,
    ) -> None:
        """Accept from now on; `listener` listens already, and is closed in the end.

        Args:
            listener: Where to accept.
            factory: Makes the protocol of a connection that has shaken hands.
            kind: The listener's, for the count of those turned away.
            edge: Whose gate is passed, and how long a handshake may take (`auth_seconds`).
            context: The certificate.
        """
        self._listener = listener
        self._factory = factory
        self._kind = kind
        self._edge = edge
        self._context = context
        self._handshakes: set[asyncio.Task[None]] = set()
        self._accepting = asyncio.get_running_loop().create_task(self._accept())
        # Not before the loop has let go of it: its number may be another socket's by then.
        self._accepting.add_done_callback(lambda _: listener.close())

    def close(self) -> None:
        """Accept no more, and break off the handshakes that are not done."""
        self._accepting.cancel()
        for handshake in self._handshakes:
            handshake.cancel()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, address = await loop.sock_accept(self._listener)
            except ConnectionAbortedError:
                continue
            except OSError as error:
                _log.warning("accept_failed", kind=self._kind, error=str(error))
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            self._admit(sock, str(address[0]))
            await asyncio.sleep(0)  # others have their turn, however many wait to come in

    def _admit(self, sock: socket.socket, peer: str) -> None:
        if self._edge.gate.admit(peer) is not None:
            self._edge.metrics.refused.labels(self._kind).inc()
            sock.close()
            return
        place = _Place(self._edge.gate, peer, self._factory)
        loop = asyncio.get_running_loop()
        handshake = loop.create_task(self._shake_hands(sock, place))

        def done(task: asyncio.Task[None]) -> None:
            # Not at the end of the coroutine: one that is cancelled early never begins.
            self._handshakes.discard(task)
            if place.held:
                place.give_up()
                sock.close()

        self._handshakes.add(handshake)
        handshake.add_done_callback(done)

    async def _shake_hands(self, sock: socket.socket, place: _Place) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: place,
                sock,
                ssl=self._context,
                ssl_handshake_timeout=self._edge.limits.auth_seconds or None,
            )
        except OSError as error:  # it left, took too long, or spoke no TLS
            _log.debug("no_handshake", kind=self._kind, peer=place.peer, error=str(error))


class _Place(asyncio.Protocol):
    """Holds a connection's place among those counted, until its own protocol takes it."""

    def __init__(self, gate: Gate, peer: str, factory: Callable[[], asyncio.Protocol]) -> None:
        self._gate = gate
        self._factory = factory
        self.peer = peer
        self.held = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The handshake is done: hand the connection on, and the place with it."""
        protocol = self._factory()
        transport.set_protocol(protocol)
        # The protocol counts itself in; nobody can take the place in between.
        self.give_up()
        protocol.connection_made(transport)

    def give_up(self) -> None:
        """Count the connection out."""
        self.held = False
        self._gate.leave(self.peer)
