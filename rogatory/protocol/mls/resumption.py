"""Groups that continue another: reinitialization and subgroup branching (RFC 9420 sections 11.2 and 11.3)."""

from __future__ import annotations

from collections.abc import Sequence

from .errors import ResumedGroupMismatch, SeveralResumptionPsks
from .group_context import GroupContext
from .group_state import GroupState
from .leaf_node import MLS10, LeafNode
from .psk import PreSharedKeyID, ResumptionPsk, ResumptionUsage
from .ratchet_tree import RatchetTree


def find_resumption(psks: Sequence[PreSharedKeyID]) -> ResumptionPsk | None:
    """The reinit or branch key of a Welcome, if it has one. Raises SeveralResumptionPsks."""
    found = [
        each.source
        for each in psks
        if isinstance(each.source, ResumptionPsk) and each.source.usage is not ResumptionUsage.APPLICATION
    ]
    if len(found) > 1:
        raise SeveralResumptionPsks
    return found[0] if found else None


def check_resumption(
    resumed: ResumptionPsk, context: GroupContext, tree: RatchetTree, previous: GroupState | None
) -> None:
    """Section 12.4.3.1, last steps. Raises ResumedGroupMismatch."""
    if previous is None:
        raise ResumedGroupMismatch("the old group is not at hand")
    if (previous.group_id, previous.epoch) != (resumed.group_id, resumed.epoch):
        raise ResumedGroupMismatch("the old group is another one, or in another epoch")
    if context.epoch != 1:
        raise ResumedGroupMismatch("the new group is not in its epoch 1")
    if resumed.usage is ResumptionUsage.REINIT:
        _check_reinit(context, tree, previous)
    else:
        _check_branch(context, tree, previous)


def _check_reinit(context: GroupContext, tree: RatchetTree, previous: GroupState) -> None:
    agreed = previous.reinit
    if agreed is None:
        raise ResumedGroupMismatch("the old group was not reinitialized")
    if (context.group_id, context.version, context.cipher_suite, context.extensions) != (
        agreed.group_id,
        agreed.version,
        agreed.cipher_suite,
        agreed.extensions,
    ):
        raise ResumedGroupMismatch("id, version, cipher suite or extensions")
    if not _credentials(previous.state.tree) <= _credentials(tree):
        raise ResumedGroupMismatch("a member of the old group is missing")


def _check_branch(context: GroupContext, tree: RatchetTree, previous: GroupState) -> None:
    if context.version != MLS10 or context.cipher_suite != previous.suite.code:
        raise ResumedGroupMismatch("version or cipher suite")
    if not _credentials(tree) <= _credentials(previous.state.tree):
        raise ResumedGroupMismatch("a member was not in the old group")


def _credentials(tree: RatchetTree) -> set[bytes]:
    """Members by credential: keys may differ between the two groups."""

    def name(leaf: LeafNode) -> bytes:
        return leaf.credential.encode()

    return {name(leaf) for _, leaf in tree.members()}
