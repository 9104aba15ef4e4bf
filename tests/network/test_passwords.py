import asyncio
import threading

import pytest

from parlour.network import passwords
from parlour.network.passwords import PasswordThread, PasswordUnfit, is_password
from parlour.network.turns import Peer, PeerGone, TooManyWait

HERE = Peer("10.0.0.1", lambda: True)


@pytest.fixture
def thread():
    thread = PasswordThread()
    yield thread
    thread.close()


async def test_a_password_matches_its_hash_and_no_other_does(thread):
    hashed = await thread.hash("FooBarBazQux", peer=HERE)
    assert hashed.startswith("$argon2id$")
    assert await thread.matches("FooBarBazQux", hashed, peer=HERE)
    assert not await thread.matches("foobarbazqux", hashed, peer=HERE)


@pytest.mark.parametrize("hashed", ["", "no hash at all"])
def test_nobody_has_the_password_of_no_hash(hashed):
    assert not is_password("", hashed)
    assert not is_password("x", hashed)


def test_a_password_over_the_limit_is_not_even_tried():
    assert not is_password("x" * 1025, "")


@pytest.mark.parametrize("password", ["", "x" * 1025, "é" * 513])
async def test_a_password_has_bounds(thread, password):
    with pytest.raises(PasswordUnfit, match="1 to 1024 bytes"):
        await thread.hash(password, peer=HERE)


@pytest.fixture
def slowly(monkeypatch):
    """Hashes take until the event; what was hashed is listed."""
    go, done = threading.Event(), []

    def hash_password(password):
        done.append(password)
        return str(go.wait(5))

    monkeypatch.setattr(passwords, "hash_password", hash_password)
    return go, done


async def test_so_many_of_an_address_may_wait_and_no_more(slowly, monkeypatch):
    monkeypatch.setattr(passwords, "WAITING_OF_ADDRESS", 1)
    go, _ = slowly
    thread = PasswordThread()
    waiting = [asyncio.ensure_future(thread.hash("pw", peer=HERE)) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyWait):
        await thread.hash("pw", peer=HERE)
    other = asyncio.ensure_future(thread.hash("pw", peer=Peer("10.0.0.2", lambda: True)))
    await asyncio.sleep(0)
    go.set()
    assert await asyncio.gather(*waiting, other) == ["True"] * 4
    assert await thread.hash("pw", peer=HERE) == "True"
    thread.close()


async def test_nothing_is_hashed_for_who_left_while_waiting(thread, slowly):
    go, done = slowly
    begun = [asyncio.ensure_future(thread.hash("begun", peer=HERE)) for _ in range(2)]
    await asyncio.sleep(0)
    gone = Peer("10.0.0.1", lambda: False)
    left = [asyncio.ensure_future(thread.hash("left", peer=gone)) for _ in range(9)]
    other = asyncio.ensure_future(thread.hash("other", peer=Peer("10.0.0.2", lambda: True)))
    await asyncio.sleep(0)
    go.set()
    await asyncio.gather(*begun, other)
    for waiting in left:
        with pytest.raises(PeerGone):
            await waiting
    assert done == ["begun", "begun", "other"]
