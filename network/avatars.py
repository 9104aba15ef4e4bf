"""Avatars: PNG or JPEG files as data URIs, checked to be whole."""

from __future__ import annotations

import base64
import zlib
from pathlib import Path

from parlour.events.errors import EngineError

MAX_BYTES = 65_536
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG_START, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"


def data_uri(path: Path) -> str:
    """Return a picture file as a data URI.

    Raises:
        EngineError: It cannot be read, is too big, or is no whole PNG or JPEG.
    """
    try:
        with path.open("rb") as file:
            picture = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise EngineError(f"cannot read {path}: {error.strerror}") from error
    if len(picture) > MAX_BYTES:
        raise EngineError(f"{path} is bigger than the {MAX_BYTES} bytes an avatar may have")
    if _is_png(picture):
        kind = "png"
    elif picture.startswith(_JPEG_START) and picture.rstrip(b"\0").endswith(_JPEG_END):
        kind = "jpeg"
    else:
        raise EngineError(f"{path} is neither a whole PNG nor a whole JPEG")
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"


def _is_png(picture: bytes) -> bool:
    """Walk the chunks: each has its checksum, and the last one is IEND."""
    if not picture.startswith(_PNG):
        return False
    at, name = len(_PNG), b""
    while at + 12 <= len(picture) and name != b"IEND":
        length = int.from_bytes(picture[at : at + 4], "big")
        body = picture[at + 4 : at + 8 + length]
        name, checksum = body[:4], picture[at + 8 + length : at + 12 + length]
        if zlib.crc32(body).to_bytes(4, "big") != checksum:
            return False
        at += 12 + length
    return name == b"IEND"
