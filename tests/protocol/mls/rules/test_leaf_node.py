"""Leaf nodes (RFC 9420 sections 7.2 and 7.3), in an Add, an Update, a commit's path, and a joiner's tree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from rogatory.protocol.mls.credential import Credential
from rogatory.protocol.mls.errors import (
    CredentialTypeUnsupported,
    DuplicateExtension,
    EncryptionKeyMalformed,
    EncryptionKeyNotUnique,
    GroupExtensionUnsupported,
    LeafExtensionUndeclared,
    LeafNodeSourceWrong,
    LeafSignatureInvalid,
    LifetimeInvalid,
    LifetimeTooLong,
    MLSError,
    OwnCredentialTypeUndeclared,
    PathKeyReused,
    RequiredCapabilityMissing,
    SignatureKeyNotUnique,
    UpdateEncryptionKeyUnchanged,
)
from rogatory.protocol.mls.extension import Extension, RequiredCapabilities
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.key_package import KeyPackage
from rogatory.protocol.mls.leaf_node import Capabilities, LeafNode, Lifetime
from rogatory.protocol.mls.proposal import Add, Update
from rogatory.protocol.mls.update_path import UpdatePath

from . import forge
from .groups import NOW, WEEK, client, deliver, found, randbytes, refuses, refuses_welcome

CUSTOM = 0xF0F0
Edit = Callable[[LeafNode], LeafNode]


def able(leaf: LeafNode, **fields: tuple[int, ...]) -> LeafNode:
    return replace(leaf, capabilities=replace(leaf.capabilities, **fields))


def damaged(signature: bytes) -> bytes:
    return signature[:-1] + bytes([signature[-1] ^ 1])


# What a leaf must be by itself, wherever it stands. The third column is what may not be told apart in a tree.
ALONE: dict[str, tuple[Edit, type[MLSError]]] = {
    "extension not among its capabilities": (
        lambda leaf: replace(leaf, extensions=(Extension(CUSTOM, b""),)),
        LeafExtensionUndeclared,
    ),
    "two extensions of one type": (
        lambda leaf: able(replace(leaf, extensions=(Extension(CUSTOM, b""),) * 2), extensions=(CUSTOM,)),
        DuplicateExtension,
    ),
    "own credential type not among its capabilities": (
        lambda leaf: able(leaf, credentials=(2,)),
        OwnCredentialTypeUndeclared,
    ),
    "credential type that others do not support": (
        lambda leaf: able(replace(leaf, credential=Credential(0xF001, b"\x00")), credentials=(1, 0xF001)),
        CredentialTypeUnsupported,
    ),
    "credential type of others not supported": (
        lambda leaf: able(replace(leaf, credential=Credential(2, b"\x00")), credentials=(2,)),
        CredentialTypeUnsupported,
    ),
    "encryption key that is none of the suite": (
        lambda leaf: replace(leaf, encryption_key=b"too short"),
        EncryptionKeyMalformed,
    ),
}


@pytest.mark.parametrize("violation", ALONE)
def test_leaf_of_an_add(violation: str) -> None:
    edit, error = ALONE[violation]
    alice, bob = found(b"alice", b"bob")
    package = forge.key_package(client(b"carol"), edit_leaf=edit)
    refuses(bob, forge.commit(alice, [Add(package)]), error)


@pytest.mark.parametrize("violation", ALONE)
def test_leaf_of_an_update(violation: str) -> None:
    edit, error = ALONE[violation]
    alice, bob, carol = found(b"alice", b"bob", b"carol")
    update = Update(forge.update_leaf(bob, edit))
    if error is CredentialTypeUnsupported:  # needs the other members: judged with the commit
        alice, carol = deliver([alice, carol], forge.proposal(bob, update))
        refuses(carol, forge.commit(alice, [forge.pending(bob, update)]), error)
    else:
        refuses(alice, forge.proposal(bob, update), error)


@pytest.mark.parametrize("violation", ALONE)
def test_leaf_of_a_path(violation: str) -> None:
    edit, error = ALONE[violation]
    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.commit(alice, edit_leaf=edit), error)


@pytest.mark.parametrize("violation", ALONE)
def test_leaf_of_an_external_joiner(violation: str) -> None:
    edit, error = ALONE[violation]
    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.external_commit(alice, client(b"carol"), edit_leaf=edit), error)


@pytest.mark.parametrize("violation", ALONE)
def test_leaf_of_a_joiners_tree(violation: str) -> None:
    edit, error = ALONE[violation]
    alice = found(b"alice")[0]
    bob = client(b"bob")
    host = alice.commit([Add(bob.key_package)], random=randbytes, path=False, now=NOW).pending
    tree = forge.tree_with_leaf(host, 0, edit, host.state.signer)
    refuses_welcome(bob, forge.welcome(host, bob, tree=tree), error)


# Signature


def test_leaf_signature_of_an_add() -> None:
    alice, bob = found(b"alice", b"bob")
    person = client(b"carol")

    def break_leaf(package: KeyPackage) -> KeyPackage:
        leaf = package.leaf_node
        return replace(package, leaf_node=replace(leaf, signature=damaged(leaf.signature)))

    package = forge.key_package(person, edit=break_leaf)
    refuses(bob, forge.commit(alice, [Add(package)]), LeafSignatureInvalid)


def test_leaf_signature_of_an_update() -> None:
    alice, bob = found(b"alice", b"bob")
    leaf = forge.update_leaf(bob)
    update = Update(replace(leaf, signature=damaged(leaf.signature)))
    refuses(alice, forge.proposal(bob, update), LeafSignatureInvalid)


def test_leaf_signature_of_an_update_is_bound_to_the_leaf() -> None:
    """The Update of one member, sent by another, does not verify: the leaf index is signed (section 7.2)."""
    alice, bob, carol = found(b"alice", b"bob", b"carol")
    refuses(alice, forge.proposal(carol, Update(forge.update_leaf(bob))), LeafSignatureInvalid)


def test_leaf_signature_of_an_update_is_bound_to_the_group() -> None:
    alice, bob = found(b"alice", b"bob")
    moved = forge.update_leaf(bob).sign(bob.suite, bob.state.signer, b"another group", bob.own_leaf)
    refuses(alice, forge.proposal(bob, Update(moved)), LeafSignatureInvalid)


def test_leaf_signature_of_a_path() -> None:
    alice, bob = found(b"alice", b"bob")

    def break_path(path: UpdatePath) -> UpdatePath:
        return replace(path, leaf_node=replace(path.leaf_node, signature=damaged(path.leaf_node.signature)))

    refuses(bob, forge.commit(alice, edit_path=break_path), LeafSignatureInvalid)


def test_leaf_signature_in_a_joiners_tree() -> None:
    alice = found(b"alice")[0]
    bob = client(b"bob")
    host = alice.commit([Add(bob.key_package)], random=randbytes, path=False, now=NOW).pending
    leaf = host.own_leaf_node
    tree = forge.tree_with(host.state.tree, {0: replace(leaf, signature=damaged(leaf.signature))})
    refuses_welcome(bob, forge.welcome(host, bob, tree=tree), LeafSignatureInvalid)


def test_leaf_with_a_signature_key_that_is_none_of_the_suite() -> None:
    alice, bob = found(b"alice", b"bob")
    package = forge.key_package(client(b"carol"), edit_leaf=lambda leaf: replace(leaf, signature_key=b"short"))
    refuses(bob, forge.commit(alice, [Add(package)]), LeafSignatureInvalid)


# Source and lifetime


@pytest.mark.parametrize("source", [None, b""], ids=["update", "commit"])
def test_source_of_a_leaf_in_an_add(source: bytes | None) -> None:
    alice, bob = found(b"alice", b"bob")
    package = forge.key_package(client(b"carol"), edit_leaf=lambda leaf: replace(leaf, source=source))
    refuses(bob, forge.commit(alice, [Add(package)]), LeafNodeSourceWrong)


@pytest.mark.parametrize("source", [Lifetime(NOW - 1, NOW + 1), b""], ids=["key_package", "commit"])
def test_source_of_a_leaf_in_an_update(source: Lifetime | bytes) -> None:
    alice, bob = found(b"alice", b"bob")
    update = Update(forge.update_leaf(bob, lambda leaf: replace(leaf, source=source)))
    refuses(alice, forge.proposal(bob, update), LeafNodeSourceWrong)


@pytest.mark.parametrize("source", [Lifetime(NOW - 1, NOW + 1), None], ids=["key_package", "update"])
def test_source_of_a_leaf_in_a_path(source: Lifetime | None) -> None:
    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.commit(alice, edit_leaf=lambda leaf: replace(leaf, source=source)), LeafNodeSourceWrong)


@pytest.mark.parametrize(
    "lifetime",
    [Lifetime(NOW - WEEK, NOW - 1), Lifetime(NOW + 1, NOW + WEEK), Lifetime(NOW + 1, NOW - 1)],
    ids=["expired", "not yet valid", "ends before it begins"],
)
def test_lifetime(lifetime: Lifetime) -> None:
    alice, bob = found(b"alice", b"bob")
    package = forge.key_package(client(b"carol"), edit_leaf=lambda leaf: replace(leaf, source=lifetime))
    refuses(bob, forge.commit(alice, [Add(package)]), LifetimeInvalid)
    refuses(bob, forge.proposal(alice, Add(package)), LifetimeInvalid)
    with pytest.raises(LifetimeInvalid):
        alice.commit([Add(package)], random=randbytes, now=NOW)


def test_total_lifetime() -> None:
    """Section 7.2: a key package for ever is refused wherever lifetimes are judged."""
    alice, bob = found(b"alice", b"bob")
    for_ever = Lifetime(0, 2**64 - 1)
    package = forge.key_package(client(b"carol"), edit_leaf=lambda leaf: replace(leaf, source=for_ever))
    refuses(bob, forge.commit(alice, [Add(package)]), LifetimeTooLong)
    with pytest.raises(LifetimeTooLong):
        alice.commit([Add(package)], random=randbytes, now=NOW)
    assert bob.open(forge.commit(alice, [Add(package)]), now=None)


# Uniqueness


def test_signature_key_is_unique_after_an_update() -> None:
    alice, bob, carol = found(b"alice", b"bob", b"carol")
    key = carol.state.signer
    leaf = replace(forge.update_leaf(bob), signature_key=key.public).sign(bob.suite, key, bob.group_id, 1)
    update = Update(leaf)
    others = deliver([alice, carol], forge.proposal(bob, update))
    refuses(others[1], forge.commit(others[0], [forge.pending(bob, update)]), SignatureKeyNotUnique)


def test_signature_key_is_unique_after_a_path() -> None:
    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.commit(alice, leaf_signer=bob.state.signer), SignatureKeyNotUnique)


def test_signature_key_is_unique_after_an_external_commit() -> None:
    alice, bob = found(b"alice", b"bob")
    joiner = replace(client(b"carol"), signature_private=bob.state.signer.private)
    refuses(bob, forge.external_commit(alice, joiner), SignatureKeyNotUnique)


def test_signature_key_is_unique_in_a_joiners_tree() -> None:
    alice = found(b"alice")[0]
    bob, carol = client(b"bob"), client(b"carol")
    adds = [Add(bob.key_package), Add(carol.key_package)]
    host = alice.commit(adds, random=randbytes, path=False, now=NOW).pending
    same = lambda leaf: replace(leaf, signature_key=host.state.signer.public)  # noqa: E731
    tree = forge.tree_with_leaf(host, 2, same, host.state.signer)
    refuses_welcome(bob, forge.welcome(host, bob, tree=tree), SignatureKeyNotUnique)


def test_encryption_key_is_unique_after_an_add() -> None:
    alice, bob = found(b"alice", b"bob")
    key = bob.own_leaf_node.encryption_key
    package = forge.key_package(client(b"carol"), edit_leaf=lambda leaf: replace(leaf, encryption_key=key))
    refuses(bob, forge.commit(alice, [Add(package)]), EncryptionKeyNotUnique)


def test_encryption_key_is_unique_after_an_update() -> None:
    alice, bob, carol = found(b"alice", b"bob", b"carol")
    key = carol.own_leaf_node.encryption_key
    update = Update(forge.update_leaf(bob, lambda leaf: replace(leaf, encryption_key=key)))
    others = deliver([alice, carol], forge.proposal(bob, update))
    refuses(others[1], forge.commit(others[0], [forge.pending(bob, update)]), EncryptionKeyNotUnique)


def test_encryption_key_of_an_update_is_new() -> None:
    alice, bob = found(b"alice", b"bob")
    key = bob.own_leaf_node.encryption_key
    update = Update(forge.update_leaf(bob, lambda leaf: replace(leaf, encryption_key=key)))
    refuses(alice, forge.proposal(bob, update), UpdateEncryptionKeyUnchanged)


def test_encryption_key_of_a_path_is_nobodys() -> None:
    alice, bob = found(b"alice", b"bob")
    key = bob.own_leaf_node.encryption_key
    refuses(bob, forge.commit(alice, edit_leaf=lambda leaf: replace(leaf, encryption_key=key)), PathKeyReused)


def test_encryption_key_is_unique_in_a_joiners_tree() -> None:
    alice = found(b"alice")[0]
    bob = client(b"bob")
    host = alice.commit([Add(bob.key_package)], random=randbytes, path=False, now=NOW).pending
    same = lambda leaf: replace(leaf, encryption_key=bob.key_package.leaf_node.encryption_key)  # noqa: E731
    tree = forge.tree_with_leaf(host, 0, same, host.state.signer)
    refuses_welcome(bob, forge.welcome(host, bob, tree=tree), EncryptionKeyNotUnique)


# Towards the group's parameters (sections 7.2, 11.1 and 13.4)

GROUP_EXTENSION = Extension(CUSTOM, b"of the group")
ABLE = Capabilities(extensions=(CUSTOM,), proposals=(CUSTOM,), credentials=(1, 2))
DEMANDS = {
    "extension": (RequiredCapabilities(extensions=(CUSTOM,)), "extensions", ()),
    "proposal": (RequiredCapabilities(proposals=(CUSTOM,)), "proposals", ()),
    "credential": (RequiredCapabilities(credentials=(2,)), "credentials", (1,)),
}


@pytest.mark.parametrize("kind", DEMANDS)
@pytest.mark.parametrize("place", ["add", "update", "path", "external joiner", "joiner's tree"])
def test_required_capabilities(kind: str, place: str) -> None:
    required, field, without = DEMANDS[kind]
    extensions = (required.extension(),)
    broken_in(place, extensions, lambda leaf: able(leaf, **{field: without}), RequiredCapabilityMissing)


@pytest.mark.parametrize("place", ["add", "update", "path", "external joiner", "joiner's tree"])
def test_extensions_of_the_group_are_supported(place: str) -> None:
    broken_in(place, (GROUP_EXTENSION,), lambda leaf: able(leaf, extensions=()), GroupExtensionUnsupported)


def broken_in(place: str, extensions: tuple[Extension, ...], edit: Edit, error: type[MLSError]) -> None:
    """A group that demands something, and one leaf that lacks it."""
    alice, bob, carol = found(b"alice", b"bob", b"carol", extensions=extensions, capabilities=ABLE, path=False)
    person = client(b"dave", capabilities=ABLE)
    if place == "add":
        refuses(bob, forge.commit(alice, [Add(forge.key_package(person, edit_leaf=edit))]), error)
    elif place == "update":
        update = Update(forge.update_leaf(bob, edit))
        alice, carol = deliver([alice, carol], forge.proposal(bob, update))
        refuses(carol, forge.commit(alice, [forge.pending(bob, update)]), error)
    elif place == "path":
        refuses(bob, forge.commit(alice, edit_leaf=edit), error)
    elif place == "external joiner":
        refuses(bob, forge.external_commit(alice, person, edit_leaf=edit), error)
    else:
        host = alice.commit([Add(person.key_package)], random=randbytes, path=False, now=NOW).pending
        tree = forge.tree_with_leaf(host, 0, edit, host.state.signer)
        refuses_welcome(person, forge.welcome(host, person, tree=tree), error)


def test_a_joiner_supports_the_groups_extensions_itself() -> None:
    """Section 13.4: the joiner refuses, even where the members let it in."""
    alice = found(b"alice", extensions=(GROUP_EXTENSION,), capabilities=ABLE)[0]
    able_bob, bob = client(b"bob", capabilities=ABLE), client(b"bob")
    host = alice.commit([Add(able_bob.key_package)], random=randbytes, path=False, now=NOW).pending
    tree = forge.tree_with(host.state.tree, {2: bob.key_package.leaf_node})
    refuses_welcome(bob, forge.welcome(host, bob, tree=tree), GroupExtensionUnsupported)


def test_unknown_values_are_ignored() -> None:
    """Sections 7.2 and 13.5: capabilities and extensions that nobody knows are no reason to refuse."""
    grease = (0x0A0A, 0x1A1A)
    capabilities = Capabilities((1, 0x2A2A), (1, 0x3A3A), grease, grease, (1, 0x4A4A))
    person = client(
        b"carol",
        capabilities=capabilities,
        leaf_extensions=[Extension(0x0A0A, b"?")],
        extensions=[Extension(0x1A1A, b"!")],
    )
    alice, bob = found(b"alice", b"bob")
    made = alice.commit([Add(person.key_package)], random=randbytes, now=NOW)
    assert bob.open(made.message, now=NOW)
    assert made.welcome
    assert Group.join(made.welcome, person).group.epoch_authenticator == made.pending.epoch_authenticator
