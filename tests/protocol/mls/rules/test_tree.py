"""The ratchet tree that a joiner is given (RFC 9420 sections 7.1, 7.9.2, 12.4.3.1 and 12.4.3.3).

The host signs a GroupInfo over each broken tree, with its right tree hash: an insider's forgery.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from rogatory.protocol.mls.codec import Reader, opaque
from rogatory.protocol.mls.errors import (
    EncryptionKeyNotUnique,
    MLSDecodeError,
    NodeTypeMisplaced,
    ParentHashInvalid,
    ParentKeyMalformed,
    TreeEndsBlank,
    TreeHashMismatch,
    UnmergedLeafInvalid,
    UnmergedLeavesUnsorted,
)
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.key_package import KeyPackageSecrets
from rogatory.protocol.mls.parent_node import ParentNode
from rogatory.protocol.mls.proposal import Add, Remove
from rogatory.protocol.mls.ratchet_tree import RatchetTree

from . import forge
from .groups import NOW, client, committed, found, randbytes, refuses_welcome


def full_tree(extra: int = 1) -> tuple[Group, list[KeyPackageSecrets]]:
    """A host in a group of four whose parents are all set, and `extra` joiners with unmerged leaves at the root
    of the left half and above.

    Leaves 0 to 3 hold the founders; leaf 3 was removed and its place taken by the first joiner, leaf 4 by the
    second.
    """
    groups = found(b"alice", b"bob", b"carol", b"dave", path=False)
    for author in (3, 2, 1, 0):
        groups = committed(groups, author)
    host = groups[0]
    joiners = [client(b"joiner %d" % number) for number in range(extra)]
    made = host.commit([Remove(3)], random=randbytes)
    host = made.pending
    adds = [Add(joiner.key_package) for joiner in joiners]
    return host.commit(adds, random=randbytes, path=False, now=NOW).pending, joiners


def parent(tree: RatchetTree, index: int) -> ParentNode:
    node = tree.node(index)
    assert isinstance(node, ParentNode)
    return node


def test_the_tree_to_break() -> None:
    """Joiners are unmerged where the rules below need them."""
    host, joiners = full_tree(2)
    tree = host.state.tree
    assert tree.leaves == 8
    assert parent(tree, 3).unmerged_leaves == (3,)
    assert tree.node(5) is None
    for joiner in joiners:
        assert Group.join(forge.welcome(host, joiner), joiner).group.tree_hash == host.tree_hash


def test_tree_hash_is_the_contexts() -> None:
    host, (joiner,) = full_tree()
    message = forge.welcome(host, joiner, edit_context=lambda context: replace(context, tree_hash=bytes(32)))
    refuses_welcome(joiner, message, TreeHashMismatch)


def test_tree_hash_is_checked_for_a_tree_from_elsewhere() -> None:
    host, (joiner,) = full_tree()
    message = forge.welcome(host, joiner, inline_tree=False)
    other = forge.tree_with(host.state.tree, {1: None}).encode()
    refuses_welcome(joiner, message, TreeHashMismatch, ratchet_tree=other)
    assert Group.join(message, joiner, ratchet_tree=host.ratchet_tree())


# Parent hashes (section 7.9.2)


@pytest.mark.parametrize("index", [1, 3])
def test_parent_key_is_vouched_for(index: int) -> None:
    """An insider's key in a parent that no leaf below signed."""
    host, (joiner,) = full_tree()
    own_key = host.suite.generate_key_pair(randbytes)[1]
    stranger = replace(parent(host.state.tree, index), encryption_key=own_key)
    broken = forge.tree_with(host.state.tree, {index: stranger})
    refuses_welcome(joiner, forge.welcome(host, joiner, tree=broken), ParentHashInvalid)


def test_parent_hash_of_a_parent() -> None:
    host, (joiner,) = full_tree()
    other = replace(parent(host.state.tree, 1), parent_hash=bytes(32))
    broken = forge.tree_with(host.state.tree, {1: other})
    refuses_welcome(joiner, forge.welcome(host, joiner, tree=broken), ParentHashInvalid)


def test_parent_hash_of_a_leaf() -> None:
    host, (joiner,) = full_tree()
    broken = forge.tree_with_leaf(host, 0, lambda leaf: replace(leaf, source=bytes(32)), host.state.signer)
    refuses_welcome(joiner, forge.welcome(host, joiner, tree=broken), ParentHashInvalid)


def test_parent_added_where_none_was_set() -> None:
    host, (joiner,) = full_tree()
    key = host.suite.generate_key_pair(randbytes)[1]
    broken = forge.tree_with(host.state.tree, {5: ParentNode(key, b"", (3,))})
    refuses_welcome(joiner, forge.welcome(host, joiner, tree=broken), ParentHashInvalid)


def test_sibling_is_the_one_that_was_signed() -> None:
    """Section 7.9: the leaf signs the tree hash of the sibling subtree as it was then."""
    host, (joiner,) = full_tree()
    broken = forge.tree_with(host.state.tree, {2: None})
    refuses_welcome(joiner, forge.welcome(host, joiner, tree=broken), ParentHashInvalid)


