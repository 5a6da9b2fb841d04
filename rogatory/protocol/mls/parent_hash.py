"""Parent hashes (RFC 9420 section 7.9)."""

from __future__ import annotations

from . import tree_math
from .codec import opaque
from .errors import ParentHashInvalid
from .parent_node import ParentNode
from .ratchet_tree import RatchetTree
from .suite import CipherSuite


def parent_hash(suite: CipherSuite, parent: ParentNode, original_sibling_tree_hash: bytes) -> bytes:
    """The hash of ParentHashInput."""
    return suite.digest(opaque(parent.encryption_key) + opaque(parent.parent_hash) + opaque(original_sibling_tree_hash))


def path_parents(
    tree: RatchetTree, path: list[tuple[int, int]], keys: list[bytes]
) -> tuple[dict[int, ParentNode], bytes]:
    """The parent nodes of a filtered direct path with these new keys, and the parent hash of the leaf below.

    Computed from the root down, so that each hash covers all nodes above.
    """
    parents: dict[int, ParentNode] = {}
    above = b""
    for (index, child), key in zip(reversed(path), reversed(keys), strict=True):
        parent = ParentNode(key, above)
        parents[index] = parent
        # An update leaves no unmerged leaves, so the sibling's original tree hash is its present one.
        above = parent_hash(tree.suite, parent, tree.tree_hash(child))
    return parents, above


def check_parent_hashes(tree: RatchetTree) -> None:
    """Section 7.9.2, from the top down: for each parent exactly one node below must carry its hash.

    Raises ParentHashInvalid.
    """
    for index, parent in tree.parents():
        left, right = tree_math.left(index), tree_math.right(index)
        vouching = _vouches(tree, parent, left, right) + _vouches(tree, parent, right, left)
        if vouching != 1:
            raise ParentHashInvalid(f"node {index}")


def _vouches(tree: RatchetTree, parent: ParentNode, child: int, sibling: int) -> int:
    """1 if a node in the resolution of `child` was set together with `parent`, else 0."""
    resolution = tree.resolution(child)
    unmerged = {2 * leaf for leaf in parent.unmerged_leaves if tree_math.is_below(2 * leaf, child)}
    rest = [node for node in resolution if node not in unmerged]
    # The unmerged leaves below `child` must be its resolution without the one node that vouches.
    if len(rest) != 1 or len(resolution) != len(unmerged) + 1:
        return 0
    node = tree.node(rest[0])
    original = tree.tree_hash_without(sibling, frozenset(parent.unmerged_leaves))
    return int(node is not None and node.parent_hash == parent_hash(tree.suite, parent, original))
