"""What one may know and no other: held against all that the engine says, when it says it.

Three nets. Secrets nobody may be told (seeds of running games, passwords) are looked for in every
byte that leaves; random texts (tokens, tickets) may leave to one client and never to a second one;
and cards, roles, sights and goods are compared with what the seat they are told to may know.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import UNSET

from parlour.actors.ports import Bind, Publish, Reply, Unbind
from parlour.events import beehive, landlord
from parlour.events import treasure as treasure_facts
from parlour.events.account import account_id
from parlour.events.messages import landlord as wire
from parlour.events.messages import treasure
from parlour.events.messages.beehive.packet import Packet
from parlour.events.messages.beehive.room import RoomLsnStat
from parlour.events.rules.landlord import deck
from parlour.events.rules.treasure.state import Game, Room, World
from parlour.events.rules.treasure.world import world_of
from parlour.network.production import KeyFileDecks

_XOR = bytes(byte ^ 0x0D for byte in range(256))
_RANDOM = re.compile(rb"[0-9a-fA-F]{32,64}|[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}")
_TOKEN_BYTES = 16
Live = Callable[[str], Any]
"""An aggregate's state as it is now, on disk or not."""


class Secrets:
    """What must not be told, and who was told what."""

    def __init__(self, key: bytes, blame: Callable[[str], None]) -> None:
        self.decks = KeyFileDecks(key)
        self._blame = blame
        self._hidden: dict[bytes, str] = {}
        """What nobody may be told now, and whose it is."""
        self._drawn: dict[str, str] = {}
        """Random texts, and which client was told them ("" for nobody yet)."""
        self._worlds: dict[str, tuple[Game, World]] = {}

    # --- what is secret ------------------------------------------------------------------------

    def hide(self, secret: bytes, whose: str) -> None:
        """Nobody may be told these bytes, raw or in hex."""
        self._hidden[secret.hex().encode()] = whose
        self._hidden[secret] = whose

    def hide_text(self, text: str, whose: str) -> None:
        """Nobody may ever be told this text."""
        self._hidden[text.encode()] = whose

    def reveal(self, secret: str) -> None:
        """Everybody may know it from now on; hex."""
        self._hidden.pop(secret.encode(), None)
        self._hidden.pop(bytes.fromhex(secret), None)

    def forget(self, whose: str) -> None:
        """There is nothing secret about it any more."""
        for secret in [secret for secret, of in self._hidden.items() if of == whose]:
            del self._hidden[secret]

    def draw(self, token: bytes) -> None:
        """The engine drew something at random: if it is long, it is for one client alone."""
        if len(token) >= _TOKEN_BYTES:
            self._drawn[token.hex()] = ""
        if len(token) == _TOKEN_BYTES:
            self._drawn[str(uuid.UUID(bytes=token, version=4))] = ""

    def own(self, token: str, tag: str) -> None:
        """This random text is of one client, who has it already."""
        self._drawn[token.lower()] = tag

    def show(self, token: str) -> None:
        """This random text is no secret but a name."""
        self._drawn.pop(token.lower(), None)

    def of_hand(self, hand: Any) -> tuple[bytes, bytes, bytes]:
        """Return the three secrets of a hand."""
        return self.decks.secrets(hand.tid, hand.hand, hand.salt)

    # --- what is said --------------------------------------------------------------------------

    def look_at_bytes(self, data: bytes, tag: str) -> None:
        """Bytes leave the engine to a client."""
        for text in (data, data.translate(_XOR)):
            for secret, game in self._hidden.items():
                if secret in text:
                    self._blame(f"the secret of {game} was told")
        for found in _RANDOM.findall(data):
            token = found.decode().lower()
            told = self._drawn.get(token)
            if told == "":
                self._drawn[token] = tag
            elif told is not None and told != tag:
                self._blame(f"{tag} was told {token}, which is {told}'s")

    def look_at(self, output: Any, uids: dict[int, int], live: Live) -> None:
        """An actor says something; `uids` are those of sessions, and are kept."""
        message = getattr(output, "message", None)
        if isinstance(output, Bind):
            uids[output.session] = output.uid
        elif isinstance(output, Unbind):
            uids.pop(output.session, None)
        elif isinstance(message, wire.Message):
            self._look_at_cards(message, _heard_by(output, uids), live)
        elif isinstance(message, Packet) and isinstance(message.message, RoomLsnStat):
            self._look_at_watchers(message.message, output.uids, live)
        elif isinstance(message, _PRIVATE):
            for uid in _heard_by(output, uids):
                self._look_at_seat(message, uid, live)

    def _look_at_watchers(self, message: RoomLsnStat, sids: Sequence[int], live: Live) -> None:
        """What nodes report is for operators."""
        for sid in sids:
            owner = live(account_id(live(beehive.device_id(sid)).uid))
            if not owner.operator or owner.disabled:
                self._blame(f"device {sid}, no operator's, was told {message}")

    # --- Dou Dizhu -----------------------------------------------------------------------------

    def _look_at_cards(self, message: wire.Message, uids: Sequence[int], live: Live) -> None:
        cards = _cards_in(message)
        if not cards:
            return
        hands = [hands for uid in uids if (hands := self._hidden_from(uid, live)) is not None]
        for hidden in hands:
            if hidden & cards:
                self._blame(f"{uids} were told others' cards {hidden & cards}: {message!r:.300}")

    def _hidden_from(self, uid: int, live: Live) -> frozenset[int] | None:
        """Return the cards of a player's running hand that he must not know."""
        seated = live(f"account:{uid}")
        table = live(seated.seat) if seated is not None else None
        if not getattr(table, "playing", False):
            return None
        hand = live(landlord.hand_id(table.tid, table.hand))
        if hand is None or hand.settled is not None or uid not in hand.uids:
            return None
        holdings = deck.holdings(hand, self.of_hand(hand))
        others = [held for seat, held in enumerate(holdings) if hand.uids[seat] != uid]
        return frozenset().union(*others) - frozenset(hand.bottom)

    # --- the treasure game ---------------------------------------------------------------------

    def _look_at_seat(self, message: Any, uid: int, live: Live) -> None:
        """Compare what a seat is told of itself with what is so."""
        seated = live(f"account:{uid}")
        room: Room | None = live(seated.seat) if seated is not None and seated.seat else None
        if room is None or not hasattr(room, "game_salt"):
            return
        game_id = treasure_facts.game_id(room.room, room.game)
        game: Game | None = live(game_id)
        seats = [] if game is None else [p.seat for p in game.players if p.uid == uid]
        if game is None or game.settled is not None or not seats:
            return
        world = self._world(game_id, game, room)
        wrong = _wrong_with(message, uid, seats[0], world)
        if wrong:
            self._blame(f"{uid} was told {wrong}: {message!r:.300}")

    def _world(self, game_id: str, game: Game, room: Room) -> World:
        known = self._worlds.get(game_id)
        if known is None or known[0] is not game:
            seed = self.decks.seed(room.room, room.game, room.game_salt)
            known = self._worlds[game_id] = game, world_of(game, seed)
        return known[1]


