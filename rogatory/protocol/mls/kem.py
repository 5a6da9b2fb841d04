"""The key encapsulation mechanisms behind the cipher suites, as far as pyca/cryptography leaves them to us.

pyca seals and opens (RFC 9180 base mode); here are the encodings of keys, DeriveKeyPair (RFC 9180 section
7.1.3; draft-ietf-hpke-pq for the hybrid) and decapsulation for the exporter.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import ec, mlkem, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .errors import DecryptionFailed, InvalidKey

PrivateKey = x25519.X25519PrivateKey | ec.EllipticCurvePrivateKey | hpke.MLKEM768X25519PrivateKey
PublicKey = x25519.X25519PublicKey | ec.EllipticCurvePublicKey | hpke.MLKEM768X25519PublicKey


class Kem(Protocol):
    """One KEM; keys go in and out as bytes."""

    @property
    def code(self) -> int: ...

    @property
    def enc_length(self) -> int: ...

    def derive_key_pair(self, ikm: bytes) -> tuple[bytes, bytes]:
        """DeriveKeyPair: (private, public)."""
        ...

    def private_key(self, private: bytes) -> PrivateKey:
        """Raises InvalidKey."""
        ...

    def public_key(self, public: bytes) -> PublicKey:
        """Raises InvalidKey."""
        ...

    def public_of(self, private: bytes) -> bytes:
        """The public key's encoding. Raises InvalidKey."""
        ...

    def decapsulate(self, enc: bytes, private: bytes) -> bytes:
        """The shared secret. Raises DecryptionFailed."""
        ...

    def encapsulate(self, public: bytes, ikm: bytes) -> tuple[bytes, bytes]:
        """(shared secret, enc), with the ephemeral key derived from `ikm`. Raises InvalidKey."""
        ...


