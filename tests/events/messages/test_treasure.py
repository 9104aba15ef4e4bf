import msgspec
import pytest

from parlour.events.messages import treasure as wire

MESSAGES = [
    cls
    for cls in vars(wire).values()
    if isinstance(cls, type) and issubclass(cls, wire.Message) and hasattr(cls, "service")
]


def decode(request, body):
    return msgspec.json.decode(body, type=request)


def test_codes_are_one_to_twenty_seven():
    assert list(wire.CODES.values()) == list(range(1, 28))


def test_every_service_has_one_request_and_one_message_to_clients():
    requests = [cls.service for cls in MESSAGES if issubclass(cls, wire.Request)]
    told = [cls.service for cls in MESSAGES if not issubclass(cls, wire.Request)]
    assert requests == [*range(1, 9), 1001, *range(52, 58)]
    # 0 is hello and goodbye.
    assert sorted(set(told)) == [*range(0, 9), *range(50, 63), 1001]


def test_requests_are_found_by_their_service():
    assert list(wire.LOBBY_REQUESTS) == [*range(1, 9)]
    assert sorted(wire.ROOM_REQUESTS) == [*range(52, 58), 1001]


@pytest.mark.parametrize("request_", [wire.Move, wire.Attack, wire.Heal, wire.Mine, wire.Bid])
def test_an_empty_body_is_a_request_of_a_stage(request_):
    assert decode(request_, b"{}") == request_()


def test_exploring_passes_only_when_it_says_so():
    assert not decode(wire.Explore, b"{}").skip
    assert decode(wire.Explore, b'{"pass":true}').skip


@pytest.mark.parametrize("seq", [b"7", b'"x"'])
def test_seq_is_carried_and_left_out_when_there_is_none(seq):
    request = decode(wire.Move, b'{"to":1,"seq":%b}' % seq)
    answer = msgspec.json.encode(wire.ActionStatus(of=52, seq=request.seq))
    assert answer == b'{"code":0,"seq":%b,"of":52}' % seq
    assert msgspec.json.encode(wire.StartAnswer()) == b'{"code":0}'


@pytest.mark.parametrize(
    ("request_", "body"),
    [
        (wire.Move, b'{"to":"5"}'),
        (wire.Move, b'{"to":true}'),
        (wire.Move, b'{"to":1.5}'),
        (wire.Move, b"[]"),
        (wire.Bid, b'{"lot_id":1}'),
        (wire.Bid, b'{"price":3}'),
        (wire.Explore, b'{"pass":1}'),
        (wire.CreateRoom, b'{"name":"x","max":3}'),
        (wire.CreateRoom, b'{"name":"x","max":9}'),
        (wire.CreateRoom, b'{"name":"","max":4}'),
        (wire.CreateRoom, b'{"max":4}'),
        (wire.CreateRoom, b'{"name":"a\\nb","max":4}'),
        (wire.CreateRoom, b'{"name":"a\\n","max":4}'),
        (wire.CreateRoom, b'{"name":"%b","max":4}' % (b"x" * 41)),
        (wire.ListRooms, b'{"page":-1}'),
        (wire.ListRooms, b'{"size":0}'),
        (wire.ChangeReady, b"{}"),
        (wire.Verify, b'{"room_id":1,"player_id":2}'),
    ],
)
def test_bodies_of_another_shape_do_not_decode(request_, body):
    with pytest.raises(msgspec.ValidationError):
        decode(request_, body)


def test_a_refused_answer_has_its_code_alone():
    for answer in (wire.LoginAnswer, wire.RoomInfo, wire.RoomList, wire.ReadyChanged):
        assert msgspec.json.encode(answer(code=5)) == b'{"code":5}'


@pytest.mark.parametrize(("of", "on"), [(1, 1), (1001, 1001), (999, 999), (52, 52), (57, 52)])
def test_a_refusal_of_a_game_action_is_its_status_and_any_other_has_its_own_id(of, on):
    refusal = wire.refusal(of, 3, 9)
    assert (refusal.service, refusal.of, refusal.code, refusal.seq) == (on, of, 3, 9)
