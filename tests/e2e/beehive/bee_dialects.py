"""The three dialects, packet by packet, written from docs/protocols/beehive.md alone.

A dialect turns a keyword and its fields into bytes and back, and is strict with what a server
says: exactly the fields of the table, of their types, in a header without a fault.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import bee_proto
from bee_rows import NEW, OLD, Row, Rows, proof

CHECKSUM: Final = 0x1ED23CB4
H44: Final = struct.Struct(">IIIIQIQI4s")
H52: Final = struct.Struct(">IIQQIQQQ")


@dataclass(frozen=True)
class Heard:
    """A packet of the server."""

    keyword: str
    fields: dict[str, Any]
    seq: int
    sid: int
    rsv: int
    body: bytes

    @property
    def code(self) -> int:
        """Its error code, by either name."""
        return int(self.fields.get("code", self.fields.get("errno", 0)))

    def fits(self, keyword: str, fields: Mapping[str, Any], seq: int | None = None) -> bool:
        """Tell whether it is that, with these fields."""
        return (
            self.keyword == keyword
            and (seq is None or self.seq == seq)
            and all(self.fields.get(name) == value for name, value in fields.items())
        )

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]


class Dialect:
    """What `V1`, `V2` and `PB` share."""

    name: str
    size: int
    """Of the header."""
    json = True

    def __init__(self, rows: Rows) -> None:
        self.rows = {**rows, **proof("errno" if rows is OLD else "code")}
        self.by_key = {row.key: row for row in self.rows.values()}

    def head(self, key: int, length: int, *, seq: int, sid: int, rsv: int = 0) -> bytes:
        """Return a header."""
        raise NotImplementedError

    def _unhead(self, head: bytes) -> tuple[int, int, int, int, int]:
        """Return key, length, seq, sid and rsv."""
        raise NotImplementedError

    # --- out -----------------------------------------------------------------------------------

    def body(self, keyword: str, fields: Mapping[str, Any]) -> bytes:
        """Return the body of a message."""
        row = self.rows[keyword]
        strange = fields.keys() - {field.name for field in row.fields}
        assert not strange, f"{keyword} has no {strange}"
        if not self.json:
            return bee_proto.write(row.fields, fields)
        shown = {
            name: base64.b64encode(value).decode() if isinstance(value, bytes) else value
            for name, value in fields.items()
            if value is not None
        }
        return json.dumps(shown, ensure_ascii=False).encode() if shown else b""

    def raw(
        self, key: int, body: bytes = b"", *, seq: int = 0, sid: int = 0, rsv: int = 0
    ) -> bytes:
        """Return a packet of any key with any body."""
        return self.head(key, len(body), seq=seq, sid=sid, rsv=rsv) + body

    def pack(
        self, keyword: str, fields: Mapping[str, Any], body: bytes | None = None, **header: int
    ) -> bytes:
        """Return a packet; `body` in place of fields."""
        content = self.body(keyword, fields) if body is None else body
        return self.raw(self.rows[keyword].key, content, **header)

    # --- in ------------------------------------------------------------------------------------

    def split(self, data: bytes) -> tuple[Heard, bytes] | None:
        """Return the first packet and what is behind it, None when it is not all there."""
        if len(data) < self.size:
            return None
        key, length, seq, sid, rsv = self._unhead(data[: self.size])
        assert length < 2**24, f"a body of {length} bytes"
        end = self.size + length
        if len(data) < end:
            return None
        body = data[self.size : end]
        assert key in self.by_key, f"the server sent {key:#06x}, which {self.name} has not"
        row = self.by_key[key]
        return Heard(row.keyword, self._read(row, body), seq, sid, rsv, body), data[end:]

    def _read(self, row: Row, body: bytes) -> dict[str, Any]:
        assert row.heard or row.keyword in ("NODE-AUTH-ACK", "BC-ACK"), f"{row} is for clients"
        if row.raw:
            return {}
        if self.name == "v1" and not row.fields:
            assert body == b"", f"{row.keyword} has no body"
        if not self.json:
            values = bee_proto.read(row.fields, body)
        else:
            values = json.loads(body) if body else {}
            for field in row.fields:
                if field.name in values:
                    values[field.name] = _typed(field, values[field.name])
        strange = values.keys() - {field.name for field in row.fields}
        assert not strange, f"{row.keyword} has no {strange}"
        missing = [f.name for f in row.fields if not f.optional and f.name not in values]
        assert not missing, f"{row.keyword} lacks {missing}"
        return dict(values)


def _typed(field: bee_proto.Field, value: Any) -> Any:
    if field.type.startswith("uint"):
        assert type(value) is int, (field, value)
        assert 0 <= value < 2 ** int(field.type[4:]), (field, value)
        return value
    assert isinstance(value, str), (field, value)
    return base64.b64decode(value, validate=True) if field.type == "bytes" else value


class Of44(Dialect):
    """44 bytes, big-endian: type, flag, length, chksum, sid, nid, serial, version, rsv."""

    size = H44.size

    def __init__(self, name: str, version: int, rows: Rows) -> None:
        super().__init__(rows)
        self.name = name
        self.version = version

    def head(
        self,
        key: int,
        length: int,
        *,
        seq: int,
        sid: int,
        rsv: int = 0,
        flag: int = 1,
        chksum: int = CHECKSUM,
        version: int | None = None,
    ) -> bytes:
        version = self.version if version is None else version
        return H44.pack(key, flag, length, chksum, sid, 0, seq, version, rsv.to_bytes(4, "big"))

    def _unhead(self, head: bytes) -> tuple[int, int, int, int, int]:
        key, flag, length, chksum, sid, nid, serial, version, rsv = H44.unpack(head)
        assert chksum == CHECKSUM, head.hex()
        assert version == self.version, head.hex()
        assert flag in (0, 1, 0xFFFFFFFF), head.hex()
        assert nid == 0, head.hex()
        return key, length, serial, sid, int.from_bytes(rsv, "big")


class Of52(Dialect):
    """52 bytes, big-endian: cmd, length, sid, cid, nid, seq, dsid, dseq."""

    name = "pb"
    size = H52.size
    json = False

    def head(self, key: int, length: int, *, seq: int, sid: int, rsv: int = 0) -> bytes:
        return H52.pack(key, length, sid, 0, 0, seq, 0, 0)

    def _unhead(self, head: bytes) -> tuple[int, int, int, int, int]:
        key, length, sid, cid, nid, seq, dsid, dseq = H52.unpack(head)
        assert cid == nid == dsid == dseq == 0, head.hex()
        return key, length, seq, sid, 0


V1: Final = Of44("v1", 1, OLD)
V2: Final = Of44("v2", 2, NEW)
PB: Final = Of52(NEW)
DIALECTS: Final = {"v1": V1, "v2": V2, "pb": PB}
