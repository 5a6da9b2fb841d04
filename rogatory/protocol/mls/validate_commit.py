"""The rules for a commit beyond its proposals (RFC 9420 section 12.4.2), one function a rule."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Sequence

from .commit import Commit
from .errors import (
    ConfirmationTagInvalid,
    GroupContextExtensionsUnsupported,
    GroupExtensionUnsupported,
    InvalidKey,
    PathKeyMalformed,
    PathKeyReused,
    PathLeafKeyUnchanged,
    PathMissing,
    RequiredCapabilityMissing,
)
from .extension import Extensions
from .leaf_node import LeafNode, LeafNodeSource
from .proposal import Proposal
from .ratchet_tree import RatchetTree
from .suite import CipherSuite
from .update_path import UpdatePath
from .validate_leaf_node import (
    check_leaf_alone,
    check_leaves_fit_group,
    check_members_together,
    check_source,
)
from .validate_tree import check_unique_encryption_keys


def path_is_required(proposals: Sequence[Proposal]) -> bool:
    """Section 12.4: by an empty list, and by every type that may take access away."""
    return not proposals or any(proposal.path_required for proposal in proposals)


def check_path_present(commit: Commit, proposals: Sequence[Proposal]) -> None:
    """Raises PathMissing."""
    if commit.path is None and path_is_required(proposals):
        raise PathMissing


def check_path_leaf(
    path: UpdatePath, suite: CipherSuite, before: LeafNode | None, group_id: bytes, leaf_index: int
) -> None:
    """The committer's new leaf; `before` is the one that it replaces. Raises LeafNodeError or
    PathLeafKeyUnchanged."""
    leaf = path.leaf_node
    check_source(leaf, LeafNodeSource.COMMIT)
    if before is not None and leaf.encryption_key == before.encryption_key:
        raise PathLeafKeyUnchanged
    check_leaf_alone(leaf, suite)
    leaf.verify(suite, group_id, leaf_index)


def check_path_keys(path: UpdatePath, tree: RatchetTree) -> None:
    """All are keys of the suite, none is in the tree or twice in the path. Raises PathKeyMalformed or
    PathKeyReused."""
    for node in path.nodes:
        try:
            tree.suite.kem.public_key(node.encryption_key)
        except InvalidKey as error:
            raise PathKeyMalformed(str(error)) from None
    keys = [path.leaf_node.encryption_key, *(node.encryption_key for node in path.nodes)]
    if len(set(keys)) != len(keys) or not set(keys).isdisjoint(tree.encryption_keys()):
        raise PathKeyReused


def check_extensions_supported(
    tree: RatchetTree, before: Extensions, after: Extensions, changed: Collection[int]
) -> None:
    """Sections 12.1.7 and 13.4: all members support the group's extensions, new ones included.

    `tree` is the one after the commit, `changed` the leaf indices that are new in it; the others fitted the
    extensions before. Raises GroupContextExtensionsUnsupported where the extensions changed, else
    RequiredCapabilityMissing or GroupExtensionUnsupported; ExtensionMalformed.
    """
    if after == before:
        check_leaves_fit_group((leaf for index, leaf in tree.members() if index in changed), after)
        return
    try:
        check_leaves_fit_group((leaf for _, leaf in tree.members()), after)
    except (RequiredCapabilityMissing, GroupExtensionUnsupported) as error:
        raise GroupContextExtensionsUnsupported(str(error)) from None


def check_tree_after(tree: RatchetTree) -> None:
    """Section 12.2, last rule, as far as it looks at all leaves at once. Raises LeafNodeError."""
    check_members_together([leaf for _, leaf in tree.members()])
    check_unique_encryption_keys(tree)


def check_confirmation_tag(expected: bytes, tag: bytes | None) -> None:
    """Raises ConfirmationTagInvalid."""
    if tag is None or not hmac.compare_digest(expected, tag):
        raise ConfirmationTagInvalid
