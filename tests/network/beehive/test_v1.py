import tracemalloc
from typing import Any

import pytest
from v1_vectors import BIG, HEARD, NODES_SAY, ONLINE, SID, frame, heard, js, refusal_of

from parlour.events.messages.beehive import common, group, node, private, push, room
from parlour.events.messages.beehive.packet import Message, Packet
from parlour.network.beehive import v1, v1_requests
from parlour.network.beehive.codec import BeehiveCodec, Frame
from parlour.network.beehive.commands import CLIENT, ENGINE, NODE


def names(pair: tuple[str, Message]) -> str:
    return pair[0][4:8]


@pytest.mark.parametrize("pair", HEARD, ids=names)
def test_what_a_client_says_is_understood(pair: tuple[str, Message]) -> None:
    packet, message = pair
    request = heard(packet)
    assert (request.message, request.seq, request.sid) == (message, 9, SID)
    assert request.implied
    codec, requests = BeehiveCodec(), []
    for byte in bytes.fromhex(packet):
        codec.receive_data(bytes([byte]))
        if (read := codec.next_frame()) is not None:
            requests.append(codec.decode(read))
    assert requests == [request]


@pytest.mark.parametrize("pair", NODES_SAY, ids=names)
def test_what_a_node_says_is_understood(pair: tuple[str, Message]) -> None:
    packet, message = pair
    request = heard(packet, nodes=True)
    assert (request.message, request.seq, request.sid) == (message, 9, SID)


def test_every_command_of_a_client_and_a_node_was_said_above() -> None:
    said = {int(packet[:8], 16) for packet, _ in HEARD}
    assert said == set(v1_requests.heard_from(CLIENT))
    said = {int(packet[:8], 16) for packet, _ in NODES_SAY}
    assert said == set(v1_requests.heard_from(NODE))


@pytest.mark.parametrize("row", v1_requests.ROWS, ids=lambda row: row.keyword)
def test_nobody_says_what_is_not_his_to_say(row: v1_requests.Row) -> None:
    if row.sender in (ENGINE, NODE):
        assert refusal_of(frame(row.key)) == "10007"
    if row.sender in (ENGINE, CLIENT):
        assert refusal_of(frame(row.key), nodes=True) == "10007"


@pytest.mark.parametrize(
    ("packet", "code"),
    [
        (frame(0x0101), "20011"),
        (frame(0x0101, b"no json"), "20005"),
        (frame(0x0101, js(**{**ONLINE, "uid": "1"})), "20011"),
        (frame(0x0101, js(**{**ONLINE, "uid": -1})), "20011"),
        (frame(0x0101, js(**{**ONLINE, "uid": 2**64})), "20011"),
        (frame(0x0101, js(uid=1, app="a", version="1")), "20011"),
        (frame(0x0101, js(**ONLINE, terminal=2**32)), "20011"),
        (frame(0x0105, js(rid=2**64)), "20011"),
        (frame(0x010B, js(sub="0x0123")), "20011"),
        (frame(0x010D), "20011"),
        (frame(0x0110, b"hi"), "20011"),
        (frame(0x0112, b""), "20011"),
        (frame(0x0112, js(to=0)), "20011"),
        (frame(0x0112, js(to="5")), "20011"),
        (frame(0x0112, js(to=True)), "20011"),
        (frame(0x0112, js(to=2**64)), "20011"),
        (frame(0x0112, b"[5]"), "20011"),
        (frame(0x0116, js(mark="m")), "20011"),
        (frame(0x0116, b"no json", rsv=5), "20005"),
        (frame(0x0116, js(mark=1), rsv=5), "20011"),
        (frame(0x0118, js(mark="m"), rsv=5), "20011"),
        (frame(0x011A), "20011"),
    ],
)
def test_what_cannot_be_understood_is_refused(packet: str, code: str) -> None:
    assert refusal_of(packet) == code


def test_a_heartbeat_of_no_known_module_is_refused() -> None:
    body = js(nid=3, mod=3, ipaddr="10.0.0.1", port=80)
    assert refusal_of(frame(0x0401, body), nodes=True) == "20011"


def test_the_same_words_to_somebody_else_are_another_command() -> None:
    first, again, other = (
        heard(frame(0x0112, b"hi", rsv=rsv, serial=serial)).digest
        for rsv, serial in ((5, 8), (5, 16), (6, 8))
    )
    assert first == again != other


# --- answers --------------------------------------------------------------------------------

