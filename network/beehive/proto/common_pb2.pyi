from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class Online(_message.Message):
    __slots__ = ("uid", "sid", "token", "app", "version", "terminal")
    UID_FIELD_NUMBER: _ClassVar[int]
    SID_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    APP_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    TERMINAL_FIELD_NUMBER: _ClassVar[int]
    uid: int
    sid: int
    token: str
    app: str
    version: str
    terminal: int
    def __init__(self, uid: _Optional[int] = ..., sid: _Optional[int] = ..., token: _Optional[str] = ..., app: _Optional[str] = ..., version: _Optional[str] = ..., terminal: _Optional[int] = ...) -> None: ...

class OnlineAck(_message.Message):
    __slots__ = ("uid", "sid", "seq", "app", "version", "terminal", "code", "errmsg")
    UID_FIELD_NUMBER: _ClassVar[int]
    SID_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    APP_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    TERMINAL_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    ERRMSG_FIELD_NUMBER: _ClassVar[int]
    uid: int
    sid: int
    seq: int
    app: str
    version: str
    terminal: int
    code: int
    errmsg: str
    def __init__(self, uid: _Optional[int] = ..., sid: _Optional[int] = ..., seq: _Optional[int] = ..., app: _Optional[str] = ..., version: _Optional[str] = ..., terminal: _Optional[int] = ..., code: _Optional[int] = ..., errmsg: _Optional[str] = ...) -> None: ...

class Offline(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class OfflineAck(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Ping(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Pong(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Sub(_message.Message):
    __slots__ = ("cmd",)
    CMD_FIELD_NUMBER: _ClassVar[int]
    cmd: int
    def __init__(self, cmd: _Optional[int] = ...) -> None: ...

class SubAck(_message.Message):
    __slots__ = ("cmd", "code", "errmsg")
    CMD_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    ERRMSG_FIELD_NUMBER: _ClassVar[int]
    cmd: int
    code: int
    errmsg: str
    def __init__(self, cmd: _Optional[int] = ..., code: _Optional[int] = ..., errmsg: _Optional[str] = ...) -> None: ...

class Unsub(_message.Message):
    __slots__ = ("cmd",)
    CMD_FIELD_NUMBER: _ClassVar[int]
    cmd: int
    def __init__(self, cmd: _Optional[int] = ...) -> None: ...

class UnsubAck(_message.Message):
    __slots__ = ("cmd", "code", "errmsg")
    CMD_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    ERRMSG_FIELD_NUMBER: _ClassVar[int]
    cmd: int
    code: int
    errmsg: str
    def __init__(self, cmd: _Optional[int] = ..., code: _Optional[int] = ..., errmsg: _Optional[str] = ...) -> None: ...

class Error(_message.Message):
    __slots__ = ("code", "errmsg")
    CODE_FIELD_NUMBER: _ClassVar[int]
    ERRMSG_FIELD_NUMBER: _ClassVar[int]
    code: int
    errmsg: str
    def __init__(self, code: _Optional[int] = ..., errmsg: _Optional[str] = ...) -> None: ...

class ErrorAck(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Sync(_message.Message):
    __slots__ = ("uid",)
    UID_FIELD_NUMBER: _ClassVar[int]
    uid: int
    def __init__(self, uid: _Optional[int] = ...) -> None: ...

class SyncAck(_message.Message):
    __slots__ = ("uid", "code", "errmsg")
    UID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    ERRMSG_FIELD_NUMBER: _ClassVar[int]
    uid: int
    code: int
    errmsg: str
    def __init__(self, uid: _Optional[int] = ..., code: _Optional[int] = ..., errmsg: _Optional[str] = ...) -> None: ...

class Kick(_message.Message):
    __slots__ = ("code", "errmsg")
    CODE_FIELD_NUMBER: _ClassVar[int]
    ERRMSG_FIELD_NUMBER: _ClassVar[int]
    code: int
    errmsg: str
    def __init__(self, code: _Optional[int] = ..., errmsg: _Optional[str] = ...) -> None: ...

class KickAck(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class OnlineNtf(_message.Message):
    __slots__ = ("uid",)
    UID_FIELD_NUMBER: _ClassVar[int]
    uid: int
    def __init__(self, uid: _Optional[int] = ...) -> None: ...

class OnlineNtfAck(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class OfflineNtf(_message.Message):
    __slots__ = ("uid",)
    UID_FIELD_NUMBER: _ClassVar[int]
    uid: int
    def __init__(self, uid: _Optional[int] = ...) -> None: ...

class OfflineNtfAck(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
