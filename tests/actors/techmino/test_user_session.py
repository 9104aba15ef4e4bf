"""Sessions of `user`: access tokens, and what is known of users."""

import pytest

from parlour.actors.accounts import ChangeAccount, avatar_hash, digest_of
from parlour.actors.messages import Ask
from parlour.events.account import account_id
from parlour.events.messages.techmino import user

AVATAR = "data:image/png;base64,AAAA"


def told(client, request):
    client.take()
    client.send(request)
    return client.json()


@pytest.fixture
def client(club):
    return club.connect("user", 114)


def change(club, uid, **profile):
    club.house.engine.tell(f"user:{uid}", Ask(0, ChangeAccount(**profile)))
    club.house.writer.flush()


def test_connect_after_a_token_says_nothing_more(client):
    assert client.json() == [{"type": "Connect"}]


def test_connect_after_a_password_gives_uid_and_auth_token(club):
    client = club.connect("user", 114, token="B1234EC0")
    assert client.json() == [{"type": "Connect", "uid": 114, "authToken": "B1234EC0"}]


def test_an_access_token_replaces_the_former(club, client):
    first, second = (told(client, user.GetAccessToken())[0] for _ in range(2))
    assert (first.pop("type"), first.pop("action")) == ("Self", 0)
    assert len(first["accessToken"]) == 64
    assert list(club.house.state(account_id(114)).tokens) == [digest_of(second["accessToken"])]


def test_a_user_asks_about_himself_and_about_others(club, client):
    club.register(7, "tadokoro_koji")
    change(club, 7, motto="yarimasune")
    own = {"uid": 114, "username": "player114", "motto": ""}
    assert told(client, user.GetUser()) == [{"type": "Self", "action": 1, "data": own}]
    [other] = told(client, user.GetUser(uid=7))
    assert other["data"] == {"uid": 7, "username": "tadokoro_koji", "motto": "yarimasune"}


@pytest.mark.parametrize("uid", [0, -1, 8, 2**53, 2**70])
def test_nobody_is_an_error_with_the_uid(client, uid):
    assert told(client, user.GetUser(uid=uid)) == [
        {"type": "Error", "reason": f"ID not found: {uid}"}
    ]


@pytest.mark.parametrize(
    ("known", "comes"),
    [(None, False), (False, False), (True, False), ("", True), ("old", True), ("same", False)],
)
def test_an_avatar_comes_to_who_names_another_hash(club, client, known, comes):
    change(club, 114, avatar=AVATAR)
    known = avatar_hash(AVATAR) if known == "same" else known
    [answer] = told(client, user.GetUser(hash=known))
    extra = {"avatar": AVATAR, "hash": avatar_hash(AVATAR)} if comes else {}
    assert answer["data"] == {"uid": 114, "username": "player114", "motto": "", **extra}


def test_without_an_avatar_none_comes(client):
    [answer] = told(client, user.GetUser(hash="old"))
    assert answer["data"].keys() == {"uid", "username", "motto"}


def test_the_hash_is_sha256_of_the_data_uri():
    assert avatar_hash("data:,") == (
        "4ff286857945d8713fd2e6744ee452fb51aadd3bca707c9850cb95ef18bba878"
    )


def test_an_account_may_have_several_sessions(club, client):
    other = club.connect("user", 114)
    assert other.json() == [{"type": "Connect"}]
    assert client.closed == []
    assert told(client, user.GetUser())[0]["data"]["uid"] == 114
