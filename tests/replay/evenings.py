"""An evening of Landlord in one log, and the names that whoever alters it looks for."""

from __future__ import annotations

from tables import Room, Table

PLAY = "landlord.cards-played"
PASS = "landlord.passed"
SETTLED = "landlord.hand-settled"
GAME = "landlord.hand:1:2"
"""A hand that was played out."""
NEXT_AT = 1_795_170_000_000_000
"""A time after the evening."""


def evening(room: Room) -> None:
    """Play a bit of everything; a hand of table 2 is left running.

    Table 1: hands 1 to 3 are played out, in 4 players are late, gone, back and the engine
    restarts, 5 is quit. Table 2 (robbing): in hand 1 the first deal is thrown in, hand 2 is
    thrown in three times and the table dissolved, hand 4 loses its key, 5 is running.
    """
    for uid in range(1, 8):
        room.register(uid, name=f"player {uid}")
    room.rename(7, "Player 7")
    for _ in range(105):  # enough for a snapshot
        room.token(7)
    first = room.table()
    first.seat(1, 2, 3)
    for _ in range(3):
        first.play_hand()
    _trouble(first)
    first.ready()
    first.call(1)
    first.quit(2)
    second = room.table(type=2, rob=True, base=50)
    second.seat(4, 5, 6)
    second.ready()
    second.call(0, 0, 0)
    while second.state.hand == 1:
        second.step()
    second.ready()
    second.call(*[0] * 9)
    second.seat(4, 5, 6)
    second.ready()
    second.call(2)
    second.lose_key()
    second.ready()
    second.call(1, 2, 3)
    while second.hand.phase != "playing":
        second.call(0)
    for _ in range(4):
        second.step()


def _trouble(table: Table) -> None:
    table.ready()
    table.call(3)
    game = table.game
    table.time_out()
    table.lose(table.hand.turn)
    table.time_out(online=False)
    table.regain((table.hand.turn + 2) % 3)
    table.crash()
    table.time_out(online=False)
    while table.game == game:
        table.step(rest=0.2)
