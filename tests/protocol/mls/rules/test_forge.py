"""The forger by itself: without hooks its messages are valid, so that what a rule's test breaks is all it breaks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rogatory.protocol.mls.framed_content import WireFormat
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.opening import ApplicationOpened, CommitOpened, ProposalOpened
from rogatory.protocol.mls.proposal import Add, Remove, Update

from . import forge
from .groups import NOW, PRIVATE, PUBLIC, agree, client, deliver, found, randbytes


@pytest.mark.parametrize("wire_format", [PUBLIC, PRIVATE])
@pytest.mark.parametrize("with_path", [True, False])
def test_a_forged_commit_is_accepted(wire_format: WireFormat, with_path: bool) -> None:
    alice, bob, carol = found(b"alice", b"bob", b"carol")
    message = forge.commit(alice, [Add(client(b"dave").key_package)], with_path=with_path, wire_format=wire_format)
    others = deliver([bob, carol], message)
    assert agree(others)
    assert len(others[0].members()) == 4


def test_a_forged_commit_by_reference_is_accepted() -> None:
    alice, bob, carol = found(b"alice", b"bob", b"carol")
    update = Update(forge.update_leaf(bob))
    alice, carol = deliver([alice, carol], forge.proposal(bob, update))
    (carol,) = deliver([carol], forge.commit(alice, [forge.pending(bob, update)]))
    assert carol.member(1) == update.leaf_node


def test_a_forged_key_package_is_accepted() -> None:
    alice, bob = found(b"alice", b"bob")
    package = forge.key_package(client(b"carol"), edit_leaf=lambda leaf: replace(leaf, extensions=()))
    assert deliver([bob], forge.commit(alice, [Add(package)]))


def test_a_forged_external_commit_is_accepted() -> None:
    alice, bob = found(b"alice", b"bob")
    others = deliver([alice, bob], forge.external_commit(alice, client(b"carol")))
    assert agree(others)
    assert others[0].member(2) is not None


def test_a_forged_external_commit_that_resynchronizes_is_accepted() -> None:
    alice, bob, carol = found(b"alice", b"bob", b"carol")
    others = deliver([alice, bob], forge.external_commit(alice, client(b"carol"), [Remove(carol.own_leaf)]))
    assert agree(others)
    assert len(others[0].members()) == 3


def test_a_forged_private_message_is_accepted() -> None:
    alice, bob = found(b"alice", b"bob")
    opened = bob.open(forge.private(alice, b"hello", padding=bytes(7)))
    assert isinstance(opened, ApplicationOpened)
    assert opened.data == b"hello"


def test_a_forged_public_message_is_accepted() -> None:
    alice, bob = found(b"alice", b"bob")
    assert isinstance(bob.open(forge.public(alice, Remove(1))), ProposalOpened)


def test_a_forged_welcome_is_accepted() -> None:
    alice = found(b"alice")[0]
    bob = client(b"bob")
    host = alice.commit([Add(bob.key_package)], random=randbytes, now=NOW).pending
    joined = Group.join(forge.welcome(host, bob), bob).group
    assert joined.tree_hash == host.tree_hash
    assert joined.own_leaf == 1


def test_a_forged_tree_is_accepted() -> None:
    alice = found(b"alice")[0]
    bob = client(b"bob")
    host = alice.commit([Add(bob.key_package)], random=randbytes, path=False, now=NOW).pending
    tree = forge.tree_with_leaf(host, 0, forge.keep, host.state.signer)
    assert Group.join(forge.welcome(host, bob, tree=tree), bob).group.own_leaf == 1


def test_a_commit_opened_is_staged_only() -> None:
    alice, bob = found(b"alice", b"bob")
    opened = bob.open(forge.commit(alice))
    assert isinstance(opened, CommitOpened)
    assert opened.group_before.epoch == bob.epoch
