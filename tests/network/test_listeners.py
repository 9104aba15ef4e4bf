from __future__ import annotations

import json
import socket

import pytest

from parlour.events.errors import EngineError
from parlour.network.config import ListenSettings, TlsSettings
from parlour.network.listeners import addresses, bind_all, tls_context, write_ready_file
from parlour.network.netaddr import Address, bind, bound_address, is_loopback, parse


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:80", Address("127.0.0.1", 80)),
        ("[::1]:0", Address("::1", 0)),
        (":9100", Address("", 9100)),
        ("localhost:65535", Address("localhost", 65535)),
    ],
)
def test_addresses_are_read_as_people_write_them(text, address):
    assert parse(text) == address
    assert parse(str(address)) == address


@pytest.mark.parametrize(
    "text",
    ["", "80", "host", "host:", "host:x", "host:65536", "h:-1", "::1:80", "h:" + "9" * 5000],
)
def test_what_is_no_address_is_named(text):
    with pytest.raises(EngineError, match=r"HOST:PORT|ADDRESS"):
        parse(text)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("localhost", False),
    ],
)
def test_loopback_is_told_by_number(host, expected):
    assert is_loopback(host) is expected


_KINDS = (
    "the kinds served are http, landlord, beehive, beehive-nodes, treasure, treasure-room, nodes"
)


def test_without_a_choice_every_kind_listens_on_its_default():
    found = addresses([], ListenSettings())
    assert {kind: str(address) for kind, address in found.items()} == {
        "http": "127.0.0.1:8080",
        "landlord": "127.0.0.1:9100",
        "beehive": "127.0.0.1:9002",
        "beehive-nodes": "127.0.0.1:9003",
        "treasure": "127.0.0.1:9200",
        "treasure-room": "127.0.0.1:9201",
        "nodes": "127.0.0.1:9202",
    }


def test_with_a_choice_only_what_it_names_listens():
    assert addresses(["landlord=0.0.0.0:1"], ListenSettings()) == {
        "landlord": Address("0.0.0.0", 1)
    }


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (
            ["chess=:9001"],
            f"--listen chess=:9001: {_KINDS}",
        ),
        (
            ["landlod=:1"],
            f"--listen landlod=:1: did you mean landlord? {_KINDS}",
        ),
        (["http"], "--listen takes KIND=HOST:PORT, not 'http'"),
        (
            ["http=:1", "http=:2"],
            "--listen names http twice; a kind listens in one place",
        ),
    ],
)
def test_a_wrong_choice_is_one_line(chosen, message):
    with pytest.raises(EngineError) as caught:
        addresses(chosen, ListenSettings())
    assert str(caught.value) == message


def test_a_port_that_is_taken_is_named():
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(EngineError, match=r"cannot listen on 127\.0\.0\.1:"),
    ):
        bind(Address("127.0.0.1", taken.getsockname()[1]))


def test_an_unknown_host_is_named():
    with pytest.raises(EngineError, match=r"cannot listen on nowhere\.invalid:1"):
        bind(Address("nowhere.invalid", 1))


def test_open_mode_binds_nothing_beyond_loopback():
    where = {"http": Address("127.0.0.1", 0), "landlord": Address("0.0.0.0", 0)}
    with pytest.raises(EngineError, match="--open serves this machine only: landlord"):
        bind_all(where, loopback_only=True)


def test_the_ready_file_names_the_ports_that_were_given(tmp_path):
    path = tmp_path / "ready.json"
    bound = bind_all({"http": Address("127.0.0.1", 0)}, loopback_only=True)
    write_ready_file(path, bound)
    assert json.loads(path.read_text()) == {"http": str(bound_address(bound["http"]))}
    assert [entry.name for entry in tmp_path.iterdir()] == ["ready.json"]
    for listener in bound.values():
        listener.close()


def test_a_ready_file_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(EngineError, match="cannot write the ready file"):
        write_ready_file(tmp_path / "no" / "ready.json", {})


def test_without_a_certificate_there_is_no_tls():
    assert tls_context(TlsSettings()) is None


def test_a_certificate_that_cannot_be_read_is_named(tmp_path):
    settings = TlsSettings(certificate=str(tmp_path / "c.pem"), key=str(tmp_path / "k.pem"))
    with pytest.raises(EngineError, match=r"tls\.certificate .*c\.pem"):
        tls_context(settings)
