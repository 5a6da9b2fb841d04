"""TreeKEM: making and following update paths (RFC 9420 sections 7.4 and 7.5)."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from . import tree_math
from .errors import (
    DecryptionFailed,
    ParentHashInvalid,
    PathCiphertextCountWrong,
    PathKeyMismatch,
    PathLengthWrong,
    PathSecretUnreadable,
    PathUndecryptable,
)
from .leaf_node import LeafNode
from .parent_hash import path_parents
from .ratchet_tree import RatchetTree
from .signature import SignatureKeyPair
from .suite import CipherSuite, Random
from .update_path import UpdatePath, UpdatePathNode

PrivateKeys = Mapping[int, bytes]
"""HPKE private keys of a member, by node index."""


@dataclass(frozen=True, slots=True, repr=False)
class NewPath:
    """An update path as its maker sees it. `path_secrets` are by node index, for the joiners' Welcome."""

    path: UpdatePath
    tree: RatchetTree
    private_keys: dict[int, bytes]
    path_secrets: dict[int, bytes]
    commit_secret: bytes


@dataclass(frozen=True, slots=True, repr=False)
class FollowedPath:
    """What a member gains from somebody's update path."""

    private_keys: dict[int, bytes]
    commit_secret: bytes


def node_key_pair(suite: CipherSuite, path_secret: bytes) -> tuple[bytes, bytes]:
    """The (private, public) key of the node that a path secret belongs to."""
    return suite.derive_key_pair(suite.derive_secret(path_secret, b"node"))


def next_path_secret(suite: CipherSuite, path_secret: bytes) -> bytes:
    return suite.derive_secret(path_secret, b"path")


def make_path(
    tree: RatchetTree,
    leaf_index: int,
    leaf: LeafNode,
    signer: SignatureKeyPair,
    group_id: bytes,
    context_of: Callable[[RatchetTree], bytes],
    new_leaves: Collection[int],
    random: Random,
) -> NewPath:
    """Renew a member's leaf and direct path.

    `leaf` is what to keep of the leaf; its keys' owner is `signer`. `context_of` gives the encoded provisional
    group context of the tree made here. `new_leaves`, added in the same commit, get no path secret. Raises
    InvalidKey if a member's key is of no use.
    """
    suite = tree.suite
    filtered = tree.filtered_direct_path(leaf_index)
    private, public = suite.generate_key_pair(random)
    private_keys, path_secrets, keys = {2 * leaf_index: private}, {}, []
    path_secret = random(suite.hash_length)
    for node, _ in filtered:
        path_secrets[node] = path_secret
        private_keys[node], key = node_key_pair(suite, path_secret)
        keys.append(key)
        path_secret = next_path_secret(suite, path_secret)
    parents, leaf_parent_hash = path_parents(tree, filtered, keys)
    new_leaf = replace(leaf, encryption_key=public, signature_key=signer.public, source=leaf_parent_hash).sign(
        suite, signer, group_id, leaf_index
    )
    new_tree = tree.with_path(leaf_index, new_leaf, parents)
    context = context_of(new_tree)
    nodes = tuple(
        UpdatePathNode(
            parents[node].encryption_key,
            tuple(
                suite.encrypt_with_label(key, b"UpdatePathNode", context, path_secrets[node])
                for key in _recipient_keys(tree, child, new_leaves)
            ),
        )
        for node, child in filtered
    )
    return NewPath(UpdatePath(new_leaf, nodes), new_tree, private_keys, path_secrets, path_secret)


def merge_path(tree: RatchetTree, leaf_index: int, path: UpdatePath) -> RatchetTree:
    """The tree with somebody's update path in it (section 7.5).

    Raises PathLengthWrong, or ParentHashInvalid if the leaf's parent hash does not fit.
    """
    filtered = tree.filtered_direct_path(leaf_index)
    if len(filtered) != len(path.nodes):
        raise PathLengthWrong(f"{len(path.nodes)} nodes instead of {len(filtered)}")
    parents, expected = path_parents(tree, filtered, [node.encryption_key for node in path.nodes])
    if path.leaf_node.parent_hash != expected:
        raise ParentHashInvalid(f"leaf {leaf_index}")
    return tree.with_path(leaf_index, path.leaf_node, parents)


def follow_path(
    tree: RatchetTree,
    leaf_index: int,
    path: UpdatePath,
    own_leaf: int,
    private_keys: PrivateKeys,
    context: bytes,
    new_leaves: Collection[int],
) -> FollowedPath:
    """Decrypt and derive the path's secrets as far as they are this member's (section 7.5).

    `tree` is the one before the path was merged, `context` the provisional group context after. Raises
    PathCiphertextCountWrong, PathUndecryptable, PathKeyMismatch or PathSecretUnreadable.
    """
    suite = tree.suite
    filtered = tree.filtered_direct_path(leaf_index)
    for (_, child), node in zip(filtered, path.nodes, strict=True):
        if len(node.encrypted_path_secret) != len(_recipients(tree, child, new_leaves)):
            raise PathCiphertextCountWrong
    start, sealed_for = next(
        (position, child) for position, (node, child) in enumerate(filtered) if tree_math.is_below(2 * own_leaf, node)
    )
    recipients = _recipients(tree, sealed_for, new_leaves)
    held = next((index for index in recipients if index in private_keys), None)
    if held is None:
        raise PathUndecryptable
    sealed = path.nodes[start].encrypted_path_secret[recipients.index(held)]
    try:
        secret = suite.decrypt_with_label(private_keys[held], b"UpdatePathNode", context, sealed)
    except DecryptionFailed:
        raise PathSecretUnreadable(f"node {held}") from None
    gained: dict[int, bytes] = {}
    for (index, _), node in zip(filtered[start:], path.nodes[start:], strict=True):
        private, public = node_key_pair(suite, secret)
        if not hmac.compare_digest(public, node.encryption_key):
            raise PathKeyMismatch(f"node {index}")
        gained[index] = private
        secret = next_path_secret(suite, secret)
    return FollowedPath(gained, secret)


def keys_still_valid(private_keys: PrivateKeys, before: RatchetTree, after: RatchetTree) -> dict[int, bytes]:
    """Drop the private keys of nodes that were blanked, replaced or cut off (section 7.5)."""
    kept: dict[int, bytes] = {}
    for index, private in private_keys.items():
        old, new = before.node(index), after.node(index) if index < after.width else None
        if old is not None and new is not None and old.encryption_key == new.encryption_key:
            kept[index] = private
    return kept


def _recipients(tree: RatchetTree, child: int, new_leaves: Collection[int]) -> list[int]:
    return [index for index in tree.resolution(child) if index % 2 or index // 2 not in new_leaves]


def _recipient_keys(tree: RatchetTree, child: int, new_leaves: Collection[int]) -> list[bytes]:
    nodes = (tree.node(index) for index in _recipients(tree, child, new_leaves))
    return [node.encryption_key for node in nodes if node is not None]
