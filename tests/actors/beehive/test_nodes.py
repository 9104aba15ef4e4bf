"""Nodes: the proof of the secret, reports, silence, forwarders, who is told how many there are."""

import hashlib
import hmac

import pytest

from parlour.actors.beehive.messages import LiveNodes
from parlour.events.beehive import LOBBY_ID, NODES_ID
from parlour.events.messages.beehive import common, node, room
from parlour.events.messages.beehive.packet import Packet

SECRET = "a secret of the cluster"
LSN_STAT = 0x0412


def proof(hive, nid, *, secret=SECRET, nonce="n" * 16, shift=0, **changed):
    time = hive.house.clock.time // 1_000_000 + shift
    said = f"beehive-node|{nid}|{time}|{nonce}"
    mac = hmac.new(secret.encode(), said.encode(), hashlib.sha256).hexdigest()
    return node.NodeAuth(**{"nid": nid, "time": time, "nonce": nonce, "mac": mac, **changed})


def enter(hive, nid, **options):
    """Connect as a node; return the client and the answer."""
    client = hive.connect("beehive-nodes")
    return client, client.ask(proof(hive, nid, nonce=f"{client.session:016}", **options))


def come(hive, nid, **options):
    client, answer = enter(hive, nid, **options)
    assert answer.code == 0
    return client


def lsnd(nid, port=9000, *, ip="10.0.0.1", type=1):
    return node.LsndInfo(type=type, nid=nid, opid=1, nation="CN", ip=ip, port=port, connections=5)


def frwd(nid, port=7000):
    return node.FrwdInfo(nid=nid, ip="10.0.0.9", forward_port=port, backend_port=port + 1)


def living(hive, type=1):
    return hive.order(NODES_ID, LiveNodes(type=type))


@pytest.fixture
def secret_hive(hive_of):
    return hive_of(open=False, secret=SECRET)


def test_a_node_that_knows_the_secret_reports_and_is_listed(secret_hive):
    one, two = come(secret_hive, 1), come(secret_hive, 2)
    assert one.ask(lsnd(1)) == node.LsndInfoAck()
    assert two.ask(lsnd(2, ip="fe80::1", type=2)) == node.LsndInfoAck()
    assert living(secret_hive) == ["10.0.0.1:9000"]
    assert living(secret_hive, 2) == ["[fe80::1]:9000"]
    assert living(secret_hive, 0) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"secret": "another"},
        {"mac": "0" * 64},
        {"mac": "ÿ\udc80"},
        {"nid": 0},
        {"shift": 61},
        {"shift": -61},
        {"nonce": "n" * 15},
        {"nonce": "n" * 65},
        {"nonce": "another nonce than the mac's"},
    ],
)
def test_a_wrong_proof_ends_the_connection(secret_hive, changed):
    client = secret_hive.connect("beehive-nodes")
    options = {name: changed[name] for name in ("secret", "shift") if name in changed}
    fields = {name: value for name, value in changed.items() if name not in options}
    nid = fields.pop("nid", 1)
    said = proof(secret_hive, nid, **options)
    answer = client.ask(
        node.NodeAuth(**{name: getattr(said, name) for name in said.__struct_fields__} | fields)
    )
    assert isinstance(answer, node.NodeAuthAck)
    assert answer.code == 20008
    assert client.closed
    assert secret_hive.names(NODES_ID) == []


def test_a_proof_is_good_once(secret_hive):
    first, second = (secret_hive.connect("beehive-nodes") for _ in range(2))
    said = proof(secret_hive, 1)
    assert first.code(said) == 0
    assert second.code(said) == 20008
    secret_hive.pass_time(59)
    third = secret_hive.connect("beehive-nodes")
    assert third.code(said) == 20008
    secret_hive.pass_time(62)
    assert secret_hive.connect("beehive-nodes").code(proof(secret_hive, 1)) == 0


def test_a_proof_from_before_the_engines_start_is_good_for_nothing(secret_hive):
    said = proof(secret_hive, 1)
    assert secret_hive.connect("beehive-nodes").code(said) == 0
    secret_hive.restart(after=5)
    assert secret_hive.connect("beehive-nodes").code(said) == 20008
    assert secret_hive.connect("beehive-nodes").code(proof(secret_hive, 1)) == 0


def test_without_a_secret_nobody_is_let_in(hive_of):
    hive = hive_of(open=False)
    _, answer = enter(hive, 1)
    assert (answer.code, answer.errmsg) == (20008, "no cluster.secret is set")


def test_with_open_any_mac_will_do(hive):
    come(hive, 1, mac="whatever", shift=-1000)


@pytest.mark.parametrize("report", [lsnd(1), frwd(1), node.ForwarderListWanted()])
def test_a_report_before_the_proof_is_refused(secret_hive, report):
    client = secret_hive.connect("beehive-nodes")
    assert client.code(report) == 20008
    assert client.closed
    assert living(secret_hive) == []


def test_ping_and_acks_need_no_proof(secret_hive):
    client = secret_hive.connect("beehive-nodes")
    assert client.ask(common.Ping()) == common.Pong()
    client.say(common.ErrorAck())
    assert client.packets == []
    assert not client.closed


