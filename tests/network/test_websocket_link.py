"""Writes as the kernel sees them: a socket pair that keeps their bounds."""

from __future__ import annotations

import socket

import pytest

from parlour.events.messages.landlord import LogoutOk, TableDissolved
from parlour.network.websocket import JSON_TEXT
from parlour.network.websocket_link import SeparateLink


class Transport:
    """As much of a transport as a link needs, over one end of a pair."""

    def __init__(self, end):
        self.end = end
        self.buffer = bytearray()

    def get_extra_info(self, name):
        return self.end if name == "socket" else None

    def is_closing(self):
        return False

    def get_write_buffer_size(self):
        return len(self.buffer)

    def write(self, data):
        self.buffer += data


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    theirs.setblocking(False)
    yield Transport(ours), theirs
    ours.close()
    theirs.close()


def received(end):
    writes = []
    while True:
        try:
            writes.append(end.recv(100_000))
        except BlockingIOError:
            return writes


FRAMES = [
    JSON_TEXT.encode(LogoutOk(uid=1)),
    JSON_TEXT.encode(TableDissolved(reason="x" * 1000)),
    JSON_TEXT.encode(TableDissolved(reason="x" * 70_000)),
    JSON_TEXT.encode(LogoutOk(uid=2)),
]


def test_each_frame_is_a_write_of_its_own(pair):
    transport, theirs = pair
    link = SeparateLink(transport, 1.0)
    link.write(b"".join(FRAMES))
    assert received(theirs) == FRAMES
    assert not transport.buffer


def test_what_the_kernel_does_not_take_waits_in_the_transport_and_nothing_overtakes_it(pair):
    transport, theirs = pair
    link = SeparateLink(transport, 1.0)
    while not transport.buffer:
        link.write(FRAMES[1])
    kept = len(received(theirs))
    link.write(FRAMES[0])
    assert received(theirs) == []
    assert bytes(transport.buffer) == FRAMES[1] + FRAMES[0]
    assert kept > 0


def test_an_encrypted_connection_is_left_to_its_transport(pair):
    transport, theirs = pair
    transport.get_extra_info = lambda name: transport.end
    link = SeparateLink(transport, 1.0)
    link.write(FRAMES[0] + FRAMES[3])
    assert received(theirs) == []
    assert bytes(transport.buffer) == FRAMES[0] + FRAMES[3]
