"""Processing somebody else's commit (RFC 9420 section 12.4.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Generic

from .commit import Commit
from .errors import SenderNotAllowed, UnknownProposalReference
from .extension import Extensions
from .framed_content import AuthenticatedContent, Sender, SenderType
from .group_state import G, GroupState
from .next_epoch import next_epoch, provisional_context
from .proposal import ReInit
from .proposal_list import (
    AddedMember,
    Applied,
    CommittedProposal,
    RemovedMember,
    UpdatedLeaf,
    apply_proposals,
)
from .psk import PreSharedKeyID, PskStore
from .ratchet_tree import RatchetTree
from .sending import proposal_context
from .signature import SignatureKeyPair
from .treekem import follow_path, keys_still_valid, merge_path
from .update_path import UpdatePath
from .validate_commit import (
    check_confirmation_tag,
    check_extensions_supported,
    check_path_keys,
    check_path_leaf,
    check_path_present,
    check_tree_after,
)
from .validate_proposals import check_external_list, check_regular_list


@dataclass(frozen=True, slots=True)
class StagedCommit(Generic[G]):
    """A commit that MLS finds valid, for whoever judges whether it may stand.

    `committer` is the leaf index after the commit. `updated` holds the committer's own leaf where the commit
    has a path. `extensions` are the group's new ones, None where they stay. `group` is the group after it, None
    where the commit removes this member.
    """

    sender: Sender
    committer: int
    authenticated_data: bytes
    proposals: tuple[CommittedProposal, ...]
    added: tuple[AddedMember, ...]
    removed: tuple[RemovedMember, ...]
    updated: tuple[UpdatedLeaf, ...]
    extensions: Extensions | None
    psks: tuple[PreSharedKeyID, ...]
    reinit: ReInit | None
    path: UpdatePath | None
    group: G | None

    @property
    def is_external(self) -> bool:
        return self.sender.kind is SenderType.NEW_MEMBER_COMMIT

    @property
    def has_path(self) -> bool:
        return self.path is not None

    @property
    def removes_this_member(self) -> bool:
        return self.group is None


@dataclass(frozen=True, slots=True)
class _Committer:
    """Who commits, and the leaf that is the committer's after the commit."""

    sender: Sender
    leaf_index: int

    @property
    def is_external(self) -> bool:
        return self.sender.kind is SenderType.NEW_MEMBER_COMMIT


def process_commit(
    group: G, message: AuthenticatedContent, commit: Commit, psks: PskStore, now: int | None
) -> StagedCommit[G]:
    """The message's signature is verified already.

    Raises ProposalError, CommitError, TreeError, LeafNodeError, KeyPackageError, PskUnavailable,
    DecryptionFailed, or DuplicateExtension.
    """
    sender = message.content.sender
    covered = _resolve(group, sender, commit)
    _check_list(group, sender, covered, now)
    applied = apply_proposals(group.state.tree, group.extensions, covered)
    check_path_present(commit, [each.proposal for each in covered])
    external = sender.kind is SenderType.NEW_MEMBER_COMMIT
    leaf_index = applied.tree.leftmost_blank_leaf() if external else sender.index
    committer = _Committer(sender, leaf_index)
    before = applied.tree.with_blank_leaf(leaf_index)
    tree = before if commit.path is None else _merge(group, before, committer, applied, commit.path)
    updated = _updated_leaves(applied, before, committer, commit.path)
    changed = {change.leaf_index for change in updated} | applied.new_leaves
    check_extensions_supported(tree, group.extensions, applied.extensions, changed)
    check_tree_after(tree)
    after: G | None = None
    if not any(member.leaf_index == group.own_leaf for member in applied.removed):
        after = _enter(group, message, commit, covered, applied, before, tree, committer, psks)
    return StagedCommit(
        sender,
        leaf_index,
        message.content.authenticated_data,
        tuple(covered),
        applied.added,
        applied.removed,
        updated,
        None if applied.extensions == group.extensions else applied.extensions,
        applied.psks,
        applied.reinit,
        commit.path,
        after,
    )


