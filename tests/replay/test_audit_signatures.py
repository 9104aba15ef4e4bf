"""Signed seals under audit, by whoever has the public key and by whoever has not."""

from auditing import audited, found
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

# --- signatures -------------------------------------------------------------------------------


def test_a_signed_log_is_clean_under_its_key(signed, signing):
    report = audited(signed, public_key=signing[0].public_key())
    assert report.ok
    assert report.signed == report.seals


def test_another_key_signed_nothing(signed):
    report = audited(signed, public_key=Ed25519PrivateKey.generate().public_key())
    assert {code for code, _ in found(report)} == {"seal_forged"}


def test_an_altered_signature_is_found(signed, signing, copy_of):
    log = copy_of(signed)
    log.sql("UPDATE seals SET signature=zeroblob(64) WHERE number=9")
    report = audited(log.folder, public_key=signing[0].public_key())
    (first,) = log.sql("SELECT first_position FROM seals WHERE number=9")[0]
    assert found(report) == {("seal_forged", first)}


def test_a_removed_signature_is_found(signed, signing, copy_of):
    log = copy_of(signed)
    log.sql("UPDATE seals SET signature=NULL WHERE number=9")
    report = audited(log.folder, public_key=signing[0].public_key())
    (first,) = log.sql("SELECT first_position FROM seals WHERE number=9")[0]
    assert found(report) == {("seal_unsigned", first)}


def test_seals_from_before_the_key_need_no_signature(signed, signing, copy_of):
    log = copy_of(signed)
    log.sql("UPDATE seals SET signature=NULL WHERE number<9")
    assert audited(log.folder, public_key=signing[0].public_key()).ok


def test_a_log_without_signatures_is_not_clean_under_a_key(played, signing):
    report = audited(played, public_key=signing[0].public_key())
    assert found(report) == {("seal_unsigned", None)}


# --- signatures without the key ---------------------------------------------------------------


def test_a_removed_signature_is_found_without_the_key(signed, copy_of):
    log = copy_of(signed)
    log.sql("UPDATE seals SET signature=NULL WHERE number=9")
    (first,) = log.sql("SELECT first_position FROM seals WHERE number=9")[0]
    assert found(audited(log.folder)) == {("seal_unsigned", first)}


def test_a_cut_signature_is_found_without_the_key(signed, copy_of):
    log = copy_of(signed)
    log.sql("UPDATE seals SET signature=substr(signature, 1, 63) WHERE number=9")
    (first,) = log.sql("SELECT first_position FROM seals WHERE number=9")[0]
    assert found(audited(log.folder)) == {("seal_altered", first)}


def test_another_signature_is_not_found_without_the_key(signed, copy_of):
    log = copy_of(signed)
    log.sql("UPDATE seals SET signature=zeroblob(64) WHERE number=9")
    assert audited(log.folder).ok
