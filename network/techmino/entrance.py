"""Where Techmino's clients come in: the upgrade with its credentials, and how it fails.

Source: docs/protocols/techmino.md, section 1.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

import msgspec
from aiohttp import web
from msgspec.structs import replace

from parlour.actors.techmino.messages import Endpoint, Login
from parlour.actors.techmino.settings import TechminoSettings
from parlour.events.messages.techmino import common
from parlour.network import handshake
from parlour.network.edge import Edge
from parlour.network.entrance import upgrade
from parlour.network.heartbeat import asking_always
from parlour.network.service import Dialect, Service
from parlour.network.techmino.codec import MAX_MESSAGE
from parlour.network.techmino.credentials import CredentialDesk, Rejected
from parlour.network.techmino.handlers import PATH
from parlour.network.turns import Peer
from parlour.network.websocket import JSON_BINARY, JSON_TEXT
from parlour.network.websocket_connection import WebSocketConnection

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

WILD_KEY: Final = "osT3F7mvlojIvf3/8uIsJQ=="
"""The key every existing client sends; by it they are told apart from clients of the page."""


class WildClient:
    """All that is done for existing clients (v0.14.5, v0.14.6) and for nobody else.

    They take an answer for a failure that has no `content-length` in lower case, 101 or not;
    lose a frame whose header arrives split; and cannot watch a match.
    """

    ANSWERED: Final = b"content-length: 0"

    @staticmethod
    def switching(key: str) -> bytes:
        """Return the 101 for a key. aiohttp would take the line out of it."""
        extra = (WildClient.ANSWERED,) if key == WILD_KEY else ()
        return handshake.switching(key, *extra)


class TechminoEntrance:
    """Where the clients of one endpoint come in."""

    def __init__(
        self,
        endpoint: Endpoint,
        service: Service,
        *,
        edge: Edge,
        desk: CredentialDesk,
        settings: TechminoSettings,
    ) -> None:
        self._endpoint = endpoint
        self._service = service
        self._edge = edge
        self._desk = desk
        self._settings = settings
        self._heartbeat = asking_always(settings.ping_seconds, settings.silence_seconds)
        self._dialect: Dialect = JSON_BINARY if settings.binary else JSON_TEXT
        self._checking: set[asyncio.Task[None]] = set()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Upgrade one client, or say why not."""
        key = handshake.key_of(request)
        body = await request.read()
        if body or self._endpoint == "app":
            return await self._judge_body(request, key, body)
        connection = self._upgrade(request, key)
        if connection is not None:
            judge = partial(self._judge_first, connection, key)
            connection.await_first(self._settings.credentials_seconds, judge)
        return web.Response()  # to aiohttp the connection is lost; this goes nowhere

    def _upgrade(self, request: web.Request, key: str) -> WebSocketConnection | None:
        return upgrade(
            request,
            WildClient.switching(key),
            edge=self._edge,
            limit=MAX_MESSAGE,
            heartbeat=self._heartbeat,
            separate=key == WILD_KEY,
        )

    def _open(self, connection: WebSocketConnection, key: str, login: Login) -> None:
        login = replace(login, plays_only=key == WILD_KEY)
        connection.open(self._service, self._dialect, login=login)

    def _refuse(self, connection: WebSocketConnection, refusal: Rejected) -> None:
        words = self._dialect.encode(common.Error(reason=refusal.reason))
        connection.refuse(words, refusal.code, refusal.reason)

    # --- credentials in the body -----------------------------------------------------------

    async def _judge_body(self, request: web.Request, key: str, body: bytes) -> web.StreamResponse:
        try:
            login = await self._desk.check(self._endpoint, body, peer=handshake.sender(request))
        except Rejected as refusal:
            self._edge.metrics.failed("login_rejected")
            if self._settings.reject == "http":
                return _http_refusal(refusal)
            connection = self._upgrade(request, key)
            if connection is not None:
                self._refuse(connection, refusal)
        else:
            connection = self._upgrade(request, key)
            if connection is not None:
                self._open(connection, key, login)
        return web.Response()  # to aiohttp the connection is lost; this goes nowhere

    # --- credentials as the first message --------------------------------------------------

    def _judge_first(
        self, connection: WebSocketConnection, key: str, message: bytes | None
    ) -> None:
        task = asyncio.ensure_future(self._check_first(connection, key, message))
        self._checking.add(task)  # a loop forgets tasks that nobody holds
        task.add_done_callback(self._checking.discard)

    async def _check_first(
        self, connection: WebSocketConnection, key: str, message: bytes | None
    ) -> None:
        try:
            if message is None:
                raise Rejected("Wrong format: no credentials in time", status=400)
            peer = Peer(connection.peer, lambda: not connection.transport.is_closing())
            login = await self._desk.check(self._endpoint, message, peer=peer)
        except Rejected as refusal:
            self._edge.metrics.failed("login_rejected")
            self._refuse(connection, refusal)
        else:
            self._open(connection, key, login)


def _http_refusal(refusal: Rejected) -> web.Response:
    body = msgspec.json.encode(common.Error(reason=refusal.reason))
    return web.Response(
        status=refusal.status,
        body=body,
        # In lower case, for `WildClient`.
        headers={"content-length": str(len(body)), "content-type": "application/json"},
    )


def routes(
    services: Mapping[Endpoint, Service],
    *,
    edge: Edge,
    desk: CredentialDesk,
    settings: TechminoSettings,
) -> dict[str, Handler]:
    """Return what serves each path."""
    return {
        PATH + endpoint: TechminoEntrance(
            endpoint, service, edge=edge, desk=desk, settings=settings
        ).serve
        for endpoint, service in services.items()
    }
