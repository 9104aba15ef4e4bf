"""The tables and views that the treasure game adds to an exported log; its rooms are in `rooms`.

What players chose, and so their bids, is there once a game is settled: until then nobody knows.
"""

from __future__ import annotations

from typing import Final

from parlour.replay.export_shape import TableShape

_OF_GAME: Final = {"game": ("games", "id")}
_OF_PLAYER: Final = {**_OF_GAME, "uid": ("accounts", "uid")}

SHAPES: Final[dict[str, TableShape]] = {
    "treasure_games": TableShape(
        {
            "game": str,
            "room": str,
            "number": int,
            "server": str,
            "epoch": int,
            "commitment": str,
            "seed": str,
            "began": str,
            "days": int,
            "winner": str,
            "reason": str,
        },
        "game",
        {**_OF_GAME, "room": ("rooms", "name")},
        (("room",), ("winner",)),
    ),
    "treasure_players": TableShape(
        {
            "game": str,
            "seat": int,
            "uid": int,
            "username": str,
            "role": str,
            "alive": int,
            "treasures": int,
            "gold": int,
            "score": int,
            "win": int,
        },
        ("game", "seat"),
        _OF_PLAYER,
        (("uid",), ("role",)),
    ),
    "treasure_stages": TableShape(
        {
            "game": str,
            "day": int,
            "stage": int,
            "name": str,
            "began": str,
            "ended": str,
            "positions": str,
            "hp": str,
            "found": str,
            "left": int,
        },
        ("game", "day", "stage"),
        _OF_GAME,
    ),
    "treasure_lots": TableShape(
        {
            "game": str,
            "lot": int,
            "day": int,
            "item": str,
            "min": int,
            "buyer": int,
            "price": int,
        },
        ("game", "lot"),
        {**_OF_GAME, "buyer": ("accounts", "uid")},
        (("item",), ("buyer",)),
    ),
    "treasure_choices": TableShape(
        {
            "position": int,
            "game": str,
            "at": str,
            "day": int,
            "stage": int,
            "seat": int,
            "uid": int,
            "kind": str,
            "cell": int,
            "target": int,
        },
        "position",
        {**_OF_PLAYER, "target": ("accounts", "uid")},
        (("game", "day", "stage"), ("uid",), ("kind",)),
    ),
    "treasure_bids": TableShape(
        {
            "position": int,
            "game": str,
            "lot": int,
            "uid": int,
            "price": int,
            "won": int,
        },
        "position",
        {**_OF_PLAYER, "position": ("treasure_choices", "position")},
        (("game", "lot"), ("uid",)),
    ),
}

VIEWS: Final = {
    "treasure_results": """
        SELECT treasure_games.game, treasure_games.began, treasure_games.winner,
               treasure_games.reason, treasure_players.seat, treasure_players.uid,
               accounts.name, treasure_players.role, treasure_players.alive,
               treasure_players.treasures, treasure_players.gold, treasure_players.score,
               treasure_players.win
        FROM treasure_games
        JOIN treasure_players ON treasure_players.game = treasure_games.game
        LEFT JOIN accounts ON accounts.uid = treasure_players.uid
    """,
}
