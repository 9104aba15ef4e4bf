"""Where games hear of lost connections, `treasure.gamehome:1`: which game each player is in.

It knows that of live connections only, so nothing of it need survive a start.
"""

from __future__ import annotations

from typing import ClassVar, Final

from parlour.actors.actor import EngineActor, Handler
from parlour.actors.messages import UserLost
from parlour.actors.treasure.messages import Gone, Plays

GAME_HOME: Final = "treasure.gamehome:1"


class GameHome(EngineActor):
    """The one actor that is told when a player's last connection to his game is gone."""

    RESTARTS = False  # what it knows is in no log

    def __init__(self) -> None:
        super().__init__()
        self._games: dict[int, str] = {}

    def may_end(self) -> bool:
        """There is one, and it is always wanted."""
        return False

    def on_plays(self, message: Plays) -> None:
        """Remember where a player is."""
        self._games[message.uid] = message.game

    def on_user_lost(self, message: UserLost) -> None:
        """Tell his game."""
        game = self._games.pop(message.uid, None)
        if game is not None:
            self.tell(game, Gone(uid=message.uid))

    HANDLERS: ClassVar[dict[type, Handler]] = {Plays: on_plays, UserLost: on_user_lost}
