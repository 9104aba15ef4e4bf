"""What is said on the link between lobby and room server, byte for byte, and what breaks it."""

import json
import struct

import msgspec
import pytest
from link_talk import CHALLENGE, assign_of
from msgspec.structs import replace

from parlour.events.errors import RemoteProtocolError
from parlour.events.messages import treasure as wire
from parlour.events.messages import treasure_link as link
from parlour.network.connection import Ending
from parlour.network.treasure import link_codec, nodes
from parlour.network.treasure.codec import TCP


def test_what_one_side_says_the_other_reads():
    said = [
        link.Register(server_id="a", ip="1.2.3.4", port=1, capacity=2, nonce="n", mac="m", ws="w"),
        link.Placed(room_id=1, game=2, epoch=3, code=0, ip="1.2.3.4", port=5, ws=""),
        link.Batch(batch=1, units=((link.Row("a", 1, "t@1", msgspec.Raw(b'{"at":1}')),),)),
        link.Beat(),
    ]
    decoder = link_codec.from_server()
    for message in said:
        again = decoder.decode(TCP.encode(message)[4:])
        assert msgspec.json.encode(again) == msgspec.json.encode(message)
    told = [
        link.Challenge(challenge=CHALLENGE),
        link.Registered(code=0),
        assign_of(),
        link.PlacedAnswer(room_id=1, game=1, epoch=1),
        link.BatchAnswer(batch=1, code=28, refused=(0,)),
        link.Withdraw(room_id=1, game=1, epoch=1),
        link.Beat(),
    ]
    decoder = link_codec.from_lobby()
    for message in told:
        again = decoder.decode(TCP.encode(message)[4:])
        assert type(again) is type(message)
        assert msgspec.json.encode(again) == msgspec.json.encode(message)


@pytest.mark.parametrize("number", [0, -1, 2**53, int("9" * 400), "1"])
@pytest.mark.parametrize(
    ("said", "name"),
    [
        *((assign_of(), name) for name in ("room_id", "game", "epoch")),
        *((link.PlacedAnswer(room_id=1, game=1, epoch=1), n) for n in ("room_id", "game", "epoch")),
        *((link.Withdraw(room_id=1, game=1, epoch=1), n) for n in ("room_id", "game", "epoch")),
    ],
)
def test_a_number_that_no_log_counts_breaks_the_link(said, name, number):
    members = msgspec.json.decode(msgspec.json.encode(said))
    body = json.dumps({**members, name: number}).encode()
    with pytest.raises(RemoteProtocolError, match=name):
        link_codec.from_lobby().decode(struct.pack("<H", said.service) + body)


@pytest.mark.parametrize(
    ("inside", "old", "new"),
    [
        ("players", b'"player_id":11', b'"player_id":0'),
        ("states", b'"treasure.room:1",9', b'"treasure.room:1",0'),
        ("states", b'"treasure.room:1",9', b'"treasure.room:1",9007199254740992'),
        ("left_at", b'"left_at":0', b'"left_at":-1'),
        ("left_at", b'"left_at":0', b'"left_at":9007199254740992'),
    ],
)
def test_a_number_inside_of_a_game_that_no_log_counts_breaks_the_link(inside, old, new):
    body = msgspec.json.encode(assign_of())
    assert body.count(old) == 1
    with pytest.raises(RemoteProtocolError, match=inside):
        link_codec.from_lobby().decode(struct.pack("<H", 501) + body.replace(old, new))


def test_a_lobby_that_goes_down_says_that_it_takes_no_commands():
    assert nodes.refusal(Ending.DRAINING.value, "draining") == link.Registered(code=27)


def test_a_lobby_may_refuse_before_it_has_challenged():
    decoder = link_codec.from_lobby()
    refusal = link.Registered(code=27)
    assert decoder.decode(TCP.encode(refusal)[4:]) == refusal


@pytest.mark.parametrize(
    ("service", "body", "code"),
    [(99, b"{}", 3), (510, b"{}", 1), (510, b"[", 1), (1000, b'{"server_id": 1}', 1)],
)
def test_what_does_not_belong_on_the_link_breaks_it(service, body, code):
    with pytest.raises(RemoteProtocolError) as broken:
        link_codec.from_server().decode(struct.pack("<H", service) + body)
    assert broken.value.code == code


@pytest.mark.parametrize("seed", ["", "5a" * 31, "5a" * 33, "5A" * 32, "zz" * 32])
def test_a_seed_that_is_none_breaks_the_link(seed):
    assign = replace(assign_of(), seed=seed)
    with pytest.raises(RemoteProtocolError):
        link_codec.from_lobby().decode(TCP.encode(assign)[4:])


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (link.Batch(batch=4, units=()), link.BatchAnswer(batch=4, code=27)),
        (
            link.Placed(room_id=1, game=2, epoch=3),
            link.PlacedAnswer(room_id=1, game=2, epoch=3, code=27),
        ),
        (link.Beat(), link.Beat()),
        (
            link.Register(server_id="a", ip="", port=1, capacity=1, nonce="", mac=""),
            link.Registered(code=27),
        ),
    ],
)
def test_a_message_that_cannot_be_obeyed_is_answered_on_its_own_id(said, answer):
    assert link_codec.refuse(said, wire.CODES["no_commands"]) == answer
