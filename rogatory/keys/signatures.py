"""Checking the two signature algorithms that this project uses, in the one way that everything here does."""

import nacl.bindings
import nacl.exceptions
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PublicKey

from rogatory.keys.errors import BadSignature
from rogatory.protocol.text import message


def check_ed25519(public: bytes, signature: bytes, data: bytes) -> None:
    """Raise BadSignature unless the signature (64 bytes, RFC 8032) verifies under the key (32 bytes)."""
    if len(signature) != nacl.bindings.crypto_sign_BYTES or len(public) != nacl.bindings.crypto_sign_PUBLICKEYBYTES:
        raise BadSignature(message("an Ed25519 signature or key has the wrong length"))
    try:
        nacl.bindings.crypto_sign_open(signature + data, public)
    except nacl.exceptions.BadSignatureError:
        raise BadSignature(message("an Ed25519 signature does not verify")) from None


def check_mldsa65(public: bytes, signature: bytes, data: bytes) -> None:
    """Raise BadSignature unless the signature (3309 bytes, FIPS 204) verifies under the key (1952 bytes)."""
    try:
        MLDSA65PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        raise BadSignature(message("an ML-DSA-65 signature does not verify")) from None