def _resolve(group: GroupState, sender: Sender, commit: Commit) -> list[CommittedProposal]:
    """Raises UnknownProposalReference."""
    covered: list[CommittedProposal] = []
    for entry in commit.proposals:
        if not isinstance(entry, bytes):
            covered.append(CommittedProposal(entry, sender))
            continue
        pending = group.messages.proposals.get(entry)
        if pending is None:
            raise UnknownProposalReference(entry.hex())
        covered.append(CommittedProposal(pending.proposal, pending.sender, entry))
    return covered


def _check_list(group: GroupState, sender: Sender, covered: list[CommittedProposal], now: int | None) -> None:
    context = proposal_context(group, now)
    if sender.kind is SenderType.NEW_MEMBER_COMMIT:
        check_external_list(covered, context)
    elif sender.kind is SenderType.MEMBER:
        check_regular_list(covered, sender.index, context)
    else:
        raise SenderNotAllowed(f"a commit from {sender.kind.name}")


def _merge(
    group: GroupState, before: RatchetTree, committer: _Committer, applied: Applied, path: UpdatePath
) -> RatchetTree:
    """The tree with the validated path in it."""
    old_leaf = before.leaf(committer.leaf_index)
    if committer.is_external and applied.removed:
        # Section 12.2: the new leaf has to be to the removed one what an Update would be.
        old_leaf = applied.removed[0].leaf_node
    check_path_leaf(path, group.suite, old_leaf, group.group_id, committer.leaf_index)
    check_path_keys(path, before)
    return merge_path(before, committer.leaf_index, path)


def _updated_leaves(
    applied: Applied, before: RatchetTree, committer: _Committer, path: UpdatePath | None
) -> tuple[UpdatedLeaf, ...]:
    if path is None:
        return applied.updated
    leaf_index = committer.leaf_index
    return (*applied.updated, UpdatedLeaf(leaf_index, before.leaf(leaf_index), path.leaf_node))


def _enter(
    group: G,
    message: AuthenticatedContent,
    commit: Commit,
    covered: list[CommittedProposal],
    applied: Applied,
    before: RatchetTree,
    tree: RatchetTree,
    committer: _Committer,
    psks: PskStore,
) -> G:
    """The group in the new epoch. Raises ConfirmationTagInvalid and as `follow_path` and `next_epoch` do."""
    state = group.state
    private_keys, signer = _own_keys(group, covered, before)
    commit_secret = group.suite.zero
    if commit.path is not None:
        context = provisional_context(state.context, tree, applied).encode()
        followed = follow_path(
            before,
            committer.leaf_index,
            commit.path,
            state.own_leaf,
            private_keys,
            context,
            applied.new_leaves,
        )
        private_keys = keys_still_valid(private_keys, before, tree) | followed.private_keys
        commit_secret = followed.commit_secret
    coming = next_epoch(state, message, applied, tree, commit_secret, group.psks_with_own(psks))
    check_confirmation_tag(coming.confirmation_tag, message.confirmation_tag)
    new_state, messages = coming.start(state, applied, tree, private_keys, signer)
    return replace(group, state=new_state, messages=messages)


def _own_keys(
    group: GroupState, covered: list[CommittedProposal], before: RatchetTree
) -> tuple[dict[int, bytes], SignatureKeyPair]:
    """The private keys that still hold after the proposals, with those of an own Update that they cover."""
    state = group.state
    private_keys = keys_still_valid(state.private_keys, state.tree, before)
    signer = state.signer
    for each in covered:
        update = group.messages.own_updates.get(each.reference or b"")
        if update is not None:
            private_keys[2 * state.own_leaf] = update.leaf_private
            signer = group.suite.scheme.key_pair(update.signature_private)
    return private_keys, signer
