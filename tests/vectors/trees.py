"""The families about ratchet trees."""

from __future__ import annotations

import os
from typing import Any

from rogatory.protocol.mls import tree_math
from rogatory.protocol.mls.framed_content import Sender
from rogatory.protocol.mls.group_context import GroupContext
from rogatory.protocol.mls.leaf_node import MLS10
from rogatory.protocol.mls.parent_hash import check_parent_hashes
from rogatory.protocol.mls.proposal import decode_proposal
from rogatory.protocol.mls.proposal_list import CommittedProposal, apply_proposals
from rogatory.protocol.mls.ratchet_tree import RatchetTree
from rogatory.protocol.mls.suite import CipherSuite, suite_by_id
from rogatory.protocol.mls.treekem import (
    PrivateKeys,
    follow_path,
    keys_still_valid,
    make_path,
    merge_path,
    node_key_pair,
)
from rogatory.protocol.mls.update_path import UpdatePath
from rogatory.protocol.mls.validate_commit import check_path_keys, check_path_leaf
from rogatory.protocol.mls.validate_tree import check_unique_encryption_keys, check_unmerged_leaves

from .expectation import equal, hexed

Case = dict[str, Any]


def tree_operations(case: Case) -> None:
    suite = suite_by_id(case["cipher_suite"])
    before = RatchetTree.decode(suite, hexed(case["tree_before"]))
    equal("tree_hash_before", before.tree_hash(), hexed(case["tree_hash_before"]))
    proposal = decode_proposal(hexed(case["proposal"]))
    committed = CommittedProposal(proposal, Sender.member(case["proposal_sender"]))
    after = apply_proposals(before, (), [committed]).tree
    equal("tree_after", after.encode(), hexed(case["tree_after"]))
    equal("tree_hash_after", after.tree_hash(), hexed(case["tree_hash_after"]))
    equal("tree_before, kept", before.encode(), hexed(case["tree_before"]))


def tree_validation(case: Case) -> None:
    suite = suite_by_id(case["cipher_suite"])
    tree = RatchetTree.decode(suite, hexed(case["tree"]))
    equal("tree", tree.encode(), hexed(case["tree"]))
    for node, resolution in enumerate(case["resolutions"]):
        equal(f"resolution of {node}", tree.resolution(node), resolution)
    for node, tree_hash in enumerate(case["tree_hashes"]):
        equal(f"tree hash of {node}", tree.tree_hash(node), hexed(tree_hash))
    check_unmerged_leaves(tree)
    check_parent_hashes(tree)
    check_unique_encryption_keys(tree)
    for index, leaf in tree.members():
        leaf.verify(suite, hexed(case["group_id"]), index)


def treekem(case: Case) -> None:
    suite = suite_by_id(case["cipher_suite"])
    tree = RatchetTree.decode(suite, hexed(case["ratchet_tree"]))
    holders = {holder["index"]: _private_keys(suite, tree, holder) for holder in case["leaves_private"]}
    signers = {holder["index"]: hexed(holder["signature_priv"]) for holder in case["leaves_private"]}
    for step in case["update_paths"]:
        _follow(case, tree, step, holders)
        _make_and_follow(case, tree, step["sender"], holders, signers[step["sender"]])


def _private_keys(suite: CipherSuite, tree: RatchetTree, holder: Case) -> PrivateKeys:
    keys = {2 * holder["index"]: hexed(holder["encryption_priv"])}
    for entry in holder["path_secrets"]:
        keys[entry["node"]], _ = node_key_pair(suite, hexed(entry["path_secret"]))
    for index, private in keys.items():
        node = tree.node(index)
        equal(f"public key of {index}", node and node.encryption_key, suite.kem.public_of(private))
    return keys


def _context(case: Case, tree: RatchetTree) -> bytes:
    transcript = hexed(case["confirmed_transcript_hash"])
    group_id, epoch = hexed(case["group_id"]), case["epoch"]
    suite = case["cipher_suite"]
    return GroupContext(MLS10, suite, group_id, epoch, tree.tree_hash(), transcript, ()).encode()


def _follow(case: Case, tree: RatchetTree, step: Case, holders: dict[int, PrivateKeys]) -> None:
    suite, sender = tree.suite, step["sender"]
    path = UpdatePath.decode(hexed(step["update_path"]))
    check_path_leaf(path, suite, tree.leaf(sender), hexed(case["group_id"]), sender)
    check_path_keys(path, tree)
    after = merge_path(tree, sender, path)
    equal("tree_hash_after", after.tree_hash(), hexed(step["tree_hash_after"]))
    check_parent_hashes(after)
    context = _context(case, after)
    for leaf, held in holders.items():
        if leaf == sender:
            continue
        followed = follow_path(tree, sender, path, leaf, held, context, ())
        equal("commit_secret", followed.commit_secret, hexed(step["commit_secret"]))
        secret = hexed(step["path_secrets"][leaf])
        meeting = tree_math.common_ancestor(2 * leaf, 2 * sender)
        equal("path_secret", followed.private_keys[meeting], node_key_pair(suite, secret)[0])


def _make_and_follow(
    case: Case, tree: RatchetTree, sender: int, holders: dict[int, PrivateKeys], signature_private: bytes
) -> None:
    suite, group_id = tree.suite, hexed(case["group_id"])
    leaf = tree.leaf(sender)
    if leaf is None:
        raise AssertionError("the vector's sender is blank")
    signer = suite.scheme.key_pair(signature_private)
    made = make_path(tree, sender, leaf, signer, group_id, lambda after: _context(case, after), (), os.urandom)
    after = merge_path(tree, sender, UpdatePath.decode(made.path.encode()))
    equal("tree of the new path", after.tree_hash(), made.tree.tree_hash())
    check_parent_hashes(after)
    context = _context(case, after)
    for index, held in holders.items():
        if index == sender:
            continue
        followed = follow_path(tree, sender, made.path, index, held, context, ())
        equal("commit secret of the new path", followed.commit_secret, made.commit_secret)
        for node, private in (keys_still_valid(held, tree, after) | followed.private_keys).items():
            at = after.node(node)
            equal(f"key of {node}", at and at.encryption_key, suite.kem.public_of(private))
