from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class LsndInfo(_message.Message):
    __slots__ = ("type", "nid", "opid", "nation", "ip", "port", "connections")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    NID_FIELD_NUMBER: _ClassVar[int]
    OPID_FIELD_NUMBER: _ClassVar[int]
    NATION_FIELD_NUMBER: _ClassVar[int]
    IP_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    CONNECTIONS_FIELD_NUMBER: _ClassVar[int]
    type: int
    nid: int
    opid: int
    nation: str
    ip: str
    port: int
    connections: int
    def __init__(self, type: _Optional[int] = ..., nid: _Optional[int] = ..., opid: _Optional[int] = ..., nation: _Optional[str] = ..., ip: _Optional[str] = ..., port: _Optional[int] = ..., connections: _Optional[int] = ...) -> None: ...

class LsndInfoAck(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class FrwdInfo(_message.Message):
    __slots__ = ("nid", "ip", "forward_port", "backend_port")
    NID_FIELD_NUMBER: _ClassVar[int]
    IP_FIELD_NUMBER: _ClassVar[int]
    FORWARD_PORT_FIELD_NUMBER: _ClassVar[int]
    BACKEND_PORT_FIELD_NUMBER: _ClassVar[int]
    nid: int
    ip: str
    forward_port: int
    backend_port: int
    def __init__(self, nid: _Optional[int] = ..., ip: _Optional[str] = ..., forward_port: _Optional[int] = ..., backend_port: _Optional[int] = ...) -> None: ...

class FrwdInfoAck(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class NodeAuth(_message.Message):
    __slots__ = ("nid", "time", "nonce", "mac")
    NID_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    MAC_FIELD_NUMBER: _ClassVar[int]
    nid: int
    time: int
    nonce: str
    mac: str
    def __init__(self, nid: _Optional[int] = ..., time: _Optional[int] = ..., nonce: _Optional[str] = ..., mac: _Optional[str] = ...) -> None: ...

class NodeAuthAck(_message.Message):
    __slots__ = ("code", "errmsg")
    CODE_FIELD_NUMBER: _ClassVar[int]
    ERRMSG_FIELD_NUMBER: _ClassVar[int]
    code: int
    errmsg: str
    def __init__(self, code: _Optional[int] = ..., errmsg: _Optional[str] = ...) -> None: ...
