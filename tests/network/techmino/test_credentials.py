"""What who has no secret can learn from the desk: nothing."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from parlour.actors import accounts
from parlour.events.errors import RuleViolation
from parlour.network.techmino.credentials import CredentialDesk, Rejected
from parlour.network.turns import Peer

HERE = Peer("10.0.0.1", lambda: True)


class Actors:
    """One account, uid 1; remembers what it was asked."""

    def __init__(self):
        self.accepting = True
        self.asked = []

    def ask(self, actor_id, command):
        self.asked.append((actor_id.partition(":")[0], type(command)))
        answer = asyncio.get_running_loop().create_future()
        if actor_id == "user:1":
            answer.set_result("a hash")
        else:
            answer.set_exception(RuleViolation("no_such_account", ""))
        return answer


class Passwords:
    """None is right; remembers what was tried."""

    def __init__(self):
        self.tried = []

    async def matches(self, password, hashed, *, peer):
        self.tried.append(password)
        return False


@pytest.fixture
def rejection():
    """Return what a desk says to an email, and what that took."""

    async def reject(email, *, accepting=True):
        actors, passwords = Actors(), Passwords()
        actors.accepting = accepting
        desk = CredentialDesk(
            actors,
            passwords,
            claimed={"account/email/k@j.jp": "account:1"}.get,
            register=None,
            open_mode=False,
        )
        given = msgspec.json.encode({"email": email, "password": "pw"})
        with pytest.raises(Rejected) as caught:
            await desk.check("user", given, peer=HERE)
        said = (caught.value.reason, caught.value.status, caught.value.code)
        return said, actors.asked, passwords.tried

    return reject


async def test_an_email_that_nobody_has_goes_the_same_way(rejection):
    known, unknown = await rejection("k@j.jp"), await rejection("x@j.jp")
    assert known == unknown
    assert known[0][1] == 403
    assert known[1:] == ([("user", accounts.FindPassword)], ["pw"])


async def test_while_the_log_takes_nothing_nobody_is_looked_up(rejection):
    known = await rejection("k@j.jp", accepting=False)
    assert known == await rejection("x@j.jp", accepting=False)
    assert known == (("Server is not taking commands", 500, 1011), [], [])