OK = js(errno=0, errmsg="Ok")
NO = js(errno=10005, errmsg="no")
SILENT: list[tuple[int, type[Message], dict[str, Any]]] = [
    (0x0108, room.RoomQuitAck, {"uid": 1, "rid": 2}),
    (0x0111, group.GroupChatAck, {}),
    (0x0113, private.ChatAck, {"suid": 1, "duid": 2}),
    (0x0113, push.P2PAck, {"suid": 1, "duid": 2}),
    (0x0115, push.BcAck, {}),
    (0x0117, private.FriendAddAck, {}),
    (0x0119, private.FriendReplyAck, {}),
    (0x011B, private.FriendDelAck, {}),
    (0x011D, room.RoomChatAck, {"uid": 1, "rid": 2, "gid": 0}),
    (0x0126, common.SyncAck, {"uid": 1}),
]
ANSWERS: list[tuple[Message, str]] = [
    (common.OfflineAck(), frame(0x0104, sid=0)),
    (common.Pong(), frame(0x010A, sid=0)),
    (common.Error(code=10005, errmsg="no"), frame(0x0121, NO, sid=0)),
    (room.RoomJoinAck(uid=1, rid=2, gid=1, code=0, errmsg="Ok"), frame(0x0106, OK, sid=0)),
    (room.RoomJoinAck(uid=1, rid=2, gid=1, code=10005, errmsg="no"), frame(0x0106, NO, sid=0)),
    (
        common.SubAck(cmd=0x0410, code=0, errmsg="Ok"),
        frame(0x010C, js(sub=0x0123, errno=0, errmsg="Ok"), sid=0),
    ),
    (
        common.UnsubAck(cmd=0x0152, code=10005, errmsg="no"),
        frame(0x010E, js(sub=0x0302, errno=10005, errmsg="no"), sid=0),
    ),
    *((message(code=0, errmsg="Ok", **more), frame(key, sid=0)) for key, message, more in SILENT),
    *(
        (message(code=10005, errmsg="no", **more), frame(0x0121, NO, sid=0))
        for _, message, more in SILENT
    ),
]


@pytest.mark.parametrize("pair", ANSWERS, ids=lambda pair: type(pair[0]).__name__)
def test_an_answer_has_the_serial_of_the_command(pair: tuple[Message, str]) -> None:
    message, packet = pair
    assert BeehiveCodec("v1").dialect.encode(Packet(message, seq=9)).hex() == packet


def online_ack(code: int, sid: int = SID) -> Packet:
    ack = common.OnlineAck(
        uid=1, sid=sid, seq=8, app="a", version="1", code=code, errmsg="no" if code else "Ok"
    )
    return Packet(ack, seq=9)


def test_the_header_of_online_ack_tells_the_session_its_sid_and_later_ones_repeat_it() -> None:
    dialect = BeehiveCodec("v1").dialect
    assert dialect.encode(online_ack(10005, 0)).hex() == frame(0x0102, NO, sid=0)
    assert dialect.encode(Packet(common.Pong(), 9)).hex() == frame(0x010A, sid=0)
    assert dialect.encode(online_ack(0)).hex() == frame(0x0102, OK, sid=SID)
    assert dialect.encode(Packet(common.Pong(), 9)).hex() == frame(0x010A, sid=SID)


def test_a_subscription_nobody_has_comes_back_as_it_was_named() -> None:
    codec = BeehiveCodec()
    request = heard(frame(0x010B, js(sub=0x0410)), codec)
    assert isinstance(request.message, common.Sub)
    assert request.message.cmd not in (0x0410, 0x0412, 0x0150, 0x0152)
    ack = common.SubAck(cmd=request.message.cmd or 0, code=10007, errmsg="no")
    assert codec.dialect.encode(Packet(ack, 9)).hex() == frame(
        0x010C, js(sub=0x0410, errno=10007, errmsg="no"), sid=0
    )


# --- pushes ---------------------------------------------------------------------------------

