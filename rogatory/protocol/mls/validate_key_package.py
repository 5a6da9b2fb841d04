"""The rules for key packages (RFC 9420 section 10.1), one function a rule."""

from __future__ import annotations

from .errors import (
    InitKeyMalformed,
    InitKeyReused,
    InvalidKey,
    KeyPackageExtensionUndeclared,
    KeyPackageSuiteMismatch,
)
from .extension import check_unique_types, first_unlisted
from .key_package import KeyPackage
from .leaf_node import MLS10, LeafNodeSource
from .suite import CipherSuite
from .validate_leaf_node import check_leaf_alone, check_lifetime, check_source, check_total_lifetime


def check_suite(package: KeyPackage, suite: CipherSuite) -> None:
    """Raises KeyPackageSuiteMismatch."""
    if package.version != MLS10 or package.cipher_suite != suite.code:
        raise KeyPackageSuiteMismatch(f"version {package.version}, suite {package.cipher_suite:#06x}")


def check_init_key(package: KeyPackage, suite: CipherSuite) -> None:
    """Raises InitKeyReused or InitKeyMalformed."""
    if package.init_key == package.leaf_node.encryption_key:
        raise InitKeyReused
    try:
        suite.kem.public_key(package.init_key)
    except InvalidKey as error:
        raise InitKeyMalformed(str(error)) from None


def check_extensions_declared(package: KeyPackage) -> None:
    """Section 10. Raises KeyPackageExtensionUndeclared or DuplicateExtension."""
    check_unique_types(package.extensions)
    missing = first_unlisted(package.extensions, package.leaf_node.capabilities.extensions)
    if missing is not None:
        raise KeyPackageExtensionUndeclared(f"type {missing}")


def check_key_package(package: KeyPackage, suite: CipherSuite, now: int | None) -> None:
    """All rules that a key package meets by itself. `now` in Unix seconds; None leaves the lifetime unjudged.

    Raises KeyPackageError, LeafNodeError or DuplicateExtension.
    """
    check_suite(package, suite)
    check_source(package.leaf_node, LeafNodeSource.KEY_PACKAGE)
    check_lifetime(package.leaf_node, now)
    check_total_lifetime(package.leaf_node, now)
    check_leaf_alone(package.leaf_node, suite)
    check_extensions_declared(package)
    check_init_key(package, suite)
    package.leaf_node.verify(suite, b"", 0)
    package.verify(suite)
