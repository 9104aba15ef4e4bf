from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class RoomCreat(_message.Message):
    __slots__ = ("uid", "name", "desc")
    UID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESC_FIELD_NUMBER: _ClassVar[int]
    uid: int
    name: str
    desc: str
    def __init__(self, uid: _Optional[int] = ..., name: _Optional[str] = ..., desc: _Optional[str] = ...) -> None: ...

class RoomCreatAck(_message.Message):
    __slots__ = ("uid", "rid", "code", "errmsg")
    UID_FIELD_NUMBER: _ClassVar[int]
    RID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    ERRMSG_FIELD_NUMBER: _ClassVar[int]
    uid: int
    rid: int
    code: int
    errmsg: str
    def __init__(self, uid: _Optional[int] = ..., rid: _Optional[int] = ..., code: _Optional[int] = ..., errmsg: _Optional[str] = ...) -> None: ...

class RoomDismiss(_message.Message):
    __slots__ = ("uid", "rid")
    UID_FIELD_NUMBER: _ClassVar[int]
    RID_FIELD_NUMBER: _ClassVar[int]
    uid: int
    rid: int
    def __init__(self, uid: _Optional[int] = ..., rid: _Optional[int] = ...) -> None: ...

class RoomDismissAck(_message.Message):
    __slots__ = ("code", "errmsg")
    CODE_FIELD_NUMBER: _ClassVar[int]
    ERRMSG_FIELD_NUMBER: _ClassVar[int]
    code: int
    errmsg: str
    def __init__(self, code: _Optional[int] = ..., errmsg: _Optional[str] = ...) -> None: ...

class RoomJoin(_message.Message):
    __slots__ = ("uid", "rid")
    UID_FIELD_NUMBER: _ClassVar[int]
    RID_FIELD_NUMBER: _ClassVar[int]
    uid: int
    rid: int
    def __init__(self, uid: _Optional[int] = ..., rid: _Optional[int] = ...) -> None: ...

class RoomJoinAck(_message.Message):
    __slots__ = ("uid", "rid", "gid", "code", "errmsg")
    UID_FIELD_NUMBER: _ClassVar[int]
    RID_FIELD_NUMBER: _ClassVar[int]
    GID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    ERRMSG_FIELD_NUMBER: _ClassVar[int]
    uid: int
    rid: int
    gid: int
    code: int
    errmsg: str
    def __init__(self, uid: _Optional[int] = ..., rid: _Optional[int] = ..., gid: _Optional[int] = ..., code: _Optional[int] = ..., errmsg: _Optional[str] = ...) -> None: ...

class RoomQuit(_message.Message):
    __slots__ = ("uid", "rid")
    UID_FIELD_NUMBER: _ClassVar[int]
    RID_FIELD_NUMBER: _ClassVar[int]
    uid: int
    rid: int
    def __init__(self, uid: _Optional[int] = ..., rid: _Optional[int] = ...) -> None: ...

class RoomQuitAck(_message.Message):
    __slots__ = ("uid", "rid", "code", "errmsg")
    UID_FIELD_NUMBER: _ClassVar[int]
    RID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    ERRMSG_FIELD_NUMBER: _ClassVar[int]
    uid: int
    rid: int
    code: int
    errmsg: str
    def __init__(self, uid: _Optional[int] = ..., rid: _Optional[int] = ..., code: _Optional[int] = ..., errmsg: _Optional[str] = ...) -> None: ...

class RoomKick(_message.Message):
    __slots__ = ("uid", "rid")
    UID_FIELD_NUMBER: _ClassVar[int]
    RID_FIELD_NUMBER: _ClassVar[int]
    uid: int
    rid: int
    def __init__(self, uid: _Optional[int] = ..., rid: _Optional[int] = ...) -> None: ...

class RoomKickAck(_message.Message):
    __slots__ = ("uid", "rid", "code", "errmsg")
    UID_FIELD_NUMBER: _ClassVar[int]
    RID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    ERRMSG_FIELD_NUMBER: _ClassVar[int]
    uid: int
    rid: int
    code: int
    errmsg: str
    def __init__(self, uid: _Optional[int] = ..., rid: _Optional[int] = ..., code: _Optional[int] = ..., errmsg: _Optional[str] = ...) -> None: ...

