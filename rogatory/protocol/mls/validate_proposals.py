"""The rules for proposals and for the list that a commit covers (RFC 9420 sections 12.1 and 12.2), one function
a rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .errors import (
    AddOfMember,
    CommitterRemovedItself,
    CommitterUpdatedItself,
    DuplicateAdd,
    DuplicatePreSharedKey,
    ExternalCommitProposals,
    ExternalCommitReference,
    ExternalInitInRegularCommit,
    PskNonceLength,
    PskUsageNotAllowed,
    ReInitNotAlone,
    ReInitVersionLower,
    RemovedLeafUnknown,
    SenderNotAllowed,
    SeveralGroupContextExtensions,
    SeveralProposalsForLeaf,
    UpdateEncryptionKeyUnchanged,
    UpdateSenderInvalid,
)
from .extension import check_unique_types, external_senders, required_capabilities
from .framed_content import Sender, SenderType
from .leaf_node import MLS10, LeafNodeSource
from .proposal import (
    Add,
    ExternalInit,
    GroupContextExtensions,
    PreSharedKey,
    Proposal,
    ReInit,
    Remove,
    Update,
)
from .proposal_list import CommittedProposal, of_type
from .psk import ResumptionPsk, ResumptionUsage
from .ratchet_tree import RatchetTree
from .suite import CipherSuite
from .validate_key_package import check_key_package
from .validate_leaf_node import check_leaf_alone, check_source

Proposals = Sequence[CommittedProposal]


@dataclass(frozen=True, slots=True)
class ProposalContext:
    """The group that a proposal is made to. `now` in Unix seconds, None to leave lifetimes unjudged."""

    suite: CipherSuite
    tree: RatchetTree
    group_id: bytes
    epoch: int
    now: int | None


# One proposal


def check_sender(proposal: Proposal, sender: Sender) -> None:
    """Sections 12.1.6, 12.1.8 and 17.4: who may propose what. Raises SenderNotAllowed."""
    allowed: tuple[type[Proposal], ...]
    if sender.kind is SenderType.MEMBER:
        allowed = (Add, Update, Remove, PreSharedKey, ReInit, GroupContextExtensions)
    elif sender.kind is SenderType.EXTERNAL:
        allowed = (Add, Remove, PreSharedKey, ReInit, GroupContextExtensions)
    elif sender.kind is SenderType.NEW_MEMBER_PROPOSAL:
        allowed = (Add,)
    else:
        allowed = (ExternalInit, Remove, PreSharedKey)
    if not isinstance(proposal, allowed):
        raise SenderNotAllowed(f"{type(proposal).__name__} from {sender.kind.name}")


def check_update(proposal: Update, sender: Sender, group: ProposalContext) -> None:
    """Section 12.1.2. Raises UpdateSenderInvalid, UpdateEncryptionKeyUnchanged or LeafNodeError."""
    current = group.tree.leaf(sender.index) if sender.kind is SenderType.MEMBER else None
    if current is None:
        raise UpdateSenderInvalid
    leaf = proposal.leaf_node
    check_source(leaf, LeafNodeSource.UPDATE)
    if leaf.encryption_key == current.encryption_key:
        raise UpdateEncryptionKeyUnchanged
    check_leaf_alone(leaf, group.suite)
    leaf.verify(group.suite, group.group_id, sender.index)


def check_remove(proposal: Remove, group: ProposalContext) -> None:
    """Section 12.1.3. Raises RemovedLeafUnknown."""
    if group.tree.leaf(proposal.removed) is None:
        raise RemovedLeafUnknown(f"leaf {proposal.removed}")


def check_psk_usage(proposal: PreSharedKey, sender: Sender, group: ProposalContext) -> None:
    """Section 12.1.4. A reinit or branch operation is the first commit of a new group, which nobody but its
    creator makes. Raises PskUsageNotAllowed."""
    source = proposal.psk.source
    starting = group.epoch == 0 and sender.kind is SenderType.MEMBER
    if isinstance(source, ResumptionPsk) and source.usage is not ResumptionUsage.APPLICATION and not starting:
        raise PskUsageNotAllowed(source.usage.name)


def check_psk_nonce(proposal: PreSharedKey, group: ProposalContext) -> None:
    """Section 12.1.4. Raises PskNonceLength."""
    if len(proposal.psk.nonce) != group.suite.hash_length:
        raise PskNonceLength(f"{len(proposal.psk.nonce)} bytes")


def check_reinit(proposal: ReInit) -> None:
    """Section 12.1.5. Raises ReInitVersionLower or DuplicateExtension."""
    if proposal.version < MLS10:
        raise ReInitVersionLower(str(proposal.version))
    check_unique_types(proposal.extensions)


def check_group_context_extensions(proposal: GroupContextExtensions) -> None:
    """Section 12.1.7, what can be told without the members. Raises DuplicateExtension or ExtensionMalformed."""
    check_unique_types(proposal.extensions)
    required_capabilities(proposal.extensions)
    external_senders(proposal.extensions)


def check_proposal(proposal: Proposal, sender: Sender, group: ProposalContext) -> None:
    """One proposal by itself. Raises ProposalError, LeafNodeError, KeyPackageError or SenderNotAllowed."""
    check_sender(proposal, sender)
    if isinstance(proposal, Add):
        check_key_package(proposal.key_package, group.suite, group.now)
    elif isinstance(proposal, Update):
        check_update(proposal, sender, group)
    elif isinstance(proposal, Remove):
        check_remove(proposal, group)
    elif isinstance(proposal, PreSharedKey):
        check_psk_usage(proposal, sender, group)
        check_psk_nonce(proposal, group)
    elif isinstance(proposal, ReInit):
        check_reinit(proposal)
    elif isinstance(proposal, GroupContextExtensions):
        check_group_context_extensions(proposal)


# The list of a member's commit


def check_no_own_update(proposals: Proposals, committer: int) -> None:
    """Raises CommitterUpdatedItself."""
    own = Sender.member(committer)
    if any(isinstance(each.proposal, Update) and each.sender == own for each in proposals):
        raise CommitterUpdatedItself


def check_no_own_removal(proposals: Proposals, committer: int) -> None:
    """Raises CommitterRemovedItself."""
    if any(remove.removed == committer for remove in of_type(proposals, Remove)):
        raise CommitterRemovedItself


def check_one_change_per_leaf(proposals: Proposals) -> None:
    """Raises SeveralProposalsForLeaf."""
    changed = [remove.removed for remove in of_type(proposals, Remove)]
    changed += [each.sender.index for each in proposals if isinstance(each.proposal, Update)]
    if repeated := _repeated(changed):
        raise SeveralProposalsForLeaf(f"leaf {repeated[0]}")


def check_no_duplicate_add(proposals: Proposals) -> None:
    """Raises DuplicateAdd."""
    if _repeated([add.key_package.leaf_node.signature_key for add in of_type(proposals, Add)]):
        raise DuplicateAdd


def check_no_add_of_member(proposals: Proposals, tree: RatchetTree) -> None:
    """Raises AddOfMember."""
    adds = of_type(proposals, Add)
    if not adds:
        return
    removed = {remove.removed for remove in of_type(proposals, Remove)}
    staying = {leaf.signature_key for index, leaf in tree.members() if index not in removed}
    if any(add.key_package.leaf_node.signature_key in staying for add in adds):
        raise AddOfMember


def check_no_duplicate_psk(proposals: Proposals) -> None:
    """Raises DuplicatePreSharedKey."""
    if _repeated([psk.psk for psk in of_type(proposals, PreSharedKey)]):
        raise DuplicatePreSharedKey


def check_one_extensions_change(proposals: Proposals) -> None:
    """Raises SeveralGroupContextExtensions."""
    if len(of_type(proposals, GroupContextExtensions)) > 1:
        raise SeveralGroupContextExtensions


def check_reinit_alone(proposals: Proposals) -> None:
    """Raises ReInitNotAlone."""
    if of_type(proposals, ReInit) and len(proposals) > 1:
        raise ReInitNotAlone


def check_no_external_init(proposals: Proposals) -> None:
    """Raises ExternalInitInRegularCommit."""
    if of_type(proposals, ExternalInit):
        raise ExternalInitInRegularCommit


_LIST_RULES: tuple[Callable[[Proposals], None], ...] = (
    check_one_change_per_leaf,
    check_no_duplicate_add,
    check_no_duplicate_psk,
    check_one_extensions_change,
    check_reinit_alone,
    check_no_external_init,
)


def check_together(proposals: Proposals, committer: int, tree: RatchetTree) -> None:
    """The rules about the list as such. Raises ProposalError."""
    check_no_own_update(proposals, committer)
    check_no_own_removal(proposals, committer)
    for rule in _LIST_RULES:
        rule(proposals)
    check_no_add_of_member(proposals, tree)


def check_regular_list(proposals: Proposals, committer: int, group: ProposalContext) -> None:
    """Section 12.2, for a member's commit. Raises as the rules above do."""
    check_together(proposals, committer, group.tree)
    for each in proposals:
        check_proposal(each.proposal, each.sender, group)


# The list of an external commit


def check_no_reference(proposals: Proposals) -> None:
    """Section 12.4.3.2. Raises ExternalCommitReference."""
    if any(each.by_reference for each in proposals):
        raise ExternalCommitReference


def check_external_kinds(proposals: Proposals) -> None:
    """Raises ExternalCommitProposals."""
    inits, removes = of_type(proposals, ExternalInit), of_type(proposals, Remove)
    others = len(proposals) - len(inits) - len(removes) - len(of_type(proposals, PreSharedKey))
    if len(inits) != 1 or len(removes) > 1 or others:
        raise ExternalCommitProposals


def check_external_list(proposals: Proposals, group: ProposalContext) -> None:
    """Section 12.2, for an external commit. Raises as the rules above do."""
    check_no_reference(proposals)
    check_external_kinds(proposals)
    check_no_duplicate_psk(proposals)
    for each in proposals:
        check_proposal(each.proposal, each.sender, group)


def _repeated(values: Sequence[object]) -> list[object]:
    return [value for value, count in Counter(values).items() if count > 1]
