"""Each bench at a tiny size: well-formed results, no opinion on how fast this machine is."""

import msgspec

from parlour.network.bench import chatroom, fanout, log, recover, replay, rules, stream, treasure


def names(report):
    document = report.document()
    assert msgspec.json.decode(msgspec.json.encode(document)) == document
    assert all(entry["value"] >= 0 for entry in document["figures"].values())
    return [entry["name"] for entry in document["bars"]]


def test_log_has_three_bars(tmp_path):
    report = log.measure(tmp_path, rounds=1, events=200, seconds=0.1)
    assert names(report) == [
        "journal / Application.save",
        "journal / executemany",
        "command → durable → reply, p99",
    ]


def test_fanout_compares_with_a_naive_server(tmp_path):
    report = fanout.measure(tmp_path, rounds=1, seconds=0.1, members=4)
    assert names(report) == ["engine / naive aiohttp"]


def test_replay_rebuilds_what_was_played(tmp_path):
    report = replay.measure(tmp_path, rounds=1, events=300)
    assert names(report) == ["rebuild"]


def test_recover_brings_every_table_back(tmp_path):
    report = recover.measure(tmp_path, rounds=1, tables=2)
    assert names(report) == ["2 live tables and 2 treasure games recovered"]


def test_stream_relays_a_match_and_compares_with_a_naive_relay(tmp_path):
    report = stream.measure(tmp_path, rounds=1, seconds=0.3, players=3)
    assert names(report) == ["chunk → durable → the others, p99"]
    assert all(figure.value > 0 for figure in report.figures)


def test_treasure_measures_how_late_stages_end(tmp_path):
    report = treasure.measure(tmp_path, rounds=1, rooms=2, seconds=0.1)
    assert names(report) == ["a stage's end → durable → the next 58, p99"]
    figures = {figure.name: figure.value for figure in report.figures}
    assert figures["stages ended"] == 2 * 4
    assert figures["commands"] > 0
    assert figures["heard by players"] > 0


def test_chatroom_has_a_history_and_a_crowd(tmp_path):
    report = chatroom.measure(tmp_path, rounds=1, remarks=20, members=5)
    assert names(report) == ["join with / without history", "the last of 5 hears it, worst"]


def test_rules_say_which_baseline_is_not_installed(tmp_path):
    report = rules.measure(tmp_path, rounds=1, hands=20)
    assert len(report.bars) == 4
    for bar in report.bars:
        assert bar.measured is not None or "not installed" in bar.note