def test_unmerged_leaf_left_out_of_the_list() -> None:
    """Then the leaf would count as there when the parent's key was made."""
    host, (joiner,) = full_tree()
    cleared = replace(parent(host.state.tree, 3), unmerged_leaves=())
    broken = forge.tree_with(host.state.tree, {3: cleared})
    refuses_welcome(joiner, forge.welcome(host, joiner, tree=broken), ParentHashInvalid)


# Unmerged leaves (sections 7.1 and 12.4.3.1)


@pytest.mark.parametrize(
    ("index", "unmerged"),
    [(3, (3, 3)), (7, (4, 3))],
    ids=["twice", "falling"],
)
def test_unmerged_leaves_rise(index: int, unmerged: tuple[int, ...]) -> None:
    host, joiners = full_tree(2)
    if index == 7:
        host = with_root(host)
    changed = replace(parent(host.state.tree, index), unmerged_leaves=unmerged)
    broken = forge.tree_with(host.state.tree, {index: changed})
    refuses_welcome(joiners[0], forge.welcome(host, joiners[0], tree=broken), UnmergedLeavesUnsorted)


def with_root(host: Group) -> Group:
    """The host's tree with some root: nothing about it is right but its place."""
    key = host.suite.generate_key_pair(randbytes)[1]
    changed = forge.tree_with(host.state.tree, {7: ParentNode(key, b"")})
    return replace(host, state=replace(host.state, tree=changed))


@pytest.mark.parametrize("leaf", [5, 2**32 - 1], ids=["blank", "beyond"])
def test_unmerged_leaf_is_a_member(leaf: int) -> None:
    host, joiners = full_tree(2)
    host = with_root(host)
    changed = replace(parent(host.state.tree, 7), unmerged_leaves=(leaf,))
    broken = forge.tree_with(host.state.tree, {7: changed})
    refuses_welcome(joiners[0], forge.welcome(host, joiners[0], tree=broken), UnmergedLeafInvalid)


def test_unmerged_leaf_is_below_its_parent() -> None:
    host, (joiner,) = full_tree()
    changed = replace(parent(host.state.tree, 1), unmerged_leaves=(3,))
    broken = forge.tree_with(host.state.tree, {1: changed})
    refuses_welcome(joiner, forge.welcome(host, joiner, tree=broken), UnmergedLeafInvalid)


def test_unmerged_leaf_is_listed_on_the_way() -> None:
    """Leaf 3 unmerged at the root, but not at the parent between."""
    host, joiners = full_tree(2)
    host = with_root(host)
    tree = host.state.tree
    changes = {
        7: replace(parent(tree, 7), unmerged_leaves=(3,)),
        3: replace(parent(tree, 3), unmerged_leaves=()),
    }
    broken = forge.tree_with(tree, dict(changes))
    refuses_welcome(joiners[0], forge.welcome(host, joiners[0], tree=broken), UnmergedLeafInvalid)


# Keys


def test_parent_key_is_in_no_other_node() -> None:
    """The parent hash would be right: the committer itself put another member's key there."""
    alice = found(b"alice")[0]
    bob = client(b"bob")
    host = alice.commit([Add(bob.key_package)], random=randbytes, path=False, now=NOW).pending
    broken = host_with_keys(host, [bob.key_package.leaf_node.encryption_key])
    refuses_welcome(bob, forge.welcome(host, bob, tree=broken), EncryptionKeyNotUnique)


def test_parent_key_is_of_the_suite() -> None:
    alice = found(b"alice")[0]
    bob = client(b"bob")
    host = alice.commit([Add(bob.key_package)], random=randbytes, path=False, now=NOW).pending
    broken = host_with_keys(host, [b"no key"])
    refuses_welcome(bob, forge.welcome(host, bob, tree=broken), ParentKeyMalformed)


def host_with_keys(host: Group, keys: list[bytes]) -> RatchetTree:
    """The tree after a path of the host's with these keys, parent hashes and signature right."""
    own = forge.path(
        host.state.tree,
        host.own_leaf,
        host.own_leaf_node,
        host.state.signer,
        host.group_id,
        lambda tree: b"",
        frozenset(),
        forge.keep,
        lambda _: keys,
    )
    return own[1]


# Encoding (section 12.4.3.3)


def test_last_node_is_not_blank() -> None:
    host, (joiner,) = full_tree()
    nodes = Reader(host.ratchet_tree()).opaque()
    refuses_welcome(joiner, forge.welcome(host, joiner, tree_data=opaque(nodes + b"\x00")), TreeEndsBlank)
    refuses_welcome(joiner, forge.welcome(host, joiner, tree_data=opaque(b"")), TreeEndsBlank)


def test_leaves_and_parents_alternate() -> None:
    host, (joiner,) = full_tree()
    nodes = Reader(host.ratchet_tree()).opaque()
    shifted = opaque(b"\x00" + nodes)
    refuses_welcome(joiner, forge.welcome(host, joiner, tree_data=shifted), NodeTypeMisplaced)


def test_node_type_is_known() -> None:
    host, (joiner,) = full_tree()
    refuses_welcome(joiner, forge.welcome(host, joiner, tree_data=opaque(b"\x01\x03")), NodeTypeMisplaced)


def test_nothing_follows_the_tree() -> None:
    host, (joiner,) = full_tree()
    data = host.ratchet_tree() + b"\x00"
    refuses_welcome(joiner, forge.welcome(host, joiner, tree_data=data), MLSDecodeError)
