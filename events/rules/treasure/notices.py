"""What the lobby tells of rooms, as wire messages: the list, a room, and the way to a game.

Pure translations; what the players of a game are told is in `views`. Source:
`docs/protocols/treasure.md`, section 3.
"""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET

from parlour.events.messages import treasure as messages
from parlour.events.messages.treasure import Seq
from parlour.events.rules.treasure.room import seated
from parlour.events.rules.treasure.state import Room
from parlour.events.times import MICROSECONDS


def listing(room: Room) -> messages.RoomListing:
    """Return one line of the list of rooms."""
    return messages.RoomListing(
        room_id=room.room,
        name=room.name,
        players=len(room.members),
        max=room.max,
        locked=bool(room.password),
        state=_state(room),
    )


def room_info(room: Room, seq: Seq = UNSET) -> messages.RoomInfo:
    """Return the room as its members see it; `seq` of the request, when it was asked for."""
    return messages.RoomInfo(
        seq=seq,
        room_id=room.room,
        name=room.name,
        host=room.host,
        max=room.max,
        state=_state(room),
        players=tuple(
            messages.RoomMember(
                player_id=member.uid, name=member.username, seat=member.seat, ready=member.ready
            )
            for member in seated(room)
        ),
        commitment=room.commitment,
    )


def game_at(room: Room, ticket: str, expires: int) -> messages.GameAt:
    """Return where a room's game is; `ticket` itself, `expires` in µs."""
    return messages.GameAt(
        room_id=room.room,
        ip=room.ip,
        port=room.port,
        ws=room.ws,
        ticket=ticket,
        expires=expires / MICROSECONDS,
    )


def _state(room: Room) -> Literal["waiting", "starting", "playing"]:
    return "waiting" if room.state == "closed" else room.state