_PRIVATE = (treasure.Role, treasure.Vision, treasure.Goods, treasure.Exploration)
"""What is for one seat alone."""


def _heard_by(output: Any, uids: dict[int, int]) -> Sequence[int]:
    if isinstance(output, Reply):
        return (uids.get(output.session, 0),)
    return (output.uids or (0,)) if isinstance(output, Publish) else ()


def _wrong_with(message: Any, uid: int, seat: int, world: World) -> str:
    """Return what of a message its seat may not know, "" for nothing."""
    evil = world.roles[seat] == "evil"
    match message:
        case treasure.Role():
            if message.player_id != uid or message.role != world.roles[seat]:
                return "who another one is"
            if not evil and message.mates is not UNSET:
                return "who is evil"
            if (message.gold, message.items) != (world.gold[seat], world.items[seat]):
                return "what another one has"
        case treasure.Vision():
            return "" if evil else "what the evil see"
        case treasure.Goods():
            if (message.gold, message.items) != (world.gold[seat], world.items[seat]):
                return "what another one has"
        case treasure.Exploration():
            if message.treasure not in (UNSET, world.cells[seat]):
                return "where another one found a treasure"
    return ""


def _cards_in(message: wire.Message) -> frozenset[int]:
    """Return every card a message names."""
    match message:
        case wire.GameStart():
            return frozenset(message.private)
        case wire.PlayInfo():
            return frozenset(message.cards)
        case wire.TableSnapshot():
            played = [card for play in message.plays for card in play.cards]
            return frozenset((*message.cards, *played))
        case _:
            return frozenset()
