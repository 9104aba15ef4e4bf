"""Each bench at a tiny size: well-formed results, no opinion on how fast this machine is."""

import msgspec

from parlour.network.bench import (
    chat,
    chatroom,
    cli,
    fanout,
    idle,
    log,
    recover,
    replay,
    rules,
    stream,
    treasure,
)
from parlour.network.bench.all import BARS


def names(report):
    document = report.document()
    assert msgspec.json.decode(msgspec.json.encode(document)) == document
    assert all(entry["value"] >= 0 for entry in document["figures"].values())
    return [entry["name"] for entry in document["bars"]]


def test_log_has_three_bars(tmp_path):
    report = log.measure(tmp_path, rounds=1, events=200, seconds=0.1)
    assert names(report) == list(BARS["log"])


def test_fanout_compares_with_a_naive_server(tmp_path):
    report = fanout.measure(tmp_path, rounds=1, seconds=0.1, members=4)
    assert names(report) == list(BARS["fanout"])


def test_replay_rebuilds_what_was_played(tmp_path):
    report = replay.measure(tmp_path, rounds=1, events=300)
    assert names(report) == list(BARS["replay"])


def test_recover_brings_every_table_back(tmp_path):
    report = recover.measure(tmp_path, rounds=1, tables=2)
    assert names(report) == [name.replace("1,000", "2") for name in BARS["recover"]]


def test_stream_relays_a_match_and_compares_with_a_naive_relay(tmp_path):
    report = stream.measure(tmp_path, rounds=1, seconds=0.3, players=3)
    assert names(report) == list(BARS["stream"])
    assert all(figure.value > 0 for figure in report.figures)


def test_treasure_measures_how_late_stages_end(tmp_path):
    report = treasure.measure(tmp_path, rounds=1, rooms=2, seconds=0.1)
    assert names(report) == list(BARS["treasure"])
    figures = {figure.name: figure.value for figure in report.figures}
    assert figures["stages ended"] == 2 * 4
    assert figures["commands"] > 0
    assert figures["heard by players"] > 0


def test_chatroom_has_a_history_and_a_crowd(tmp_path):
    report = chatroom.measure(tmp_path, rounds=1, remarks=20, members=5)
    assert names(report) == [name.replace("1,024", "5") for name in BARS["chatroom"]]


def test_rules_say_which_baseline_is_not_installed(tmp_path):
    report = rules.measure(tmp_path, rounds=1, hands=20)
    assert names(report) == list(BARS["rules"])
    for bar in report.bars:
        assert bar.measured is not None or "not installed" in bar.note


def test_idle_connections_are_weighed(tmp_path):
    report = idle.measure(tmp_path, rounds=1, connections=20)
    assert names(report) == list(BARS["idle"])


def test_chat_waits_for_acks(tmp_path):
    report = chat.measure(tmp_path, rounds=1, seconds=0.3, rate=200.0, pairs=2)
    assert names(report) == list(BARS["chat"])


def test_every_bench_has_bars_with_names():
    assert list(BARS) == list(cli.BENCHES)
