"""What the official vectors do not reach of the cipher suites."""

from __future__ import annotations

import os

import pytest
from cryptography.hazmat.primitives.asymmetric import x25519

from rogatory.protocol.mls import PRODUCT_SUITE, SUITES, UnsupportedSuite, new_signature_key, suite_by_id
from rogatory.protocol.mls.codec import opaque
from rogatory.protocol.mls.errors import DecryptionFailed, InvalidKey, InvalidSignature
from rogatory.protocol.mls.kem import labeled_expand, labeled_extract
from rogatory.protocol.mls.suite import HPKECiphertext

hexed = bytes.fromhex


def test_the_exporter_of_rfc_9180() -> None:
    """RFC 9180 appendix A.1.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode."""
    suite = suite_by_id(1)
    enc = hexed("37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431")
    private = hexed("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8")
    shared = suite.kem.decapsulate(enc, private)
    assert shared == hexed("fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc")
    info = b"Ode on a Grecian Urn"
    expected = {
        b"": "3853fe2b4035195a573ffc53856e77058e15d9ea064de3e59f4961d0095250ee",
        b"\x00": "2e8f0b54673c7029649d4eb9d5e33bf1872cf76d623ff164ac185da9e88c21a5",
        b"TestContext": "e9e43065102c3836401bed8c3c3c75ae46be1639869391d62c61f1ec7af54931",
    }
    for context, value in expected.items():
        assert suite._export(shared, info, context, 32) == hexed(value)


@pytest.mark.parametrize("code", SUITES)
def test_both_sides_export_the_same(code: int) -> None:
    suite = suite_by_id(code)
    private, public = suite.generate_key_pair(os.urandom)
    kem_output, secret = suite.export_as_sender(public, b"context", 48, os.urandom)
    assert suite.export_as_receiver(kem_output, private, b"context", 48) == secret
    with pytest.raises(DecryptionFailed):
        suite.export_as_receiver(kem_output[:-1], private, b"context", 48)


def test_the_hybrid_decapsulates_as_openssl_does() -> None:
    """Our decapsulation and key schedule open what the library sealed, so both agree on the shared secret."""
    suite = suite_by_id(PRODUCT_SUITE)
    private, public = suite.generate_key_pair(os.urandom)
    sealed = suite.encrypt_with_label(public, b"label", b"context", b"plaintext")
    shared = suite.kem.decapsulate(sealed.kem_output, private)
    code = b"HPKE\x64\x7a\x00\x02\x00\x02"
    info = opaque(b"MLS 1.0 label") + opaque(b"context")
    schedule = b"\x00" + b"".join(
        labeled_extract("sha384", code, b"", label, data)
        for label, data in ((b"psk_id_hash", b""), (b"info_hash", info))
    )
    secret = labeled_extract("sha384", code, shared, b"secret", b"")
    key = labeled_expand("sha384", code, secret, b"key", schedule, 32)
    nonce = labeled_expand("sha384", code, secret, b"base_nonce", schedule, 12)
    assert suite.unseal(key, nonce, b"", sealed.ciphertext) == b"plaintext"


def test_the_hybrid_key_is_its_seed() -> None:
    suite = suite_by_id(PRODUCT_SUITE)
    private, public = suite.derive_key_pair(b"input")
    assert (len(private), len(public)) == (32, 1216)
    assert suite.derive_key_pair(b"input") == (private, public)
    assert suite.kem.public_of(private) == public


@pytest.mark.parametrize("code", SUITES)
def test_keys_of_a_wrong_shape(code: int) -> None:
    suite = suite_by_id(code)
    for key in (b"", b"\x04", bytes(31), bytes(1216 - 1), bytes(65)):
        with pytest.raises(InvalidKey):
            suite.encrypt_with_label(key, b"label", b"", b"plaintext")
        with pytest.raises(InvalidSignature):
            suite.verify_with_label(key, b"label", b"content", bytes(64))


@pytest.mark.parametrize("code", [1, 3])
def test_a_key_of_small_order(code: int) -> None:
    suite = suite_by_id(code)
    with pytest.raises(InvalidKey):
        suite.encrypt_with_label(bytes(32), b"label", b"", b"plaintext")
    private, _ = suite.generate_key_pair(os.urandom)
    with pytest.raises(DecryptionFailed):
        suite.decrypt_with_label(private, b"label", b"", HPKECiphertext(bytes(32), bytes(32)))
    with pytest.raises(DecryptionFailed):
        suite.export_as_receiver(bytes(32), private, b"", 32)


@pytest.mark.parametrize("code", SUITES)
def test_a_signature_binds_label_and_content(code: int) -> None:
    suite, pair = suite_by_id(code), new_signature_key(code, os.urandom)
    signature = suite.sign_with_label(pair, b"label", b"content")
    suite.verify_with_label(pair.public, b"label", b"content", signature)
    for label, content, given in (
        (b"other", b"content", signature),
        (b"label", b"other", signature),
        (b"label", b"content", signature[:-1]),
        (b"label", b"content", b""),
    ):
        with pytest.raises(InvalidSignature):
            suite.verify_with_label(pair.public, label, content, given)


@pytest.mark.parametrize("code", [0, 4, 6, 8, 0xFFFF])
def test_suites_that_are_not_supported(code: int) -> None:
    with pytest.raises(UnsupportedSuite):
        suite_by_id(code)


def test_x25519_derivation_agrees_with_the_library() -> None:
    private, public = suite_by_id(1).derive_key_pair(b"input")
    assert x25519.X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw() == public


def test_nothing_secret_in_a_repr() -> None:
    pair = new_signature_key(1, os.urandom)
    assert pair.private.hex() not in repr(pair)
    assert repr(pair.private) not in repr(pair)
