from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class Bc(_message.Message):
    __slots__ = ("msgid", "level", "time", "expire", "text", "data")
    MSGID_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    msgid: int
    level: int
    time: int
    expire: int
    text: str
    data: bytes
    def __init__(self, msgid: _Optional[int] = ..., level: _Optional[int] = ..., time: _Optional[int] = ..., expire: _Optional[int] = ..., text: _Optional[str] = ..., data: _Optional[bytes] = ...) -> None: ...

class BcAck(_message.Message):
    __slots__ = ("code", "errmsg")
    CODE_FIELD_NUMBER: _ClassVar[int]
    ERRMSG_FIELD_NUMBER: _ClassVar[int]
    code: int
    errmsg: str
    def __init__(self, code: _Optional[int] = ..., errmsg: _Optional[str] = ...) -> None: ...

class P2P(_message.Message):
    __slots__ = ("suid", "duid", "time", "data")
    SUID_FIELD_NUMBER: _ClassVar[int]
    DUID_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    suid: int
    duid: int
    time: int
    data: bytes
    def __init__(self, suid: _Optional[int] = ..., duid: _Optional[int] = ..., time: _Optional[int] = ..., data: _Optional[bytes] = ...) -> None: ...

class P2PAck(_message.Message):
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
