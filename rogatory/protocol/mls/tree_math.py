"""Relations between the nodes of a full binary tree kept in an array (RFC 9420 appendix C).

Leaf `i` is node `2 * i`; a tree of `n` leaves, a power of two, has `2 * n - 1` nodes.
"""

from __future__ import annotations


def level(node: int) -> int:
    """Height above the leaves: the number of trailing one bits."""
    return (~node & (node + 1)).bit_length() - 1


def node_width(leaves: int) -> int:
    return 2 * leaves - 1 if leaves else 0


def root(leaves: int) -> int:
    return leaves - 1


def left(node: int) -> int:
    """Raises ValueError for a leaf."""
    height = level(node)
    if height == 0:
        raise ValueError("a leaf has no children")
    return node ^ (1 << (height - 1))


def right(node: int) -> int:
    """Raises ValueError for a leaf."""
    height = level(node)
    if height == 0:
        raise ValueError("a leaf has no children")
    return node ^ (3 << (height - 1))


def parent(node: int, leaves: int) -> int:
    """Raises ValueError for the root."""
    if node == root(leaves):
        raise ValueError("the root has no parent")
    height = level(node)
    return (node | (1 << height)) & ~(1 << (height + 1))


def sibling(node: int, leaves: int) -> int:
    above = parent(node, leaves)
    return right(above) if node < above else left(above)


def direct_path(node: int, leaves: int) -> list[int]:
    """The ancestors of a node, from its parent to the root."""
    path: list[int] = []
    top = root(leaves)
    while node != top:
        node = parent(node, leaves)
        path.append(node)
    return path


def copath(node: int, leaves: int) -> list[int]:
    """The siblings of the node and of its ancestors below the root, in the direct path's order."""
    path: list[int] = []
    top = root(leaves)
    while node != top:
        path.append(sibling(node, leaves))
        node = parent(node, leaves)
    return path


def is_below(node: int, ancestor: int) -> bool:
    """Whether `ancestor` is the node itself or stands above it."""
    reach = (1 << level(ancestor)) - 1
    return ancestor - reach <= node <= ancestor + reach


def common_ancestor(first: int, second: int) -> int:
    """The lowest node with both in its subtree."""
    lower, upper = sorted((first, second), key=level)
    while not is_below(lower, upper):
        height = level(upper)
        upper = (upper | (1 << height)) & ~(1 << (height + 1))
    return upper


def leaves_below(node: int) -> range:
    """The leaf indices in a node's subtree."""
    reach = (1 << level(node)) - 1
    return range((node - reach) // 2, (node + reach) // 2 + 1)
