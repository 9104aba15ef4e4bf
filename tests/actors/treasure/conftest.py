"""The treasure game in memory: a real engine and log, connections in lists, a clock by hand."""

import random
import sys
from pathlib import Path

import msgspec
import pytest

from parlour.events.messages import treasure as wire
from parlour.events.rules.treasure import stages
from parlour.events.rules.treasure.world import world_of

# Tests are imported by path (importlib mode); what they share lies beside them.
sys.path.insert(0, str(Path(__file__).parent))

from full_disks import FullDisk
from server_by_hand import Server
from treasure_inn import HERE, Inn
from treasure_players import LOBBY, Client


@pytest.fixture
def disk():
    return FullDisk


@pytest.fixture
def open_inn(tmp_path):
    """Opens inns; keyword arguments are settings of `treasure`."""

    def make(**options):
        inn = Inn(tmp_path, **options)
        inn.recover()
        return inn

    return make


@pytest.fixture
def inn(open_inn):
    return open_inn()


@pytest.fixture
def connect():
    """Connects to the lobby, or to the room server."""
    return lambda inn, protocol=LOBBY: Client(inn, protocol)


@pytest.fixture
def as_json():
    return lambda message: msgspec.json.decode(msgspec.json.encode(message))


@pytest.fixture
def here():
    return HERE


class Crowd:
    """Players of one game who do something in every stage, drawn from a number."""

    def __init__(self, inn, players, draw=1, room=1, game=1):
        self.inn, self.players = inn, players
        self.random = random.Random(draw)
        self.room, self.number = room, game

    @property
    def world(self):
        game = self.inn.game(self.room, self.number)
        return world_of(game, self.inn.seed(self.room, self.number))

    def act(self, number=None):
        """Have the first `number` of the living (None: all) act; return their codes."""
        game, world = self.inn.game(self.room, self.number), self.world
        living = [player for player in game.players if world.hp[player.seat]]
        by_uid = {player.uid: player for player in self.players}
        codes = []
        for one in living[:number]:
            kind, fields = self._choose(world, game, one.seat)
            codes.append(by_uid[one.uid].does(kind, **fields))
        return codes

    def _choose(self, world, game, seat):
        draw = self.random
        match world.stage:
            case 1:
                return wire.Move, {"to": draw.choice(sorted(stages.REACH[world.cells[seat]]))}
            case 2:
                near = [
                    player.uid
                    for player in game.players
                    if world.cells[player.seat] == world.cells[seat]
                    and world.hp[player.seat]
                    and player.seat != seat
                ]
                if world.ore[world.cells[seat]] and draw.random() < 0.6:
                    return wire.Mine, {}
                kind = draw.choice([wire.Attack, wire.Heal])
                return kind, {"target": draw.choice(near) if near else None}
            case 3:
                lot = draw.choice(world.lots)
                if world.gold[seat] >= lot.min:
                    return wire.Bid, {"lot_id": lot.lot_id, "price": lot.min}
                return wire.Bid, {}
            case _:
                return wire.Explore, {"skip": draw.random() < 0.1}

    def play_on(self, most=28):
        """Play to the end, or for so many stages."""
        for _ in range(most):
            if not self.inn.game(self.room, self.number).stage:
                return
            assert set(self.act()) == {0}


@pytest.fixture
def crowd():
    return Crowd


@pytest.fixture
def serve(connect, inn):
    """Lets room servers in."""

    def enter(name="north", **options):
        server = Server(connect, inn, name, **options)
        assert server.code == 0
        return server

    return enter
