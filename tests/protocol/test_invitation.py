"""The ratchet tree beside a Welcome: who holds the GroupInfo reads it, and nobody can put another in its place."""

from __future__ import annotations

import os

import pytest

from rogatory.protocol.errors import MalformedError
from rogatory.protocol.invitation import Shared, decode_shared, encode_shared, open_tree, seal_tree
from rogatory.protocol.mls.errors import DecryptionFailed
from rogatory.protocol.mls.suite import PRODUCT_SUITE, suite_by_id

SUITE = suite_by_id(PRODUCT_SUITE)
KEY, GROUP, TREE = os.urandom(32), os.urandom(32), b"a tree" * 100


def test_what_joiners_share_comes_back() -> None:
    shared = Shared(b"info", seal_tree(SUITE, KEY, GROUP, TREE))
    again = decode_shared(encode_shared(shared))
    assert again == shared
    assert TREE not in again.tree
    assert open_tree(SUITE, KEY, GROUP, again.tree) == TREE


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x91\x01", encode_shared(Shared(b"", b"")) + b"\x00"])
def test_what_is_no_shared_part_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        decode_shared(data)


def test_a_tree_opens_under_its_own_key_and_in_its_own_group_only() -> None:
    sealed = seal_tree(SUITE, KEY, GROUP, TREE)
    for key, group, data in ((os.urandom(32), GROUP, sealed), (KEY, bytes(32), sealed), (KEY, GROUP, sealed[:-1])):
        with pytest.raises(DecryptionFailed):
            open_tree(SUITE, key, group, data)
    with pytest.raises(MalformedError):
        open_tree(SUITE, b"", GROUP, sealed)
