"""Games while everything that can happen happens, in an order that is drawn."""

import random

import pytest

from parlour.events import treasure as facts
from parlour.events.account import account_id
from parlour.events.kinds import rebuild
from parlour.events.messages import treasure as wire

ODD = [
    (wire.Move, {"to": 9}),
    (wire.Attack, {"target": 1}),
    (wire.Heal, {"target": -5}),
    (wire.Mine, {}),
    (wire.Bid, {"lot_id": 1, "price": 2**40}),
    (wire.Bid, {"lot_id": -1, "price": -1}),
    (wire.Explore, {}),
]


class Trouble:
    """One inn with one game, to which things are done."""

    def __init__(self, inn, number, disk, draw):
        self.inn, self.number, self.disk = inn, number, disk
        self.random = random.Random(draw)
        self.players = inn.start_game(number)
        self.full = None
        self.deeds = [
            (10, self.act_oddly),
            (4, self.enter),
            (2, self.cut_game),
            (2, self.cut_lobby),
            (3, self.come_back),
            (1, self.take_over),
            (2, self.pass_time),
            (1, self.restart),
            (1, self.fill_disk),
            (1, self.forget),
            (1, self.restart_game),
        ]

    def someone(self):
        return self.random.choice(self.players)

    def here(self):
        """Those with a connection to the game."""
        return [p for p in self.players if p.game is not None and p.game.closed is None]

    def act(self):
        """Have everybody who is here choose what is allowed to him."""
        for player in self.here():
            kind, fields = self.random.choice(
                [
                    (wire.Move, {}),
                    (wire.Move, {"to": self.random.choice((1, 3, 4, 5, 7))}),
                    (wire.Mine, {}),
                    (wire.Attack, {"target": self.someone().uid}),
                    (wire.Bid, {"lot_id": self.random.randint(1, 14), "price": 3}),
                    (wire.Explore, {}),
                ]
            )
            assert player.does(kind, **fields) != wire.CODES["internal_error"]

    def act_oddly(self):
        self.act()
        for player in self.here()[:1]:
            kind, fields = self.random.choice(ODD)
            assert player.does(kind, **fields) != wire.CODES["internal_error"]

    def enter(self):
        player = self.someone()
        if player.lobby.closed is None and self.inn.room().state == "playing":
            player.find_way()
            player.game = type(player.lobby)(self.inn, "treasure-room")
            player.show(player.game)

    def cut_game(self):
        for player in self.here()[:1]:
            player.game.cut()

    def cut_lobby(self):
        player = self.someone()
        if player.lobby.closed is None:
            player.lobby.cut()

    def come_back(self):
        for player in self.players:
            if player.lobby.closed is not None and self.inn.engine.accepting:
                player.log_in()

    def take_over(self):
        if self.inn.engine.accepting:
            self.someone().log_in()

    def pass_time(self):
        self.inn.pass_time(self.random.choice((0.5, 5, 20, 31)))

    def restart(self):
        if self.full is not None:
            return
        self.check()
        self.inn = self.inn.restart()
        for player in self.players:
            player.inn, player.game = self.inn, None
            player.log_in()

    def fill_disk(self):
        self.full = self.disk(self.inn)
        self.full.fill()
        self.act()
        self.cut_game()
        self.enter()
        self.inn.clock.time += 10_000_000
        self.full.free()
        self.full = None

    def forget(self):
        self.inn.engine._keep = 0
        self.inn.engine.passivate()

    def restart_game(self):
        self.inn.engine.end(facts.game_id(1, 1))
        self.inn.engine.end(facts.room_id(1))

    def live(self, steps=400):
        weights = [weight for weight, _ in self.deeds]
        for _ in range(steps):
            if self.inn.game().phase == "settled":
                return
            [(_, deed)] = self.random.choices(self.deeds, weights)
            deed()
        while self.inn.game().phase != "settled":  # nobody need do anything for it to end
            self.inn.pass_time(30)

    def check(self):
        """The states in memory are those of the log, and nothing failed."""
        assert self.inn.reports.count("handler_failed") == 0
        rows = [
            (n.id, n.originator_id, n.originator_version, n.topic, n.state)
            for n in self.inn.recorder.select_notifications(1, 1_000_000)
        ]
        for aggregate_id, rebuilt in rebuild(rows).items():
            assert self.inn.state(aggregate_id) == rebuilt.state, aggregate_id


@pytest.mark.parametrize("draw", range(6))
def test_whatever_happens_the_game_is_settled_once_and_for_all(inn, disk, draw):
    trouble = Trouble(inn, 4 + draw % 5, disk, draw)
    trouble.live()
    trouble.check()
    inn = trouble.inn
    names = inn.names(facts.game_id(1, 1))
    assert names.count("GameSettled") == 1
    assert names[-1] == "GameSettled"
    for player in inn.game().players:
        assert inn.state(account_id(player.uid)).total_board == 1
    assert inn.room().state in ("waiting", "closed")
    ended = [e for e in inn.events(facts.game_id(1, 1)) if isinstance(e, facts.StageEnded)]
    assert [(e.day, e.stage) for e in ended] == sorted({(e.day, e.stage) for e in ended})
