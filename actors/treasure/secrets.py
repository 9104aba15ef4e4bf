"""What a room keeps secret: its password, the seeds of its games, tickets."""

from __future__ import annotations

from parlour.actors import accounts
from parlour.actors.context import Context
from parlour.events.rules.treasure import commands, draws
from parlour.events.rules.treasure.state import Room

_SALT_BYTES = 16
_TICKET_BYTES = 16


def choose_seed(context: Context, room: int, game: int) -> commands.Commitment:
    """Draw the seed of a room's next game, and commit to it."""
    salt = context.randomness.token(_SALT_BYTES).hex()
    commitment = draws.commitment(context.decks.seed(room, game, salt))
    return commands.Commitment(salt=salt, commitment=commitment)


def seed_of(context: Context, room: Room) -> bytes:
    """Return the seed of a room's next game, or of the running one."""
    return context.decks.seed(room.room, room.game, room.game_salt)


def key_fits(context: Context, room: Room) -> bool:
    """Tell whether the key file still gives the seed that the room is committed to."""
    return draws.commitment(seed_of(context, room)) == room.commitment


def password_hash(context: Context, salt: str, password: str) -> str:
    """Return what is kept of a room's password."""
    return context.decks.keyed_hash("treasure.room", salt + password)


def draw_ticket(context: Context) -> str:
    """Return a new ticket."""
    return context.randomness.token(_TICKET_BYTES).hex()


def ticket_digest(ticket: str) -> str:
    """Return the hash a ticket is known by; tickets are random, so a plain hash is enough."""
    return accounts.digest_of(ticket)
