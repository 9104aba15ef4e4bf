"""Games that a room server cannot read: they are not taken, and whatever else it has goes on."""

import msgspec
import pytest
from link_talk import CHALLENGE, assign_of, enter_all, give_game

from parlour.events.kinds import KINDS
from parlour.events.messages import treasure_link as link
from parlour.events.treasure import Times


def foreign(state):
    return state._replace(topic="treasure.room.state@9")


def broken(state):
    return state._replace(state=msgspec.Raw(b'{"room":"one"}'))


def of_another_room(state):
    return state._replace(aggregate_id="treasure.room:2")


def of_no_game(state):
    return state._replace(aggregate_id="landlord.table:1", topic="landlord.table.state@1")


@pytest.mark.parametrize("change", [foreign, broken, of_another_room, of_no_game])
async def test_a_game_that_cannot_be_read_is_not_taken(lobby, start_server, connect, change):
    running = start_server()
    up = await lobby.link()
    await up.let_in()
    [state] = assign_of().states
    up.say(assign_of(states=(change(state),)))
    up.say(assign_of(room=3))
    refused = await up.next(link.Placed)
    assert (refused.room_id, refused.game, refused.epoch, refused.code) == (1, 1, 1, 1)
    [row] = await up.commit()
    assert row.aggregate_id == "treasure.game:3:1"
    client = await connect(running)
    client.verify(11)
    assert (await client.told(1001))["code"] == 13


async def test_a_game_whose_result_could_not_be_read_is_not_taken(lobby, start_server):
    start_server()
    up = await lobby.link()
    await up.let_in()
    up.say(assign_of(game_topic="treasure.game.state@9"))
    assert (await up.next(link.Placed)).code == 1
    up.say(assign_of(game_topic=KINDS["treasure.game"].snapshot_topic))
    [row] = await up.commit()
    assert row.aggregate_id == "treasure.game:1:1"


async def test_what_cannot_be_read_keeps_nobody_out(lobby, start_server):
    start_server()
    up = await lobby.link()
    [state] = assign_of().states
    up.say(link.Challenge(challenge=CHALLENGE))
    up.say(assign_of(states=(foreign(state),)))
    up.say(link.Registered(code=0))
    assert (await up.next(link.Placed)).code == 1
    up.say(assign_of(room=3))
    [row] = await up.commit()
    assert row.aggregate_id == "treasure.game:3:1"


@pytest.mark.parametrize(
    "options",
    [
        Times(verify=-1, stages=(1, 1, 1, 1)),
        Times(verify=1, stages=(1, 1, 1, 2**53 + 1)),
    ],
)
async def test_a_game_with_stages_that_no_clock_counts_is_not_taken(lobby, start_server, options):
    start_server()
    up = await lobby.link()
    await up.let_in()
    up.say(assign_of(options=options))
    assert (await up.next(link.Placed)).code == 1


async def test_a_game_without_its_room_is_not_taken(lobby, start_server):
    start_server()
    up = await lobby.link()
    await up.let_in()
    up.say(assign_of(states=()))
    assert (await up.next(link.Placed)).code == 1


async def test_a_game_that_cannot_be_read_any_more_is_let_go(lobby, start_server, connect):
    running, up = await give_game(lobby, start_server)
    client, *_ = await enter_all(up, running, connect)
    [state] = assign_of(version=10).states
    up.say(assign_of(states=(foreign(state),)))
    await client.ended()
    assert (await up.next(link.Placed)).code == 1


async def test_a_result_that_cannot_be_read_sends_its_players_away(lobby, start_server, connect):
    running, up = await give_game(lobby, start_server)
    client, *_ = await enter_all(up, running, connect)
    settled = link.State("treasure.game:1:1", 90, "treasure.game.state@9", msgspec.Raw(b"{}"))
    up.say(link.PlacedAnswer(room_id=1, game=1, epoch=1, states=(settled,)))
    await client.ended()
    up.say(assign_of(room=2))
    [row] = await up.commit()
    assert row.aggregate_id == "treasure.game:2:1"
