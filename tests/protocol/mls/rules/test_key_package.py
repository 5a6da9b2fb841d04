"""Key packages (RFC 9420 sections 10 and 10.1), received in an Add and used for one's own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rogatory.protocol.mls.errors import (
    DuplicateExtension,
    InitKeyMalformed,
    InitKeyReused,
    KeyMismatch,
    KeyPackageExtensionUndeclared,
    KeyPackageSignatureInvalid,
    KeyPackageSuiteMismatch,
    UnsupportedSuite,
    UnsupportedVersion,
)
from rogatory.protocol.mls.extension import LAST_RESORT, Extension
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.key_package import KeyPackage, new_key_package
from rogatory.protocol.mls.message import MLSMessage
from rogatory.protocol.mls.proposal import Add

from . import forge
from .groups import NOW, WEEK, client, found, randbytes, refuses


def refused(package: KeyPackage, error: type[Exception]) -> None:
    """In a commit, in a proposal, and by whoever is to add it."""
    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.commit(alice, [Add(package)]), error)  # type: ignore[arg-type]
    refuses(bob, forge.proposal(alice, Add(package)), error)  # type: ignore[arg-type]
    with pytest.raises(error):
        alice.commit([Add(package)], random=randbytes, now=NOW)


def test_cipher_suite_is_the_groups() -> None:
    refused(client(b"carol", 3).key_package, KeyPackageSuiteMismatch)


def test_cipher_suite_unknown_here_is_not_the_groups() -> None:
    package = forge.key_package(client(b"carol"), edit=lambda package: replace(package, cipher_suite=0x7777))
    refused(package, KeyPackageSuiteMismatch)


def test_version_is_mls10() -> None:
    package = forge.key_package(client(b"carol"), edit=lambda package: replace(package, version=2))
    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.commit(alice, [Add(package)]), UnsupportedVersion)


def test_signature() -> None:
    package = client(b"carol").key_package
    refused(replace(package, signature=bytes(64)), KeyPackageSignatureInvalid)


def test_signature_is_the_leafs() -> None:
    """Two clients' halves do not make a key package."""
    carol, dave = client(b"carol").key_package, client(b"dave").key_package
    refused(replace(carol, leaf_node=dave.leaf_node), KeyPackageSignatureInvalid)


def test_init_key_is_not_the_encryption_key() -> None:
    package = forge.key_package(
        client(b"carol"), edit=lambda package: replace(package, init_key=package.leaf_node.encryption_key)
    )
    refused(package, InitKeyReused)


def test_init_key_is_of_the_suite() -> None:
    package = forge.key_package(client(b"carol"), edit=lambda package: replace(package, init_key=b"not a key"))
    refused(package, InitKeyMalformed)


def test_extensions_of_one_type() -> None:
    twice = (Extension(0x0A0A, b"1"), Extension(0x0A0A, b"2"))
    package = forge.key_package(client(b"carol"), edit=lambda package: replace(package, extensions=twice))
    refused(package, DuplicateExtension)


def test_extensions_are_declared() -> None:
    """Section 10: by the capabilities of the leaf."""
    package = forge.key_package(
        client(b"carol"), edit=lambda package: replace(package, extensions=(Extension(0x0A0A, b""),))
    )
    refused(package, KeyPackageExtensionUndeclared)


def test_own_extensions_are_declared() -> None:
    """Section 10: what stands in the extensions stands in the capabilities too."""
    made = new_key_package(
        1, b"carol", client(b"x").signer, not_before=NOW, not_after=NOW + WEEK, random=randbytes, last_resort=True
    )
    assert made.key_package.is_last_resort
    assert LAST_RESORT in made.key_package.leaf_node.capabilities.extensions


def test_init_keys_are_unique() -> None:
    keys = {client(b"carol").key_package.init_key for _ in range(8)}
    assert len(keys) == 8


def test_version_in_the_message_is_the_key_packages() -> None:
    encoded = bytearray(MLSMessage(client(b"carol").key_package).encode())
    encoded[5] = 2  # behind version and wire format of the MLSMessage
    with pytest.raises(UnsupportedVersion):
        MLSMessage.decode(bytes(encoded))


def test_a_suite_that_is_not_supported_is_named() -> None:
    package = forge.key_package(client(b"carol"), edit=lambda package: replace(package, cipher_suite=4))
    with pytest.raises(UnsupportedSuite, match="0x0004"):
        package.ref()


@pytest.mark.parametrize("key", ["init_private", "leaf_private", "signature_private"])
def test_private_keys_belong_to_the_package(key: str) -> None:
    carol, dave = client(b"carol"), client(b"dave")
    mixed = replace(carol, **{key: getattr(dave, key)})
    with pytest.raises(KeyMismatch):
        Group.create(1, b"group", mixed, random=randbytes, now=NOW)
