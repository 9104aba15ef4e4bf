"""Each bench at a tiny size: well-formed results, no opinion on how fast this machine is."""

import msgspec

from parlour.network.bench import fanout, log, recover, replay, rules


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
    assert names(report) == ["2 live tables recovered"]


def test_rules_say_which_baseline_is_not_installed(tmp_path):
    report = rules.measure(tmp_path, rounds=1, hands=20)
    assert len(report.bars) == 4
    for bar in report.bars:
        assert bar.measured is not None or "not installed" in bar.note
