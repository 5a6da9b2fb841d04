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
        levels.append(_above(levels[-1]))
    return levels


def _above(level: list[bytes]) -> list[bytes]:
    above = [_node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
    if len(level) % 2:
        above.append(level[-1])
    return above


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


def root_and_siblings(leaves: Sequence[bytes], sizes: Sequence[int]) -> tuple[bytes, list[list[bytes]]]:
    """The root over `leaves`, and for each of the consecutive ranges of `sizes` leaves the nodes beside it, bottom up.

    They are what `paths_of_range` needs besides the range's own leaves.
    """
    levels = _levels(leaves)
    siblings: list[list[bytes]] = []
    start = 0
    for size in sizes:
        beside: list[bytes] = []
        low, high = start, start + size
        for level in levels[:-1]:
            if low & 1:
                beside.append(level[low - 1])
            if high & 1 and high < len(level):
                beside.append(level[high])
            low, high = low >> 1, (high + 1) >> 1
        siblings.append(beside)
        start += size
    return levels[-1][0], siblings


def paths_of_range(leaves: Sequence[bytes], first: int, count: int, siblings: Sequence[bytes]) -> list[list[bytes]]:
    """Each leaf's path, for `leaves` from index `first` on in a tree of `count`; ValueError where these do not fit."""
    if not leaves or not 0 <= first <= count - len(leaves):
        raise ValueError("the range lies outside the tree")
    given = iter(siblings)
    paths: list[list[bytes]] = [[] for _ in leaves]
    level, low, size = list(leaves), first, count
    indexes = list(range(first, first + len(leaves)))
    while size > 1:
        if low & 1:
            level.insert(0, next(given, b""))
            low -= 1
        if len(level) & 1 and low + len(level) < size:
            level.append(next(given, b""))
        for path, index in zip(paths, indexes, strict=True):
            sibling = (index ^ 1) - low
            if sibling < len(level):
                path.append(level[sibling])
        level = _above(level)
        indexes = [index >> 1 for index in indexes]
        low, size = low >> 1, (size + 1) >> 1
    if next(given, None) is not None or not all(all(path) for path in paths):
        raise ValueError("the siblings are not those of the range")
    return paths


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
