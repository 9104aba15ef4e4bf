"""What becomes of each Dou Dizhu request, and how refusals are worded on this wire.

Every request goes to the session's own actor. Source: docs/protocols/landlord.md, "Errors".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, get_args

from parlour.actors.messages import FromSession
from parlour.events.landlord import LOBBY_ID
from parlour.events.messages import landlord as wire
from parlour.network.landlord.codec import decode
from parlour.network.service import Service

_CODES: Final = {
    "malformed": wire.MALFORMED,
    "too_many": wire.TOO_MANY,
    "unavailable": wire.UNAVAILABLE,
    "internal": wire.INTERNAL,
    "draining": wire.UNAVAILABLE,
}


def _to_session(session: int, request: wire.Request) -> tuple[str, FromSession]:
    return f"landlord.session:{session}", FromSession(session, request)


HANDLERS: Final[Mapping[type, Callable[[int, wire.Request], tuple[str, FromSession]]]] = (
    dict.fromkeys(get_args(wire.Request), _to_session)
)


def refusal(code: str, reason: str) -> wire.Error:
    """Return the message that tells a client `code` (see `Service.refusal`)."""
    return wire.Error(error_code=_CODES.get(code, wire.NOT_NOW), reason=reason)


LANDLORD: Final = Service(
    name="landlord", home=LOBBY_ID, decode=decode, handlers=HANDLERS, refusal=refusal
)
