"""The ratchet tree's public part as a value, with its tree hashes (RFC 9420 sections 4 and 7.7 to 7.8).

Changing a tree returns another one; both share their nodes, and the hashes of all that did not change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from . import tree_math
from .codec import Reader, opaque, uint32
from .errors import NodeTypeMisplaced, TreeEndsBlank
from .leaf_node import LeafNode
from .parent_node import ParentNode
from .suite import CipherSuite

Node = LeafNode | ParentNode

_LEAF = b"\x01"
_PARENT = b"\x02"


class RatchetTree:
    """Nodes in array order; the width is always 2 * 2^d - 1. Node and leaf indices as in `tree_math`."""

    __slots__ = ("_hashes", "_nodes", "suite")

    def __init__(self, suite: CipherSuite, nodes: list[Node | None], hashes: list[bytes | None]) -> None:
        self.suite = suite
        self._nodes = nodes
        self._hashes = hashes  # filled when first asked for; not part of the value

    @classmethod
    def of_leaf(cls, suite: CipherSuite, leaf: LeafNode) -> RatchetTree:
        return cls(suite, [leaf], [None])

    # Reading

    @property
    def leaves(self) -> int:
        """The number of leaves, blank ones included: a power of two."""
        return (len(self._nodes) + 1) // 2

    @property
    def width(self) -> int:
        return len(self._nodes)

    @property
    def root(self) -> int:
        return tree_math.root(self.leaves)

    def node(self, index: int) -> Node | None:
        return self._nodes[index]

    def leaf(self, leaf_index: int) -> LeafNode | None:
        """None for a blank leaf and beyond the tree."""
        if not 0 <= leaf_index < self.leaves:
            return None
        node = self._nodes[2 * leaf_index]
        return node if isinstance(node, LeafNode) else None

    def members(self) -> Iterator[tuple[int, LeafNode]]:
        """(leaf index, leaf node) of every leaf that is not blank, in order."""
        for index, node in enumerate(self._nodes[::2]):
            if isinstance(node, LeafNode):
                yield index, node

    def parents(self) -> Iterator[tuple[int, ParentNode]]:
        """(node index, parent node) of every parent that is not blank, in order."""
        for index, node in enumerate(self._nodes):
            if isinstance(node, ParentNode):
                yield index, node

    def encryption_keys(self) -> list[bytes]:
        return [node.encryption_key for node in self._nodes if node is not None]

    def resolution(self, index: int) -> list[int]:
        """The nodes that stand for a subtree (section 4.1.1)."""
        node = self._nodes[index]
        if isinstance(node, ParentNode):
            return [index, *(2 * leaf for leaf in node.unmerged_leaves)]
        if isinstance(node, LeafNode):
            return [index]
        if tree_math.level(index) == 0:
            return []
        return self.resolution(tree_math.left(index)) + self.resolution(tree_math.right(index))

    def _resolves(self, index: int) -> bool:
        """Whether the resolution is not empty."""
        if self._nodes[index] is not None:
            return True
        if tree_math.level(index) == 0:
            return False
        return self._resolves(tree_math.left(index)) or self._resolves(tree_math.right(index))

    def filtered_direct_path(self, leaf_index: int) -> list[tuple[int, int]]:
        """(node, its child off the path) from below to the root, without those whose child off the path has an
        empty resolution (section 4.1.2)."""
        start = 2 * leaf_index
        path = tree_math.direct_path(start, self.leaves)
        pairs = zip(path, tree_math.copath(start, self.leaves), strict=True)
        return [(node, child) for node, child in pairs if self._resolves(child)]

    # Tree hashes

    def tree_hash(self, index: int | None = None) -> bytes:
        """The hash of a node's subtree, of the whole tree by default (section 7.8)."""
        at = self.root if index is None else index
        known = self._hashes[at]
        if known is None:
            if tree_math.level(at) == 0:
                known = self._leaf_hash(at, self._nodes[at])
            else:
                left = self.tree_hash(tree_math.left(at))
                right = self.tree_hash(tree_math.right(at))
                known = self._parent_hash_input(self._nodes[at], left, right)
            self._hashes[at] = known
        return known

    def tree_hash_without(self, index: int, leaves: Collection[int]) -> bytes:
        """The hash of a subtree as if those leaves had never been added (section 7.9)."""
        below = frozenset(leaf for leaf in leaves if tree_math.is_below(2 * leaf, index))
        if not below:
            return self.tree_hash(index)
        if tree_math.level(index) == 0:
            return self._leaf_hash(index, None)
        node = self._nodes[index]
        if isinstance(node, ParentNode):
            kept = tuple(leaf for leaf in node.unmerged_leaves if leaf not in below)
            node = replace(node, unmerged_leaves=kept)
        left = self.tree_hash_without(tree_math.left(index), below)
        right = self.tree_hash_without(tree_math.right(index), below)
        return self._parent_hash_input(node, left, right)

    def _leaf_hash(self, index: int, node: Node | None) -> bytes:
        return self.suite.digest(_LEAF + uint32(index // 2) + _optional(node))

    def _parent_hash_input(self, node: Node | None, left: bytes, right: bytes) -> bytes:
        return self.suite.digest(_PARENT + _optional(node) + opaque(left) + opaque(right))

    # Changing

    def apply(
        self, updates: Mapping[int, LeafNode], removes: Iterable[int], adds: Sequence[LeafNode]
    ) -> tuple[RatchetTree, list[int]]:
        """Replace, blank and add leaves in this order (sections 12.1.1 to 12.1.3 and 12.3): the tree, and the
        added leaves' indices."""
        nodes, hashes = list(self._nodes), list(self._hashes)
        for leaf_index, leaf in updates.items():
            _blank_direct_path(nodes, hashes, leaf_index)
            nodes[2 * leaf_index] = leaf
        for leaf_index in removes:
            _blank_direct_path(nodes, hashes, leaf_index)
            nodes[2 * leaf_index] = None
        _truncate(nodes, hashes)
        added: list[int] = []
        start = 0
        for leaf in adds:
            start = _leftmost_blank(nodes, start)
            if start == len(nodes) + 1:
                nodes.extend([None] * (len(nodes) + 1))
                hashes.extend([None] * (len(hashes) + 1))
            _add_leaf(nodes, hashes, start // 2, leaf)
            added.append(start // 2)
        return RatchetTree(self.suite, nodes, hashes), added

    def leftmost_blank_leaf(self) -> int:
        """Where the next member goes; one past the last leaf where the tree is full (section 12.1.1)."""
        return _leftmost_blank(self._nodes, 0) // 2

    def with_blank_leaf(self, leaf_index: int) -> RatchetTree:
        """The tree with room for a leaf, extended where it has to be (section 12.4.3.2)."""
        if leaf_index < self.leaves:
            return self
        extension: list[None] = [None] * (len(self._nodes) + 1)
        return RatchetTree(self.suite, [*self._nodes, *extension], [*self._hashes, *extension])

    def with_path(self, leaf_index: int, leaf: LeafNode, path: Mapping[int, ParentNode]) -> RatchetTree:
        """Set a leaf and its direct path; what `path` does not name becomes blank (section 7.5)."""
        nodes, hashes = list(self._nodes), list(self._hashes)
        _blank_direct_path(nodes, hashes, leaf_index)
        nodes[2 * leaf_index] = leaf
        for index, parent in path.items():
            nodes[index] = parent
        return RatchetTree(self.suite, nodes, hashes)

    # Encoding

    def encode(self) -> bytes:
        """The ratchet_tree extension's data (section 12.4.3.3)."""
        last = max(index for index, node in enumerate(self._nodes) if node is not None)
        return opaque(b"".join([_optional_typed(node) for node in self._nodes[: last + 1]]))

    @classmethod
    def read(cls, suite: CipherSuite, reader: Reader) -> RatchetTree:
        """Raises MLSDecodeError, TreeEndsBlank or NodeTypeMisplaced."""
        nodes: list[Node | None] = list(reader.vector(_read_optional_node))
        if not nodes or nodes[-1] is None:
            raise TreeEndsBlank
        for index, node in enumerate(nodes):
            if node is not None and isinstance(node, LeafNode) != (index % 2 == 0):
                raise NodeTypeMisplaced(f"node {index}")
        width = 1
        while width < len(nodes):
            width = 2 * width + 1
        nodes.extend([None] * (width - len(nodes)))
        return cls(suite, nodes, [None] * width)

    @classmethod
    def decode(cls, suite: CipherSuite, data: bytes) -> RatchetTree:
        """Raises as `read` does."""
        reader = Reader(data)
        tree = cls.read(suite, reader)
        reader.finish()
        return tree


def _optional(node: Node | None) -> bytes:
    return b"\x00" if node is None else b"\x01" + node.encode()


def _optional_typed(node: Node | None) -> bytes:
    if node is None:
        return b"\x00"
    return b"\x01" + (_LEAF if isinstance(node, LeafNode) else _PARENT) + node.encode()


def _read_node(reader: Reader) -> Node:
    kind = reader.take(1)
    if kind == _LEAF:
        return LeafNode.read(reader)
    if kind == _PARENT:
        return ParentNode.read(reader)
    raise NodeTypeMisplaced(f"node type {kind[0]}")


def _read_optional_node(reader: Reader) -> Node | None:
    return reader.optional(_read_node)


def _blank_direct_path(nodes: list[Node | None], hashes: list[bytes | None], leaf_index: int) -> None:
    hashes[2 * leaf_index] = None
    for index in tree_math.direct_path(2 * leaf_index, (len(nodes) + 1) // 2):
        nodes[index] = None
        hashes[index] = None


def _truncate(nodes: list[Node | None], hashes: list[bytes | None]) -> None:
    """Drop the right half while it holds no member (section 7.7)."""
    while len(nodes) > 1:
        half = len(nodes) // 2
        if any(nodes[half + 1 :: 2]):
            return
        del nodes[half:]
        del hashes[half:]


def _leftmost_blank(nodes: list[Node | None], start: int) -> int:
    for index in range(start, len(nodes), 2):
        if nodes[index] is None:
            return index
    return len(nodes) + 1


def _add_leaf(nodes: list[Node | None], hashes: list[bytes | None], leaf_index: int, leaf: LeafNode) -> None:
    nodes[2 * leaf_index] = leaf
    hashes[2 * leaf_index] = None
    for index in tree_math.direct_path(2 * leaf_index, (len(nodes) + 1) // 2):
        hashes[index] = None
        node = nodes[index]
        if isinstance(node, ParentNode):
            unmerged = tuple(sorted((*node.unmerged_leaves, leaf_index)))
            nodes[index] = replace(node, unmerged_leaves=unmerged)
