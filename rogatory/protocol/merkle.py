"""Merkle trees over one database commit of the relay, hashed as in RFC 9162 section 2.1."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def leaf_hash(data: bytes) -> bytes:
    """RFC 9162 section 2.1.1: the hash of a leaf, apart from that of a node."""
    return hashlib.sha256(b"\x00" + data).digest()


def _node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """The tree bottom up; a node without a sibling moves up unchanged, which gives RFC 9162's tree."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        level = [_node_hash(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)]
        if len(below) % 2:
            level.append(below[-1])
        levels.append(level)
    return levels


def root_and_paths(leaves: Sequence[bytes]) -> tuple[bytes, list[list[bytes]]]:
    """The root over `leaves` (leaf hashes, at least one) and each leaf's path, sibling first."""
    if not leaves:
        raise ValueError("a Merkle tree has at least one leaf")
    levels = _levels(leaves)
    paths: list[list[bytes]] = []
    for position in range(len(leaves)):
        path = []
        index = position
        for level in levels[:-1]:
            sibling = index ^ 1
            if sibling < len(level):
                path.append(level[sibling])
            index >>= 1
        paths.append(path)
    return levels[-1][0], paths


def root_from_path(leaf: bytes, index: int, count: int, path: Sequence[bytes]) -> bytes:
    """The root that `path` leads to; a path of the wrong length leads to ValueError (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < count:
        raise ValueError("the index lies outside the tree")
    node, last, used = leaf, count - 1, 0
    while last > 0:
        if index % 2 == 1 or index < last:
            if used == len(path):
                raise ValueError("the path is too short")
            sibling = path[used]
            used += 1
            node = _node_hash(sibling, node) if index % 2 else _node_hash(node, sibling)
        index >>= 1
        last >>= 1
    if used != len(path):
        raise ValueError("the path is too long")
    return node
