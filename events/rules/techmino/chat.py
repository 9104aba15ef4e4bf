"""A chat room: who is in it and what was said last.

A user may be in several. Joining the room one is in causes nothing: the answer is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from parlour.events import techmino as facts
from parlour.events.errors import RuleViolation
from parlour.events.event import Event
from parlour.events.rules.techmino import commands
from parlour.events.rules.techmino.state import HISTORY, Chat, Said


def decide(chat: Chat, command: commands.Command) -> list[Event]:
    """Return the events that obeying `command` would cause.

    Raises:
        RuleViolation: "room_full" or "no_room" (he is not in it).
    """
    return _DECISIONS[type(command)](chat, command)


def evolve(chat: Chat, event: Event) -> Chat:
    """Return `chat` as `event` leaves it; never refuses a recorded fact."""
    step = _STEPS.get(type(event))
    return chat if step is None else step(chat, event)


def remember(
    histories: tuple[Said, ...], event: facts.ChatSaid | facts.RoomSaid
) -> tuple[Said, ...]:
    """Return the last remarks with one more."""
    said = Said(at=event.at, uid=event.uid, username=event.username, text=event.text)
    return (*histories, said)[-HISTORY:]


# --- decisions ------------------------------------------------------------------------------


def _join(chat: Chat, command: commands.Join) -> list[Event]:
    if command.uid in chat.members:
        return []
    if len(chat.members) >= command.capacity:
        raise RuleViolation("room_full")
    return [facts.ChatJoined(at=command.at, uid=command.uid, username=command.username)]


def _leave(chat: Chat, command: commands.Leave) -> list[Event]:
    username = chat.members.get(command.uid)
    if username is None:
        raise RuleViolation("no_room")
    left = facts.ChatLeft(at=command.at, uid=command.uid, username=username, reason=command.reason)
    return [left]


def _say(chat: Chat, command: commands.Say) -> list[Event]:
    if command.uid not in chat.members:
        raise RuleViolation("no_room")
    said = facts.ChatSaid(
        at=command.at, uid=command.uid, username=command.username, text=command.text
    )
    return [said]


def _resume(chat: Chat, command: commands.Resume) -> list[Event]:
    return [facts.ChatEmptied(at=command.at)] if chat.members else []


_DECISIONS: Final[dict[type[commands.Command], Callable[[Chat, Any], list[Event]]]] = {
    commands.Join: _join,
    commands.Leave: _leave,
    commands.Say: _say,
    commands.Resume: _resume,
}

# --- evolution ------------------------------------------------------------------------------


def _joined(chat: Chat, event: facts.ChatJoined) -> Chat:
    return replace(chat, members={**chat.members, event.uid: event.username})


def _left(chat: Chat, event: facts.ChatLeft) -> Chat:
    members = {uid: name for uid, name in chat.members.items() if uid != event.uid}
    return replace(chat, members=members)


def _said(chat: Chat, event: facts.ChatSaid) -> Chat:
    return replace(chat, histories=remember(chat.histories, event))


def _emptied(chat: Chat, _event: facts.ChatEmptied) -> Chat:
    return replace(chat, members={})


_STEPS: Final[dict[type[Event], Callable[[Chat, Any], Chat]]] = {
    facts.ChatJoined: _joined,
    facts.ChatLeft: _left,
    facts.ChatSaid: _said,
    facts.ChatEmptied: _emptied,
}
