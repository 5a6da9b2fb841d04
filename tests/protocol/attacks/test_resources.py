"""A few megabytes of a message must not cost minutes, gigabytes, or everybody's storage for ever."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rogatory.protocol.errors import MalformedError
from rogatory.protocol.extensions import decode_join_extension
from rogatory.protocol.frames.codec import decode_client_frame, decode_server_frame
from rogatory.protocol.limits import MAX_COMMIT, MAX_FRAME, MAX_INVITATION
from rogatory.protocol.mls import tree_math
from rogatory.protocol.mls.codec import MAX_ITEMS, opaque
from rogatory.protocol.mls.commit import Commit
from rogatory.protocol.mls.errors import LeafNodeTooLarge, MLSDecodeError, RequiredCapabilityMissing
from rogatory.protocol.mls.extension import Extension, RequiredCapabilities, required_capabilities
from rogatory.protocol.mls.leaf_node import LeafNode
from rogatory.protocol.mls.parent_node import ParentNode
from rogatory.protocol.mls.ratchet_tree import RatchetTree
from rogatory.protocol.mls.suite import PRODUCT_SUITE, suite_by_id
from rogatory.protocol.mls.validate_leaf_node import check_leaves_fit_group
from tests.protocol.mls.rules import forge
from tests.protocol.mls.rules.groups import NOW, client, found, randbytes, refuses

LEAF = client(b"ke.central", PRODUCT_SUITE).key_package.leaf_node


def test_an_invitation_does_not_unfold_into_a_tree_of_millions_of_blank_nodes() -> None:
    # One byte each: hashing 16 million nodes took a minute and two gigabytes.
    last = b"\x01\x01" + LEAF.encode()
    blanks = bytes((MAX_INVITATION - len(last) - 8) // 2 * 2)
    with pytest.raises(MLSDecodeError, match="items"):
        RatchetTree.decode(suite_by_id(PRODUCT_SUITE), opaque(blanks + last))


def test_a_commit_does_not_unfold_into_millions_of_empty_ciphertexts() -> None:
    ciphertexts = opaque(b"key") + opaque(bytes(MAX_COMMIT - 8192))
    with pytest.raises(MLSDecodeError, match="items"):
        Commit.decode(opaque(b"") + b"\x01" + LEAF.encode() + opaque(ciphertexts))


def test_parts_of_a_message_have_their_items_counted_together() -> None:
    # 64 vectors, each of which would pass by itself.
    node = opaque(b"key") + opaque(bytes(MAX_ITEMS // 16))
    with pytest.raises(MLSDecodeError, match="items"):
        Commit.decode(opaque(b"") + b"\x01" + LEAF.encode() + opaque(node * 64))


def test_a_member_cannot_swell_the_tree_by_its_own_leaf() -> None:
    # Each commit may have 8 MiB: two such leaves, and no invitation would fit its limit any more.
    alice, bob = found(b"alice", b"bob")
    kind = 0xFA00

    def swell(leaf: LeafNode) -> LeafNode:
        capabilities = replace(leaf.capabilities, extensions=(kind,))
        return replace(leaf, capabilities=capabilities, extensions=(Extension(kind, bytes(1 << 20)),))

    refuses(alice, forge.commit(bob, edit_leaf=swell), LeafNodeTooLarge)
    assert alice.open(bob.commit((), random=randbytes, now=NOW).message, now=NOW)


def test_the_parent_hashes_of_a_tree_full_of_unmerged_leaves_cost_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    # Looking at each unmerged leaf at each node took a minute for a tree of 8,000.
    count = 1024
    unmerged = range(count // 2, count)
    nodes: list[LeafNode | ParentNode | None] = [None] * (2 * count - 1)
    nodes[::2] = [LEAF] * count
    nodes[1::2] = [
        ParentNode(b"key", b"", tuple(leaf for leaf in tree_math.leaves_below(2 * index + 1) if leaf in unmerged))
        for index in range(count - 1)
    ]
    tree = RatchetTree(suite_by_id(1), nodes, [None] * len(nodes))
    looked = 0
    is_below = tree_math.is_below

    def counted(node: int, ancestor: int) -> bool:
        nonlocal looked
        looked += 1
        return is_below(node, ancestor)

    monkeypatch.setattr(tree_math, "is_below", counted)
    tree.tree_hash_without(tree.root, frozenset(unmerged))
    assert looked < 4 * count * 10  # of the order N log N, not N squared


def test_required_capabilities_that_name_one_type_a_million_times_count_once() -> None:
    many = RequiredCapabilities(proposals=(0xFA01,) * 1_000_000).extension()
    assert required_capabilities((many,)).proposals == (0xFA01,)
    with pytest.raises(RequiredCapabilityMissing):
        check_leaves_fit_group([LEAF] * 2000, (many,))


ARRAY_OF_MILLIONS = b"\xdd" + (MAX_FRAME - 1024).to_bytes(4, "big") + b"\xa0" * (MAX_FRAME - 1024)


@pytest.mark.parametrize(
    "head",
    [
        b"\x94\xa5hello\xaake.central\xc4\x01n",
        b"\x93\xa5claim\x01",
        b"\x93\xa7publish\x01",
        b"\x92\xa5taken",
        b"\x92\xabacknowledge\x97\xc4\x01c\xa1m\x01\x01\xc4\x01h",
    ],
    ids=["hello", "claim", "publish", "taken", "acknowledge"],
)
def test_lists_in_a_nodes_frames_are_counted_before_they_are_read(head: bytes) -> None:
    # Before anybody has proven who it is, in the case of hello.
    with pytest.raises(MalformedError, match="length"):
        decode_client_frame(head + ARRAY_OF_MILLIONS)


@pytest.mark.parametrize(
    "head",
    [
        b"\x94\xa7entries\xc4\x01c",
        b"\x95\xa7headers\x01\xc4\x01c\x00",
        b"\x94\xa7claimed\x01\x90",
        b"\x93\xb0acknowledgements\xc4\x01c",
    ],
    ids=["entries", "headers", "claimed", "acknowledgements"],
)
def test_lists_in_a_relays_frames_are_counted_before_they_are_read(head: bytes) -> None:
    with pytest.raises(MalformedError, match="length"):
        decode_server_frame(head + ARRAY_OF_MILLIONS)


@pytest.mark.parametrize("opening", [b"\x91", b"\x81\x01"], ids=["arrays", "maps"])
def test_nesting_is_bounded(opening: bytes) -> None:
    with pytest.raises(MalformedError):
        decode_client_frame(b"\x93\xa6credit\x01" + opening * 5_000_000)
    with pytest.raises(MalformedError):
        decode_join_extension(b"\x9b" + opening * 5_000_000)
