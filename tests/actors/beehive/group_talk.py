"""What the tests of groups say and look up."""

from parlour.events import beehive as facts
from parlour.events.messages.beehive import group

ALICE, BOB, CAROL, DAVE = 1, 2, 3, 4
FORBIDDEN, MISSING, FORGED = 10005, 10006, 20012


def found(owner, *members):
    """Have a group made and joined; return its gid."""
    ack = owner.ask(group.GroupCreat(uid=owner.uid, gid=0, name="n", desc="d"))
    assert (ack.code, ack.errmsg) == (0, "Ok")
    for member in members:
        assert member.code(group.GroupJoin(uid=member.uid, gid=ack.gid)) == 0
    for client in (owner, *members):
        client.take()
    return ack.gid


def chat(client, gid, text="hello"):
    return group.GroupChat(uid=client.uid, gid=gid, level=0, time=7, text=text)


def members(hive, gid):
    return hive.state(facts.group_id(gid)).members
