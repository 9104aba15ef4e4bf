"""The deck key: made once, whole or not at all, and followed by every secret."""

import hashlib
import hmac
import stat

import pytest

from parlour.events import keyfile
from parlour.events.errors import CorruptLog


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path):
    key = keyfile.load_or_create(tmp_path)
    assert len(key) == 32
    assert keyfile.load_or_create(tmp_path) == key
    assert keyfile.load(tmp_path) == key
    assert stat.S_IMODE((tmp_path / "deck.key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["deck.key"]


def test_no_key_is_none(tmp_path):
    assert keyfile.load(tmp_path) is None


def test_two_folders_have_two_keys(tmp_path):
    (tmp_path / "other").mkdir()
    assert keyfile.load_or_create(tmp_path) != keyfile.load_or_create(tmp_path / "other")


def test_a_file_of_another_length_is_no_key_and_stays_as_it_is(tmp_path):
    (tmp_path / "deck.key").write_bytes(b"short")
    with pytest.raises(CorruptLog, match="5 bytes, not 32"):
        keyfile.load_or_create(tmp_path)
    assert (tmp_path / "deck.key").read_bytes() == b"short"


def test_what_an_interrupted_making_left_is_no_obstacle(tmp_path):
    (tmp_path / "deck.key.new").write_bytes(b"half")
    assert len(keyfile.load_or_create(tmp_path)) == 32


def test_secrets_are_the_hmac_the_protocol_says():
    key, salt = b"k" * 32, "0f" * 16
    for deal, secret in enumerate(keyfile.deck_secrets(key, 3, 17, salt)):
        text = b"parlour/landlord/deck\0" + (3).to_bytes(8, "big") + (17).to_bytes(8, "big")
        text += bytes([deal]) + bytes.fromhex(salt)
        assert secret == hmac.new(key, text, hashlib.sha256).digest()


@pytest.mark.parametrize(
    ("mode", "told"), [(0o600, None), (0o400, None), (0o644, "0644"), (0o660, "0660")]
)
def test_a_key_that_others_may_read_is_told(tmp_path, mode, told):
    keyfile.load_or_create(tmp_path)
    (tmp_path / "deck.key").chmod(mode)
    assert keyfile.exposed(tmp_path) == told


def test_no_key_is_exposed_to_nobody(tmp_path):
    assert keyfile.exposed(tmp_path) is None
