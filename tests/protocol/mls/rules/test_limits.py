"""What no honest member comes near, and a hostile one would reach for (RFC 9420 sections 7.2, 8.1 and 16)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rogatory.protocol.mls.epoch_state import EpochState
from rogatory.protocol.mls.errors import EpochsExhausted, LeafNodeTooLarge, StateError
from rogatory.protocol.mls.extension import Extension
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.group_context import LAST_EPOCH
from rogatory.protocol.mls.leaf_node import LeafNode
from rogatory.protocol.mls.proposal import Add
from rogatory.protocol.mls.validate_leaf_node import MAX_LEAF_NODE

from . import forge
from .groups import NOW, client, committed, found, randbytes, refuses, refuses_welcome

KIND = 0xFA00


def swollen(leaf: LeafNode, size: int = MAX_LEAF_NODE) -> LeafNode:
    capabilities = replace(leaf.capabilities, extensions=(KIND,))
    return replace(leaf, capabilities=capabilities, extensions=(Extension(KIND, bytes(size)),))


# Everybody stores every leaf, and every joiner is sent all of them.


def test_a_leaf_has_a_size_in_a_path() -> None:
    alice, bob = found(b"alice", b"bob")
    refuses(alice, forge.commit(bob, edit_leaf=swollen), LeafNodeTooLarge)


def test_a_leaf_has_a_size_in_a_key_package() -> None:
    alice, bob = found(b"alice", b"bob")
    package = forge.key_package(client(b"carol"), edit_leaf=swollen)
    refuses(alice, forge.commit(bob, [Add(package)]), LeafNodeTooLarge)


def test_a_leaf_has_a_size_in_a_joiners_tree() -> None:
    host, carol = found(b"alice")[0], client(b"carol")
    host = host.commit([Add(carol.key_package)], random=randbytes, path=False, now=NOW).pending
    leaf = host.member(0)
    assert leaf is not None
    update = swollen(replace(leaf, source=None)).sign(host.suite, host.state.signer, host.group_id, 0)
    refuses_welcome(
        carol, forge.welcome(host, carol, tree=forge.tree_with(host.state.tree, {0: update})), LeafNodeTooLarge
    )


def test_a_leaf_may_be_large() -> None:
    alice, bob = found(b"alice", b"bob")
    assert alice.open(forge.commit(bob, edit_leaf=lambda leaf: swollen(leaf, MAX_LEAF_NODE // 2)))


# An epoch number that the next commit would push over 64 bits, or over what a database holds.


def at_epoch(group: Group, epoch: int) -> Group:
    return replace(group, state=replace(group.state, context=replace(group.state.context, epoch=epoch)))


def test_nobody_is_lured_into_an_epoch_that_has_no_next() -> None:
    host, carol = found(b"alice")[0], client(b"carol")
    host = host.commit([Add(carol.key_package)], random=randbytes, now=NOW).pending
    for epoch in (LAST_EPOCH + 1, 2**64 - 1):
        message = forge.welcome(host, carol, edit_context=lambda context, epoch=epoch: replace(context, epoch=epoch))  # type: ignore[misc]
        refuses_welcome(carol, message, EpochsExhausted)


def test_the_last_epoch_ends_with_an_error_of_its_own() -> None:
    alice, bob = found(b"alice", b"bob")
    before_last = [at_epoch(group, LAST_EPOCH - 1) for group in (alice, bob)]
    alice, bob = committed(before_last, 0)
    assert alice.epoch == LAST_EPOCH
    with pytest.raises(EpochsExhausted):
        alice.commit((), random=randbytes, now=NOW)


# Two stored states that do not belong together: the keys of one epoch would be used in another.


def test_states_of_different_epochs_are_not_put_together() -> None:
    alice, bob = found(b"alice", b"bob")
    later, _ = committed([alice, bob], 0)
    assert later.state.tree.leaves == alice.state.tree.leaves
    for epoch_state, message_state in (
        (later.epoch_state(), alice.message_state()),
        (alice.epoch_state(), later.message_state()),
        (found(b"alice", b"bob")[0].epoch_state(), alice.message_state()),
    ):
        with pytest.raises(StateError, match="different epochs"):
            Group.restore(epoch_state, message_state)
    assert Group.restore(alice.epoch_state(), alice.message_state()).epoch == alice.epoch


def test_an_epoch_state_is_bound_by_its_confirmation_tag() -> None:
    alice, _ = found(b"alice", b"bob")
    assert EpochState.decode(alice.epoch_state()).confirmation_tag == alice.state.confirmation_tag
