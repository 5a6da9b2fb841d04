"""Cipher suites and their labelled operations (RFC 9420 sections 5.1, 5.2 and 8)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from .codec import Reader, Structure, opaque, uint16
from .errors import DecryptionFailed, InvalidKey, InvalidSignature, UnsupportedSuite
from .kem import DhKemNist, DhKemX25519, Kem, XWing, labeled_expand, labeled_extract
from .signature import Ecdsa, Ed25519, SignatureKeyPair, SignatureScheme

Random = Callable[[int], bytes]
"""Where randomness comes from: a number of bytes in, that many random bytes out."""

_LABEL = b"MLS 1.0 "
_NONCE_LENGTH = 12


@dataclass(frozen=True, slots=True)
class HPKECiphertext(Structure):
    """Section 7.6."""

    kem_output: bytes
    ciphertext: bytes

    @classmethod
    def read(cls, reader: Reader) -> HPKECiphertext:
        return cls(reader.opaque(), reader.opaque())

    def encode(self) -> bytes:
        return opaque(self.kem_output) + opaque(self.ciphertext)


@lru_cache(maxsize=256)
def _label_head(length: int, label: bytes) -> bytes:
    """KDFLabel up to its context; labels are few and used with every message."""
    return uint16(length) + opaque(_LABEL + label)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CipherSuite:
    """One suite: its algorithms and every operation that depends on them. Lengths are in bytes."""

    code: int
    name: str
    hash_name: str
    kem: Kem
    scheme: SignatureScheme
    aead: type[AESGCM] | type[ChaCha20Poly1305]
    key_length: int
    kdf_code: int
    aead_code: int
    hpke: hpke.Suite
    hash_length: int = field(init=False)
    nonce_length: int = _NONCE_LENGTH

    def __post_init__(self) -> None:
        object.__setattr__(self, "hash_length", hashlib.new(self.hash_name).digest_size)

    def __repr__(self) -> str:
        return f"CipherSuite({self.code:#06x}, {self.name})"

    # Hashes and key derivation

    @property
    def zero(self) -> bytes:
        """The all-zero secret of the hash's length."""
        return bytes(self.hash_length)

    def digest(self, data: bytes) -> bytes:
        return hashlib.new(self.hash_name, data).digest()

    def mac(self, key: bytes, data: bytes) -> bytes:
        return hmac.digest(key, data, self.hash_name)

    def extract(self, salt: bytes, ikm: bytes) -> bytes:
        """KDF.Extract."""
        return hmac.digest(salt, ikm, self.hash_name)

    def expand(self, secret: bytes, info: bytes, length: int) -> bytes:
        """KDF.Expand. Raises ValueError for more than 255 blocks."""
        if length <= self.hash_length:
            return hmac.digest(secret, info + b"\x01", self.hash_name)[:length]
        blocks = -(-length // self.hash_length)
        if blocks > 255:
            raise ValueError(f"at most {255 * self.hash_length} bytes can be derived at once")
        out, block = b"", b""
        for counter in range(1, blocks + 1):
            block = hmac.digest(secret, block + info + bytes([counter]), self.hash_name)
            out += block
        return out[:length]

    def expand_with_label(self, secret: bytes, label: bytes, context: bytes, length: int) -> bytes:
        """ExpandWithLabel (section 8)."""
        return self.expand(secret, _label_head(length, label) + opaque(context), length)

    def derive_secret(self, secret: bytes, label: bytes) -> bytes:
        """DeriveSecret (section 8)."""
        return self.expand_with_label(secret, label, b"", self.hash_length)

    def derive_tree_secret(self, secret: bytes, label: bytes, generation: int, length: int) -> bytes:
        """DeriveTreeSecret (section 9)."""
        return self.expand_with_label(secret, label, generation.to_bytes(4, "big"), length)

    def ref_hash(self, label: bytes, value: bytes) -> bytes:
        """RefHash (section 5.2)."""
        return self.digest(opaque(label) + opaque(value))

    # AEAD

    def seal(self, key: bytes, nonce: bytes, aad: bytes, plaintext: bytes) -> bytes:
        return self.aead(key).encrypt(nonce, plaintext, aad)

    def unseal(self, key: bytes, nonce: bytes, aad: bytes, ciphertext: bytes) -> bytes:
        """Raises DecryptionFailed."""
        try:
            return self.aead(key).decrypt(nonce, ciphertext, aad)
        except InvalidTag:
            raise DecryptionFailed from None

    # Signatures

    def sign_with_label(self, pair: SignatureKeyPair, label: bytes, content: bytes) -> bytes:
        """SignWithLabel (section 5.1.2)."""
        return self.scheme.sign(pair, opaque(_LABEL + label) + opaque(content))

    def verify_with_label(self, public: bytes, label: bytes, content: bytes, signature: bytes) -> None:
        """VerifyWithLabel (section 5.1.2). Raises InvalidSignature."""
        try:
            self.scheme.verify(public, opaque(_LABEL + label) + opaque(content), signature)
        except InvalidKey as error:
            raise InvalidSignature(str(error)) from None

    # HPKE

    def derive_key_pair(self, ikm: bytes) -> tuple[bytes, bytes]:
        """KEM.DeriveKeyPair: (private, public)."""
        return self.kem.derive_key_pair(ikm)

    def generate_key_pair(self, random: Random) -> tuple[bytes, bytes]:
        """A fresh HPKE key pair: (private, public)."""
        return self.kem.derive_key_pair(random(max(32, self.hash_length)))

    def encrypt_with_label(self, public: bytes, label: bytes, context: bytes, plaintext: bytes) -> HPKECiphertext:
        """EncryptWithLabel (section 5.1.3). Raises InvalidKey."""
        info = opaque(_LABEL + label) + opaque(context)
        try:
            sealed = self.hpke.encrypt(plaintext, self.kem.public_key(public), info)
        except ValueError:
            raise InvalidKey("nothing can be encrypted to this key") from None
        length = self.kem.enc_length
        return HPKECiphertext(sealed[:length], sealed[length:])

    def decrypt_with_label(self, private: bytes, label: bytes, context: bytes, sealed: HPKECiphertext) -> bytes:
        """DecryptWithLabel (section 5.1.3). Raises DecryptionFailed."""
        if len(sealed.kem_output) != self.kem.enc_length:
            raise DecryptionFailed("the KEM output has a wrong length")
        info = opaque(_LABEL + label) + opaque(context)
        try:
            return self.hpke.decrypt(sealed.kem_output + sealed.ciphertext, self.kem.private_key(private), info)
        except (InvalidTag, ValueError):
            raise DecryptionFailed from None

    def export_as_sender(self, public: bytes, context: bytes, length: int, random: Random) -> tuple[bytes, bytes]:
        """SetupBaseS with empty info, then Export: (KEM output, secret) (section 8.3). Raises InvalidKey."""
        shared, enc = self.kem.encapsulate(public, random(64))
        return enc, self._export(shared, b"", context, length)

    def export_as_receiver(self, kem_output: bytes, private: bytes, context: bytes, length: int) -> bytes:
        """SetupBaseR with empty info, then Export (section 8.3). Raises DecryptionFailed."""
        return self._export(self.kem.decapsulate(kem_output, private), b"", context, length)

    def _export(self, shared: bytes, info: bytes, context: bytes, length: int) -> bytes:
        """KeySchedule in base mode and Export (RFC 9180 sections 5.1 and 5.3)."""
        name = self.hash_name
        suite = b"HPKE" + uint16(self.kem.code) + uint16(self.kdf_code) + uint16(self.aead_code)
        psk_id_hash = labeled_extract(name, suite, b"", b"psk_id_hash", b"")
        info_hash = labeled_extract(name, suite, b"", b"info_hash", info)
        schedule = b"\x00" + psk_id_hash + info_hash
        secret = labeled_extract(name, suite, shared, b"secret", b"")
        exporter = labeled_expand(name, suite, secret, b"exp", schedule, self.hash_length)
        return labeled_expand(name, suite, exporter, b"sec", context, length)


_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_P384_ORDER = int(
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973", 16
)
_P521_ORDER = int(
    "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa"
    "51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
    16,
)

# AEAD: class, key length, HPKE's AEAD and its code point. KDF: HPKE's KDF and its code point.
_AES_128 = (AESGCM, 16, hpke.AEAD.AES_128_GCM, 1)
_AES_256 = (AESGCM, 32, hpke.AEAD.AES_256_GCM, 2)
_CHACHA = (ChaCha20Poly1305, 32, hpke.AEAD.CHACHA20_POLY1305, 3)
_KDFS = {
    "sha256": (hpke.KDF.HKDF_SHA256, 1),
    "sha384": (hpke.KDF.HKDF_SHA384, 2),
    "sha512": (hpke.KDF.HKDF_SHA512, 3),
}
_X25519 = (DhKemX25519(), hpke.KEM.X25519)
_P256 = (DhKemNist(0x0010, ec.SECP256R1(), _P256_ORDER, "sha256", 32, 32, 0xFF), hpke.KEM.P256)
_P384 = (DhKemNist(0x0011, ec.SECP384R1(), _P384_ORDER, "sha384", 48, 48, 0xFF), hpke.KEM.P384)
_P521 = (DhKemNist(0x0012, ec.SECP521R1(), _P521_ORDER, "sha512", 64, 66, 0x01), hpke.KEM.P521)
_XWING = (XWing(), hpke.KEM.MLKEM768_X25519)
_ED25519 = Ed25519()
_ECDSA_P256 = Ecdsa(ec.SECP256R1(), hashes.SHA256(), _P256_ORDER)
_ECDSA_P384 = Ecdsa(ec.SECP384R1(), hashes.SHA384(), _P384_ORDER)
_ECDSA_P521 = Ecdsa(ec.SECP521R1(), hashes.SHA512(), _P521_ORDER)

_AeadRow = tuple[type[AESGCM] | type[ChaCha20Poly1305], int, hpke.AEAD, int]


def _suite(
    code: int,
    name: str,
    kem_row: tuple[Kem, hpke.KEM],
    hash_name: str,
    aead_row: _AeadRow,
    scheme: SignatureScheme,
) -> CipherSuite:
    kem, kem_choice = kem_row
    kdf_choice, kdf_code = _KDFS[hash_name]
    aead, key_length, aead_choice, aead_code = aead_row
    sealing = hpke.Suite(kem_choice, kdf_choice, aead_choice)
    return CipherSuite(code, name, hash_name, kem, scheme, aead, key_length, kdf_code, aead_code, sealing)


PRODUCT_SUITE = 0xF001
"""MLKEM768-X25519 with AES-256-GCM, SHA-384 and Ed25519 (draft-ietf-mls-pq-ciphersuites). Its code point is not
assigned yet, so this one is of the private-use range (section 17.1)."""

SUITES: Mapping[int, CipherSuite] = MappingProxyType(
    {
        suite.code: suite
        for suite in (
            _suite(1, "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519", _X25519, "sha256", _AES_128, _ED25519),
            _suite(2, "MLS_128_DHKEMP256_AES128GCM_SHA256_P256", _P256, "sha256", _AES_128, _ECDSA_P256),
            _suite(3, "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519", _X25519, "sha256", _CHACHA, _ED25519),
            _suite(5, "MLS_256_DHKEMP521_AES256GCM_SHA512_P521", _P521, "sha512", _AES_256, _ECDSA_P521),
            _suite(7, "MLS_256_DHKEMP384_AES256GCM_SHA384_P384", _P384, "sha384", _AES_256, _ECDSA_P384),
            _suite(
                PRODUCT_SUITE,
                "MLS_192_MLKEM768X25519_AES256GCM_SHA384_Ed25519",
                _XWING,
                "sha384",
                _AES_256,
                _ED25519,
            ),
        )
    }
)


def suite_by_id(code: int) -> CipherSuite:
    """The suite of a code point. Raises UnsupportedSuite."""
    suite = SUITES.get(code)
    if suite is None:
        raise UnsupportedSuite(f"{code:#06x}")
    return suite


def new_signature_key(code: int, random: Random) -> SignatureKeyPair:
    """A fresh signature key pair for a suite. Raises UnsupportedSuite."""
    return suite_by_id(code).scheme.generate(random(64))
