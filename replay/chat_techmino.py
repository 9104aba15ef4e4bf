"""Chat of Techmino: the chat rooms, and what is said in play rooms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from parlour.events import techmino
from parlour.events.reader import LogReader
from parlour.replay.message import Message, Room

_SAID: Final = (techmino.ChatSaid, techmino.RoomSaid)
_CHAT: Final = "techmino.chat:"
_PLAY: Final = "techmino.room:"


def open_room(reader: LogReader, name: str) -> Room | None:
    """Return a room by its rid, with or without the protocol's name; None for none of its."""
    for prefix in ("techmino:", _CHAT, _PLAY):
        rid = name.removeprefix(prefix)
        if rid != name:
            break
    for kind in (_PLAY,) if prefix == _PLAY and rid != name else (_CHAT, _PLAY):
        if next(reader.aggregate(kind + rid), None) is not None:
            return Room(f"techmino:{rid}", _messages(reader, kind + rid))
    return None


def known(reader: LogReader) -> Iterator[str]:
    """Yield the names of the chat rooms."""
    for aggregate_id in reader.aggregate_ids("techmino.chat"):
        yield f"techmino:{aggregate_id.removeprefix(_CHAT)}"


def _messages(reader: LogReader, aggregate_id: str) -> Iterator[Message]:
    seq = 0
    for recorded in reader.aggregate(aggregate_id):
        event = recorded.event
        if isinstance(event, _SAID):
            seq += 1
            yield Message(recorded.position, event.uid, event.username, event.at, event.text, seq)
