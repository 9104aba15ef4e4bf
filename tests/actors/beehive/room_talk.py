"""What the tests of rooms say and look up."""

from parlour.events import beehive as facts
from parlour.events.messages.beehive import room

ALICE, BOB, CAROL, DAVE = 1, 2, 3, 4
FORBIDDEN, MISSING, FORGED = 10005, 10006, 20012
RID = 77


def join(client, rid=RID):
    ack = client.ask(room.RoomJoin(uid=client.uid, rid=rid))
    assert (ack.code, ack.uid, ack.rid) == (0, client.uid, rid)
    return ack.gid


def chat(client, text="hello", *, rid=RID, gid=0):
    return room.RoomChat(uid=client.uid, rid=rid, gid=gid, level=0, time=7, text=text)


def says(client, text, **where):
    assert client.code(chat(client, text, **where)) == 0


def created(owner):
    ack = owner.ask(room.RoomCreat(uid=owner.uid, name="n", desc="d"))
    assert ack.code == 0
    return ack.rid


def texts(client):
    return [message.text for message in client.heard(room.RoomChat)]


def state(hive, rid=RID):
    return hive.state(facts.room_id(rid))


def names(hive, rid=RID):
    return hive.names(facts.room_id(rid))