PUSHES: list[tuple[Message, int, bytes, int]] = [
    (private.Chat(suid=5, duid=2, level=0, time=3, text="hi"), 0x0112, b"hi", 5),
    (private.Chat(suid=BIG, duid=2, level=0, time=3, text="", data=b"\xff"), 0x0112, b"\xff", 0),
    (private.Chat(suid=5, duid=2, level=0, time=3, text=""), 0x0112, b"", 5),
    (push.P2P(suid=5, duid=2, time=3, data=b"\x00\xff"), 0x0112, b"\x00\xff", 5),
    (group.GroupChat(uid=5, gid=7, level=0, time=3, text="hi"), 0x0110, b"hi", 7),
    (
        room.RoomChat(uid=5, rid=8, gid=1, level=0, time=3, text="hi", data=b"x"),
        0x011C,
        b"hi",
        8,
    ),
    (
        room.RoomBc(rid=2**32 - 1, msgid=1, level=0, time=0, expire=9, data=b"x"),
        0x011E,
        b"x",
        2**32 - 1,
    ),
    (push.Bc(msgid=1, time=0, text="all"), 0x0114, b"all", 0),
    (private.FriendAdd(suid=5, duid=2, mark="m"), 0x0116, js(mark="m"), 5),
    (
        private.FriendReply(suid=5, duid=2, code=1, errmsg="no", mark="m"),
        0x0118,
        js(errno=1, errmsg="no", mark="m"),
        5,
    ),
    (private.FriendDel(suid=5, duid=2), 0x011A, b"", 5),
    (room.RoomUsrNum(rid=8, num=3), 0x0123, js(rid=8, usrnum=3), 8),
    (common.OnlineNtf(uid=BIG), 0x0301, js(uid=BIG), 0),
    (common.OfflineNtf(uid=5), 0x0302, js(uid=5), 0),
    (room.RoomJoinNtf(uid=5, rid=8), 0x0303, js(uid=5), 8),
    (room.RoomQuitNtf(uid=5, rid=8), 0x0304, js(uid=5), 8),
    (room.RoomKickNtf(uid=5, rid=8), 0x0306, js(uid=5), 8),
    (room.RoomKick(uid=5, rid=8), 0x0306, js(uid=5), 8),
    (group.GroupJoinNtf(uid=5, gid=7), 0x0303, js(uid=5), 7),
    (group.GroupQuitNtf(uid=5, gid=7), 0x0304, js(uid=5), 7),
    (group.GroupGagAddNtf(uid=5, gid=7), 0x0305, js(uid=5), 7),
    (group.GroupKickNtf(uid=5, gid=2**32), 0x0306, js(uid=5), 0),
    (common.Kick(code=20009, errmsg="no"), 0x0121, js(errno=20009, errmsg="no"), 0),
]


def test_a_push_has_a_serial_of_the_session_and_the_sid_of_the_sender() -> None:
    dialect = BeehiveCodec("v1").dialect
    dialect.encode(online_ack(0))
    for serial, (message, key, body, rsv) in enumerate(PUSHES, 1):
        sent = dialect.encode(Packet(message, seq=800, sid=77 if serial % 2 else 0))
        sid = 77 if serial % 2 else SID
        assert sent.hex() == frame(key, body, serial=serial, sid=sid, rsv=rsv)


@pytest.mark.parametrize(
    "message",
    [
        group.GroupGagDelNtf(uid=1, gid=2),
        group.GroupBlAddNtf(uid=1, gid=2),
        group.GroupMgrAddNtf(uid=1, gid=2),
        group.GroupCreatAck(code=0, errmsg="Ok", gid=2),
        room.RoomLsnStat(rid=1, nid=2, num=3),
        private.MarkAddAck(code=0, errmsg="Ok"),
    ],
)
def test_what_seed_004_has_no_key_for_is_not_told_and_takes_no_serial(message: Message) -> None:
    dialect = BeehiveCodec("v1").dialect
    assert dialect.encode(Packet(message)) == b""
    sent = dialect.encode(Packet(common.OnlineNtf(uid=5)))
    assert sent.hex() == frame(0x0301, js(uid=5), serial=1, sid=0)


@pytest.mark.parametrize("body", [b"hi", b"\xff\x00\xfe", "蜂\x00".encode(), b"", js(to=5)])
def test_a_body_passed_through_comes_out_byte_for_byte(body: bytes) -> None:
    said = heard(frame(0x0112, body, rsv=5)).message
    assert BeehiveCodec("v1").dialect.encode(Packet(said))[44:] == body


# --- acks of pushes -------------------------------------------------------------------------


def test_the_ack_of_a_serial_is_the_ack_of_the_message_it_stood_for() -> None:
    codec = BeehiveCodec("v1")
    chat = private.Chat(suid=5, duid=2, level=0, time=3, text="hi")
    codec.dialect.encode(Packet(common.OnlineNtf(uid=5)))
    codec.dialect.encode(Packet(chat, seq=800, sid=77))
    codec.dialect.encode(Packet(push.P2P(suid=6, duid=2, time=3, data=b"x"), seq=801, sid=78))
    p2p = heard(frame(0x0113, serial=3), codec)
    assert (p2p.message, p2p.seq) == (push.P2PAck(suid=6, duid=0, code=0, errmsg=""), 801)
    said = heard(frame(0x0113, serial=2), codec)
    assert (said.message, said.seq) == (private.ChatAck(suid=5, duid=0, code=0, errmsg=""), 800)
    nothing = private.ChatAck(suid=0, duid=0, code=0, errmsg="")
    for serial in (1, 2, 4):
        again = heard(frame(0x0113, serial=serial), codec)
        assert (again.message, again.seq) == (nothing, serial)


def test_the_ack_of_a_kick_is_known_by_its_serial() -> None:
    codec = BeehiveCodec("v1")
    codec.dialect.encode(Packet(common.Kick(code=20009, errmsg="taken over")))
    assert heard(frame(0x0122, serial=7), codec).message == common.ErrorAck()
    assert heard(frame(0x0122, serial=1), codec).message == common.KickAck()