def labeled_extract(name: str, suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    """LabeledExtract (RFC 9180 section 4)."""
    return hmac.digest(salt, b"HPKE-v1" + suite + label + ikm, name)


def labeled_expand(name: str, suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """LabeledExpand (RFC 9180 section 4)."""
    labeled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    out, block = b"", b""
    for counter in range(1, -(-length // hashlib.new(name).digest_size) + 1):
        block = hmac.digest(prk, block + labeled + bytes([counter]), name)
        out += block
    return out[:length]


def _shared_secret(name: str, suite: bytes, dh: bytes, enc: bytes, public: bytes, length: int) -> bytes:
    """ExtractAndExpand (RFC 9180 section 4.1)."""
    prk = labeled_extract(name, suite, b"", b"eae_prk", dh)
    return labeled_expand(name, suite, prk, b"shared_secret", enc + public, length)


_P = 2**255 - 19
_SMALL_ORDER = frozenset(
    (
        0,
        1,
        _P - 1,
        _P,
        _P + 1,
        0x00B8495F16056286FDB1329CEB8D09DA6AC49FF1FAE35616AEB8413B7C7AEBE0,
        0x57119FD0DD4E22D8868E1C58C45C44045BEF839C55B1D0B1248C50A3BC959C5F,
    )
)
"""The u-coordinates whose shared secret is zero whatever the private key (RFC 7748 section 6.1)."""


def _x25519_public(public: bytes) -> x25519.X25519PublicKey:
    """Raises InvalidKey, for a point of small order too: nobody could encrypt to it (RFC 9180 section 7.1.4)."""
    try:
        key = x25519.X25519PublicKey.from_public_bytes(public)
    except ValueError:
        raise InvalidKey("an X25519 public key has 32 bytes") from None
    # RFC 7748 section 5: the top bit does not count.
    if int.from_bytes(public, "little") & (2**255 - 1) in _SMALL_ORDER:
        raise InvalidKey("an X25519 public key of small order")
    return key


class DhKemX25519:
    """DHKEM(X25519, HKDF-SHA256)."""

    code = 0x0020
    enc_length = 32
    _suite = b"KEM\x00\x20"

    def derive_key_pair(self, ikm: bytes) -> tuple[bytes, bytes]:
        prk = labeled_extract("sha256", self._suite, b"", b"dkp_prk", ikm)
        private = labeled_expand("sha256", self._suite, prk, b"sk", b"", 32)
        return private, self.public_of(private)

    def private_key(self, private: bytes) -> x25519.X25519PrivateKey:
        try:
            return x25519.X25519PrivateKey.from_private_bytes(private)
        except ValueError:
            raise InvalidKey("an X25519 private key has 32 bytes") from None

    def public_key(self, public: bytes) -> x25519.X25519PublicKey:
        return _x25519_public(public)

    def public_of(self, private: bytes) -> bytes:
        return self.private_key(private).public_key().public_bytes_raw()

    def decapsulate(self, enc: bytes, private: bytes) -> bytes:
        key = self.private_key(private)
        try:
            dh = key.exchange(self.public_key(enc))
        except (ValueError, InvalidKey):
            raise DecryptionFailed("the encapsulated key is not valid") from None
        return _shared_secret("sha256", self._suite, dh, enc, key.public_key().public_bytes_raw(), 32)

    def encapsulate(self, public: bytes, ikm: bytes) -> tuple[bytes, bytes]:
        private, enc = self.derive_key_pair(ikm)
        try:
            dh = self.private_key(private).exchange(self.public_key(public))
        except ValueError:
            raise InvalidKey("the public key is of small order") from None
        return _shared_secret("sha256", self._suite, dh, enc, public, 32), enc


@dataclass(frozen=True, slots=True)
class DhKemNist:
    """DHKEM over a NIST curve with that curve's HKDF."""

    code: int
    curve: ec.EllipticCurve
    order: int
    hash_name: str
    secret_length: int
    private_length: int
    bitmask: int

    @property
    def enc_length(self) -> int:
        return 2 * self.private_length + 1

    @property
    def _suite(self) -> bytes:
        return b"KEM" + self.code.to_bytes(2, "big")

    def derive_key_pair(self, ikm: bytes) -> tuple[bytes, bytes]:
        prk = labeled_extract(self.hash_name, self._suite, b"", b"dkp_prk", ikm)
        for counter in range(256):
            info, length = bytes([counter]), self.private_length
            candidate = labeled_expand(self.hash_name, self._suite, prk, b"candidate", info, length)
            candidate = bytes([candidate[0] & self.bitmask]) + candidate[1:]
            if 0 < int.from_bytes(candidate, "big") < self.order:
                return candidate, self.public_of(candidate)
        raise InvalidKey("no key can be derived")  # probability below 2^-8000

    def private_key(self, private: bytes) -> ec.EllipticCurvePrivateKey:
        try:
            return ec.derive_private_key(int.from_bytes(private, "big"), self.curve)
        except ValueError:
            raise InvalidKey("not a scalar of the curve") from None

    def public_key(self, public: bytes) -> ec.EllipticCurvePublicKey:
        if public[:1] != b"\x04":
            raise InvalidKey("a NIST curve's public key is an uncompressed point")
        try:
            return ec.EllipticCurvePublicKey.from_encoded_point(self.curve, public)
        except ValueError:
            raise InvalidKey("not a point of the curve") from None

    def public_of(self, private: bytes) -> bytes:
        return _point(self.private_key(private).public_key())

    def decapsulate(self, enc: bytes, private: bytes) -> bytes:
        key = self.private_key(private)
        try:
            dh = key.exchange(ec.ECDH(), self.public_key(enc))
        except (ValueError, InvalidKey):
            raise DecryptionFailed("the encapsulated key is not valid") from None
        public = _point(key.public_key())
        return _shared_secret(self.hash_name, self._suite, dh, enc, public, self.secret_length)

    def encapsulate(self, public: bytes, ikm: bytes) -> tuple[bytes, bytes]:
        private, enc = self.derive_key_pair(ikm)
        dh = self.private_key(private).exchange(ec.ECDH(), self.public_key(public))
        return _shared_secret(self.hash_name, self._suite, dh, enc, public, self.secret_length), enc


class XWing:
    """MLKEM768-X25519, the X-Wing hybrid. The private key is the 32-byte seed of both parts."""

    code = 0x647A
    enc_length = 1088 + 32
    _public_length = 1184 + 32
    _label = b"\\.//^\\"

    def derive_key_pair(self, ikm: bytes) -> tuple[bytes, bytes]:
        # SHAKE256.LabeledDerive(ikm, "DeriveKeyPair", "", 32), draft-ietf-hpke-pq.
        label = b"DeriveKeyPair"
        labeled = ikm + b"HPKE-v1KEM\x64\x7a" + len(label).to_bytes(2, "big") + label + b"\x00\x20"
        private = hashlib.shake_256(labeled).digest(32)
        return private, self.public_of(private)

    def _parts(self, private: bytes) -> tuple[mlkem.MLKEM768PrivateKey, x25519.X25519PrivateKey]:
        if len(private) != 32:
            raise InvalidKey("an X-Wing private key is a seed of 32 bytes")
        expanded = hashlib.shake_256(private).digest(96)
        return (
            mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:64]),
            x25519.X25519PrivateKey.from_private_bytes(expanded[64:]),
        )

    def private_key(self, private: bytes) -> hpke.MLKEM768X25519PrivateKey:
        return hpke.MLKEM768X25519PrivateKey(*self._parts(private))

    def _public_parts(self, public: bytes) -> tuple[mlkem.MLKEM768PublicKey, x25519.X25519PublicKey]:
        if len(public) != self._public_length:
            raise InvalidKey(f"an X-Wing public key has {self._public_length} bytes")
        try:
            lattice = mlkem.MLKEM768PublicKey.from_public_bytes(public[:1184])
        except ValueError:
            raise InvalidKey("not an ML-KEM-768 key") from None
        return lattice, _x25519_public(public[1184:])

    def public_key(self, public: bytes) -> hpke.MLKEM768X25519PublicKey:
        return hpke.MLKEM768X25519PublicKey(*self._public_parts(public))

    def public_of(self, private: bytes) -> bytes:
        lattice, curve = self._parts(private)
        return lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()

    def _combine(self, lattice: bytes, curve: bytes, enc: bytes, public: bytes) -> bytes:
        return hashlib.sha3_256(lattice + curve + enc[1088:] + public[1184:] + self._label).digest()

    def decapsulate(self, enc: bytes, private: bytes) -> bytes:
        lattice, curve = self._parts(private)
        if len(enc) != self.enc_length:
            raise DecryptionFailed("the encapsulated key has a wrong length")
        try:
            first = lattice.decapsulate(enc[:1088])
            second = curve.exchange(x25519.X25519PublicKey.from_public_bytes(enc[1088:]))
        except ValueError:
            raise DecryptionFailed("the encapsulated key is not valid") from None
        return self._combine(first, second, enc, self.public_of(private))

    def encapsulate(self, public: bytes, ikm: bytes) -> tuple[bytes, bytes]:
        lattice, curve = self._public_parts(public)
        ephemeral = x25519.X25519PrivateKey.from_private_bytes(hashlib.sha3_256(ikm).digest())
        first, ciphertext = lattice.encapsulate()
        try:
            second = ephemeral.exchange(curve)
        except ValueError:
            raise InvalidKey("the public key is of small order") from None
        enc = ciphertext + ephemeral.public_key().public_bytes_raw()
        return self._combine(first, second, enc, public), enc


def _point(public: ec.EllipticCurvePublicKey) -> bytes:
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
