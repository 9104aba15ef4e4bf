"""What beehive's clients and operators ask over HTTP: /im/register, iplist, push, history.

Every answer is a JSON object with `code` and `errmsg`, 0 and "Ok" when all is well. Source:
docs/protocols/beehive.md, "HTTP helpers".
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
import structlog
from aiohttp import web

from parlour.actors import accounts
from parlour.actors.beehive import messages as ask
from parlour.actors.beehive.settings import BeehiveSettings
from parlour.events import beehive as facts
from parlour.events.errors import LogUnavailable, RuleViolation
from parlour.events.rules.profile import MAX_NUMBER
from parlour.events.times import MICROSECONDS
from parlour.network.beehive.credentials import Credentials, Denied
from parlour.network.handshake import local_address, sender
from parlour.network.http import Post
from parlour.network.limits import AddressMeters
from parlour.network.netaddr import Address
from parlour.network.passwords import PasswordThread, PasswordUnfit
from parlour.network.service import Commands
from parlour.network.turns import PeerGone, TooManyWait

_log = structlog.get_logger("parlour.beehive")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_SYSTEM, _FORBIDDEN, _MISSING, _TOO_LONG, _TOO_MANY = 10001, 10005, 10006, 10018, 10022
_UNKNOWN, _INVALID, _CHECK_FAILED = 20008, 20011, 20012
_KINDS: Final = {1: "beehive", 2: "http"}
"""Our own listener of each type of node."""
_TYPES: Final[Mapping[str, Literal[1, 2]]] = {"1": 1, "2": 2}
_REFUSALS: Final = {
    "account_disabled": (403, _UNKNOWN),
    "sid_taken": (403, _UNKNOWN),
    "sid_invalid": (400, _CHECK_FAILED),
    "too_many_devices": (429, _TOO_MANY),
    "full": (429, _TOO_MANY),
    "internal": (500, _SYSTEM),
}
_Asked = tuple[str, Any]


class Answer(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, code: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.code = code


class BeehiveHttp:
    """Serves the four paths."""

    def __init__(
        self,
        engine: Commands,
        credentials: Credentials,
        passwords: PasswordThread,
        *,
        settings: BeehiveSettings,
        register: Callable[[accounts.RegisterAccount], Awaitable[int]],
        newcomers: AddressMeters,
        new_devices: AddressMeters,
        listening: Mapping[str, Address],
        now: Callable[[], int],
    ) -> None:
        """Wire it.

        Args:
            engine: Where the actors are.
            credentials: Who checks tokens and passwords.
            passwords: Where those of new accounts are hashed.
            settings: Those of beehive.
            register: Makes an account and returns its uid.
            newcomers: How many accounts an address may make.
            new_devices: How many devices an address may add to accounts that there are.
            listening: Where this engine listens, by kind.
            now: Returns the time in µs.
        """
        self._engine = engine
        self._credentials = credentials
        self._passwords = passwords
        self._settings = settings
        self._make_account = register
        self._newcomers = newcomers
        self._new_devices = new_devices
        self._now = now
        self._listening = listening

    def gets(self) -> dict[str, Handler]:
        """Return what serves GET on each path."""
        return {
            "/im/register": self._serve(self._register),
            "/im/iplist": self._serve(self._iplist),
            "/im/history": self._serve(self._history),
        }

    def posts(self) -> dict[str, Post]:
        """Return what serves POST on each path."""
        return {"/im/push": Post(self._serve(self._push), self._serve(self._refuse_length))}

    def _serve(self, work: Callable[[web.Request], Awaitable[dict[str, Any]]]) -> Handler:
        async def serve(request: web.Request) -> web.StreamResponse:
            try:
                document, status = await work(request), 200
                document |= {"code": 0, "errmsg": "Ok"}
            except web.HTTPRequestEntityTooLarge:
                status, document = 413, {"code": _TOO_LONG, "errmsg": "the message is too long"}
            except Answer as refusal:
                status = refusal.status
                document = {"code": refusal.code, "errmsg": str(refusal)}
            except Denied as refusal:
                status, document = 401, {"code": _UNKNOWN, "errmsg": str(refusal)}
            except RuleViolation as refusal:
                status, code = _status_of(refusal)
                document = {"code": code, "errmsg": str(refusal)}
            except (TooManyWait, PeerGone) as error:
                status, document = 429, {"code": _TOO_MANY, "errmsg": str(error)}
            except LogUnavailable as error:
                status, document = 503, {"code": _SYSTEM, "errmsg": str(error)}
            return web.Response(
                status=status,
                body=msgspec.json.encode(document),
                content_type="application/json",
                headers={"Cache-Control": "no-store"},
            )

        return serve

    # --- devices ---------------------------------------------------------------------------

    async def _register(self, request: web.Request) -> dict[str, Any]:
        """Give a device, and before that an account to whom has none."""
        uid = _number(request, "uid", default=0)
        places = {name: request.query.get(name, "") for name in ("nation", "city", "town")}
        if uid:
            await self._credentials.check(request, uid)
            self._count_device(request)
        else:
            uid = await self._add_account(request)
        sid, token = await self._device(uid, ask.AddDevice())
        return {"uid": uid, "sid": sid, **places, "token": token.token}

    async def _add_account(self, request: web.Request) -> int:
        if not self._settings.register:
            raise Answer(403, _FORBIDDEN, "accounts are made by the operator here")
        peer = sender(request)
        if not self._newcomers.take(peer.address):
            raise Answer(429, _TOO_MANY, "too many new accounts from this address")
        password, hashed = request.query.get("password", ""), ""
        if password:
            try:
                hashed = await self._passwords.hash(password, peer=peer)
            except PasswordUnfit as error:
                raise Answer(400, _INVALID, str(error)) from error
        command = accounts.RegisterAccount(
            name=f"im{secrets.token_hex(5)}",
            any_name=True,
            password_hash=hashed,
            by="self",
        )
        return await self._make_account(command)

    def _count_device(self, request: web.Request) -> None:
        if not self._new_devices.take(sender(request).address):
            raise Answer(429, _TOO_MANY, "too many new devices from this address")

    async def _find_device(
        self, request: web.Request, uid: int, sid: int
    ) -> tuple[int, accounts.TokenGiven]:
        """Return a device with a token for it; a new one counts, his own again does not."""
        if sid:
            try:
                return await self._device(uid, ask.AddDevice(sid=sid, known=True))
            except RuleViolation as refusal:
                if refusal.code != "no_such_device":
                    raise
        self._count_device(request)
        return await self._device(uid, ask.AddDevice(sid=sid))

    async def _device(self, uid: int, command: ask.AddDevice) -> tuple[int, accounts.TokenGiven]:
        user = facts.user_id(uid)
        sid = await self._engine.ask(user, command)
        token: accounts.TokenGiven = await self._engine.ask(user, ask.GiveDeviceToken(sid=sid))
        return sid, token

    async def _iplist(self, request: web.Request) -> dict[str, Any]:
        """Say where to connect, and give the device a token for that."""
        uid = _number(request, "uid")
        sid = _number(request, "sid", default=0)
        kind = _TYPES.get(request.query.get("type") or "1")
        if kind is None:
            raise Answer(400, _INVALID, "a type is 1 (TCP) or 2 (WebSocket)")
        bound = await self._credentials.check(request, uid)
        if bound and sid not in (0, bound):
            raise Denied(f"the token is of the sid {bound}")
        sid, token = await self._find_device(request, uid, sid or bound)
        nodes: Sequence[str] = await self._engine.ask(facts.NODES_ID, ask.LiveNodes(type=kind))
        where = list(dict.fromkeys([*self._here(request, kind), *nodes]))
        return {
            "uid": uid,
            "sid": sid,
            "type": kind,
            "token": token.token,
            "expire": max(-((self._now() - token.expires) // MICROSECONDS), 0),
            "len": len(where),
            "list": where,
        }

    def _here(self, request: web.Request, kind: int) -> list[str]:
        address = self._listening.get(_KINDS[kind])
        if address is None:
            return []
        host = self._settings.advertise or local_address(request)
        return [str(Address(host, address.port))]

    # --- history ---------------------------------------------------------------------------

    async def _history(self, request: web.Request) -> dict[str, Any]:
        """Tell the last remarks of a room, oldest first."""
        rid = _number(request, "rid")
        most = self._settings.room_history
        count = _number(request, "count", default=most)
        uid = _number(request, "uid")
        await self._credentials.check(request, uid)
        command = ask.RoomHistory(uid=uid, count=min(count, most))
        said: list[facts.RoomSaid] = await self._engine.ask(facts.room_id(rid), command)
        return {"rid": rid, "len": len(said), "list": [_remark(one) for one in said]}

    # --- pushes ----------------------------------------------------------------------------

    async def _push(self, request: web.Request) -> dict[str, Any]:
        """Say something in the operator's name."""
        await self._credentials.check_operator(request)
        dim = request.query.get("dim", "")
        addressed = _DIMENSIONS.get(dim)
        if addressed is None:
            raise Answer(400, _INVALID, f"dim is one of {', '.join(_DIMENSIONS)}, not {dim!r}")
        body = await request.read()
        if len(body) > self._settings.body_bytes:
            return await self._refuse_length(request)
        if not body:
            raise Answer(400, _INVALID, "the message is the body of the request, and is missing")
        return {"msgid": await self._engine.ask(*addressed(request, body))}

    async def _refuse_length(self, request: web.Request) -> dict[str, Any]:
        raise Answer(413, _TOO_LONG, f"a message is at most {self._settings.body_bytes} bytes")


