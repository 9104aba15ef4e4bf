import pytest

from parlour.events.rules.techmino import record
from parlour.network.demo.stacker import CHUNK_FRAMES, Stacker

SEATS = (0, 1, 2)


def players(seed=7):
    return [Stacker(sid, [s for s in SEATS if s != sid], seed=seed) for sid in SEATS]


def play(stackers, turns):
    """Every player's chunks; everybody hears everybody."""
    chunks = {stacker.sid: [] for stacker in stackers}
    for _ in range(turns):
        said = [(stacker.sid, stacker.advance()) for stacker in stackers]
        for sid, chunk in said:
            chunks[sid].append(chunk)
            for other in stackers:
                if other.sid != sid:
                    other.hear(sid, chunk)
    return chunks


def events_of(chunks):
    events, progress = [], record.START
    for chunk in chunks:
        decoded = record.decode(record.unpack(chunk), progress)
        assert decoded.progress.whole
        events += decoded.events
        progress = decoded.progress
    return events


@pytest.mark.parametrize("seed", range(20))
def test_a_record_is_what_a_client_writes(seed):
    for number, chunks in play(players(seed), turns=60).items():
        events = events_of(chunks)
        frames = [event.frame for event in events]
        assert frames == sorted(frames)
        assert frames[-1] <= 60 * CHUNK_FRAMES
        assert all(event.frame >= record.FIRST_FRAME for event in events if event.name != "wait")
        assert not [event for event in events if event.name == "unknown"]
        assert all(event.attack.sid != number for event in events if event.attack)
        assert not any("=" in chunk for chunk in chunks)


def test_every_chunk_covers_the_same_frames_even_when_nothing_happens():
    (first, *_) = players()
    chunks = [first.advance() for _ in range(3)]
    assert [event.frame for event in events_of(chunks) if event.event == 0][:1] == [CHUNK_FRAMES]
    assert first.frame == 3 * CHUNK_FRAMES


def test_whoever_lines_are_sent_to_receives_them_once_and_nobody_else():
    stackers = players()
    chunks = play(stackers, turns=80)
    sent, received = [], []
    for sid, own in chunks.items():
        for event in events_of(own):
            if event.name == "attack_sent":
                sent.append((sid, event.attack.sid, *event.attack[:3]))
            elif event.name == "attack_received":
                received.append((event.attack.sid, sid, *event.attack[:3]))
    assert len(received) > 5
    assert set(received) <= set(sent)
    # What went out in the last chunk could not be answered any more.
    assert len(sent) - len(received) <= 3


def test_nobody_sends_lines_to_who_is_out():
    stackers = players()
    for stacker in stackers[:2]:
        stacker.forget(2)
    chunks = play(stackers[:2], turns=80)
    targets = {
        event.attack.sid
        for own in chunks.values()
        for event in events_of(own)
        if event.name == "attack_sent"
    }
    assert targets == {0, 1}


def test_a_seed_gives_the_same_game_again():
    assert play(players(3), turns=40) == play(players(3), turns=40)
    assert play(players(3), turns=40) != play(players(4), turns=40)


def test_time_and_score_are_counted():
    stackers = players()
    play(stackers, turns=40)
    assert stackers[0].seconds == 40 * CHUNK_FRAMES / 60
    assert stackers[0].score > 0
