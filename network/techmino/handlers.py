"""The five endpoints of Techmino as services: what each action is and where it goes.

Every request goes to the session's own actor, except for those that take their time
(`errands`). Source: docs/protocols/techmino.md, sections 2 to 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from parlour.actors.messages import FromSession
from parlour.actors.techmino.messages import Endpoint
from parlour.actors.techmino.settings import TechminoSettings
from parlour.events.messages.techmino import app, chat, common, play, stream, user
from parlour.events.techmino import LOBBY_ID
from parlour.network.service import Errand, Service
from parlour.network.techmino.codec import Lengths, RequestDecoder

PATH: Final = "/tech/socket/v1/"
"""Before the endpoint's name."""


class Row(NamedTuple):
    """What one action is."""

    request: type[common.Request]
    errand: bool = False
    """Whether it is served outside the actors (`Service.errands`)."""


ACTIONS: Final[Mapping[Endpoint, Mapping[int, Row]]] = {
    "app": {
        0: Row(app.GetVersion),
        1: Row(app.GetNotice),
        2: Row(app.Register, errand=True),
    },
    "user": {
        0: Row(user.GetAccessToken),
        1: Row(user.GetUser),
    },
    "chat": {
        0: Row(chat.ListChats),
        1: Row(chat.JoinChat),
        2: Row(chat.LeaveChat),
        3: Row(chat.SayInChat),
    },
    "play": {
        0: Row(play.ListRooms),
        1: Row(play.CreateRoom),
        2: Row(play.EnterRoom),
        3: Row(play.LeaveRoom),
        4: Row(play.SayInRoom),
        5: Row(play.ChangeConfig),
        6: Row(play.ChangeReady),
    },
    "stream": {
        4: Row(stream.Die),
        5: Row(stream.SendChunk),
    },
}
_EXCLUSIVE: Final = ("techmino.chat", "techmino.play", "techmino.stream")
_WORDS: Final = {
    "unknown_action": common.ACTION_NOT_FOUND,
    "too_many": common.TOO_MANY,
    "unavailable": common.NOT_TAKING,
    "draining": common.NOT_TAKING,
    "internal": common.INTERNAL,
}


def refusal(code: str, reason: str) -> common.Warn | common.Error:
    """Return the message that tells a client `code` (see `Service.refusal`)."""
    if code == "malformed":
        return common.Warn(reason=f"Wrong format: {reason}")
    return common.Error(reason=_WORDS.get(code, reason))


def services(settings: TechminoSettings, errands: Mapping[type, Errand]) -> dict[Endpoint, Service]:
    """Return the service of each endpoint; `errands` serve the rows that are errands."""
    lengths = Lengths(
        message=settings.message_bytes, config=settings.config_bytes, chunk=settings.chunk_bytes
    )
    return {
        endpoint: _service(endpoint, rows, lengths, errands) for endpoint, rows in ACTIONS.items()
    }


def _service(
    endpoint: Endpoint,
    rows: Mapping[int, Row],
    lengths: Lengths,
    errands: Mapping[type, Errand],
) -> Service:
    name = f"techmino.{endpoint}"

    def to_session(session: int, request: Any) -> tuple[str, FromSession]:
        return f"{name}.session:{session}", FromSession(session, request)

    requests = {action: row.request for action, row in rows.items()}
    return Service(
        name=name,
        home=LOBBY_ID,
        decode=RequestDecoder(requests, lengths).decode,
        handlers={row.request: to_session for row in rows.values() if not row.errand},
        refusal=refusal,
        patience=None,
        exclusive=name in _EXCLUSIVE,
        errands={row.request: errands[row.request] for row in rows.values() if row.errand},
        lossless=endpoint == "stream",  # a record cannot be read past a chunk that is lost
    )
