"""What an auditor keeps outside the log: a head written down earlier, the signer's public key.

Only against these does a chain show that it was made anew, or that its end was cut off.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from parlour.events.errors import EngineError

_RAW_KEY: Final = 32
_FIELDS: Final = frozenset({"log", "position", "seal", "digest"})


class BadFile(EngineError):
    """A file that a command was given is not what it must be."""


def read_head(file: Path) -> dict[str, Any]:
    """Return a head that `parlour log head` printed.

    Raises:
        BadFile: The file is none.
    """
    try:
        head = msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
    except OSError as error:
        raise BadFile(f"{file} cannot be read as a head: {error.strerror}") from error
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadFile(
            f"{file} cannot be read as a head: it is not what `parlour log head` prints"
        ) from error
    if not head.keys() >= _FIELDS:
        raise BadFile(f"{file} cannot be read as a head: it lacks what `parlour log head` prints")
    return head


def read_public_key(file: Path) -> Ed25519PublicKey:
    """Return an Ed25519 public key, from PEM or from its 32 raw bytes.

    Raises:
        BadFile: The file holds none.
    """
    try:
        content = file.read_bytes()
        if len(content) == _RAW_KEY:
            return Ed25519PublicKey.from_public_bytes(content)
        key = load_pem_public_key(content)
    except OSError as error:
        raise BadFile(f"{file} cannot be read as a public key: {error.strerror}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadFile(
            f"{file} cannot be read as a public key: it is neither PEM nor {_RAW_KEY} bytes; "
            "make one with `openssl pkey -in KEY -pubout -out FILE`"
        ) from error
    if not isinstance(key, Ed25519PublicKey):
        raise BadFile(
            f"{file} holds no Ed25519 key: make one with `openssl pkey -in KEY -pubout -out FILE`"
        )
    return key
