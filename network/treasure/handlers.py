"""What becomes of each request of the treasure game, and how refusals are worded on this wire.

Every request goes to its session's own actor, but for the login, whose password is compared in
another thread first. Source: docs/protocols/treasure.md, "Frames".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from parlour.actors.messages import FromSession
from parlour.actors.treasure.game_home import GAME_HOME
from parlour.actors.treasure.settings import TreasureSettings
from parlour.events.errors import RemoteProtocolError
from parlour.events.messages import treasure as wire
from parlour.events.treasure import LOBBY_ID
from parlour.network.connection import Ending
from parlour.network.service import Errand, Service
from parlour.network.treasure.codec import RequestDecoder, heading_of

_CODES: Final[Mapping[str, int]] = {
    **wire.CODES,
    "malformed": wire.CODES["bad_body"],
    "too_many": wire.CODES["too_many_requests"],
    "unavailable": wire.CODES["no_commands"],
    "internal": wire.CODES["internal_error"],
    Ending.DRAINING.value: wire.CODES["no_commands"],
    Ending.TOO_SLOW.value: wire.CODES["too_many_requests"],
}
_ENDED: Final = wire.CODES["not_verified"]
"""Who is taken over, kicked, or did not log in in time speaks for nobody."""


def refusal(code: str, reason: str) -> wire.Farewell:
    """Return the message that tells a client `code` (see `Service.refusal`)."""
    return wire.Farewell(code=_CODES.get(code, _ENDED), reason=reason)


def address(words: wire.Farewell, payload: bytes) -> wire.Refusal | wire.ActionStatus:
    """Return a refusal as the answer to a frame: on its own id, with its number."""
    service, seq = heading_of(payload)
    return wire.refusal(service, words.code, seq)


def _breach(_error: RemoteProtocolError) -> str:
    return "malformed"


def lobby(login: Errand) -> Service:
    """Return the service of the lobby; `login` serves logins."""

    def to_session(session: int, request: Any) -> tuple[str, FromSession]:
        return f"treasure.session:{session}", FromSession(session, request)

    handled = [cls for cls in wire.LOBBY_REQUESTS.values() if cls is not wire.Login]
    return Service(
        name="treasure",
        home=LOBBY_ID,
        decode=RequestDecoder(wire.LOBBY_REQUESTS).decode,
        handlers=_all_to(handled, to_session),
        refusal=refusal,
        patience=None,
        errands={wire.Login: login},
        address=address,
        breach=_breach,
        floods_end=True,
    )


def games(settings: TreasureSettings) -> Service:
    """Return the service of a room server."""

    def to_session(session: int, request: Any) -> tuple[str, FromSession]:
        return f"treasure.game.session:{session}", FromSession(session, request)

    return Service(
        name="treasure-room",
        home=GAME_HOME,
        decode=RequestDecoder(wire.ROOM_REQUESTS).decode,
        handlers=_all_to(list(wire.ROOM_REQUESTS.values()), to_session),
        refusal=refusal,
        patience=None,
        address=address,
        breach=_breach,
        auth_seconds=settings.silence_seconds,
        floods_end=True,
        sessions="treasure.game.session",
    )


_Route = Callable[[int, Any], tuple[str, Any]]


def _all_to(requests: list[type[wire.Request]], route: _Route) -> dict[type, _Route]:
    return dict.fromkeys(requests, route)
