import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.events.rules.techmino import record
from parlour.events.rules.techmino.record import START, Attack, Progress, RecordError, RecordEvent

bytes_ = st.integers(0, 0xFF)
words = st.integers(0, 0xFFFF)
attacks = st.builds(Attack, line=words, time=words, amount=bytes_, sid=bytes_)
codes = st.one_of(
    st.integers(0, 64),
    attacks.map(lambda attack: record.sent(0, attack).event),
    attacks.map(lambda attack: record.received(0, attack).event),
    st.integers(0, record.LIMIT),
)
deltas = st.one_of(st.integers(0, 300), st.integers(0, 1 << 40))


@st.composite
def events(draw):
    frame, out = 0, []
    for delta, code in draw(st.lists(st.tuples(deltas, codes), max_size=30)):
        frame += delta
        out.append(RecordEvent(frame, code))
    return out


# --- numbers ----------------------------------------------------------------------------------

NUMBERS = [
    (0, "00"),
    (1, "01"),
    (127, "7f"),
    (128, "8100"),
    (129, "8101"),
    (16_383, "ff7f"),
    (16_384, "818000"),
    (1 << 49, "8180808080808000"),
    (1 << 53, "9080808080808000"),
]


@pytest.mark.parametrize(("number", "hexed"), NUMBERS)
def test_numbers_are_vlq_with_the_most_significant_group_first(number, hexed):
    assert record.encode_number(number).hex() == hexed
    decoded = record.decode(bytes.fromhex(hexed) + b"\x00")
    assert [event.frame for event in decoded.events] == [number]


@pytest.mark.parametrize("number", [-1, (1 << 53) + 1])
def test_a_number_that_no_client_can_hold_is_refused(number):
    with pytest.raises(RecordError):
        record.encode_number(number)


# --- the page's example -----------------------------------------------------------------------


def test_the_example_of_the_page_decodes_as_it_says():
    decoded = record.decode(record.unpack("AyEAgYD+8IHwhgE="))
    release, sent = decoded.events
    assert (release.frame, release.name, release.key) == (3, "release", 1)
    assert (sent.frame, sent.name) == (3, "attack_sent")
    assert sent.attack == Attack(line=0x3F7, time=60, amount=3, sid=1)
    assert decoded.progress == Progress(frame=3)


def test_the_example_of_the_page_is_what_its_events_encode_to():
    attack = Attack(line=0x3F7, time=60, amount=3, sid=1)
    encoded = record.encode([record.release(3, 1), record.sent(3, attack)])
    assert base64.b64encode(encoded).decode() == "AyEAgYD+8IHwhgE="


# --- both ways --------------------------------------------------------------------------------


@given(events())
def test_what_is_encoded_decodes_to_the_same_events(said):
    decoded = record.decode(record.encode(said))
    assert list(decoded.events) == said
    assert decoded.progress == Progress(frame=said[-1].frame if said else 0)


@given(events(), st.data())
def test_chunks_may_be_cut_anywhere(said, data):
    whole = record.encode(said)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=5)))
    progress, found = START, []
    for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        decoded = record.decode(whole[start:end], progress)
        found += decoded.events
        progress = decoded.progress
    assert found == said
    assert progress.whole


@given(st.lists(events(), max_size=5))
def test_deltas_run_on_across_chunks(parts):
    after, progress, expected, found = 0, START, [], []
    for part in parts:
        moved = [RecordEvent(after + frame, event) for frame, event in part]
        decoded = record.decode(record.encode(moved, after), progress)
        found += decoded.events
        progress = decoded.progress
        expected += moved
        after = moved[-1].frame if moved else after
    assert found == expected


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_bytes_decode_and_frames_never_fall(first, second):
    one = record.decode(first)
    two = record.decode(second, one.progress)
    frames = [event.frame for event in (*one.events, *two.events)]
    assert frames == sorted(frames)
    assert (*one.events, *two.events) == record.decode(first + second).events
    assert record.decode(first + second).progress == two.progress


@given(events())
def test_what_decodes_whole_encodes_to_the_same_bytes(said):
    whole = record.encode(said)
    assert record.encode(record.decode(whole).events) == whole


@given(attacks, st.integers(0, 1_000))
def test_attacks_keep_their_fields_and_their_direction(attack, frame):
    for make, name in ((record.sent, "attack_sent"), (record.received, "attack_received")):
        event = make(frame, attack)
        assert (event.frame, event.name, event.attack, event.key) == (frame, name, attack, None)


@given(st.binary(max_size=40))
def test_a_packed_record_needs_no_padding_and_says_nothing_more(raw):
    whole = record.encode([RecordEvent(index, byte) for index, byte in enumerate(raw)])
    text = record.pack(whole)
    assert "=" not in text
    packed = record.decode(record.unpack(text)).events
    assert packed[: len(raw)] == record.decode(whole).events
    assert {event.name for event in packed[len(raw) :]} <= {"wait"}
    assert {event.frame for event in packed[len(raw) :]} <= {max(len(raw) - 1, 0)}


# --- what no client writes --------------------------------------------------------------------


@pytest.mark.parametrize("torn", ["03", "0383", "83", "0321 81"])
def test_a_chunk_that_ends_in_mid_pair_is_not_whole(torn):
    assert not record.decode(bytes.fromhex(torn)).progress.whole


@pytest.mark.parametrize("code", [65, 100, (1 << 48) - 1, (1 << 49) + (1 << 48), 1 << 50])
def test_codes_beyond_keys_and_attacks_are_unknown(code):
    event = RecordEvent(0, code)
    assert (event.name, event.key, event.attack) == ("unknown", None, None)


def test_keys_are_1_to_32_down_and_up():
    for key in range(1, 33):
        assert (record.press(5, key).name, record.press(5, key).key) == ("press", key)
        assert (record.release(5, key).name, record.release(5, key).key) == ("release", key)
    for key in (0, 33):
        with pytest.raises(RecordError):
            record.press(0, key)
        with pytest.raises(RecordError):
            record.release(0, key)


def test_a_number_without_end_costs_nothing_and_ends_at_the_limit():
    progress = START
    for _ in range(50):
        progress = record.decode(b"\xff" * 1_000, progress).progress
    assert progress.number == record.LIMIT
    (event,) = record.decode(b"\x7f\x00", progress).events
    assert event == RecordEvent(record.LIMIT, 0)
    assert record.decode(b"\x01\x00", Progress(record.LIMIT)).events[0].frame == record.LIMIT


def test_falling_frames_are_not_encoded():
    with pytest.raises(RecordError, match="after frame 9"):
        record.encode([RecordEvent(9, 0), RecordEvent(8, 0)])
    with pytest.raises(RecordError):
        record.encode([RecordEvent(9, 0)], 10)


@pytest.mark.parametrize(
    "attack",
    [
        Attack(1 << 16, 0, 0, 0),
        Attack(0, 1 << 16, 0, 0),
        Attack(0, 0, 256, 0),
        Attack(0, 0, 0, 256),
        Attack(-1, 0, 0, 0),
    ],
)
def test_a_field_that_has_no_room_is_refused(attack):
    with pytest.raises(RecordError, match="no room"):
        record.sent(0, attack)


@pytest.mark.parametrize("text", ["A", "AAA", "A===", "====", "AA A", "äöü", "AAAA\n", "-_-_"])
def test_text_that_is_not_base64_is_refused(text):
    with pytest.raises(RecordError, match="not base64"):
        record.unpack(text)
