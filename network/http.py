"""HTTP: the WebSocket of each protocol, and what operators and their tools ask.

The application only; sockets are accepted by `doorkeeper.py`, WebSockets served by
`entrance.py`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

import msgspec
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from parlour.network.config import HttpSettings
from parlour.network.doorkeeper import Doorkeeper
from parlour.network.edge import Edge
from parlour.network.entrance import WebSocketEntrance
from parlour.network.landlord.codec import MAX_FRAME
from parlour.network.landlord.handlers import LANDLORD
from parlour.network.metrics import CONTENT_TYPE, Metrics
from parlour.network.netaddr import is_loopback

_logger = logging.getLogger("parlour.http")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

INDEX = """This is a Parlour engine.

GET /landlord          WebSocket: Dou Dizhu, one JSON object a text frame
GET /tech/socket/v1/…  WebSocket: Techmino; app, user, chat, play, stream
GET /im                WebSocket: instant messaging, one packet a message; /im/v1, /im/v2, /im/pb
GET /im/register       a device, and an account to whom has none
GET /im/iplist         where to connect, and a token for that
GET /im/history        the last remarks of a room
POST /im/push          an operator's message to a room, a group, a user or everybody
GET /healthz           is the process alive
GET /readyz            does it take commands
GET /metrics           counters for Prometheus
"""
MAX_BODY = 65_536
"""Longest body of a request in bytes; Techmino's credentials and beehive's pushes come in one."""


class Post(NamedTuple):
    """What serves POST on a path."""

    serve: Handler
    too_long: Handler
    """Answers a request whose body is over the limit, and was not read to its end."""


class _Logger(logging.Logger):
    """What aiohttp says of one server; what is no HTTP is counted, not logged with a traceback."""

    def __init__(self, metrics: Metrics) -> None:
        super().__init__(_logger.name)
        self._metrics = metrics

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802
        return _logger.isEnabledFor(level)

    def handle(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError):
            self._metrics.failed("bad_http")
        else:
            _logger.handle(record)


class HttpServer:
    """The aiohttp application behind one doorkeeper a connection."""

    def __init__(
        self,
        edge: Edge,
        settings: HttpSettings,
        *,
        open_mode: bool,
        routes: Mapping[str, Handler] | None = None,
        posts: Mapping[str, Post] | None = None,
        max_body: int = MAX_BODY,
        landlord: bool = True,
        index: str = INDEX,
    ) -> None:
        """Serve what every process serves, and what protocols bring.

        Args:
            edge: What every listener shares.
            settings: HTTP's.
            open_mode: Whether pages of other machines are refused.
            routes: What protocols serve on GET, by path.
            posts: On POST.
            max_body: Longest body of a request in bytes.
            landlord: Whether Dou Dizhu is played here.
            index: The page that says what there is.
        """
        self._landlord = landlord
        self._index = index
        self._routes = routes or {}
        self._posts = posts or {}
        self._max_body = max_body
        self._edge = edge
        self._settings = settings
        self._open = open_mode
        self._runner = web.AppRunner(
            self._application(),
            access_log=None,
            handle_signals=False,
            logger=_Logger(edge.metrics),
            keepalive_timeout=settings.keepalive_seconds,
            shutdown_timeout=1.0,
        )

    async def start(self) -> Callable[[], asyncio.Protocol]:
        """Make ready; return what `loop.create_server` makes each connection with."""
        await self._runner.setup()
        inner = cast(Callable[[], asyncio.Protocol], self._runner.server)
        return lambda: Doorkeeper(self._edge, inner(), self._settings.keepalive_seconds)

    async def stop(self) -> None:
        """Close what is still open."""
        await self._runner.cleanup()

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[self._receive_request], client_max_size=self._max_body)
        app.router.add_get("/", self._say_index)
        app.router.add_get("/healthz", _healthz)
        app.router.add_get("/readyz", self._readyz)
        if self._settings.metrics:
            app.router.add_get("/metrics", self._metrics)
        for path, handler in {**self._landlord_route(), **self._routes}.items():
            app.router.add_get(path, handler, allow_head=False)  # a HEAD cannot be upgraded
        for path, post in self._posts.items():
            app.router.add_post(path, post.serve)
        app.on_response_prepare.append(_sign)
        return app

    def _landlord_route(self) -> dict[str, Handler]:
        if not self._landlord:
            return {}
        entrance = WebSocketEntrance(
            self._edge, LANDLORD, max_frame=MAX_FRAME, settings=self._settings
        )
        return {"/landlord": entrance.serve}

    @web.middleware
    async def _receive_request(self, request: web.Request, handler: Handler) -> Any:
        try:
            await request.read()  # the time to send a request is that of its body too
        except web.HTTPRequestEntityTooLarge:
            post = self._posts.get(request.path)
            if post is None:
                raise
            return await post.too_long(request)
        except (ConnectionError, web.RequestPayloadError):
            return web.Response(status=400, headers={"Connection": "close"})
        keeper = None if request.transport is None else request.transport.get_protocol()
        if not isinstance(keeper, Doorkeeper):
            return await self._serve(request, handler)
        keeper.request_is_here()
        try:
            return await self._serve(request, handler)
        finally:
            keeper.await_next()

    async def _serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self._open and not _from_loopback(request.headers.get("Origin")):
            raise web.HTTPForbidden(text="an engine started with --open serves this machine only")
        return await handler(request)

    async def _say_index(self, request: web.Request) -> web.Response:
        return web.Response(text=self._index)

    async def _readyz(self, request: web.Request) -> web.Response:
        accepting = self._edge.engine.accepting
        return _json({"ready": accepting}, status=200 if accepting else 503)

    async def _metrics(self, request: web.Request) -> web.Response:
        return web.Response(body=self._edge.metrics.page(), headers={"Content-Type": CONTENT_TYPE})


def _from_loopback(origin: str | None) -> bool:
    """Tell whether a browser's page came from this machine; tools send no Origin."""
    if origin is None:
        return True
    try:
        host = urlsplit(origin).hostname
    except ValueError:
        return False
    return host is not None and (host == "localhost" or is_loopback(host))


async def _healthz(request: web.Request) -> web.Response:
    return _json({"alive": True}, status=200)


async def _sign(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = "parlour"


def _json(document: Any, *, status: int) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(document), status=status, content_type="application/json"
    )
