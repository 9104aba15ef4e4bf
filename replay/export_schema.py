"""The tables of an exported log: columns, keys, indexes, full-text search, views.

Made for people with a question and an SQL prompt: times are ISO 8601 text in UTC, cards are
JSON arrays of the wire's integers with the same cards drawn beside them. A game is a hand of Dou
Dizhu, a match of Techmino or a treasure game; `matches` and `treasure_games` have what only those
have.
"""

from __future__ import annotations

from typing import Final

from sqlite_utils import Database

from parlour.replay import export_schema_beehive, export_schema_treasure
from parlour.replay.export_shape import TableShape

SHAPES: Final[dict[str, TableShape]] = {
    "accounts": TableShape(
        {
            "uid": int,
            "name": str,
            "email": str,
            "motto": str,
            "zone": str,
            "sex": int,
            "birthday": str,
            "operator": int,
            "disabled": int,
            "money": int,
            "coin": int,
            "level": int,
            "exp": int,
            "total_board": int,
            "total_win": int,
            "seat": str,
            "registered": str,
        },
        "uid",
        {},
        (("name",),),
    ),
    "tables": TableShape({"tid": int, "type": int, "zone": int, "opened": str}, "tid", {}),
    "games": TableShape(
        {
            "id": str,
            "kind": str,
            "tid": int,
            "hand": int,
            "state": str,
            "started": str,
            "ended": str,
            "base": int,
            "rake_percent": int,
            "book": str,
            "rob": int,
            "deals": int,
            "landlord_seat": int,
            "ratio": int,
            "spring": int,
            "win_type": int,
            "quitter_seat": int,
            "rake": int,
        },
        "id",
        {"tid": ("tables", "tid")},
        (("started",), ("tid",), ("state",)),
    ),
    "seats": TableShape(
        {"game": str, "seat": int, "uid": int, "nonce": str},
        ("game", "seat"),
        {"game": ("games", "id"), "uid": ("accounts", "uid")},
        (("uid",),),
    ),
    "deals": TableShape(
        {
            "game": str,
            "deal": int,
            "position": int,
            "at": str,
            "commitment": str,
            "secret": str,
            "bottom": str,
            "hand_0": str,
            "hand_1": str,
            "hand_2": str,
        },
        ("game", "deal"),
        {"game": ("games", "id")},
    ),
    "calls": TableShape(
        {
            "position": int,
            "game": str,
            "deal": int,
            "at": str,
            "seat": int,
            "uid": int,
            "question": str,
            "answer": int,
            "by_engine": int,
        },
        "position",
        {"game": ("games", "id"), "uid": ("accounts", "uid")},
        (("game",), ("uid",)),
    ),
    "plays": TableShape(
        {
            "position": int,
            "game": str,
            "number": int,
            "at": str,
            "seat": int,
            "uid": int,
            "cards": str,
            "drawn": str,
            "card_type": int,
            "type": str,
            "lead": int,
            "left": int,
            "by_engine": int,
        },
        "position",
        {"game": ("games", "id"), "uid": ("accounts", "uid")},
        (("game",), ("uid",), ("card_type",)),
    ),
    "settlements": TableShape(
        {
            "game": str,
            "seat": int,
            "uid": int,
            "position": int,
            "at": str,
            "before": int,
            "change": int,
            "after": int,
            "win": int,
            "exp": int,
        },
        ("game", "seat"),
        {"game": ("games", "id"), "uid": ("accounts", "uid")},
        (("uid",),),
    ),
    "rooms": TableShape(
        {
            "name": str,
            "rid": str,
            "kind": str,
            "type": str,
            "title": str,
            "capacity": int,
            "private": int,
            "creator": int,
            "opened": str,
            "closed": str,
            "messages": int,
            "matches": int,
        },
        "name",
        {"creator": ("accounts", "uid")},
        (("kind",), ("rid",)),
    ),
    "messages": TableShape(
        {
            "position": int,
            "room": str,
            "seq": int,
            "at": str,
            "uid": int,
            "username": str,
            "text": str,
            "kind": str,
            "to_uid": int,
            "sub_group": int,
            "sid": str,
            "sender_seq": int,
            "sender_time": int,
            "level": int,
            "muted": int,
            "data": bytes,
        },
        "position",
        {"room": ("rooms", "name"), "uid": ("accounts", "uid"), "to_uid": ("accounts", "uid")},
        (("room", "seq"), ("uid", "at"), ("to_uid", "at"), ("at",)),
    ),
    "matches": TableShape(
        {
            "game": str,
            "rid": str,
            "room": str,
            "type": str,
            "seed": int,
            "began": str,
            "over": str,
        },
        "game",
        {"game": ("games", "id"), "room": ("rooms", "name")},
        (("rid",), ("room",)),
    ),
    "match_players": TableShape(
        {
            "game": str,
            "sid": int,
            "uid": int,
            "username": str,
            "config": str,
            "standing": str,
            "place": int,
            "score": float,
            "survival_time": float,
            "chunks": int,
            "bytes": int,
            "frames": int,
        },
        ("game", "sid"),
        {"game": ("games", "id"), "uid": ("accounts", "uid")},
        (("uid",), ("place",)),
    ),
    "deaths": TableShape(
        {
            "game": str,
            "uid": int,
            "position": int,
            "at": str,
            "why": str,
            "score": float,
            "survival_time": float,
        },
        ("game", "uid"),
        {"game": ("games", "id"), "uid": ("accounts", "uid")},
        (("uid",), ("position",)),
    ),
    "chunks": TableShape(
        {
            "position": int,
            "game": str,
            "uid": int,
            "at": str,
            "stream": str,
            "bytes": int,
            "frame": int,
            "keys": int,
        },
        "position",
        {"game": ("games", "id"), "uid": ("accounts", "uid")},
        (("game", "uid"), ("uid",)),
    ),
    "attacks": TableShape(
        {
            "position": int,
            "game": str,
            "uid": int,
            "frame": int,
            "way": str,
            "sid": int,
            "amount": int,
            "time": int,
            "line": int,
        },
        None,
        {
            "position": ("chunks", "position"),
            "game": ("games", "id"),
            "uid": ("accounts", "uid"),
        },
        (("game", "uid"), ("position",), ("uid",)),
    ),
    **export_schema_treasure.SHAPES,
    **export_schema_beehive.SHAPES,
    "ledger": TableShape(
        {
            "position": int,
            "at": str,
            "uid": int,
            "currency": str,
            "amount": int,
            "balance": int,
            "reason": str,
            "ref": str,
            "game": str,
        },
        "position",
        {"uid": ("accounts", "uid"), "game": ("games", "id")},
        (("uid", "at"), ("game",), ("reason",)),
    ),
    "events": TableShape(
        {
            "position": int,
            "at": str,
            "name": str,
            "topic": str,
            "originator": str,
            "version": int,
            "json": str,
        },
        "position",
        {},
        (("originator", "version"), ("name",)),
    ),
}

