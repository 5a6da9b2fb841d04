"""The rules for the ratchet tree that a joiner is given (RFC 9420 section 12.4.3.1), one function a rule."""

from __future__ import annotations

import hmac
from itertools import pairwise

from . import tree_math
from .errors import (
    EncryptionKeyNotUnique,
    InvalidKey,
    ParentKeyMalformed,
    TreeHashMismatch,
    UnmergedLeafInvalid,
    UnmergedLeavesUnsorted,
)
from .extension import Extensions
from .parent_hash import check_parent_hashes
from .parent_node import ParentNode
from .ratchet_tree import RatchetTree
from .validate_leaf_node import (
    check_leaf_alone,
    check_leaves_fit_group,
    check_lifetime,
    check_members_together,
)


def check_tree_hash(tree: RatchetTree, expected: bytes) -> None:
    """Raises TreeHashMismatch."""
    if not hmac.compare_digest(tree.tree_hash(), expected):
        raise TreeHashMismatch


def check_unmerged_leaves(tree: RatchetTree) -> None:
    """Raises UnmergedLeavesUnsorted or UnmergedLeafInvalid."""
    for index, parent in tree.parents():
        unmerged = parent.unmerged_leaves
        if any(first >= second for first, second in pairwise(unmerged)):
            raise UnmergedLeavesUnsorted(f"node {index}")
        for leaf in unmerged:
            _check_unmerged_leaf(tree, index, leaf)


def _check_unmerged_leaf(tree: RatchetTree, index: int, leaf: int) -> None:
    if tree.leaf(leaf) is None or not tree_math.is_below(2 * leaf, index):
        raise UnmergedLeafInvalid(f"leaf {leaf} of node {index}")
    between = index
    while tree_math.level(between) > 1:
        between = tree_math.left(between) if 2 * leaf < between else tree_math.right(between)
        node = tree.node(between)
        if isinstance(node, ParentNode) and leaf not in node.unmerged_leaves:
            raise UnmergedLeafInvalid(f"leaf {leaf} is not listed at node {between}")


def check_unique_encryption_keys(tree: RatchetTree) -> None:
    """Raises EncryptionKeyNotUnique."""
    keys = tree.encryption_keys()
    if len(set(keys)) != len(keys):
        raise EncryptionKeyNotUnique


def check_parent_keys(tree: RatchetTree) -> None:
    """Raises ParentKeyMalformed."""
    for index, parent in tree.parents():
        try:
            tree.suite.kem.public_key(parent.encryption_key)
        except InvalidKey as error:
            raise ParentKeyMalformed(f"node {index}: {error}") from None


def check_leaves(tree: RatchetTree, group_id: bytes, extensions: Extensions, now: int | None) -> None:
    """Every leaf by itself, towards the group, and all together.

    With `now`, in Unix seconds, lifetimes are judged too; but they limit until when a member may be added, not
    for how long it stays (section 7.3). Raises LeafNodeError, DuplicateExtension or ExtensionMalformed.
    """
    leaves = []
    for index, leaf in tree.members():
        check_leaf_alone(leaf, tree.suite)
        check_lifetime(leaf, now)
        leaf.verify(tree.suite, group_id, index)
        leaves.append(leaf)
    check_leaves_fit_group(leaves, extensions)
    check_members_together(leaves)


def check_joined_tree(
    tree: RatchetTree, tree_hash: bytes, group_id: bytes, extensions: Extensions, now: int | None = None
) -> None:
    """All rules of a tree that was handed over.

    Raises TreeError, LeafNodeError, DuplicateExtension or ExtensionMalformed.
    """
    check_tree_hash(tree, tree_hash)
    check_unmerged_leaves(tree)
    check_parent_hashes(tree)
    check_unique_encryption_keys(tree)
    check_parent_keys(tree)
    check_leaves(tree, group_id, extensions, now)
