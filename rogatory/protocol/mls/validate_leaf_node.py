"""The rules for leaf nodes (RFC 9420 section 7.3), one function a rule.

Whether a credential stands for whom it names is judged above this library.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from .errors import (
    CredentialTypeUnsupported,
    EncryptionKeyMalformed,
    GroupExtensionUnsupported,
    InvalidKey,
    LeafExtensionUndeclared,
    LeafNodeSourceWrong,
    LeafNodeTooLarge,
    LifetimeInvalid,
    LifetimeTooLong,
    OwnCredentialTypeUndeclared,
    RequiredCapabilityMissing,
    SignatureKeyNotUnique,
)
from .extension import (
    DEFAULT_EXTENSIONS,
    Extensions,
    RequiredCapabilities,
    check_unique_types,
    first_unlisted,
    required_capabilities,
)
from .leaf_node import LeafNode, LeafNodeSource, Lifetime
from .proposal import KNOWN as DEFAULT_PROPOSALS
from .suite import CipherSuite

MAX_LEAF_NODE = 16 * 1024
"""Bytes. Every member stores every leaf, and every joiner is sent all of them."""

MAX_LIFETIME = 400 * 24 * 3600
"""Seconds: a year, and some leeway for clocks."""


def check_size(leaf: LeafNode) -> None:
    """Raises LeafNodeTooLarge."""
    length = len(leaf.encode())
    if length > MAX_LEAF_NODE:
        raise LeafNodeTooLarge(f"{length} bytes")


def check_source(leaf: LeafNode, expected: LeafNodeSource) -> None:
    """Raises LeafNodeSourceWrong."""
    if leaf.leaf_node_source is not expected:
        raise LeafNodeSourceWrong(f"{leaf.leaf_node_source.name} instead of {expected.name}")


def check_lifetime(leaf: LeafNode, now: int | None) -> None:
    """Only a leaf from a key package has a lifetime; without a time (Unix seconds) it is not judged.

    Raises LifetimeInvalid.
    """
    if now is not None and isinstance(leaf.source, Lifetime) and not leaf.source.covers(now):
        raise LifetimeInvalid


def check_total_lifetime(leaf: LeafNode, now: int | None) -> None:
    """Section 7.2 wants a longest lifetime; it is judged where lifetimes are. Raises LifetimeTooLong."""
    if now is not None and isinstance(leaf.source, Lifetime) and leaf.source.length > MAX_LIFETIME:
        raise LifetimeTooLong(f"{leaf.source.length} seconds")


def check_own_credential_type(leaf: LeafNode) -> None:
    """Raises OwnCredentialTypeUndeclared."""
    if leaf.credential.kind not in leaf.capabilities.credentials:
        raise OwnCredentialTypeUndeclared(f"type {leaf.credential.kind}")


def check_encryption_key(leaf: LeafNode, suite: CipherSuite) -> None:
    """Section 10: else nobody could encrypt to the member. Raises EncryptionKeyMalformed."""
    try:
        suite.kem.public_key(leaf.encryption_key)
    except InvalidKey as error:
        raise EncryptionKeyMalformed(str(error)) from None


def check_extensions_declared(leaf: LeafNode) -> None:
    """Raises LeafExtensionUndeclared or DuplicateExtension."""
    check_unique_types(leaf.extensions)
    missing = first_unlisted(leaf.extensions, leaf.capabilities.extensions)
    if missing is not None:
        raise LeafExtensionUndeclared(f"type {missing}")


def check_required_capabilities(leaf: LeafNode, required: RequiredCapabilities) -> None:
    """Default types need not be listed (section 7.2). Raises RequiredCapabilityMissing."""
    capabilities = leaf.capabilities
    for kind, wanted, listed in (
        ("extension", required.extensions, DEFAULT_EXTENSIONS.union(capabilities.extensions)),
        ("proposal", required.proposals, DEFAULT_PROPOSALS.keys() | capabilities.proposals),
        ("credential", required.credentials, frozenset(capabilities.credentials)),
    ):
        missing = next((each for each in wanted if each not in listed), None)
        if missing is not None:
            raise RequiredCapabilityMissing(f"{kind} type {missing}")


def check_group_extensions(leaf: LeafNode, extensions: Extensions) -> None:
    """Section 13.4: every member supports every extension of the group. Raises GroupExtensionUnsupported."""
    missing = first_unlisted(extensions, leaf.capabilities.extensions)
    if missing is not None:
        raise GroupExtensionUnsupported(f"type {missing}")


def check_credential_types(leaves: Collection[LeafNode]) -> None:
    """Each member supports the types of all. Raises CredentialTypeUnsupported."""
    in_use = {leaf.credential.kind for leaf in leaves}
    for leaf in leaves:
        if not in_use.issubset(leaf.capabilities.credentials):
            raise CredentialTypeUnsupported


def check_unique_signature_keys(leaves: Collection[LeafNode]) -> None:
    """Raises SignatureKeyNotUnique."""
    if len({leaf.signature_key for leaf in leaves}) != len(leaves):
        raise SignatureKeyNotUnique


def check_leaf_alone(leaf: LeafNode, suite: CipherSuite) -> None:
    """What a leaf must be whatever the group. Raises LeafNodeError or DuplicateExtension."""
    check_size(leaf)
    check_encryption_key(leaf, suite)
    check_own_credential_type(leaf)
    check_extensions_declared(leaf)


def check_leaves_fit_group(leaves: Iterable[LeafNode], extensions: Extensions) -> None:
    """Raises RequiredCapabilityMissing, GroupExtensionUnsupported or ExtensionMalformed."""
    required = required_capabilities(extensions)
    for leaf in leaves:
        check_required_capabilities(leaf, required)
        check_group_extensions(leaf, extensions)


def check_members_together(leaves: Collection[LeafNode]) -> None:
    """Raises CredentialTypeUnsupported or SignatureKeyNotUnique."""
    check_credential_types(leaves)
    check_unique_signature_keys(leaves)
