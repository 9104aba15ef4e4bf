import asyncio
import threading

import pytest

from parlour.network import passwords
from parlour.network.passwords import PasswordThread, PasswordUnfit, TooManyWait, is_password


@pytest.fixture
def thread():
    thread = PasswordThread()
    yield thread
    thread.close()


async def test_a_password_matches_its_hash_and_no_other_does(thread):
    hashed = await thread.hash("FooBarBazQux")
    assert hashed.startswith("$argon2id$")
    assert await thread.matches("FooBarBazQux", hashed)
    assert not await thread.matches("foobarbazqux", hashed)


@pytest.mark.parametrize("hashed", ["", "no hash at all"])
def test_nobody_has_the_password_of_no_hash(hashed):
    assert not is_password("", hashed)
    assert not is_password("x", hashed)


def test_a_password_over_the_limit_is_not_even_tried():
    assert not is_password("x" * 1025, "")


@pytest.mark.parametrize("password", ["", "x" * 1025, "é" * 513])
async def test_a_password_has_bounds(thread, password):
    with pytest.raises(PasswordUnfit, match="1 to 1024 bytes"):
        await thread.hash(password)


async def test_so_many_may_wait_and_no_more(thread, monkeypatch):
    monkeypatch.setattr(passwords, "WAITING", 3)
    go = threading.Event()
    monkeypatch.setattr(passwords, "hash_password", lambda password: str(go.wait(5)))
    waiting = [asyncio.ensure_future(thread.hash("pw")) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyWait):
        await thread.hash("pw")
    go.set()
    assert await asyncio.gather(*waiting) == ["True"] * 3
    assert await thread.hash("pw") == "True"