def _to_room(request: web.Request, body: bytes) -> _Asked:
    expire = _number(request, "expire", default=0)
    return facts.room_id(_number(request, "rid")), ask.PushToRoom(expire=expire, data=body)


def _to_group(request: web.Request, body: bytes) -> _Asked:
    text, data = _text_or_data(body)
    return facts.group_id(_number(request, "gid")), ask.PushToGroup(text=text, data=data)


def _to_user(request: web.Request, body: bytes) -> _Asked:
    return facts.user_id(_number(request, "uid")), ask.PushToUser(data=body)


def _to_all(request: web.Request, body: bytes) -> _Asked:
    text, data = _text_or_data(body)
    expire = _number(request, "expire", default=0)
    return facts.LOBBY_ID, ask.PushToAll(expire=expire, text=text, data=data)


_DIMENSIONS: Final[Mapping[str, Callable[[web.Request, bytes], _Asked]]] = {
    "room": _to_room,
    "group": _to_group,
    "user": _to_user,
    "broadcast": _to_all,
}


def _text_or_data(body: bytes) -> tuple[str, bytes | None]:
    try:
        return body.decode(), None
    except UnicodeDecodeError:
        return "", body


def _number(request: web.Request, name: str, *, default: int | None = None) -> int:
    """Return a number of the query, from 1 (or 0, where that is what it is without) up."""
    text = request.query.get(name, "")
    if not text and default is not None:
        return default
    least = 1 if default is None else 0
    if not (text.isascii() and text.isdigit() and len(text) < 17):
        raise Answer(400, _INVALID, f"{name} is a number, and not {text[:32]!r}")
    if not least <= int(text) <= MAX_NUMBER:
        raise Answer(400, _INVALID, f"{name} is {least} to {MAX_NUMBER}")
    return int(text)


def _remark(said: facts.RoomSaid) -> dict[str, Any]:
    names = ("uid", "gid", "seq", "level", "time", "text")
    shown = {name: getattr(said, name) for name in names}
    if said.data is not None:
        shown["data"] = base64.b64encode(said.data).decode()
    return shown


def _status_of(refusal: RuleViolation) -> tuple[int, int]:
    if refusal.code in _REFUSALS:
        return _REFUSALS[refusal.code]
    if refusal.code.startswith("no_such"):
        return 404, _MISSING
    if refusal.code.endswith("_invalid"):
        return 400, _INVALID
    return 403, _FORBIDDEN
