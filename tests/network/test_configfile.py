from __future__ import annotations

import tomllib

import pytest

from parlour.events.errors import EngineError
from parlour.network.config import Config
from parlour.network.configfile import load, render, settings


def test_without_anything_the_defaults_hold():
    assert load() == Config()
    assert load().landlord.play_seconds == 22.0
    assert load().limits.connections_per_address == 64


def test_open_mode_starts_with_wide_limits_that_can_be_set():
    assert load(open_mode=True).limits.connections_per_address == 512
    assert load(open_mode=True).limits.messages_per_second == 5_000
    assert load(None, ["limits.burst=7"], open_mode=True).limits.burst == 7


@pytest.mark.parametrize(
    ("override", "key", "value"),
    [
        ("landlord.play_seconds=1", "landlord.play_seconds", 1.0),
        ("landlord.play_seconds = 0.25", "landlord.play_seconds", 0.25),
        ("landlord.levels.1.base=20", "landlord.levels.1.base", 20),
        ("landlord.levels.1.rob=true", "landlord.levels.1.rob", True),
        ("landlord.levels.2.book=pagat", "landlord.levels.2.book", "pagat"),
        ('landlord.levels.2.book="pagat"', "landlord.levels.2.book", "pagat"),
        ("landlord.levels.1.ceiling=none", "landlord.levels.1.ceiling", None),
        ("landlord.zones.7=[1, 4]", "landlord.zones.7", (1, 4)),
        (
            "log.signing_key=/etc/parlour/seal key.pem",
            "log.signing_key",
            "/etc/parlour/seal key.pem",
        ),
        ("http.metrics=false", "http.metrics", False),
    ],
)
def test_a_setting_is_set_by_its_dotted_key(override, key, value):
    found = {setting.key: setting.value for setting in settings(load(None, [override]))}
    assert found[key] == value
    defaults = {setting.key: setting.value for setting in settings(Config())}
    assert {k: v for k, v in found.items() if k != key} == {
        k: v for k, v in defaults.items() if k != key
    }


def test_a_new_level_needs_all_that_has_no_default():
    overrides = ["landlord.levels.9={base = 3, floor = 1}"]
    assert load(None, overrides).landlord.levels[9].base == 3
    with pytest.raises(EngineError, match=r"landlord\.levels\.9\.floor is missing"):
        load(None, ["landlord.levels.9.base=3"])


def test_the_command_line_comes_after_the_file(tmp_path):
    path = tmp_path / "parlour.toml"
    path.write_text(
        "[landlord]\nplay_seconds = 5\ncall_seconds = 6\n[landlord.levels.1]\nbase = 7\n"
    )
    config = load(path, ["landlord.play_seconds=8"])
    assert (config.landlord.play_seconds, config.landlord.call_seconds) == (8.0, 6.0)
    assert (config.landlord.levels[1].base, config.landlord.levels[2].base) == (7, 50)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "landlord.play_second=1",
            "unknown setting landlord.play_second; did you mean landlord.play_seconds?",
        ),
        (
            "landlord.plai=1",
            "unknown setting landlord.plai; did you mean landlord.play_seconds?",
        ),
        (
            "landlord.idle_seconds=1",
            "unknown setting landlord.idle_seconds; did you mean limits.idle_seconds?",
        ),
        (
            "http.auth_second=1",
            "unknown setting http.auth_second; did you mean limits.auth_seconds?",
        ),
        ("landlod.sid=1", "unknown setting landlod; did you mean landlord?"),
        (
            "tls.zzz=1",
            "unknown setting tls.zzz; there are tls.certificate, tls.key",
        ),
        (
            "accounts.token_seconds.skey=0",
            "accounts.token_seconds.skey = 0: "
            "a token is good for more than 0 seconds and less than ten years",
        ),
        (
            "landlord.levels.1.bass=1",
            "unknown setting landlord.levels.1.bass; did you mean landlord.levels.1.base?",
        ),
        (
            "x=1",
            "unknown setting x; "
            "there are listen, limits, http, tls, log, engine, accounts, landlord, techmino, "
            "beehive, cluster, treasure",
        ),
        (
            "landlord.play_seconds=soon",
            'landlord.play_seconds = "soon": expected `float`, got `str`',
        ),
        ("limits.burst=1.5", "limits.burst = 1.5: expected `int`, got `float`"),
        ("limits.burst=true", "limits.burst = true: expected `int`, got `bool`"),
        ("limits.burst=-1", "limits.burst = -1: must be 0 or more"),
        (
            "landlord.play_seconds=nan",
            "landlord.play_seconds = nan: must be finite",
        ),
        ("landlord.levels.1.book=x", "landlord.levels.1.book = \"x\": invalid enum value 'x'"),
        ("landlord.levels.1.rake=101", "landlord.levels.1.rake = 101: at most 100 percent"),
        ("landlord.zones.3=[9]", "landlord.zones.3: there is no level 9"),
        ("landlord=1", "landlord is a section: set landlord.sid …"),
        (
            "techmino.utc_offset=8",
            "techmino.utc_offset = 8: expected `str`, got `int`",
        ),
        (
            "techmino.utc_offset=UTC",
            "techmino.utc_offset: 'UTC' is no offset from UTC: write +08:00",
        ),
        (
            "techmino.reject=never",
            "techmino.reject = \"never\": invalid enum value 'never'",
        ),
        ("landlord.play_seconds", "--set takes KEY=VALUE, not 'landlord.play_seconds'"),
        ("tls.key=a.pem", "tls.certificate and tls.key are set together or not at all"),
    ],
)
def test_what_does_not_fit_is_one_line_that_names_the_key(override, message):
    with pytest.raises(EngineError) as caught:
        load(None, [override])
    assert str(caught.value) == message


def test_a_setting_is_known_by_its_name_in_files(tmp_path):
    path = tmp_path / "parlour.toml"
    path.write_text('[listen]\nbeehive-nodes = "127.0.0.1:1"\n')
    assert load(path).listen.beehive_nodes == "127.0.0.1:1"
    assert load(None, ["listen.beehive-nodes=127.0.0.1:2"]).listen.beehive_nodes == "127.0.0.1:2"
    with pytest.raises(EngineError, match=r"did you mean listen\.beehive-nodes\?"):
        load(None, ["listen.beehive_nodes=127.0.0.1:2"])


def test_a_file_that_is_not_there_or_not_toml_is_named(tmp_path):
    with pytest.raises(EngineError, match=r"cannot read .*nothing\.toml"):
        load(tmp_path / "nothing.toml")
    path = tmp_path / "bad.toml"
    path.write_text("[landlord\n")
    with pytest.raises(EngineError, match=r"bad\.toml is not TOML"):
        load(path)


@pytest.mark.parametrize("overrides", [[], ["landlord.levels.1.ceiling=none", "limits.burst=9"]])
def test_what_is_printed_can_be_read_back(tmp_path, overrides):
    config = load(None, overrides)
    path = tmp_path / "parlour.toml"
    path.write_text(render(config))
    assert load(path) == config


def test_every_setting_is_printed_with_a_comment():
    text = render(Config())
    assert len(tomllib.loads(text)) == len(Config.__struct_fields__)
    lines = [line for line in text.splitlines() if line and not line.startswith("[")]
    assert len(lines) == len(list(settings(Config())))
    assert [line for line in lines if "  # " not in line] == []
