"""Merkle trees as RFC 9162 defines them."""

from __future__ import annotations

import hashlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rogatory.protocol.merkle import leaf_hash, paths_of_range, root_and_paths, root_and_siblings, root_from_path


def rfc9162_root(entries: list[bytes]) -> bytes:
    """Section 2.1.1, as it is written there: split at the largest power of two below n."""
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    split = 1 << (len(entries) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + rfc9162_root(entries[:split]) + rfc9162_root(entries[split:])).digest()


def entries_of(count: int) -> list[bytes]:
    return [f"entry {number}".encode() for number in range(count)]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 100])
def test_root_is_that_of_the_rfc_and_every_path_leads_to_it(count: int) -> None:
    entries = entries_of(count)
    root, paths = root_and_paths([leaf_hash(entry) for entry in entries])
    assert root == rfc9162_root(entries)
    for index, path in enumerate(paths):
        assert root_from_path(leaf_hash(entries[index]), index, count, path) == root


@settings(max_examples=100, deadline=None)
@given(st.integers(2, 40), st.data())
def test_no_other_leaf_index_or_path_leads_to_the_root(count: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(entry) for entry in entries_of(count)]
    root, paths = root_and_paths(leaves)
    index = data.draw(st.integers(0, count - 1))
    path = paths[index]
    assert root_from_path(leaf_hash(b"forged"), index, count, path) != root
    level = data.draw(st.integers(0, len(path) - 1))
    forged = [*path[:level], bytes(32), *path[level + 1 :]]
    assert root_from_path(leaves[index], index, count, forged) != root
    other = data.draw(st.integers(0, count - 1).filter(lambda number: number != index))
    with suppress(ValueError):  # the path is too long or too short for that index
        assert root_from_path(leaves[index], other, count, path) != root


def test_a_path_of_the_wrong_length_is_refused() -> None:
    leaves = [leaf_hash(entry) for entry in entries_of(5)]
    _, paths = root_and_paths(leaves)
    with pytest.raises(ValueError, match="short"):
        root_from_path(leaves[0], 0, 5, paths[0][:-1])
    with pytest.raises(ValueError, match="long"):
        root_from_path(leaves[0], 0, 5, [*paths[0], bytes(32)])


@pytest.mark.parametrize(("index", "count"), [(-1, 5), (5, 5), (0, 0), (0, -1)])
def test_an_index_outside_the_tree_is_refused(index: int, count: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        root_from_path(bytes(32), index, count, [])


def test_there_is_no_empty_tree() -> None:
    with pytest.raises(ValueError, match="at least one"):
        root_and_paths([])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=8))
def test_ranges_with_what_stands_beside_them_tell_every_path(sizes: list[int]) -> None:
    leaves = [leaf_hash(entry) for entry in entries_of(sum(sizes))]
    root, paths = root_and_paths(leaves)
    same_root, beside = root_and_siblings(leaves, sizes)
    assert same_root == root
    first = 0
    for size, siblings in zip(sizes, beside, strict=True):
        assert paths_of_range(leaves[first : first + size], first, len(leaves), siblings) == paths[first : first + size]
        first += size


@pytest.mark.parametrize(
    ("first", "count", "change"),
    [(3, 11, -1), (3, 11, 1), (8, 11, 0), (-1, 11, 0), (3, 1 << 62, 0), (3, 8, 0)],
    ids=["too few", "too many", "past the end", "before the start", "larger tree", "smaller tree"],
)
def test_a_range_of_another_shape_is_refused(first: int, count: int, change: int) -> None:
    leaves = [leaf_hash(entry) for entry in entries_of(11)]
    siblings = root_and_siblings(leaves, [3, 4, 4])[1][1]
    given = siblings[:-1] if change < 0 else [*siblings, bytes(32)] if change > 0 else siblings
    with pytest.raises(ValueError):
        paths_of_range(leaves[3:7], first, count, given)
