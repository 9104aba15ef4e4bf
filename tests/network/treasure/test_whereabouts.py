"""Where clients are sent: never to an address that stands for every interface."""

import pytest

from parlour.events.errors import EngineError
from parlour.network import configfile
from parlour.network.entrances import game_server
from parlour.network.netaddr import Address, is_unspecified
from parlour.network.server import RunOptions, Server
from parlour.network.treasure.room_server import RoomServer, RoomServerOptions
from parlour.network.treasure.whereabouts import whereabouts


def told(room, http=None, *, advertise=""):
    config = configfile.load(None, (f"treasure.advertise={advertise}",))
    return whereabouts(config, Address(*room), Address(*http) if http else None)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "::ffff:0.0.0.0", "0", "0.0", "0x0", "00"])
def test_every_interface_is_no_address_to_send_anybody_to(host):
    assert is_unspecified(host)
    with pytest.raises(EngineError, match=r"^treasure-room .* set treasure\.advertise to .*$"):
        told((host, 9201))
    assert told((host, 9201), advertise="play.example.org") == ("play.example.org", 9201, "")


@pytest.mark.parametrize("host", ["127.0.0.1", "203.0.113.7", "::1", "play.example.org"])
def test_any_other_is_told_as_it_is(host):
    assert not is_unspecified(host)
    assert told((host, 9201)) == (host, 9201, "")


def test_a_websocket_on_every_interface_is_where_the_games_are():
    room, http = ("203.0.113.7", 9201), ("0.0.0.0", 8080)
    assert told(room, http)[2] == "ws://203.0.113.7:8080/treasure/room"
    assert told(room, ("10.0.0.1", 8080))[2] == "ws://10.0.0.1:8080/treasure/room"
    assert told(room, http, advertise="::1")[2] == "ws://[::1]:8080/treasure/room"


def test_games_on_this_machine_alone_keep_nobody_from_serving_http_everywhere():
    assert told(("127.0.0.1", 9201), ("0.0.0.0", 8080))[2] == "ws://127.0.0.1:8080/treasure/room"


@pytest.mark.parametrize("kinds", [("treasure-room",), ("treasure-room", "http", "treasure")])
async def test_an_engine_does_not_start_where_nobody_can_be_sent(tmp_path, kinds):
    listen = tuple(f"{kind}=0.0.0.0:0" for kind in kinds)
    options = RunOptions(data=tmp_path / "data", config=configfile.load(None, ()), listen=listen)
    with pytest.raises(EngineError, match=r"set treasure\.advertise"):
        await Server(options).run()
    assert not (tmp_path / "data").exists()


async def test_nor_does_a_room_server():
    options = RoomServerOptions(
        lobby=Address("127.0.0.1", 1),
        lobby_tls=False,
        config=configfile.load(None, ()),
        listen=("treasure-room=[::]:0",),
    )
    with pytest.raises(EngineError, match=r"set treasure\.advertise"):
        await RoomServer(options).run()


def test_an_engine_that_plays_no_games_itself_may_listen_everywhere():
    config = configfile.load(None, ("treasure.embedded=false",))
    assert game_server(config, {"treasure-room": Address("0.0.0.0", 9201)}) is None
