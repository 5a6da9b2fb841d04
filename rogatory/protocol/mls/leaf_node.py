"""Leaf nodes (RFC 9420 section 7.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

from .codec import Reader, Structure, opaque, uint8, uint16_vector, uint32, uint64, vector
from .credential import BASIC, Credential
from .errors import InvalidSignature, LeafSignatureInvalid, MLSDecodeError
from .extension import Extensions, read_extensions
from .signature import SignatureKeyPair
from .suite import SUITES, CipherSuite

MLS10 = 1


@dataclass(frozen=True, slots=True)
class Capabilities(Structure):
    """What a client supports beyond the defaults."""

    versions: tuple[int, ...] = (MLS10,)
    cipher_suites: tuple[int, ...] = tuple(SUITES)
    extensions: tuple[int, ...] = ()
    proposals: tuple[int, ...] = ()
    credentials: tuple[int, ...] = (BASIC,)

    @classmethod
    def read(cls, reader: Reader) -> Capabilities:
        return cls(*(reader.uint16_vector() for _ in range(5)))

    def encode(self) -> bytes:
        fields = (self.versions, self.cipher_suites, self.extensions, self.proposals, self.credentials)
        return b"".join(map(uint16_vector, fields))


class LeafNodeSource(IntEnum):
    KEY_PACKAGE = 1
    UPDATE = 2
    COMMIT = 3


@dataclass(frozen=True, slots=True)
class Lifetime(Structure):
    """From when until when a leaf may be added to a group, in seconds of Unix time."""

    not_before: int
    not_after: int

    @classmethod
    def read(cls, reader: Reader) -> Lifetime:
        return cls(reader.uint64(), reader.uint64())

    def encode(self) -> bytes:
        return uint64(self.not_before) + uint64(self.not_after)

    @property
    def length(self) -> int:
        """In seconds; negative where it ends before it begins."""
        return self.not_after - self.not_before

    def covers(self, now: int) -> bool:
        return self.not_before <= now <= self.not_after


@dataclass(frozen=True, slots=True)
class LeafNode(Structure):
    """`source` is a Lifetime for key_package, a parent hash for commit, and None for update."""

    encryption_key: bytes
    signature_key: bytes
    credential: Credential
    capabilities: Capabilities
    source: Lifetime | bytes | None
    extensions: Extensions = ()
    signature: bytes = b""

    @property
    def leaf_node_source(self) -> LeafNodeSource:
        if self.source is None:
            return LeafNodeSource.UPDATE
        return LeafNodeSource.COMMIT if isinstance(self.source, bytes) else LeafNodeSource.KEY_PACKAGE

    @property
    def identity(self) -> bytes:
        """The identity of a basic credential. Raises MLSDecodeError for another type."""
        return self.credential.identity

    @property
    def parent_hash(self) -> bytes:
        """Empty unless the leaf comes from a commit."""
        return self.source if isinstance(self.source, bytes) else b""

    @classmethod
    def read(cls, reader: Reader) -> LeafNode:
        encryption_key = reader.opaque()
        signature_key = reader.opaque()
        credential = Credential.read(reader)
        capabilities = Capabilities.read(reader)
        kind = reader.uint8()
        source: Lifetime | bytes | None
        if kind == LeafNodeSource.KEY_PACKAGE:
            source = Lifetime.read(reader)
        elif kind == LeafNodeSource.UPDATE:
            source = None
        elif kind == LeafNodeSource.COMMIT:
            source = reader.opaque()
        else:
            raise MLSDecodeError(f"a leaf node's source {kind} is not known")
        extensions = read_extensions(reader)
        signature = reader.opaque()
        return cls(encryption_key, signature_key, credential, capabilities, source, extensions, signature)

    def _unsigned(self) -> bytes:
        if self.source is None:
            source = b""
        elif isinstance(self.source, bytes):
            source = opaque(self.source)
        else:
            source = self.source.encode()
        return b"".join(
            (
                opaque(self.encryption_key),
                opaque(self.signature_key),
                self.credential.encode(),
                self.capabilities.encode(),
                uint8(self.leaf_node_source),
                source,
                vector(self.extensions),
            )
        )

    def encode(self) -> bytes:
        return self._unsigned() + opaque(self.signature)

    def _to_be_signed(self, group_id: bytes, leaf_index: int) -> bytes:
        """LeafNodeTBS; a key package's leaf is bound to no group."""
        if self.leaf_node_source is LeafNodeSource.KEY_PACKAGE:
            return self._unsigned()
        return self._unsigned() + opaque(group_id) + uint32(leaf_index)

    def sign(self, suite: CipherSuite, signer: SignatureKeyPair, group_id: bytes, leaf_index: int) -> LeafNode:
        tbs = self._to_be_signed(group_id, leaf_index)
        return replace(self, signature=suite.sign_with_label(signer, b"LeafNodeTBS", tbs))

    def verify(self, suite: CipherSuite, group_id: bytes, leaf_index: int) -> None:
        """Section 7.3. Raises LeafSignatureInvalid."""
        tbs = self._to_be_signed(group_id, leaf_index)
        try:
            suite.verify_with_label(self.signature_key, b"LeafNodeTBS", tbs, self.signature)
        except InvalidSignature:
            raise LeafSignatureInvalid(f"leaf {leaf_index}") from None
