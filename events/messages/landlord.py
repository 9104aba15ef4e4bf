"""Every message of the Dou Dizhu protocol, decoded. Field names are the wire's.

`Request` is what a client may say; the other unions are what it is told. The structs are
tagged by `cmd`, so encoding and decoding need no table of their own.
Source: docs/protocols/landlord.md.
"""

from __future__ import annotations

from typing import Literal

import msgspec

# --- from clients -------------------------------------------------------------------------


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="cmd"):
    """Anything on this wire."""


class JoinTable(Message, frozen=True, kw_only=True, tag="CLIENT_JOIN_TABLE_REQ"):
    """Log in and take a seat."""

    type: int
    uid: int
    skey: str
    zone: int = 0


class GameReady(Message, frozen=True, kw_only=True, tag="game_ready"):
    """Be ready, optionally giving a nonce to the shuffle."""

    uid: int
    nonce: str = ""


class CallSubmit(Message, frozen=True, kw_only=True, tag="call_landlord_submit"):
    """Answer a call or rob question."""

    uid: int
    action: int


class PlaySubmit(Message, frozen=True, kw_only=True, tag="play_card_submit"):
    """Play cards, or pass with card_type 0."""

    uid: int
    card_type: int
    cards: tuple[int, ...] = ()


class ForceQuit(Message, frozen=True, kw_only=True, tag="force_quit"):
    """Leave at once, also in mid-hand, for a price."""

    uid: int


class Logout(Message, frozen=True, kw_only=True, tag="logout"):
    """Leave the table."""

    uid: int


class SwapTable(Message, frozen=True, kw_only=True, tag="swap_table"):
    """Go to another table of the same level and zone."""

    uid: int


Request = JoinTable | GameReady | CallSubmit | PlaySubmit | ForceQuit | Logout | SwapTable

# --- to clients ---------------------------------------------------------------------------


class JoinTableSucc(Message, frozen=True, kw_only=True, tag="SERVER_JOIN_TABLE_SUCC"):
    """You sit here."""

    type: int
    sid: int
    tid: int
    seatid: int


class JoinTableErr(Message, frozen=True, kw_only=True, tag="SERVER_JOIN_TABLE_ERR"):
    """No seat: 1 skey, 2 type, 3 zone, 4 type and zone, 5 timeout or none, 6 money."""

    error_code: int


class TableUser(msgspec.Struct, frozen=True, kw_only=True):
    """One seated player, for all at the table."""

    uid: int
    name: str
    sex: int
    birthday: str
    zone: str
    level: int
    exp: int
    money: int
    coin: int
    total_board: int
    total_win: int
    seatid: int
    ready: bool
    online: bool


class TableInfo(Message, frozen=True, kw_only=True, tag="SERVER_TABLE_INFO_BC"):
    """Who sits here now, and the commitments of the next hand's secrets."""

    users: tuple[TableUser, ...]
    commitments: tuple[str, ...]


class GameReadyOk(Message, frozen=True, kw_only=True, tag="game_ready_ok"):
    """This player is ready."""

    uid: int


class GameReadyNg(Message, frozen=True, kw_only=True, tag="game_ready_ng"):
    """Not ready: 1 not at a table, 2 wrong state, 3 money below the floor."""

    error_code: int


class GameStart(Message, frozen=True, kw_only=True, tag="game_start"):
    """The bottom cards, this seat's own 17 cards, and the nonces that went into the deal."""

    c: tuple[int, ...]
    private: tuple[int, ...]
    nonces: tuple[str, ...]


class CallTurn(Message, frozen=True, kw_only=True, tag="call_landlord_turn"):
    """Who is asked what: 1 → {1,2,3}, 2 → {2,3}, 3 → {3}, 4 = rob."""

    uid: int
    who: int
    action: int


class CallInfo(Message, frozen=True, kw_only=True, tag="call_landlord_info"):
    """What was answered."""

    uid: int
    action: int


class LandlordInfo(Message, frozen=True, kw_only=True, tag="landlord_info"):
    """Who is the landlord, at what ratio."""

    uid: int
    ratio: int


class PlayTurn(Message, frozen=True, kw_only=True, tag="play_card"):
    """Whose turn it is; flag 0 lead, 1 follow."""

    uid: int
    flag: int


class PlayNg(Message, frozen=True, kw_only=True, tag="play_card_ng"):
    """A refused play, 1..7; the turn and its clock go on."""

    uid: int
    error_code: int


class PlayInfo(Message, frozen=True, kw_only=True, tag="play_card_info"):
    """What was played; card_type 0 is a pass."""

    uid: int
    cards: tuple[int, ...]
    card_type: int


class EndUser(msgspec.Struct, frozen=True, kw_only=True):
    """One player's result."""

    uid: int
    money: int
    """Held after the hand."""
    win: int
    cmoney: int
    """Magnitude of the change."""
    coin: int


class GameEnd(Message, frozen=True, kw_only=True, tag="game_end"):
    """The settlement, and the secret the deck came from."""

    win_type: int
    users: tuple[EndUser, ...]
    secret: str


class ForceOk(Message, frozen=True, kw_only=True, tag="force_ok"):
    """You quit."""

    uid: int


class LogoutOk(Message, frozen=True, kw_only=True, tag="logout_ok"):
    """You left."""

    uid: int


class LogoutNg(Message, frozen=True, kw_only=True, tag="logout_ng"):
    """You stay: 2 a hand is being played."""

    error_code: int


class SnapshotPlay(msgspec.Struct, frozen=True, kw_only=True):
    """One play of the running hand."""

    uid: int
    cards: tuple[int, ...]
    card_type: int


class SnapshotLeft(msgspec.Struct, frozen=True, kw_only=True):
    """How many cards a seat holds."""

    uid: int
    seatid: int
    count: int


class TableSnapshot(Message, frozen=True, kw_only=True, tag="table_snapshot"):
    """The table as a returning player finds it."""

    type: int
    tid: int
    seatid: int
    state: Literal["waiting", "calling", "robbing", "playing"]
    ratio: int
    landlord: int
    """uid, 0 for none yet."""
    turn: int
    """uid, 0 for nobody."""
    seconds: float
    """Left for the running turn (or for being ready), 0 when no clock runs."""
    floor: int
    """Lowest open call, 0 when none is."""
    cards: tuple[int, ...]
    c: tuple[int, ...]
    plays: tuple[SnapshotPlay, ...]
    left: tuple[SnapshotLeft, ...]
    last: SnapshotPlay | None
    commitments: tuple[str, ...]


class Redeal(Message, frozen=True, kw_only=True, tag="redeal"):
    """Nobody called; the thrown-in deal's secret."""

    secret: str


class TableDissolved(Message, frozen=True, kw_only=True, tag="table_dissolved"):
    """Everybody's seat is gone."""

    reason: str
    secret: str = ""


class Unseated(Message, frozen=True, kw_only=True, tag="unseated"):
    """Your seat is gone."""

    reason: str


class Error(Message, frozen=True, kw_only=True, tag="error"):
    """What has no answer of its own: 1 malformed … 6 no commands now."""

    error_code: int
    reason: str


MALFORMED, NOT_YOURS, NOT_NOW, TOO_MANY, INTERNAL, UNAVAILABLE = 1, 2, 3, 4, 5, 6
