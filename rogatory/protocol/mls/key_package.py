"""Key packages, and the private keys that belong to one (RFC 9420 section 10)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from .codec import Reader, Structure, opaque, uint8, uint16, vector
from .credential import Credential
from .errors import (
    InvalidSignature,
    KeyMismatch,
    KeyPackageSignatureInvalid,
    StateError,
    UnsupportedVersion,
)
from .extension import DEFAULT_EXTENSIONS, LAST_RESORT, Extension, Extensions, find, read_extensions
from .leaf_node import MLS10, Capabilities, LeafNode, Lifetime
from .signature import SignatureKeyPair
from .suite import CipherSuite, Random, suite_by_id


@dataclass(frozen=True, slots=True)
class KeyPackage(Structure):
    version: int
    cipher_suite: int
    init_key: bytes
    leaf_node: LeafNode
    extensions: Extensions = ()
    signature: bytes = b""

    @classmethod
    def read(cls, reader: Reader) -> KeyPackage:
        version, cipher_suite = reader.uint16(), reader.uint16()
        if version != MLS10:
            raise UnsupportedVersion(str(version))
        init_key, leaf_node = reader.opaque(), LeafNode.read(reader)
        return cls(version, cipher_suite, init_key, leaf_node, read_extensions(reader), reader.opaque())

    def _to_be_signed(self) -> bytes:
        return b"".join(
            (
                uint16(self.version),
                uint16(self.cipher_suite),
                opaque(self.init_key),
                self.leaf_node.encode(),
                vector(self.extensions),
            )
        )

    def encode(self) -> bytes:
        return self._to_be_signed() + opaque(self.signature)

    def ref(self, suite: CipherSuite | None = None) -> bytes:
        """KeyPackageRef (section 5.2), by the package's own suite unless another is given.

        Raises UnsupportedSuite.
        """
        return (suite or suite_by_id(self.cipher_suite)).ref_hash(b"MLS 1.0 KeyPackage Reference", self.encode())

    @property
    def is_last_resort(self) -> bool:
        return find(self.extensions, LAST_RESORT) is not None

    def sign(self, suite: CipherSuite, signer: SignatureKeyPair) -> KeyPackage:
        return replace(self, signature=suite.sign_with_label(signer, b"KeyPackageTBS", self._to_be_signed()))

    def verify(self, suite: CipherSuite) -> None:
        """Section 10.1. Raises KeyPackageSignatureInvalid."""
        key = self.leaf_node.signature_key
        try:
            suite.verify_with_label(key, b"KeyPackageTBS", self._to_be_signed(), self.signature)
        except InvalidSignature:
            raise KeyPackageSignatureInvalid from None


_STATE_VERSION = 1


@dataclass(frozen=True, slots=True)
class KeyPackageSecrets(Structure):
    """A key package with its private keys: to be kept until a Welcome answers it, or to create a group with."""

    key_package: KeyPackage
    init_private: bytes = field(repr=False)
    leaf_private: bytes = field(repr=False)
    signature_private: bytes = field(repr=False)

    @classmethod
    def read(cls, reader: Reader) -> KeyPackageSecrets:
        version = reader.uint8()
        if version != _STATE_VERSION:
            raise StateError(f"key package secrets of version {version}")
        return cls(KeyPackage.read(reader), reader.opaque(), reader.opaque(), reader.opaque())

    def encode(self) -> bytes:
        keys = (self.init_private, self.leaf_private, self.signature_private)
        return uint8(_STATE_VERSION) + self.key_package.encode() + b"".join(map(opaque, keys))

    @property
    def suite(self) -> CipherSuite:
        """Raises UnsupportedSuite."""
        return suite_by_id(self.key_package.cipher_suite)

    @property
    def signer(self) -> SignatureKeyPair:
        return self.suite.scheme.key_pair(self.signature_private)

    def check(self) -> None:
        """Raises KeyMismatch unless each private key belongs to its public key, InvalidKey if it is none."""
        package, kem = self.key_package, self.suite.kem
        if kem.public_of(self.init_private) != package.init_key:
            raise KeyMismatch("init_key")
        if kem.public_of(self.leaf_private) != package.leaf_node.encryption_key:
            raise KeyMismatch("encryption_key")
        if self.signer.public != package.leaf_node.signature_key:
            raise KeyMismatch("signature_key")


def new_key_package(
    suite_id: int,
    identity: bytes,
    signer: SignatureKeyPair,
    *,
    not_before: int,
    not_after: int,
    random: Random,
    capabilities: Capabilities | None = None,
    extensions: Iterable[Extension] = (),
    leaf_extensions: Iterable[Extension] = (),
    last_resort: bool = False,
) -> KeyPackageSecrets:
    """A fresh key package with a basic credential, signed. Its lifetime is in seconds of Unix time.

    The types of its extensions are added to the capabilities, as section 10 wants them there. Raises
    UnsupportedSuite.
    """
    suite = suite_by_id(suite_id)
    marks = (Extension(LAST_RESORT, b""),) if last_resort else ()
    package_extensions, own_extensions = (*extensions, *marks), tuple(leaf_extensions)
    init_private, init_key = suite.generate_key_pair(random)
    leaf_private, encryption_key = suite.generate_key_pair(random)
    leaf = LeafNode(
        encryption_key,
        signer.public,
        Credential.basic(identity),
        _declaring(capabilities or Capabilities(), (*package_extensions, *own_extensions)),
        Lifetime(not_before, not_after),
        own_extensions,
    ).sign(suite, signer, b"", 0)
    package = KeyPackage(MLS10, suite_id, init_key, leaf, package_extensions).sign(suite, signer)
    return KeyPackageSecrets(package, init_private, leaf_private, signer.private)


def _declaring(capabilities: Capabilities, carried: Extensions) -> Capabilities:
    """The capabilities with the types of these extensions among them, default types left out."""
    known = {*DEFAULT_EXTENSIONS, *capabilities.extensions}
    missing = dict.fromkeys(each.kind for each in carried if each.kind not in known)
    return replace(capabilities, extensions=(*capabilities.extensions, *missing))
