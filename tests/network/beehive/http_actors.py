"""Actors that answer the HTTP helpers as a test wishes, and a browser."""

from __future__ import annotations

from parlour.actors import accounts
from parlour.actors.beehive import messages as ask
from parlour.events import beehive as facts
from parlour.events.account import account_id, token_key
from parlour.events.errors import RuleViolation
from parlour.events.rules.account import Token
from parlour.network.netaddr import Address
from parlour.network.passwords import hash_password

UID, NOW = 18600522324, 1_000_000_000
PASSWORD = hash_password("pw")
LISTENING = {"beehive": Address("127.0.0.1", 9002), "http": Address("127.0.0.1", 8080)}
SAID = facts.RoomSaid(at=1, uid=7, ssid=71, seq=8, gid=0, level=0, time=5, text="hi", data=b"\0")


class Actors:
    """Answers what is asked; refuses what a test says."""

    accepting = True

    def __init__(self):
        self.asked = []
        self.known = {1234}
        self.refusals = {}
        self.registered = []

    async def ask(self, actor_id, command):
        self.asked.append((actor_id, command))
        if type(command) in self.refusals:
            raise self.refusals[type(command)]
        match command:
            case accounts.FindPassword():
                if actor_id != f"user:{UID}":
                    raise RuleViolation("no_such_account")
                return PASSWORD
            case accounts.FindToken(token=token):
                kind = token.partition("-")[0]
                return Token(kind=kind, expires=NOW + 1)
            case ask.AddDevice(sid=sid, known=known):
                if known and sid not in self.known:
                    raise RuleViolation("no_such_device")
                return sid or 4242
            case ask.GiveDeviceToken(sid=sid):
                return accounts.TokenGiven(token=f"signed-{sid}", expires=NOW + 60_000_000)
            case ask.LiveNodes():
                return ["10.0.0.9:9002", "127.0.0.1:9002"]
            case ask.RoomHistory():
                return [SAID]
        return 17

    async def register(self, command):
        self.registered.append(command)
        return 1_000_001

    def claimed(self, key):
        tokens = ("beehive-live", "operator-live")
        keys = {token_key(accounts.digest_of(token)): account_id(UID) for token in tokens}
        return keys.get(key)

    def commands(self, kind):
        return [(actor, command) for actor, command in self.asked if isinstance(command, kind)]


class Web:
    def __init__(self, session, url):
        self._session, self._url = session, url

    async def get(self, path, **parameters):
        async with self._session.get(self._url + path, params=parameters) as response:
            return response.status, await response.json()

    async def push(self, body, token=None, **parameters):
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        url = self._url + "/im/push"
        async with self._session.post(url, params=parameters, data=body, headers=headers) as found:
            return found.status, await found.json()
