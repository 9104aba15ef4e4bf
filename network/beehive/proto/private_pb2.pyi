from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class Chat(_message.Message):
    __slots__ = ("suid", "duid", "level", "time", "text", "data")
    SUID_FIELD_NUMBER: _ClassVar[int]
    DUID_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    suid: int
    duid: int
    level: int
    time: int
    text: str
    data: bytes
    def __init__(self, suid: _Optional[int] = ..., duid: _Optional[int] = ..., level: _Optional[int] = ..., time: _Optional[int] = ..., text: _Optional[str] = ..., data: _Optional[bytes] = ...) -> None: ...

class ChatAck(_message.Message):
    __slots__ = ("suid", "duid", "code", "errmsg")
    SUID_FIELD_NUMBER: _ClassVar[int]
    DUID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    ERRMSG_FIELD_NUMBER: _ClassVar[int]
    suid: int
    duid: int
    code: int
    errmsg: str
    def __init__(self, suid: _Optional[int] = ..., duid: _Optional[int] = ..., code: _Optional[int] = ..., errmsg: _Optional[str] = ...) -> None: ...

class FriendAdd(_message.Message):
    __slots__ = ("suid", "duid", "mark")
    SUID_FIELD_NUMBER: _ClassVar[int]
    DUID_FIELD_NUMBER: _ClassVar[int]
    MARK_FIELD_NUMBER: _ClassVar[int]
    suid: int
    duid: int
    mark: str
    def __init__(self, suid: _Optional[int] = ..., duid: _Optional[int] = ..., mark: _Optional[str] = ...) -> None: ...

class FriendAddAck(_message.Message):
    __slots__ = ("code", "errmsg")
    CODE_FIELD_NUMBER: _ClassVar[int]
    ERRMSG_FIELD_NUMBER: _ClassVar[int]
    code: int
    errmsg: str
    def __init__(self, code: _Optional[int] = ..., errmsg: _Optional[str] = ...) -> None: ...

class FriendDel(_message.Message):
    __slots__ = ("suid", "duid")
    SUID_FIELD_NUMBER: _ClassVar[int]
    DUID_FIELD_NUMBER: _ClassVar[int]
    suid: int
    duid: int
    def __init__(self, suid: _Optional[int] = ..., duid: _Optional[int] = ...) -> None: ...

class FriendDelAck(_message.Message):
    __slots__ = ("code", "errmsg")
    CODE_FIELD_NUMBER: _ClassVar[int]
    ERRMSG_FIELD_NUMBER: _ClassVar[int]
    code: int
    errmsg: str
    def __init__(self, code: _Optional[int] = ..., errmsg: _Optional[str] = ...) -> None: ...

class BlacklistAdd(_message.Message):
    __slots__ = ("suid", "duid")
    SUID_FIELD_NUMBER: _ClassVar[int]
    DUID_FIELD_NUMBER: _ClassVar[int]
    suid: int
    duid: int
    def __init__(self, suid: _Optional[int] = ..., duid: _Optional[int] = ...) -> None: ...

class BlacklistAddAck(_message.Message):
    __slots__ = ("code", "errmsg")
    CODE_FIELD_NUMBER: _ClassVar[int]
    ERRMSG_FIELD_NUMBER: _ClassVar[int]
    code: int
    errmsg: str
    def __init__(self, code: _Optional[int] = ..., errmsg: _Optional[str] = ...) -> None: ...

class BlacklistDel(_message.Message):
    __slots__ = ("suid", "duid")
    SUID_FIELD_NUMBER: _ClassVar[int]
    DUID_FIELD_NUMBER: _ClassVar[int]
    suid: int
    duid: int
    def __init__(self, suid: _Optional[int] = ..., duid: _Optional[int] = ...) -> None: ...

class BlacklistDelAck(_message.Message):
    __slots__ = ("code", "errmsg")
    CODE_FIELD_NUMBER: _ClassVar[int]
    ERRMSG_FIELD_NUMBER: _ClassVar[int]
    code: int
    errmsg: str
    def __init__(self, code: _Optional[int] = ..., errmsg: _Optional[str] = ...) -> None: ...

class GagAdd(_message.Message):
    __slots__ = ("suid", "duid")
    SUID_FIELD_NUMBER: _ClassVar[int]
    DUID_FIELD_NUMBER: _ClassVar[int]
    suid: int
    duid: int
    def __init__(self, suid: _Optional[int] = ..., duid: _Optional[int] = ...) -> None: ...

class GagAddAck(_message.Message):
    __slots__ = ("code", "errmsg")
    CODE_FIELD_NUMBER: _ClassVar[int]
    ERRMSG_FIELD_NUMBER: _ClassVar[int]
    code: int
    errmsg: str
    def __init__(self, code: _Optional[int] = ..., errmsg: _Optional[str] = ...) -> None: ...

class GagDel(_message.Message):
    __slots__ = ("suid", "duid")
    SUID_FIELD_NUMBER: _ClassVar[int]
    DUID_FIELD_NUMBER: _ClassVar[int]
    suid: int
    duid: int
    def __init__(self, suid: _Optional[int] = ..., duid: _Optional[int] = ...) -> None: ...

class GagDelAck(_message.Message):
    __slots__ = ("code", "errmsg")
    CODE_FIELD_NUMBER: _ClassVar[int]
    ERRMSG_FIELD_NUMBER: _ClassVar[int]
    code: int
    errmsg: str
    def __init__(self, code: _Optional[int] = ..., errmsg: _Optional[str] = ...) -> None: ...

class MarkAdd(_message.Message):
    __slots__ = ("suid", "duid", "mark")
    SUID_FIELD_NUMBER: _ClassVar[int]
    DUID_FIELD_NUMBER: _ClassVar[int]
    MARK_FIELD_NUMBER: _ClassVar[int]
    suid: int
    duid: int
    mark: str
    def __init__(self, suid: _Optional[int] = ..., duid: _Optional[int] = ..., mark: _Optional[str] = ...) -> None: ...

class MarkAddAck(_message.Message):
    __slots__ = ("code", "errmsg")
    CODE_FIELD_NUMBER: _ClassVar[int]
    ERRMSG_FIELD_NUMBER: _ClassVar[int]
    code: int
    errmsg: str
    def __init__(self, code: _Optional[int] = ..., errmsg: _Optional[str] = ...) -> None: ...

class MarkDel(_message.Message):
    __slots__ = ("suid", "duid")
    SUID_FIELD_NUMBER: _ClassVar[int]
    DUID_FIELD_NUMBER: _ClassVar[int]
    suid: int
    duid: int
    def __init__(self, suid: _Optional[int] = ..., duid: _Optional[int] = ...) -> None: ...

class MarkDelAck(_message.Message):
    __slots__ = ("code", "errmsg")
    CODE_FIELD_NUMBER: _ClassVar[int]
    ERRMSG_FIELD_NUMBER: _ClassVar[int]
    code: int
    errmsg: str
    def __init__(self, code: _Optional[int] = ..., errmsg: _Optional[str] = ...) -> None: ...
