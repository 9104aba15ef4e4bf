"""What tests of the command line share: one line of refusal, and a log worth reading."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from engine_process import Engine, Result, parlour
from player import Player, begin_play, deal
from wire import TcpLink

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def refused(result: Result, *, word: str = "") -> str:
    """Expect one line on stderr that says what is wrong, and an exit code that is not 0."""
    assert result.code != 0, result
    lines = result.err.strip().splitlines()
    assert len(lines) == 1, result
    assert word in lines[0], result
    return lines[0]


async def play_hand(players: list[Player]) -> None:
    for player in players:
        await player.say("game_ready")
    await asyncio.gather(*(player.play_on() for player in players))
    for player in players:
        await player.expect("SERVER_TABLE_INFO_BC")


async def _three_games(engine: Engine) -> tuple[list[int], dict[str, object]]:
    players = []
    for uid in (1011, 1012, 1013):
        player = Player(await TcpLink().connect(engine.tcp), uid)
        assert (await player.join(1, 100))["cmd"] == "SERVER_JOIN_TABLE_SUCC"
        players.append(player)
    await play_hand(players)
    told: dict[str, object] = {"finished": players[0].hand}
    told["finished deals"] = [player.hand.deals[-1] for player in players]
    await begin_play(players)
    await players[1].say("force_quit")
    await players[1].expect("force_ok")
    told["quit"] = await players[0].expect("game_end")
    await players[0].expect("SERVER_TABLE_INFO_BC")
    assert (await players[1].join(1, 100))["cmd"] == "SERVER_JOIN_TABLE_SUCC"
    await deal(players)
    told["running deals"] = [player.hand.deals[-1] for player in players]
    for player in players:
        player.link.drop()
    return [player.uid for player in players], told


class Scene:
    """An engine with a finished, a quit and a running hand; nothing happens there any more."""

    def __init__(self, engine: Engine, uids: list[int], told: dict) -> None:
        self.engine, self.uids, self.told = engine, uids, told
        self._replayed: dict[tuple[object, ...], dict] = {}

    @property
    def data(self) -> Path:
        return self.engine.data

    def _ask(self, *arguments: object) -> dict:
        """Return what a replay says; a replay of the same is the same."""
        if arguments not in self._replayed:
            result = parlour("replay", *arguments, "--data", self.data, "--json")
            assert result.code == 0, result
            self._replayed[arguments] = result.json()
        return self._replayed[arguments]

    def games(self) -> list[dict]:
        """Return what `replay games` lists."""
        return self._ask("games")["games"]

    def replay(self, game: dict, *options: object) -> dict:
        """Return what `replay game` tells of a listed game."""
        return self._ask("game", game["id"], *options)


async def play_scene(engine: Engine) -> Scene:
    """Play what the scene is made of."""
    return Scene(engine, *await _three_games(engine))
