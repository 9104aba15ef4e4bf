"""Account requests where no engine runs."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from parlour.events.errors import EngineError
from parlour.events.reader import LogReader
from parlour.network import account_requests as ask
from parlour.network.config import Config, LogSettings
from parlour.network.offline import serve


@pytest.fixture
def signing(tmp_path):
    key = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (tmp_path / "seal.pem").write_bytes(key)
    return Config(log=LogSettings(signing_key=str(tmp_path / "seal.pem")))


def test_a_signed_log_takes_no_unsigned_seal_by_mistake(tmp_path, signing):
    data = tmp_path / "data"
    serve(data, ask.AddAccount(name="ada"), signing)
    with pytest.raises(EngineError, match="is signed: name the engine's configuration"):
        serve(data, ask.AddAccount(name="bo"), Config())
    serve(data, ask.AddAccount(name="bo"), signing)
    with LogReader(data) as reader:
        assert all(seal.signature for seal in reader.seals())
