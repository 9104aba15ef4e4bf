"""Many treasure games played in one thread by the real engine, and left in mid-stage.

As `tables` does it for Dou Dizhu: no sockets and no waiting, and what lies in the log afterwards is
what players over sockets would have left there.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from parlour.actors import accounts
from parlour.actors.engine import Engine
from parlour.actors.messages import Ask, FromSession, SessionOpened
from parlour.actors.ports import Bind, Output, Publish
from parlour.actors.settings import ActorSettings
from parlour.actors.treasure.game import TreasureGame
from parlour.actors.treasure.game_home import GameHome
from parlour.actors.treasure.game_session import GameSession
from parlour.actors.treasure.lobby import TreasureLobby
from parlour.actors.treasure.messages import LogIn
from parlour.actors.treasure.room import TreasureRoom
from parlour.actors.treasure.servers import RoomServers
from parlour.actors.treasure.session import LobbySession
from parlour.actors.treasure.settings import GameServer, TreasureSettings
from parlour.actors.user import User
from parlour.events.kinds import KINDS
from parlour.events.log import open_log
from parlour.events.messages import treasure as wire
from parlour.events.treasure import LOBBY_ID, SERVERS_ID
from parlour.events.writers import InlineWriter
from parlour.network.production import KeyFileDecks, SystemRandomness, WallClock

MEMBERS: Final = 8
FIRST_UID: Final = 500_001
"""Above those of the tables on the same log."""
_ACTING: Final = 4
"""How many have acted in the stage that is left running."""
_HOURS: Final = 3600.0


class _Player:
    """One account in a room, and what it was last told."""

    def __init__(self, uid: int) -> None:
        self.uid = uid
        self.place: wire.GameAt | None = None
        self.stage: wire.Stage | None = None

    def hear(self, told: wire.Message) -> None:
        """Take a message to this player or to everybody in his game."""
        if isinstance(told, wire.GameAt):
            self.place = told
        elif isinstance(told, wire.Stage):
            self.stage = told


class _Sockets:
    """The hub: every player is always connected, on the session of his uid's number."""

    def __init__(self, players: dict[int, _Player]) -> None:
        self._players = players

    def online(self, protocol: str, uid: int) -> bool:
        return uid in self._players

    def announce(self, session: int, protocol: str, uid: int, device: int = 0) -> None:
        pass

    def retract(self, session: int) -> None:
        pass

    def admitted(self, session: int) -> bool:
        return True

    def speaker(self, session: int) -> int:
        return session

    def deliver(self, outputs: Sequence[Output]) -> None:
        for output in outputs:
            if isinstance(output, Publish):
                for uid in output.uids or ():
                    self._players[uid].hear(output.message)
            elif not isinstance(output, Bind):
                code = getattr(getattr(output, "message", None), "code", wire.OK)
                if code != wire.OK:
                    raise RuntimeError(f"unexpected in a bench: {output}")


class TreasureGames:
    """Running games on a log; a context manager that closes it."""

    def __init__(self, data: Path, *, games: int) -> None:
        """Make `8 × games` accounts and have them begin `games` games."""
        self._log = open_log(data, open_mode=True)
        uids = range(FIRST_UID, FIRST_UID + MEMBERS * games)
        self._players = {uid: _Player(uid) for uid in uids}
        self._writer = InlineWriter()
        self._engine = Engine(
            recorder=self._log.recorder,
            writer=self._writer,
            kinds=KINDS,
            actors={
                "user": User,
                "treasure.session": LobbySession,
                "treasure.lobby": TreasureLobby,
                "treasure.room": TreasureRoom,
                "treasure.servers": RoomServers,
                "treasure.game": TreasureGame,
                "treasure.gamehome": GameHome,
                "treasure.game.session": GameSession,
            },
            roots=[SERVERS_ID, LOBBY_ID],
            hub=_Sockets(self._players),
            clock=WallClock(),
            randomness=SystemRandomness(),
            decks=KeyFileDecks(self._log.deck_key),
            settings=ActorSettings(
                open=True,
                treasure=TreasureSettings(
                    move_seconds=_HOURS, action_seconds=_HOURS, verify_seconds=_HOURS
                ),
                game_server=GameServer(ip="127.0.0.1", port=9201),
            ),
            report=_complain,
        )
        self._engine.recover(0)
        for game in range(games):
            self._begin(game + 1, uids[game * MEMBERS : (game + 1) * MEMBERS])

    def __enter__(self) -> TreasureGames:
        return self

    def __exit__(self, *exc: object) -> None:
        self._log.close()

    def play_into(self) -> None:
        """Play the first stage, and leave the second with half of the players' choices made."""
        for player in self._players.values():
            self._play(player, wire.Move(to=1))
        self._writer.flush()
        for player in self._players.values():
            if player.uid % MEMBERS < _ACTING:
                self._play(player, wire.Heal(target=player.uid))
        self._writer.flush()

    def _begin(self, room: int, uids: Sequence[int]) -> None:
        host, *others = uids
        for uid in uids:
            self._log_in(uid)
        self._ask(host, wire.CreateRoom(name=f"room {room}", max=MEMBERS))
        for uid in others:
            self._ask(uid, wire.JoinRoom(room_id=room))
            self._ask(uid, wire.ChangeReady(ready=True))
        self._ask(host, wire.StartGame())
        self._writer.flush()
        for uid in uids:
            place = self._players[uid].place
            if place is None:
                raise RuntimeError(f"nobody told {uid} where his game is")
            self._engine.tell(f"treasure.game.session:{uid}", SessionOpened(uid, "bench"))
            self._play(
                self._players[uid],
                wire.Verify(room_id=room, player_id=uid, ticket=place.ticket),
            )
        self._writer.flush()

    def _log_in(self, uid: int) -> None:
        register = accounts.RegisterAccount(name=player_name(uid), by="open", money=10_000)
        self._engine.tell(f"user:{uid}", Ask(0, register))
        session = f"treasure.session:{uid}"
        self._engine.tell(session, SessionOpened(uid, "bench"))
        request = wire.Login(name=player_name(uid))
        self._engine.tell(session, LogIn(origin=session, uid=uid, request=request))

    def _ask(self, uid: int, request: wire.Request) -> None:
        self._engine.tell(f"treasure.session:{uid}", FromSession(uid, request))

    def _play(self, player: _Player, request: wire.Request) -> None:
        self._engine.tell(f"treasure.game.session:{player.uid}", FromSession(player.uid, request))


def player_name(uid: int) -> str:
    """Return the name a player logs in with."""
    return f"seeker{uid}"


def _complain(event: str, **fields: Any) -> None:
    raise RuntimeError(f"{event}: {fields}")
