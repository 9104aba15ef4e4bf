"""What is asked of accounts: tokens given out, used, replaced, run out."""

import re

import pytest

from parlour.actors.accounts import (
    ChangeAccount,
    DisableAccount,
    FindPassword,
    FindToken,
    IssueToken,
    RegisterAccount,
    RevokeTokens,
    UseToken,
)
from parlour.actors.settings import TokenSettings
from parlour.events.account import account_id
from parlour.events.errors import RuleViolation

DAY = 86_400
UUID = re.compile(r"[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}")


@pytest.fixture
async def closed(house_of):
    """A house where tokens are checked, with one account."""
    house = house_of(open=False)
    order(house, RegisterAccount(name="koji", password_hash="hashed"))
    return house


def order(house, command, uid=1):
    future = house.engine.ask(f"user:{uid}", command)
    house.writer.flush()
    assert future.done()
    return future.result()


def refusal(house, command, uid=1):
    with pytest.raises(RuleViolation) as caught:
        order(house, command, uid)
    return caught.value.code


# --- forms --------------------------------------------------------------------------------
async def test_an_auth_token_is_a_uuid_and_lasts_five_days(closed):
    given = order(closed, IssueToken(kind="auth"))
    assert UUID.fullmatch(given.token)
    assert given.expires == closed.clock.time + 5 * DAY * 1_000_000


async def test_an_access_token_is_64_hex_digits_and_lasts_half_an_hour(closed):
    given = order(closed, IssueToken(kind="access"))
    assert re.fullmatch("[0-9A-F]{64}", given.token)
    assert given.expires == closed.clock.time + 1800 * 1_000_000


async def test_the_log_holds_no_token(closed):
    tokens = [order(closed, IssueToken(kind=kind)).token for kind in ("auth", "access")]
    for _, _, _, state in closed.rows():
        assert not any(token.casefold() in str(state).casefold() for token in tokens)


# --- use ----------------------------------------------------------------------------------
@pytest.mark.parametrize(("kind", "seconds"), [("auth", 5 * DAY), ("access", 1800)])
async def test_each_use_gives_a_token_its_whole_time_again(closed, kind, seconds):
    token = order(closed, IssueToken(kind=kind)).token
    for _ in range(3):
        closed.pass_time(seconds - 1)
        order(closed, UseToken(kind=kind, token=token))
    assert closed.names().count("account.token-extended") == 3
    closed.pass_time(seconds)
    assert refusal(closed, UseToken(kind=kind, token=token)) == "token_expired"


async def test_an_expired_token_is_known_as_such_until_it_is_replaced(closed):
    token = order(closed, IssueToken(kind="auth")).token
    closed.pass_time(400 * DAY)
    order(closed, IssueToken(kind="access"))
    assert refusal(closed, UseToken(kind="auth", token=token)) == "token_expired"
    order(closed, IssueToken(kind="auth"))
    assert refusal(closed, UseToken(kind="auth", token=token)) == "token_wrong"


async def test_a_token_given_out_for_longer_keeps_its_time(closed):
    given = order(closed, IssueToken(kind="access", seconds=DAY))
    order(closed, UseToken(kind="access", token=given.token))
    [token] = closed.state(account_id(1)).tokens.values()
    assert token.expires == given.expires


async def test_a_token_opens_what_it_is_for(closed):
    token = order(closed, IssueToken(kind="auth")).token
    for command in (
        UseToken(kind="access", token=token),
        UseToken(kind="auth", token=token + "0"),
        UseToken(kind="auth", token=""),
    ):
        assert refusal(closed, command) == "token_wrong"


async def test_a_token_opens_nobody_elses_account(closed):
    order(closed, RegisterAccount(name="maki"), uid=2)
    token = order(closed, IssueToken(kind="auth")).token
    assert refusal(closed, UseToken(kind="auth", token=token), uid=2) == "token_wrong"


async def test_nobody_uses_a_token_of_an_account_that_is_none(closed):
    assert refusal(closed, UseToken(kind="auth", token="x"), uid=9) == "no_such_account"


async def test_a_disabled_account_is_not_opened(closed):
    token = order(closed, IssueToken(kind="auth")).token
    order(closed, DisableAccount())
    assert refusal(closed, UseToken(kind="auth", token=token)) == "token_wrong"
    assert refusal(closed, IssueToken(kind="auth")) == "account_disabled"
    assert order(closed, FindPassword()) == ""


# --- replacing ----------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["auth", "access"])
async def test_a_new_token_ends_the_one_before(closed, kind):
    old = order(closed, IssueToken(kind=kind)).token
    new = order(closed, IssueToken(kind=kind)).token
    assert refusal(closed, UseToken(kind=kind, token=old)) == "token_wrong"
    order(closed, UseToken(kind=kind, token=new))
    assert len(closed.state(account_id(1)).tokens) == 1


async def test_the_kinds_do_not_end_each_other(closed):
    tokens = {kind: order(closed, IssueToken(kind=kind)).token for kind in ("auth", "access")}
    for kind, token in tokens.items():
        order(closed, UseToken(kind=kind, token=token))


async def test_of_other_kinds_there_may_be_several(closed):
    for _ in range(3):
        order(closed, IssueToken(kind="skey"))
    assert len(closed.state(account_id(1)).tokens) == 3


async def test_a_revoked_token_is_not_known_any_more(closed):
    token = order(closed, IssueToken(kind="auth")).token
    order(closed, RevokeTokens(kind="auth"))
    assert refusal(closed, UseToken(kind="auth", token=token)) == "token_wrong"


async def test_a_live_token_is_found_whatever_it_is_for(closed):
    token = order(closed, IssueToken(kind="beehive", sid=71)).token
    found = order(closed, FindToken(token=token))
    assert (found.kind, found.sid) == ("beehive", 71)
    assert refusal(closed, FindToken(token="another")) == "token_wrong"
    assert refusal(closed, FindToken(token=token), uid=2) == "no_such_account"
    closed.clock.time = found.expires
    assert refusal(closed, FindToken(token=token)) == "token_expired"


async def test_a_password_is_found_as_it_was_set_last(closed):
    assert order(closed, FindPassword()) == "hashed"
    order(closed, ChangeAccount(password_hash="again"))
    assert order(closed, FindPassword()) == "again"


async def test_a_name_that_is_taken_may_get_a_number(closed):
    order(closed, RegisterAccount(name="koji", any_name=True), uid=2)
    assert closed.state(account_id(2)).name == "koji-2"


# --- open ---------------------------------------------------------------------------------
async def test_any_token_will_do_and_an_unknown_uid_is_registered(house):
    order(house, UseToken(kind="auth", token="any"), uid=114)
    account = house.state(account_id(114))
    assert (account.name, account.money) == ("player114", 10_000)
    order(house, UseToken(kind="auth", token="other"), uid=114)
    assert house.names().count("account.registered") == 1


async def test_but_a_disabled_account_stays_shut(house):
    order(house, UseToken(kind="auth", token="any"), uid=114)
    order(house, DisableAccount(), uid=114)
    command = UseToken(kind="auth", token="any")
    assert refusal(house, command, uid=114) == "account_disabled"


def test_lifetimes_are_those_of_the_page():
    assert (TokenSettings().auth, TokenSettings().access) == (5 * DAY, 1800)
