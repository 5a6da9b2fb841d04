"""Making a commit and the Welcome that goes with it (RFC 9420 section 12.4.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic

from .commit import Commit
from .credential import Credential
from .errors import ProposalError, UnknownProposalReference, WelcomeNotForUs
from .extension import RATCHET_TREE, Extension, Extensions
from .framed_content import Sender, WireFormat
from .group_info import GroupInfo
from .group_state import G, GroupState
from .leaf_node import LeafNode
from .message import MLSMessage
from .next_epoch import NextEpoch, next_epoch, provisional_context
from .private_message import Padding
from .proposal import Proposal, ReInit, Remove, Update
from .proposal_list import AddedMember, Applied, CommittedProposal, apply_proposals
from .psk import NO_PSKS, PskStore
from .ratchet_tree import RatchetTree
from .sending import frame, proposal_context, sign_content
from .signature import SignatureKeyPair
from .suite import CipherSuite, Random
from .tree_math import common_ancestor
from .treekem import NewPath, keys_still_valid, make_path
from .validate_commit import check_extensions_supported, check_path_present, check_tree_after, path_is_required
from .validate_proposals import check_regular_list, check_together
from .welcome import (
    EncryptedGroupSecrets,
    GroupSecrets,
    Welcome,
    encrypt_group_info,
    encrypt_group_secrets,
)


@dataclass(frozen=True, slots=True)
class CommitOutcome(Generic[G]):
    """`sent` is the group still in its old epoch, to be stored before `message` is sent; `pending` the group in
    the new one, to take over when the own commit is seen to be the accepted one."""

    sent: G
    pending: G
    message: bytes
    added: tuple[AddedMember, ...]
    encrypted_group_info: bytes = field(repr=False)
    joiners: Mapping[bytes, EncryptedGroupSecrets] = field(repr=False)

    @property
    def welcome(self) -> bytes | None:
        """One Welcome for all joiners as an MLSMessage; None where nobody joins."""
        return self._welcome(self.joiners.values()) if self.joiners else None

    def welcome_for(self, reference: bytes) -> bytes:
        """The Welcome for the joiner of one KeyPackageRef. Raises WelcomeNotForUs."""
        if reference not in self.joiners:
            raise WelcomeNotForUs
        return self._welcome((self.joiners[reference],))

    def _welcome(self, secrets: Iterable[EncryptedGroupSecrets]) -> bytes:
        welcome = Welcome(self.pending.suite.code, tuple(secrets), self.encrypted_group_info)
        return MLSMessage(welcome).encode()


def commit(
    group: G,
    proposals: Sequence[Proposal] = (),
    *,
    random: Random,
    pending: Iterable[bytes] | None = None,
    authenticated_data: bytes = b"",
    path: bool | None = True,
    wire_format: WireFormat = WireFormat.PRIVATE_MESSAGE,
    group_info_extensions: Extensions = (),
    inline_tree: bool = True,
    new_signer: SignatureKeyPair | None = None,
    new_identity: bytes | None = None,
    leaf_extensions: Extensions | None = None,
    psks: PskStore = NO_PSKS,
    pad_to: Padding | None = None,
    now: int | None = None,
) -> CommitOutcome[G]:
    """Commit these proposals by value, and pending ones by reference.

    `pending` names ProposalRefs; None takes all that go together, as section 12.4 wishes. `path` True always
    renews the own keys, None only where a proposal, a new signer or a new identity requires it, False never
    (PathMissing where it is required). `leaf_extensions` are those of the path's leaf, None: as before. `now` in
    Unix seconds judges lifetimes of key packages. Raises GroupReinitialized, UnknownProposalReference and whatever
    sections 12.1 to 12.4 forbid.
    """
    group.check_open()
    by_value = _by_value(group, proposals)
    covered = by_value + _by_reference(group, by_value, pending)
    check_regular_list(covered, group.own_leaf, proposal_context(group, now))
    applied = apply_proposals(group.state.tree, group.extensions, covered)
    signer = new_signer or group.state.signer
    changes_leaf = not (new_signer is None and new_identity is None and leaf_extensions is None)
    chosen = [each.proposal for each in covered]
    renewing = path or (path is None and (changes_leaf or path_is_required(chosen)))
    made = _make_path(group, applied, signer, new_identity, leaf_extensions, random) if renewing else None
    tree = made.tree if made else applied.tree
    content = Commit(
        tuple(each.proposal if each.reference is None else each.reference for each in covered),
        made.path if made else None,
    )
    check_path_present(content, chosen)
    _check_after(group, applied, tree)
    signed = sign_content(group, content, authenticated_data, wire_format)
    secret = made.commit_secret if made else group.suite.zero
    coming = next_epoch(group.state, signed, applied, tree, secret, group.psks_with_own(psks))
    signed = replace(signed, confirmation_tag=coming.confirmation_tag)
    sent, message = frame(group, signed, random, pad_to)
    private_keys = keys_still_valid(group.state.private_keys, group.state.tree, tree)
    private_keys.update(made.private_keys if made else {})
    state, messages = coming.start(group.state, applied, tree, private_keys, signer if made else group.state.signer)
    after = replace(group, state=state, messages=messages)
    sealed, joiners = _welcome(after, applied, coming, made, group_info_extensions, inline_tree)
    return CommitOutcome(sent, after, message, applied.added, sealed, joiners)


def _by_value(group: GroupState, proposals: Sequence[Proposal]) -> list[CommittedProposal]:
    own = Sender.member(group.own_leaf)
    return [CommittedProposal(proposal, own) for proposal in proposals]


def _by_reference(
    group: GroupState, by_value: list[CommittedProposal], chosen: Iterable[bytes] | None
) -> list[CommittedProposal]:
    known = group.messages.proposals
    if chosen is None:
        return _compatible(group, by_value)
    covered = []
    for reference in chosen:
        if reference not in known:
            raise UnknownProposalReference(reference.hex())
        covered.append(CommittedProposal(known[reference].proposal, known[reference].sender, reference))
    return covered


def _compatible(group: GroupState, by_value: list[CommittedProposal]) -> list[CommittedProposal]:
    """The pending proposals that can go together and with those by value, the preferred ones first."""
    kept: list[CommittedProposal] = []
    for candidate in _by_preference(group):
        try:
            check_together([*by_value, *kept, candidate], group.own_leaf, group.state.tree)
        except ProposalError:
            continue
        kept.append(candidate)
    return kept


def _by_preference(group: GroupState) -> list[CommittedProposal]:
    """Section 12.2: removals before updates, of which the latest comes first; a ReInit last, as it stands alone."""
    removals: list[CommittedProposal] = []
    updates: list[CommittedProposal] = []
    others: list[CommittedProposal] = []
    ends: list[CommittedProposal] = []
    for reference, each in group.messages.proposals.items():
        candidate = CommittedProposal(each.proposal, each.sender, reference)
        if isinstance(each.proposal, Remove):
            removals.append(candidate)
        elif isinstance(each.proposal, Update):
            updates.insert(0, candidate)
        else:
            (ends if isinstance(each.proposal, ReInit) else others).append(candidate)
    return removals + updates + others + ends


def _make_path(
    group: GroupState,
    applied: Applied,
    signer: SignatureKeyPair,
    new_identity: bytes | None,
    extensions: Extensions | None,
    random: Random,
) -> NewPath:
    leaf: LeafNode = group.own_leaf_node
    if new_identity is not None:
        leaf = replace(leaf, credential=Credential.basic(new_identity))
    if extensions is not None:
        leaf = replace(leaf, extensions=extensions)

    def context_of(tree: RatchetTree) -> bytes:
        return provisional_context(group.group_context, tree, applied).encode()

    return make_path(
        applied.tree,
        group.own_leaf,
        leaf,
        signer,
        group.group_id,
        context_of,
        applied.new_leaves,
        random,
    )


def _check_after(group: GroupState, applied: Applied, tree: RatchetTree) -> None:
    changed = {change.leaf_index for change in applied.updated} | applied.new_leaves | {group.own_leaf}
    check_extensions_supported(tree, group.extensions, applied.extensions, changed)
    check_tree_after(tree)


def _welcome(
    after: GroupState,
    applied: Applied,
    coming: NextEpoch,
    made: NewPath | None,
    extensions: Extensions,
    inline_tree: bool,
) -> tuple[bytes, dict[bytes, EncryptedGroupSecrets]]:
    """(encrypted GroupInfo, each joiner's secrets by KeyPackageRef); nothing where nobody joins."""
    if not applied.added:
        return b"", {}
    suite: CipherSuite = after.suite
    carried = (Extension(RATCHET_TREE, after.ratchet_tree()),) if inline_tree else ()
    info = GroupInfo(after.group_context, (*extensions, *carried), coming.confirmation_tag, after.own_leaf)
    sealed = encrypt_group_info(suite, coming.keys.welcome_secret, info.sign(suite, after.state.signer))
    joiners: dict[bytes, EncryptedGroupSecrets] = {}
    for member in applied.added:
        path_secret = None
        if made is not None:
            meeting = common_ancestor(2 * after.own_leaf, 2 * member.leaf_index)
            path_secret = made.path_secrets.get(meeting)
        secrets = GroupSecrets(coming.joiner, path_secret, applied.psks)
        entry = encrypt_group_secrets(suite, member.key_package, secrets, sealed)
        joiners[entry.new_member] = entry
    return sealed, joiners
