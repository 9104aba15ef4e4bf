import pytest

from parlour.events.errors import LocalProtocolError
from parlour.events.messages import treasure as wire
from parlour.events.rules.treasure import commands
from parlour.events.rules.treasure.sealing import Choice, Kind

AT = {"at": 9, "seat": 3}
PAIRS = [
    (wire.Move(to=5), commands.Move(**AT, to=5)),
    (wire.Move(), commands.Move(**AT, to=None)),
    (wire.Attack(target=104), commands.Attack(**AT, target=104)),
    (wire.Heal(seq=7), commands.Heal(**AT, target=None)),
    (wire.Mine(), commands.Mine(**AT)),
    (wire.Bid(lot_id=2, price=4), commands.Bid(**AT, lot_id=2, price=4)),
    (wire.Bid(), commands.Bid(**AT, lot_id=None, price=0)),
    (wire.Explore(), commands.Explore(**AT, skip=False)),
    (wire.Explore(skip=True), commands.Explore(**AT, skip=True)),
]


@pytest.mark.parametrize(("request_", "command"), PAIRS)
def test_a_request_becomes_a_command(request_, command):
    assert commands.command_of(request_, seat=3, at=9) == command


@pytest.mark.parametrize("stage", [0, 5])
def test_there_is_no_pass_outside_of_a_stage(stage):
    with pytest.raises(LocalProtocolError):
        commands.command_again(Choice(Kind.PASS), stage, (), seat=0, at=1)


def test_nobody_attacks_a_seat_that_is_not_there():
    with pytest.raises(LocalProtocolError):
        commands.command_again(Choice(Kind.ATTACK, 2), 2, (1, 2), seat=0, at=1)