class RoomChat(_message.Message):
    __slots__ = ("uid", "rid", "gid", "level", "time", "text", "data")
    UID_FIELD_NUMBER: _ClassVar[int]
    RID_FIELD_NUMBER: _ClassVar[int]
    GID_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    uid: int
    rid: int
    gid: int
    level: int
    time: int
    text: str
    data: bytes
    def __init__(self, uid: _Optional[int] = ..., rid: _Optional[int] = ..., gid: _Optional[int] = ..., level: _Optional[int] = ..., time: _Optional[int] = ..., text: _Optional[str] = ..., data: _Optional[bytes] = ...) -> None: ...

class RoomChatAck(_message.Message):
    __slots__ = ("uid", "rid", "gid", "code", "errmsg")
    UID_FIELD_NUMBER: _ClassVar[int]
    RID_FIELD_NUMBER: _ClassVar[int]
    GID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    ERRMSG_FIELD_NUMBER: _ClassVar[int]
    uid: int
    rid: int
    gid: int
    code: int
    errmsg: str
    def __init__(self, uid: _Optional[int] = ..., rid: _Optional[int] = ..., gid: _Optional[int] = ..., code: _Optional[int] = ..., errmsg: _Optional[str] = ...) -> None: ...

class RoomBc(_message.Message):
    __slots__ = ("rid", "msgid", "level", "time", "expire", "data")
    RID_FIELD_NUMBER: _ClassVar[int]
    MSGID_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    rid: int
    msgid: int
    level: int
    time: int
    expire: int
    data: bytes
    def __init__(self, rid: _Optional[int] = ..., msgid: _Optional[int] = ..., level: _Optional[int] = ..., time: _Optional[int] = ..., expire: _Optional[int] = ..., data: _Optional[bytes] = ...) -> None: ...

class RoomBcAck(_message.Message):
    __slots__ = ("rid", "msgid", "code", "errmsg")
    RID_FIELD_NUMBER: _ClassVar[int]
    MSGID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    ERRMSG_FIELD_NUMBER: _ClassVar[int]
    rid: int
    msgid: int
    code: int
    errmsg: str
    def __init__(self, rid: _Optional[int] = ..., msgid: _Optional[int] = ..., code: _Optional[int] = ..., errmsg: _Optional[str] = ...) -> None: ...

class RoomUsrNum(_message.Message):
    __slots__ = ("rid", "num")
    RID_FIELD_NUMBER: _ClassVar[int]
    NUM_FIELD_NUMBER: _ClassVar[int]
    rid: int
    num: int
    def __init__(self, rid: _Optional[int] = ..., num: _Optional[int] = ...) -> None: ...

class RoomUsrNumAck(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RoomLsnStat(_message.Message):
    __slots__ = ("rid", "nid", "num")
    RID_FIELD_NUMBER: _ClassVar[int]
    NID_FIELD_NUMBER: _ClassVar[int]
    NUM_FIELD_NUMBER: _ClassVar[int]
    rid: int
    nid: int
    num: int
    def __init__(self, rid: _Optional[int] = ..., nid: _Optional[int] = ..., num: _Optional[int] = ...) -> None: ...

class RoomLsnStatAck(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RoomJoinNtf(_message.Message):
    __slots__ = ("uid", "rid")
    UID_FIELD_NUMBER: _ClassVar[int]
    RID_FIELD_NUMBER: _ClassVar[int]
    uid: int
    rid: int
    def __init__(self, uid: _Optional[int] = ..., rid: _Optional[int] = ...) -> None: ...

class RoomJoinNtfAck(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RoomQuitNtf(_message.Message):
    __slots__ = ("uid", "rid")
    UID_FIELD_NUMBER: _ClassVar[int]
    RID_FIELD_NUMBER: _ClassVar[int]
    uid: int
    rid: int
    def __init__(self, uid: _Optional[int] = ..., rid: _Optional[int] = ...) -> None: ...

class RoomQuitNtfAck(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RoomKickNtf(_message.Message):
    __slots__ = ("uid", "rid")
    UID_FIELD_NUMBER: _ClassVar[int]
    RID_FIELD_NUMBER: _ClassVar[int]
    uid: int
    rid: int
    def __init__(self, uid: _Optional[int] = ..., rid: _Optional[int] = ...) -> None: ...

class RoomKickNtfAck(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
