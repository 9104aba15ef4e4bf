"""What a room server says to its lobby about its games, and what it is told of them.

The games of this process tell this actor what they would tell their rooms. It knows which games
were given to this process on this link, and has them go on after an interruption; a game whose
result could not be settled says it again.
"""

from __future__ import annotations

from typing import ClassVar, Final

from parlour.actors.actor import EngineActor, Handler
from parlour.actors.messages import Recover, TimerFired
from parlour.actors.ports import CloseUser, Reply
from parlour.actors.treasure import messages
from parlour.actors.treasure.link_messages import LOBBY, Assigned, Concluded, Withdrawn
from parlour.events import treasure as facts
from parlour.events.messages import treasure_link as link
from parlour.events.rules.treasure import views
from parlour.events.rules.treasure.state import Game
from parlour.events.times import MICROSECONDS

_AGAIN: Final = MICROSECONDS
"""How long a result that could not be settled waits before it is said again (µs)."""


class RoomServerLink(EngineActor):
    """The actor `treasure.link:1`, in a room server."""

    RESTARTS = False  # what it knows is in no log

    def __init__(self) -> None:
        super().__init__()
        self._games: dict[int, Assigned] = {}
        """By room."""

    def may_end(self) -> bool:
        """There is one, and it is always wanted."""
        return False

    def _game(self, room: int, game: int) -> Game:
        state: Game = self.context.state(facts.game_id(room, game))
        return state

    # --- from the lobby --------------------------------------------------------------------

    def on_assigned(self, message: Assigned) -> None:
        """Have a game begin, or go on here."""
        serve = message.serve
        self._games[serve.room] = message
        if message.now:
            left_at = serve.left_at or self.context.now()
            self._go_on(message, None if message.known else Recover(left_at, cold=True))

    def _go_on(self, given: Assigned, interruption: Recover | None) -> None:
        """Tell a game what interrupted it here, if something did, and that it is served here."""
        serve = given.serve
        game_id = facts.game_id(serve.room, serve.game)
        if interruption is not None and self._game(serve.room, serve.game).epoch == serve.epoch:
            self.tell(game_id, interruption)
        self.tell(game_id, serve)
        self._games[serve.room] = Assigned(serve=serve, known=True, now=True)

    def on_withdrawn(self, message: Withdrawn) -> None:
        """Let a game go, and close the connections of its players."""
        given = self._games.get(message.room)
        if given is not None and given.serve.game == message.game:
            del self._games[message.room]
        for uid in message.uids:
            self.context.say(CloseUser(uid, "the game is on another room server"))

    def on_concluded(self, message: Concluded) -> None:
        """Have everybody told the result, once it is settled."""
        given = self._games.get(message.room)
        game = self._game(message.room, message.game)
        if message.code == 0 and game.settled is not None:
            self._games.pop(message.room, None)
            settle = messages.Settle(
                room=message.room,
                game=message.game,
                epoch=game.epoch,
                result=views.game_over(game.settled),
            )
            self.tell(facts.game_id(message.room, message.game), settle)
        elif message.code != link.STALE and given is not None:
            self.context.set_timer(self.id, str(message.room), self.context.now() + _AGAIN)

    # --- from games ------------------------------------------------------------------------

    def on_serving(self, message: messages.Serving) -> None:
        """A game is ready for its players."""
        self._game(message.room, message.game)  # looked at, so that this stands on it
        placed = link.Placed(
            room_id=message.room,
            game=message.game,
            epoch=message.epoch,
            code=message.code,
            ip=message.ip,
            port=message.port,
            ws=message.ws,
        )
        self.context.say(Reply(LOBBY, placed))

    def on_over(self, message: messages.Over) -> None:
        """A game is over, and is to be settled."""
        self._game(message.room, message.game)
        placed = link.Placed(
            room_id=message.room, game=message.game, epoch=message.epoch, result=message.result
        )
        self.context.say(Reply(LOBBY, placed))

    # --- time and interruptions ------------------------------------------------------------

    def on_timer(self, message: TimerFired) -> None:
        """Have a game say its result again."""
        given = self._games.get(int(message.name))
        if given is not None:
            self.tell(facts.game_id(given.serve.room, given.serve.game), given.serve)

    def on_recover(self, message: Recover) -> None:
        """Events are taken again: have every game go on."""
        for given in list(self._games.values()):
            left_at = given.serve.left_at or message.last_at
            self._go_on(given, message if given.known else Recover(left_at, cold=True))

    HANDLERS: ClassVar[dict[type, Handler]] = {
        Assigned: on_assigned,
        Withdrawn: on_withdrawn,
        Concluded: on_concluded,
        messages.Serving: on_serving,
        messages.Over: on_over,
        TimerFired: on_timer,
        Recover: on_recover,
    }
