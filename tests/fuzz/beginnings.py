"""Scripts that fuzzing of handlers begins from: all messages of a kind, and states to be in."""

from __future__ import annotations

from typing import Final

from handler_target import DROP, OP
from wire_peers import BOUNDARIES, KINDS, NUMBER, Kind, members_of


def _number(kind: str, message: str) -> int:
    return next(
        at for at, (_, cls) in enumerate(KINDS[NUMBER[kind]].messages) if cls.__name__ == message
    )


def script(*lines: str) -> bytes:
    """Return a script: "open KIND", "PEER MESSAGE [field=value | field …]", "wait N", "close N"."""
    out, kinds = b"", []
    for line in lines:
        first, _, rest = line.partition(" ")
        if first == "open":
            kinds.append(rest)
            out += bytes((OP["open"], NUMBER[rest]))
        elif first in ("wait", "close"):
            out += bytes((OP[first], int(rest)))
        else:
            message, *changes = rest.split()
            kind = "admin" if first == "255" else kinds[int(first)]
            names = [name for name, _ in members_of(_type(kind, message), {})]
            out += bytes((OP["say"], int(first), _number(kind, message), len(changes)))
            for change in changes:
                name, _, value = change.partition("=")
                worse = BOUNDARIES.index(value.encode()) if value else DROP
                out += bytes((names.index(name), worse))
                if not value:
                    names.remove(name)
    return out


def _type(kind: str, message: str) -> type:
    return KINDS[NUMBER[kind]].messages[_number(kind, message)][1]


def logged_in(kind: Kind) -> bytes:
    """Return a script in which peer 0 is of a kind, and somebody if it can say so by itself."""
    if not kind.listener:
        return b""
    login = _LOGIN.get(kind.name.split()[0], ()) if not kind.name.endswith(("v1", "v1 ws")) else ()
    return script(f"open {kind.name}", *login)


def everything(kind: Kind) -> bytes:
    """Return a script that says all there is of a kind, plainly, to who has logged in."""
    peer = 0 if kind.listener else 255
    order = (0, *range(len(kind.messages) - 1, 0, -1))  # who goes offline does so in the end
    return logged_in(kind) + b"".join(bytes((OP["say"], peer, at, 0)) for at in order)


_LOGIN: Final = {
    "landlord": ("0 JoinTable type=1 zone=0",),
    "treasure": ('0 Login name="A" token', "0 CreateRoom"),
    "bee": ("0 Online",),
    "tech": ("0 Credentials",),
    "nodes": ('0 NodeAuth nid=1 time=1790000000 nonce="0123456789abcdef"',),
}


_HAND: Final = (
    *("open landlord", "open landlord xor", "open landlord ws"),
    *("0 JoinTable uid=255 type=1 zone=0", "1 JoinTable uid=256 type=1 zone=0"),
    "2 JoinTable uid=2 type=1 zone=0",
    *("0 GameReady", "1 GameReady", "2 GameReady"),
    *("0 CallSubmit", "1 CallSubmit", "2 CallSubmit", "0 CallSubmit", "1 CallSubmit"),
    *("0 PlaySubmit", "1 PlaySubmit", "2 PlaySubmit", "0 PlaySubmit", "1 ForceQuit", "2 SwapTable"),
)
_GAME: Final = (
    *("open treasure", "open treasure ws", "open treasure", "open treasure"),
    *('0 Login name="A" token', '1 Login name="B" token', '2 Login name="C" token'),
    *('3 Login name="0" token', "0 CreateRoom password", "1 JoinRoom password"),
    *("2 JoinRoom password", "3 JoinRoom password", "1 ChangeReady ready=true"),
    *("2 ChangeReady ready=true", "3 ChangeReady ready=true", "0 StartGame"),
    *("open games", "open games", "open games ws", "open games"),
    *("4 Verify", "5 Verify", "6 Verify", "7 Verify"),
    *("4 Move", "5 Move", "6 Attack", "7 Move", "wait 3", "4 Attack", "5 Heal", "6 Mine", "7 Mine"),
    *("wait 3", "4 Bid", "5 Bid", "wait 3", "4 Explore", "close 6", "3 LeaveRoom", "3 AskRoom"),
)
_MATCH: Final = (
    *("open tech play", "0 Credentials", '0 CreateRoom type="classic" password=""'),
    *("0 ChangeReady ready=true", "wait 2", "open tech stream", "1 Credentials"),
    *("1 SendChunk", '1 SendChunk stream="AP8="', "0 SayInRoom", "1 Die"),
)
_TALK: Final = (
    *("open bee v2", "open bee pb", "open bee v1 ws"),
    *("0 Online uid=255 sid=1", "1 Online uid=256 sid=2", "2 V1"),
    *("0 GroupCreat", "0 RoomCreat", "0 RoomJoin", "1 RoomJoin", "0 RoomChat", "0 Chat duid=256"),
    *("1 Sync", "close 1", "0 Chat"),
)


def beginnings() -> dict[str, bytes]:
    """Return scripts to begin from, by name: what everybody may say, and states to be in."""
    states = {"hand": _HAND, "game": _GAME, "match": _MATCH, "talk": _TALK}
    return {
        **{f"all of {kind.name}": everything(kind) for kind in KINDS},
        **{name: script(*lines) for name, lines in states.items()},
    }
