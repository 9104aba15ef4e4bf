"""Sessions of `app`: what an operator tells players, in the seed's form."""

import pytest

from parlour.events.messages.techmino import app, chat


@pytest.fixture
def client(club_of):
    club = club_of(
        newest_code=1300,
        newest_name="Alpha 0.13.0",
        newest_content="维度突破 New Dimension",
        least_code=1226,
        least_name="Alpha V0.12.X",
        least_content="圣诞快乐 Merry Christmas",
        notice="Foo and bar",
    )
    return club.connect("app", 1)


NEWEST = {"code": 1300, "name": "Alpha 0.13.0", "content": "维度突破 New Dimension"}


def told(client, request):
    client.take()
    client.send(request)
    return client.json()


def test_connect_tells_versions_and_the_notice(client):
    assert client.json() == [
        {
            "type": "Connect",
            "newestCode": 1300,
            "newestName": "Alpha 0.13.0",
            "lowest": 1226,
            "notice": "Foo and bar",
        }
    ]


def test_the_newest_version_alone(client):
    assert told(client, app.GetVersion(newestOnly=True)) == [
        {"type": "Self", "action": 0, "newest": NEWEST}
    ]


def test_or_with_the_least_and_the_notice(client):
    assert told(client, app.GetVersion(newestOnly=False)) == [
        {
            "type": "Self",
            "action": 0,
            "newest": NEWEST,
            "least": {
                "code": 1226,
                "name": "Alpha V0.12.X",
                "content": "圣诞快乐 Merry Christmas",
            },
            "notice": "Foo and bar",
        }
    ]


def test_the_notice(client):
    assert told(client, app.GetNotice()) == [{"type": "Self", "action": 1, "notice": "Foo and bar"}]


def test_a_request_of_another_endpoint_is_our_fault_and_ends_it(client):
    assert told(client, chat.ListChats()) == [{"type": "Error", "reason": "Internal server error"}]
    assert client.closed == ["internal"]
