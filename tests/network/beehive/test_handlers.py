from __future__ import annotations

import pytest

from parlour.actors.beehive.settings import BeehiveSettings
from parlour.actors.messages import FromSession
from parlour.events.errors import RemoteProtocolError
from parlour.events.messages.beehive import common
from parlour.events.messages.beehive.packet import Packet, Request
from parlour.network import websocket
from parlour.network.beehive import commands, handlers, v1_requests
from parlour.network.beehive.frames import Frame

SETTINGS = BeehiveSettings(online_seconds=2.0, farewell_seconds=3.0)
CLIENTS = handlers.clients(SETTINGS, lambda frame: frame)
NODES = handlers.nodes(SETTINGS, lambda frame: frame)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("taken_over", common.Kick(code=20009, errmsg="why")),
        ("kicked", common.Kick(code=10005, errmsg="why")),
        ("too_slow", common.Kick(code=10022, errmsg="why")),
        ("no_login", common.Error(code=20008, errmsg="why")),
        ("draining", common.Error(code=10001, errmsg="why")),
        ("unavailable", common.Error(code=10001, errmsg="why")),
        ("internal", common.Error(code=10001, errmsg="why")),
        ("too_many", common.Error(code=10022, errmsg="why")),
        ("20005", common.Error(code=20005, errmsg="why")),
        ("whatever", common.Error(code=10001, errmsg="why")),
    ],
)
def test_a_refusal_has_the_number_the_page_gives_it(code, message):
    assert handlers.refusal(code, "why") == Packet(message)
    assert handlers.refusal(code, "why", 7) == Packet(message, 7)


@pytest.mark.parametrize(
    ("code", "told"),
    [(20010, "20010"), (10018, "10018"), (websocket.TOO_BIG, "10018"), (1002, "20010")],
)
def test_a_broken_frame_has_the_number_of_its_kind(code, told):
    assert CLIENTS.breach(RemoteProtocolError("why", code=code)) == told


def test_a_refusal_answers_the_packet_it_refuses():
    frame = Frame(0x0201, 77, 1234, b"")
    assert CLIENTS.address(handlers.refusal("too_many", "why"), frame).seq == 77


def test_no_ack_is_a_command_in_any_dialect():
    commanded = {row.key for row in commands.ROWS if not row.keyword.endswith("-ACK")}
    commanded |= {row.key for row in v1_requests.ROWS if not row.keyword.endswith("-ACK")}
    assert not commanded & handlers.ACKS
    assert {0x0202, 0x0504, 0x0113} <= handlers.ACKS
    assert CLIENTS.paced(Frame(0x0202, 1, 1, b""))
    assert not CLIENTS.paced(Frame(0x0201, 1, 1, b""))


def test_requests_go_to_the_actor_of_their_session():
    request = Request(common.Ping(), 1, 0, "")
    for service, actor in ((CLIENTS, "beehive.session:5"), (NODES, "beehive.node.session:5")):
        assert service.session_actor(5) == actor
        assert service.handlers[Request](5, request) == (actor, FromSession(5, request))
        assert service.label(request) == "Ping"


def test_a_kick_is_known_by_its_ack_alone():
    assert CLIENTS.knows(Request(common.KickAck(), 1, 0, ""))
    assert not CLIENTS.knows(Request(common.Ping(), 1, 0, ""))


def test_times_are_the_operators():
    assert (CLIENTS.auth_seconds, CLIENTS.farewell_seconds) == (2.0, 3.0)
