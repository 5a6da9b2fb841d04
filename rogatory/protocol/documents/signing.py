"""Document keys: who signs, and the check of both signatures."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey, MLDSA65PublicKey
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from rogatory.protocol.documents.dsse import PAYLOAD_TYPE, Envelope, pae
from rogatory.protocol.documents.errors import UnknownKeySet, WrongSignature
from rogatory.protocol.text import message


class DocumentSigner(Protocol):
    """Whatever holds an authority's document keys: a vault, a token, a test."""

    @property
    def authority(self) -> str: ...
    @property
    def key_set(self) -> int: ...
    def sign_ed25519(self, data: bytes, /) -> bytes: ...
    def sign_mldsa65(self, data: bytes, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class DocumentKeys:
    """The public document keys of one key set: 32 and 1952 bytes."""

    ed25519: bytes
    mldsa65: bytes


@dataclass(frozen=True)
class SeedSigner:
    """Signs with keys made from two seeds of 32 bytes."""

    authority: str
    key_set: int
    ed25519_seed: bytes = field(repr=False)
    mldsa65_seed: bytes = field(repr=False)

    @cached_property
    def _ed25519(self) -> SigningKey:
        return SigningKey(self.ed25519_seed)

    @cached_property
    def _mldsa65(self) -> MLDSA65PrivateKey:
        return MLDSA65PrivateKey.from_seed_bytes(self.mldsa65_seed)

    @property
    def keys(self) -> DocumentKeys:
        """The public keys."""
        return DocumentKeys(bytes(self._ed25519.verify_key), self._mldsa65.public_key().public_bytes_raw())

    def sign_ed25519(self, data: bytes, /) -> bytes:
        """RFC 8032, 64 bytes."""
        return self._ed25519.sign(data).signature

    def sign_mldsa65(self, data: bytes, /) -> bytes:
        """FIPS 204, pure, empty context, 3309 bytes; randomised."""
        return self._mldsa65.sign(data)


def sign_envelope(payload: bytes, signer: DocumentSigner, payload_type: str = PAYLOAD_TYPE) -> Envelope:
    """Both signatures over the payload's bytes."""
    data = pae(payload, payload_type)
    return Envelope(payload, signer.authority, signer.key_set, signer.sign_ed25519(data), signer.sign_mldsa65(data))


def verify_envelope(envelope: Envelope, keys: DocumentKeys, payload_type: str = PAYLOAD_TYPE) -> None:
    """Raise WrongSignature unless both signatures verify; UnknownKeySet if `keys` are no keys."""
    data = pae(envelope.payload, payload_type)
    try:
        ed25519, mldsa65 = VerifyKey(keys.ed25519), _mldsa65_key(keys.mldsa65)
    except ValueError:
        raise UnknownKeySet(
            message("the directory's document keys of {who} have the wrong length", who=_whose(envelope))
        ) from None
    try:
        ed25519.verify(data, envelope.ed25519)
    except BadSignatureError:
        raise WrongSignature(
            message("the Ed25519 signature is not one of {who}: do not act on this document", who=_whose(envelope))
        ) from None
    try:
        mldsa65.verify(envelope.mldsa65, data)
    except InvalidSignature:
        raise WrongSignature(
            message("the ML-DSA-65 signature is not one of {who}: do not act on this document", who=_whose(envelope))
        ) from None


def _whose(envelope: Envelope) -> str:
    return message("{signer}, key set {key_set}", signer=envelope.signer, key_set=envelope.key_set)


@lru_cache(maxsize=256)
def _mldsa65_key(data: bytes) -> MLDSA65PublicKey:
    return MLDSA65PublicKey.from_public_bytes(data)