VIEWS: Final = {
    "game_players": """
        SELECT games.id AS game, games.started, games.state, games.win_type, games.ratio,
               seats.seat, seats.uid, accounts.name,
               seats.seat = games.landlord_seat AS landlord,
               settlements.change, settlements.after, settlements.win
        FROM games JOIN seats ON seats.game = games.id
        LEFT JOIN accounts ON accounts.uid = seats.uid
        LEFT JOIN settlements ON settlements.game = games.id AND settlements.seat = seats.seat
    """,
    "match_results": """
        SELECT matches.game, matches.began, matches.type, match_players.place,
               match_players.uid, accounts.name, match_players.standing, match_players.score,
               match_players.survival_time
        FROM matches JOIN match_players ON match_players.game = matches.game
        LEFT JOIN accounts ON accounts.uid = match_players.uid
    """,
    "player_totals": """
        SELECT accounts.uid, accounts.name, count(settlements.game) AS games,
               coalesce(sum(settlements.win), 0) AS wins,
               coalesce(sum(settlements.change), 0) AS won, accounts.money
        FROM accounts LEFT JOIN settlements ON settlements.uid = accounts.uid
        GROUP BY accounts.uid
    """,
    "money_by_reason": """
        SELECT currency, reason, count(*) AS lines, sum(amount) AS total,
               sum(CASE WHEN uid = 0 THEN amount ELSE 0 END) AS house
        FROM ledger GROUP BY currency, reason
    """,
    **export_schema_treasure.VIEWS,
    **export_schema_beehive.VIEWS,
}

SEARCHED: Final = {"accounts": ("name", "motto"), "messages": ("text", "username")}
"""Columns with full-text search, by table."""


def create(database: Database) -> None:
    """Make every table, empty."""
    for name, shape in SHAPES.items():
        database.table(name).create(
            shape.columns,
            pk=shape.pk,
            foreign_keys=[(column, *other) for column, other in shape.foreign.items()],
        )


def finish(database: Database) -> None:
    """Make what is cheaper to make once the rows are there: indexes, search, views."""
    for name, shape in SHAPES.items():
        for columns in shape.indexes:
            database.table(name).create_index(columns)
    for name, columns in SEARCHED.items():
        database.table(name).enable_fts(columns, create_triggers=True)
    for name, sql in VIEWS.items():
        database.create_view(name, sql)
    database.execute("ANALYZE")
