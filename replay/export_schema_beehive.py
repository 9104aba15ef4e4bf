"""The tables and views that beehive adds to an exported log; its messages are in `messages`.

Numbers that clients choose have 64 bits, more than SQLite's integers: sids, gids and rids are
text, which SQL compares with numbers all the same.
"""

from __future__ import annotations

from typing import Final

from parlour.replay.export_shape import TableShape

SHAPES: Final[dict[str, TableShape]] = {
    "queues": TableShape(
        {"position": int, "uid": int, "sid": str, "after": int, "begun": str, "ended": str},
        "position",
        {"uid": ("accounts", "uid")},
        (("uid",),),
    ),
    "devices": TableShape(
        {
            "sid": str,
            "uid": int,
            "added": str,
            "queue": int,
            "online": str,
            "offline": str,
            "why": str,
            "app": str,
            "version": str,
            "terminal": int,
            "commands": int,
            "refused": int,
        },
        "sid",
        {"uid": ("accounts", "uid"), "queue": ("queues", "position")},
        (("uid",),),
    ),
    "queued": TableShape(
        {"uid": int, "version": int, "message": int, "copy": int},
        ("uid", "version"),
        {"uid": ("accounts", "uid"), "message": ("messages", "position")},
        (("message",),),
    ),
    "acknowledgements": TableShape(
        {"queue": int, "uid": int, "version": int, "sid": str, "position": int, "at": str},
        None,
        {"queue": ("queues", "position"), "uid": ("accounts", "uid")},
        (("queue", "version"), ("uid", "version")),
    ),
    "friends": TableShape(
        {"uid": int, "friend": int, "asked": str, "mark": str, "since": str},
        ("uid", "friend"),
        {"uid": ("accounts", "uid")},
        (("friend",),),
    ),
    "user_lists": TableShape(
        {"uid": int, "list": str, "other": int, "mark": str, "since": str},
        ("uid", "list", "other"),
        {"uid": ("accounts", "uid")},
        (("other",),),
    ),
    "groups": TableShape(
        {
            "gid": str,
            "room": str,
            "name": str,
            "description": str,
            "owner": int,
            "created": str,
            "dismissed": str,
            "members": int,
        },
        "gid",
        {"room": ("rooms", "name")},
    ),
    "group_members": TableShape(
        {
            "position": int,
            "gid": str,
            "uid": int,
            "role": str,
            "gagged": int,
            "entered": str,
            "invited_by": int,
            "gone": str,
            "why": str,
            "by": int,
        },
        "position",
        {"gid": ("groups", "gid"), "uid": ("accounts", "uid")},
        (("gid", "uid"), ("uid",)),
    ),
    "room_visits": TableShape(
        {
            "position": int,
            "room": str,
            "uid": int,
            "sid": str,
            "sub_group": int,
            "joined": str,
            "gone": str,
            "why": str,
        },
        "position",
        {"room": ("rooms", "name"), "uid": ("accounts", "uid"), "sid": ("devices", "sid")},
        (("room",), ("uid",)),
    ),
    "nodes": TableShape(
        {
            "position": int,
            "nid": int,
            "type": int,
            "ip": str,
            "port": int,
            "backend_port": int,
            "opid": int,
            "nation": str,
            "reported": str,
            "lost": str,
        },
        "position",
        {},
        (("nid",),),
    ),
}

VIEWS: Final = {
    "deliveries": """
        SELECT queued.message, messages.at AS sent, messages.uid, queued.uid AS receiver,
               queued.copy, acknowledgements.sid, acknowledgements.at AS acknowledged
        FROM queued JOIN messages ON messages.position = queued.message
        JOIN acknowledgements ON acknowledgements.uid = queued.uid
                             AND acknowledgements.version = queued.version
    """,
    "undelivered": """
        SELECT queued.message, messages.at AS sent, messages.uid, queued.uid AS receiver,
               queued.copy, queues.sid
        FROM queued JOIN messages ON messages.position = queued.message
        JOIN queues ON queues.uid = queued.uid AND queues.ended IS NULL
                   AND queued.version > queues.after
        LEFT JOIN acknowledgements ON acknowledgements.queue = queues.position
                                  AND acknowledgements.version = queued.version
        WHERE acknowledgements.queue IS NULL
    """,
}
