"""The signature schemes of the cipher suites (RFC 9420 section 5.1.2): Ed25519 and ECDSA over NIST curves.

A private key is the 32-byte seed for Ed25519 and the big-endian scalar for ECDSA; a public key is the 32
bytes of RFC 8032 or the uncompressed point. ECDSA signatures are DER.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from cryptography.exceptions import InvalidSignature as _NotVerified
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from nacl import bindings as sodium
from nacl.exceptions import BadSignatureError

from .errors import InvalidKey, InvalidSignature


@dataclass(frozen=True, slots=True)
class SignatureKeyPair:
    """A member's signature key; the private part never shows."""

    private: bytes = field(repr=False)
    public: bytes


class SignatureScheme(Protocol):
    def key_pair(self, private: bytes) -> SignatureKeyPair:
        """The pair of a private key. Raises InvalidKey."""
        ...

    def generate(self, entropy: bytes) -> SignatureKeyPair:
        """A new pair from 64 random bytes."""
        ...

    def sign(self, pair: SignatureKeyPair, message: bytes) -> bytes: ...

    def verify(self, public: bytes, message: bytes, signature: bytes) -> None:
        """Raises InvalidSignature, or InvalidKey for a key that is none."""
        ...


class Ed25519:
    """RFC 8032, by libsodium: it verifies in two thirds of OpenSSL's time."""

    __slots__ = ()

    def key_pair(self, private: bytes) -> SignatureKeyPair:
        if len(private) != sodium.crypto_sign_SEEDBYTES:
            raise InvalidKey("an Ed25519 private key has 32 bytes")
        public, _ = sodium.crypto_sign_seed_keypair(private)
        return SignatureKeyPair(private, public)

    def generate(self, entropy: bytes) -> SignatureKeyPair:
        return self.key_pair(entropy[:32])

    def sign(self, pair: SignatureKeyPair, message: bytes) -> bytes:
        return sodium.crypto_sign(message, pair.private + pair.public)[: sodium.crypto_sign_BYTES]

    def verify(self, public: bytes, message: bytes, signature: bytes) -> None:
        if len(public) != sodium.crypto_sign_PUBLICKEYBYTES:
            raise InvalidKey("an Ed25519 public key has 32 bytes")
        if len(signature) != sodium.crypto_sign_BYTES:
            raise InvalidSignature("an Ed25519 signature has 64 bytes")
        try:
            sodium.crypto_sign_open(signature + message, public)
        except BadSignatureError:
            raise InvalidSignature from None


class Ecdsa:
    """ECDSA over one NIST curve with that curve's hash."""

    __slots__ = ("_curve", "_hash", "_length", "_order")

    def __init__(self, curve: ec.EllipticCurve, digest: hashes.HashAlgorithm, order: int) -> None:
        self._curve = curve
        self._hash = digest
        self._order = order
        self._length = (curve.key_size + 7) // 8

    def _private(self, private: bytes) -> ec.EllipticCurvePrivateKey:
        try:
            return ec.derive_private_key(int.from_bytes(private, "big"), self._curve)
        except ValueError:
            raise InvalidKey("not a scalar of the curve") from None

    def key_pair(self, private: bytes) -> SignatureKeyPair:
        public = self._private(private).public_key()
        point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return SignatureKeyPair(private.rjust(self._length, b"\0"), point)

    def generate(self, entropy: bytes) -> SignatureKeyPair:
        # 64 bytes are too few to reduce without bias for P-521, so they seed a longer string.
        wide = b"".join(_sha512(bytes([block]) + entropy) for block in range(2))
        scalar = int.from_bytes(wide, "big") % (self._order - 1) + 1
        return self.key_pair(scalar.to_bytes(self._length, "big"))

    def sign(self, pair: SignatureKeyPair, message: bytes) -> bytes:
        return self._private(pair.private).sign(message, ec.ECDSA(self._hash))

    def verify(self, public: bytes, message: bytes, signature: bytes) -> None:
        if public[:1] != b"\x04":
            raise InvalidKey("an ECDSA public key is an uncompressed point")
        try:
            key = ec.EllipticCurvePublicKey.from_encoded_point(self._curve, public)
        except ValueError:
            raise InvalidKey("not a point of the curve") from None
        try:
            key.verify(signature, message, ec.ECDSA(self._hash))
        except _NotVerified:
            raise InvalidSignature from None


def _sha512(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SHA512())
    digest.update(data)
    return digest.finalize()