def test_a_second_proof_on_a_connection_is_refused(secret_hive):
    client = come(secret_hive, 1)
    assert client.code(proof(secret_hive, 2, nonce="m" * 20)) == 20012
    assert client.code(lsnd(2)) == 20012
    assert client.ask(lsnd(1)) == node.LsndInfoAck()


@pytest.mark.parametrize("report", [lsnd(2), frwd(2), room.RoomLsnStat(rid=1, nid=2, num=3)])
def test_a_node_reports_of_itself_only(secret_hive, report):
    client = come(secret_hive, 1)
    assert client.code(report) == 20012
    assert not client.closed
    assert secret_hive.names(NODES_ID) == []


@pytest.mark.parametrize(
    "report",
    [
        lsnd(1, type=0),
        lsnd(1, type=3),
        lsnd(1, ip="nowhere"),
        lsnd(1, 0),
        lsnd(1, 65_536),
        node.FrwdInfo(nid=1, ip="10.0.0.1", forward_port=1, backend_port=65_536),
        node.FrwdInfo(nid=1, ip="10.0.0.1", forward_port=0, backend_port=1),
    ],
)
def test_what_is_no_address_is_refused(secret_hive, report):
    client = come(secret_hive, 1)
    assert client.code(report) == 20011
    assert secret_hive.names(NODES_ID) == []


def test_conflicts_of_number_and_address_are_refused(secret_hive):
    first, other = come(secret_hive, 1), come(secret_hive, 2)
    first.say(lsnd(1))
    assert first.code(lsnd(1, 9001)) == 20012
    assert other.code(lsnd(2, 9000)) == 20012
    impostor = come(secret_hive, 1)
    assert impostor.code(lsnd(1, 9002)) == 20012
    assert not first.closed
    assert living(secret_hive) == ["10.0.0.1:9000"]


def test_a_node_that_comes_again_is_the_same(secret_hive):
    old = come(secret_hive, 1)
    old.say(lsnd(1))
    new = come(secret_hive, 1)
    new.say(lsnd(1))
    old.cut()
    assert living(secret_hive) == ["10.0.0.1:9000"]
    new.cut()
    assert living(secret_hive) == []
    assert come(secret_hive, 1).ask(lsnd(1, 9001)) == node.LsndInfoAck()


def test_heartbeats_are_no_events_and_silence_is_death(secret_hive):
    client = come(secret_hive, 1)
    for _ in range(10):
        client.say(lsnd(1))
        secret_hive.pass_time(5)
    assert secret_hive.names(NODES_ID) == ["NodeReported"]
    secret_hive.pass_time(24.9)
    assert living(secret_hive) == ["10.0.0.1:9000"]
    secret_hive.pass_time(0.2)
    assert living(secret_hive) == []
    assert secret_hive.names(NODES_ID) == ["NodeReported", "NodeLost"]
    client.say(lsnd(1))
    assert living(secret_hive) == ["10.0.0.1:9000"]


def test_after_a_start_nodes_have_their_time_to_come_back(secret_hive):
    for nid in (1, 2):
        come(secret_hive, nid).say(lsnd(nid, 9000 + nid))
    secret_hive.restart(after=3600)
    come(secret_hive, 2).say(lsnd(2, 9002))
    assert living(secret_hive) == ["10.0.0.1:9001", "10.0.0.1:9002"]
    secret_hive.pass_time(29)
    assert living(secret_hive) == ["10.0.0.1:9001", "10.0.0.1:9002"]
    secret_hive.pass_time(2)
    assert living(secret_hive) == []


def test_forwarders_are_listed_to_who_asks_and_to_all_on_a_change(secret_hive):
    asker, forwarder = come(secret_hive, 1), come(secret_hive, 2)
    seq = asker.say(node.ForwarderListWanted())
    assert asker.take() == [
        Packet(node.ForwarderListWantedAck(), seq),
        Packet(node.ForwarderList(list=())),
    ]
    assert forwarder.ask(frwd(2)) == node.FrwdInfoAck()
    told = node.ForwarderList(list=(node.Address(ipaddr="10.0.0.9", port=7000),))
    assert asker.heard() == [told]
    forwarder.say(frwd(2))
    assert asker.heard() == []
    forwarder.cut()
    assert asker.heard() == [node.ForwarderList(list=())]


def test_counts_of_nodes_reach_operators_that_want_them(hive):
    hive.register(7, operator=True)
    hive.register(8)
    boss, other = hive.come(7), hive.come(8)
    assert boss.code(common.Sub(cmd=LSN_STAT)) == 0
    assert other.code(common.Sub(cmd=LSN_STAT)) == 10005
    client = come(hive, 1)
    count = room.RoomLsnStat(rid=5, nid=1, num=12)
    assert client.ask(count) == room.RoomLsnStatAck()
    assert boss.heard() == [count]
    assert other.heard() == []
    hive.restart()
    boss = hive.come(7)
    client = come(hive, 1)
    client.say(count)
    assert boss.heard() == [count]
    assert boss.code(common.Unsub(cmd=LSN_STAT)) == 0
    client.say(count)
    assert boss.heard() == []


def test_nodes_are_no_clients(secret_hive):
    come(secret_hive, 1).cut()
    assert secret_hive.names(LOBBY_ID) == ["EngineStarted"]
