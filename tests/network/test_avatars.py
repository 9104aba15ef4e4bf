from __future__ import annotations

import base64
import struct
import zlib

import pytest

from parlour.events.errors import EngineError
from parlour.network.avatars import MAX_BYTES, data_uri


def chunk(name, body=b""):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(b"\0\0"))
    + chunk(b"IEND")
)
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 20 + b"\xff\xd9"


@pytest.mark.parametrize(("picture", "kind"), [(PNG, "png"), (JPEG, "jpeg")])
def test_a_whole_picture_becomes_a_data_uri(tmp_path, picture, kind):
    path = tmp_path / "face"
    path.write_bytes(picture)
    assert data_uri(path) == f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"


@pytest.mark.parametrize(
    "picture",
    [b"", b"GIF89a", PNG[:-1], PNG[:20], PNG.replace(b"IDAT", b"IDAX"), JPEG[:-1], b"\xff\xd8\xff"],
)
def test_what_is_no_whole_picture_is_refused(tmp_path, picture):
    path = tmp_path / "face"
    path.write_bytes(picture)
    with pytest.raises(EngineError, match="neither a whole PNG nor a whole JPEG"):
        data_uri(path)


def test_a_picture_that_is_too_big_is_refused(tmp_path):
    path = tmp_path / "face"
    path.write_bytes(PNG + b"\0" * MAX_BYTES)
    with pytest.raises(EngineError, match="bigger than"):
        data_uri(path)
