"""A room server by hand, for tests of the lobby's side of its link."""

import msgspec

from parlour.actors.treasure.link_messages import LINKS
from parlour.events import treasure as facts
from parlour.events.event import encode, topic_of
from parlour.events.messages import treasure as wire
from parlour.events.messages import treasure_link as link
from parlour.events.rules.treasure import commands
from parlour.events.rules.treasure import game as rules
from parlour.events.rules.treasure.world import advance, world_of

SECOND = 1_000_000
GAME = facts.game_id(1, 1)


class Server:
    """A room server by hand: it knows the rules, and says what it is told to say."""

    def __init__(self, connect, inn, name, *, capacity=10, port=9300):
        self.inn, self.name, self.port = inn, name, port
        self.client = connect(inn, LINKS)
        [self.challenge] = self.client.take(link.Challenge)
        said = link.Register(
            server_id=name, ip="10.0.0.9", port=port, capacity=capacity, nonce="00", mac=""
        )
        self.client.send(said)
        self.batches = 0

    @property
    def code(self):
        [registered] = self.client.take(link.Registered)
        return registered.code

    @property
    def closed(self):
        return self.client.closed

    def take(self, kind):
        return self.client.take(kind)

    def assigned(self):
        """Return the one game that was given since."""
        [assign] = self.take(link.Assign)
        return assign

    def begin(self, assign):
        """Open the game, or go on with it, if that was not done yet."""
        game_id = facts.game_id(assign.room_id, assign.game)
        game, at = self.inn.state(game_id), self.inn.clock.time
        if game.epoch < assign.epoch:
            events = [opening(assign, self.name, at)]
            if game.phase == "playing":
                events = going_on(self.inn, assign, self.name)
            version = len(self.inn.events(game_id)) + 1
            unit = [(game_id, version + n, event) for n, event in enumerate(events)]
            assert self.ship(unit).code == 0

    def accept(self, assign, *, begun=True, **changes):
        if begun and not changes:
            self.begin(assign)
        placed = link.Placed(
            room_id=assign.room_id,
            game=assign.game,
            epoch=assign.epoch,
            ip="10.0.0.9",
            port=self.port,
        )
        self.client.send(msgspec.structs.replace(placed, **changes))

    def ship(self, *units):
        """Ship units of (aggregate, version, event); return the answer."""
        self.batches += 1
        self.client.send(link.Batch(batch=self.batches, units=tuple(map(rows_of, units))))
        [answer] = self.take(link.BatchAnswer)
        assert answer.batch == self.batches
        return answer


def rows_of(unit):
    return tuple(
        link.Row(aggregate_id, version, topic_of(event), msgspec.Raw(encode(event)))
        for aggregate_id, version, event in unit
    )


def opening(assign, name, at, **changes):
    players = tuple(
        facts.Player(seat=player.seat, uid=player.player_id, username=player.name)
        for player in assign.players
    )
    event = facts.GameOpened(
        at=at,
        room=assign.room_id,
        game=assign.game,
        epoch=assign.epoch,
        server=name,
        players=players,
        commitment=assign.commitment,
        times=assign.options,
    )
    return msgspec.structs.replace(event, **changes)


def going_on(inn, assign, name):
    """Return the events with which a room server goes on with a game."""
    command = commands.MoveGame(
        at=inn.clock.time,
        epoch=assign.epoch,
        server=name,
        left_at=assign.left_at,
        floor_us=5 * SECOND,
    )
    game = inn.game(assign.room_id, assign.game)
    return rules.decide(game, world_of(game, inn.seed()), command, inn.seed())


def begin(inn, server):
    """Have a game begin on a room server; return what it was given, and the players."""
    players = inn.open_room(4)
    players[0].lobby.send(wire.StartGame())
    assign = server.assigned()
    game_id = facts.game_id(assign.room_id, assign.game)
    unit = [(game_id, 1, opening(assign, server.name, inn.clock.time))]
    assert server.ship(unit).code == 0
    server.accept(assign)
    return assign, players


def play_out(inn, server, assign):
    """Ship a game to its last stage; return the settlement."""
    game, seed = inn.game(), inn.seed()
    world, version = world_of(game, seed), len(inn.events(GAME))
    while True:
        inn.clock.time += 100 * SECOND
        events = rules.decide(game, world, commands.Ring(at=inn.clock.time), seed)
        recorded = [event for event in events if not isinstance(event, facts.GameSettled)]
        unit = [(GAME, version + n, event) for n, event in enumerate(recorded, start=1)]
        assert server.ship(unit).code == 0
        version += len(unit)
        for event in recorded:
            world = advance(world, event, seed)
        game = inn.game()
        if len(recorded) < len(events):
            return events[-1]


def stage_one(inn):
    """Return the events that begin day 1, in time."""
    at = inn.clock.time + 100 * SECOND
    return rules.decide(inn.game(), world_of(inn.game(), inn.seed()), commands.Ring(at=at), b"")