def test_the_ack_of_a_refusal_is_no_ack_of_the_message_with_its_serial() -> None:
    codec = BeehiveCodec("v1")
    chat = private.Chat(suid=5, duid=2, level=0, time=3, text="hi")
    codec.dialect.encode(Packet(chat, seq=800, sid=77))
    codec.dialect.encode(Packet(common.Kick(code=20009, errmsg="taken over")))
    assert heard(frame(0x0122, serial=1), codec).message == common.ErrorAck()
    assert heard(frame(0x0113, serial=2), codec).seq == 2
    assert heard(frame(0x0113, serial=1), codec).seq == 800
    assert heard(frame(0x0122, serial=2), codec).message == common.KickAck()


def test_what_waits_for_its_ack_is_small() -> None:
    dialect = v1.V1Frames(CLIENT)
    assert v1.REMEMBERED <= 8_192
    chat = private.Chat(suid=5, duid=2, level=0, time=3, text="hi")
    tracemalloc.start()
    for seq in range(10_000):
        dialect.encode(Packet(chat, seq))
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 3_000_000


def test_of_too_many_unacknowledged_pushes_the_oldest_are_forgotten() -> None:
    dialect = v1.V1Frames(CLIENT, remembered=2)
    for seq in (8, 16, 24):
        chat = private.Chat(suid=5, duid=2, level=0, time=3, text="hi")
        dialect.encode(Packet(chat, seq))
    acks = [dialect.decode(Frame(0x0113, serial, SID, b"")) for serial in (1, 2, 3)]
    assert [ack.seq for ack in acks] == [1, 16, 24]


# --- nodes ----------------------------------------------------------------------------------

SYSTEM = 2**32 - 1


def test_a_report_is_answered_in_its_own_key_even_when_all_serials_are_the_same() -> None:
    codec = BeehiveCodec(nodes=True)
    listener = js(nid=3, ipaddr="10.0.0.1", port=80)
    heard(frame(0x0401, js(nid=3, mod=1, ipaddr="10.0.0.1", port=80), serial=0), codec)
    heard(frame(0x0403, listener, serial=0), codec)
    heard(frame(0x0403, listener, serial=0), codec)
    heard(frame(0x0401, js(nid=4, mod=2, ipaddr="10.0.0.1", port=81), serial=5), codec)
    told = [
        codec.dialect.encode(packet).hex()
        for packet in (
            Packet(node.FrwdInfoAck(), 5),
            Packet(node.LsndInfoAck(), 0),
            Packet(common.Pong(), 0),
            Packet(common.Error(code=20012, errmsg="no"), 0),
            Packet(node.LsndInfoAck(), 0),
        )
    ]
    assert told == [
        frame(0x0402, serial=5, sid=0, flag=SYSTEM),
        frame(0x0402, serial=0, sid=0, flag=SYSTEM),
        frame(0x010A, serial=0, sid=0),
        frame(0x0121, js(errno=20012, errmsg="no"), serial=0, sid=0),
        frame(0x0404, serial=0, sid=0, flag=SYSTEM),
    ]


def test_a_node_is_told_where_the_forwarders_are() -> None:
    dialect = BeehiveCodec("v1", nodes=True).dialect
    forwarders = node.ForwarderList(list=(node.Address(ipaddr="10.0.0.1", port=81),))
    told = [
        dialect.encode(packet).hex()
        for packet in (
            Packet(node.NodeAuthAck(code=0, errmsg="Ok"), 9),
            Packet(node.ForwarderListWantedAck(), 9),
            Packet(forwarders),
        )
    ]
    assert told == [
        frame(0x06F2, OK, sid=0, flag=SYSTEM),
        frame(0x0406, sid=0, flag=SYSTEM),
        frame(
            0x0405,
            js(len=1, list=[{"ipaddr": "10.0.0.1", "port": 81}]),
            serial=1,
            sid=0,
            flag=SYSTEM,
        ),
    ]


def test_every_key_that_only_we_say_was_said_above() -> None:
    spoken = {int(packet[:8], 16) for _, packet in ANSWERS} | {key for _, key, _, _ in PUSHES}
    spoken |= {0x0102, 0x0402, 0x0404, 0x0405, 0x0406, 0x06F2}
    assert {row.key for row in v1_requests.ROWS if row.sender == ENGINE} <= spoken


def test_frames_of_v1_are_read_from_messages_of_a_websocket_too() -> None:
    codec = BeehiveCodec("v1")
    read = codec.read_packet(bytes.fromhex(frame(0x0112, b"hi", rsv=5)))
    assert read == Frame(0x0112, 9, SID, b"hi", 1, 5)
