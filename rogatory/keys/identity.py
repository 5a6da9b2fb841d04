"""The secret keys of an authority and of a relay, and of the recovery key that stays offline.

An authority has an online key (Ed25519: MLS leaves and the link), and document keys (Ed25519 and ML-DSA-65), which
sign what must stay provable. Keys are kept as 32-byte seeds; no repr shows them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Self

import msgspec
import nacl.bindings
from msgspec import Meta

from rogatory.keys.directory.model import (
    AUTHORITY_ID_PATTERN,
    RELAY_ID_PATTERN,
    KeySet,
    RecoveryKeys,
    RelayEntry,
)
from rogatory.keys.errors import BadIdentifier, DamagedVault
from rogatory.protocol.documents.signing import SeedSigner
from rogatory.protocol.text import message

AuthorityId = str
Random = Callable[[int], bytes]
SEED_LENGTH = 32
_Seed = Annotated[bytes, Meta(min_length=SEED_LENGTH, max_length=SEED_LENGTH)]


def check_authority_id(authority: str) -> AuthorityId:
    """Return the id; raise BadIdentifier unless it looks like `ke.central`."""
    if re.search(AUTHORITY_ID_PATTERN, authority) is None:
        raise BadIdentifier(
            message(
                "{authority!r} is no authority id: two letters of the State, a dot, a name of a-z, 0-9 and"
                " hyphens, as in ke.central",
                authority=authority,
            )
        )
    return authority


def check_relay_id(relay: str) -> str:
    """Return the id; raise BadIdentifier unless it looks like `relay.nairobi`."""
    if re.search(RELAY_ID_PATTERN, relay) is None:
        raise BadIdentifier(message("{relay!r} is no relay id: it looks like relay.nairobi", relay=relay))
    return relay


@dataclass(frozen=True, slots=True)
class Ed25519Key:
    """An Ed25519 secret key (RFC 8032) by its seed."""

    seed: bytes = field(repr=False)

    @property
    def public(self) -> bytes:
        """The public key: 32 bytes."""
        public, _ = nacl.bindings.crypto_sign_seed_keypair(self.seed)
        return public

    def sign(self, data: bytes) -> bytes:
        """The detached signature: 64 bytes."""
        _, secret = nacl.bindings.crypto_sign_seed_keypair(self.seed)
        return nacl.bindings.crypto_sign(data, secret)[: nacl.bindings.crypto_sign_BYTES]


class _StoredIdentity(msgspec.Struct, frozen=True):
    authority: str
    key_set_version: int
    online: bytes
    ed25519: bytes
    mldsa65: bytes


@dataclass(frozen=True, slots=True)
class Identity:
    """One key set of an authority, secret part. Seeds are 32 bytes each."""

    authority: AuthorityId
    key_set_version: int
    online_seed: bytes = field(repr=False)
    doc_ed25519_seed: bytes = field(repr=False)
    doc_mldsa65_seed: bytes = field(repr=False)
    _signer: SeedSigner = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_authority_id(self.authority)
        if any(len(s) != SEED_LENGTH for s in (self.online_seed, self.doc_ed25519_seed, self.doc_mldsa65_seed)):
            raise ValueError("the seeds of an identity are 32 bytes each")
        # One for all documents: unfolding an ML-DSA key from its seed costs a third of a signature.
        signer = SeedSigner(self.authority, self.key_set_version, self.doc_ed25519_seed, self.doc_mldsa65_seed)
        object.__setattr__(self, "_signer", signer)

    @classmethod
    def generate(cls, authority: AuthorityId, random: Random, key_set_version: int = 1) -> Self:
        """New keys. `random(n)` gives n unpredictable bytes, as os.urandom does. Raises BadIdentifier."""
        return cls(authority, key_set_version, *(random(SEED_LENGTH) for _ in range(3)))

    @property
    def online_public(self) -> bytes:
        """Public online key: 32 bytes; the signature key of this authority's MLS leaves."""
        return Ed25519Key(self.online_seed).public

    def sign_online(self, data: bytes) -> bytes:
        """Ed25519 signature with the online key: 64 bytes."""
        return Ed25519Key(self.online_seed).sign(data)

    def document_signer(self) -> SeedSigner:
        """Signs documents, with both document keys."""
        return self._signer

    def key_set(self) -> KeySet:
        """The public part. `since` is 0 until a publisher takes it into the directory."""
        documents = self.document_signer().keys
        return KeySet(
            version=self.key_set_version,
            online=self.online_public,
            ed25519=documents.ed25519,
            mldsa65=documents.mldsa65,
        )

    def encode(self) -> bytes:
        """Secret bytes for a vault."""
        return msgspec.msgpack.encode(
            _StoredIdentity(
                self.authority,
                self.key_set_version,
                self.online_seed,
                self.doc_ed25519_seed,
                self.doc_mldsa65_seed,
            )
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The reverse of `encode`. Raises DamagedVault."""
        try:
            stored = msgspec.msgpack.decode(data, type=_StoredIdentity)
            return cls(stored.authority, stored.key_set_version, stored.online, stored.ed25519, stored.mldsa65)
        except (msgspec.DecodeError, ValueError, BadIdentifier):
            raise DamagedVault(
                message("the identity in the vault is damaged: restore the vault from a backup")
            ) from None


@dataclass(frozen=True, slots=True)
class RecoveryKey:
    """Made at enrolment and kept offline: it can sign a new key set after the others are lost."""

    authority: AuthorityId
    ed25519_seed: bytes = field(repr=False)
    mldsa65_seed: bytes = field(repr=False)

    @classmethod
    def generate(cls, authority: AuthorityId, random: Random) -> Self:
        """New keys, from a source like os.urandom. Raises BadIdentifier."""
        return cls(check_authority_id(authority), random(SEED_LENGTH), random(SEED_LENGTH))

    def signer(self) -> SeedSigner:
        """Signs with both keys, as key set 0: a number that no key set has."""
        return SeedSigner(self.authority, 0, self.ed25519_seed, self.mldsa65_seed)

    def public(self) -> RecoveryKeys:
        """The public part, for the directory entry."""
        keys = self.signer().keys
        return RecoveryKeys(ed25519=keys.ed25519, mldsa65=keys.mldsa65)

    def encode(self) -> bytes:
        """Secret bytes for a vault file of its own."""
        return msgspec.msgpack.encode((self.authority, self.ed25519_seed, self.mldsa65_seed))

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The reverse of `encode`. Raises DamagedVault."""
        try:
            return cls(*msgspec.msgpack.decode(data, type=tuple[str, _Seed, _Seed]))
        except msgspec.DecodeError:
            raise DamagedVault(message("the recovery key file is damaged: use another copy of it")) from None


@dataclass(frozen=True, slots=True)
class RelayKeys:
    """The secret keys of a relay: one proves it on a link, the other signs receipts. Seeds of 32 bytes."""

    relay: str
    identity_seed: bytes = field(repr=False)
    receipt_seed: bytes = field(repr=False)

    @classmethod
    def generate(cls, relay: str, random: Random) -> Self:
        """New keys, from a source like os.urandom. Raises BadIdentifier."""
        return cls(check_relay_id(relay), random(SEED_LENGTH), random(SEED_LENGTH))

    @property
    def identity(self) -> Ed25519Key:
        """Signs the link's relay proof."""
        return Ed25519Key(self.identity_seed)

    @property
    def receipt(self) -> Ed25519Key:
        """Signs receipts."""
        return Ed25519Key(self.receipt_seed)

    def entry(self, urls: tuple[str, ...], certificate_sha256: str | None = None) -> RelayEntry:
        """The public part. `since` is 0 until a publisher takes it into the directory."""
        return RelayEntry(
            id=self.relay,
            urls=urls,
            identity=self.identity.public,
            receipt=self.receipt.public,
            certificate_sha256=certificate_sha256,
        )

    def encode(self) -> bytes:
        """Secret bytes for a vault."""
        return msgspec.msgpack.encode((self.relay, self.identity_seed, self.receipt_seed))

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The reverse of `encode`. Raises DamagedVault."""
        try:
            return cls(*msgspec.msgpack.decode(data, type=tuple[str, _Seed, _Seed]))
        except msgspec.DecodeError:
            raise DamagedVault(
                message("the relay's keys in the vault are damaged: restore them from a backup")
            ) from None
