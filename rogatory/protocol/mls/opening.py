"""Opening a message of the group (RFC 9420 sections 6 and 12)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Generic

from .commit import Commit
from .errors import OwnMessage, SenderNotAllowed, UnknownSender, WrongEpoch, WrongGroup, WrongWireFormat
from .extension import external_senders
from .framed_content import AuthenticatedContent, FramedContent, Sender, SenderType
from .group_state import G, GroupState
from .message import MLSMessage
from .message_state import PendingProposal
from .private_message import PrivateMessage, unprotect_private
from .processing import StagedCommit, process_commit
from .proposal import Add, Proposal
from .psk import NO_PSKS, PskStore
from .public_message import PublicMessage, unprotect_public
from .sending import proposal_context
from .validate_proposals import check_proposal


@dataclass(frozen=True, slots=True)
class ApplicationOpened(Generic[G]):
    group: G
    sender_leaf: int
    data: bytes
    authenticated_data: bytes
    epoch: int
    generation: int


@dataclass(frozen=True, slots=True)
class ProposalOpened(Generic[G]):
    """The proposal is pending in `group` under `reference`."""

    group: G
    sender: Sender
    proposal: Proposal
    reference: bytes
    authenticated_data: bytes


@dataclass(frozen=True, slots=True)
class CommitOpened(Generic[G]):
    """`group_before` stays in the old epoch with the message's key used up: to go on with if the commit is
    judged void. `staged` holds what it would change, and the group after it."""

    group_before: G
    staged: StagedCommit[G]


Opened = ApplicationOpened[G] | ProposalOpened[G] | CommitOpened[G]


def open_message(group: G, message: bytes, *, psks: PskStore = NO_PSKS, now: int | None = None) -> Opened[G]:
    """Open an encoded MLSMessage. The group that was given stays as it was, whatever happens.

    `now` in Unix seconds judges lifetimes of key packages; None leaves them. Raises MLSError: FramingError,
    SecretTreeError, DecryptionFailed or MLSDecodeError for the message, ProposalError, CommitError, TreeError,
    LeafNodeError, KeyPackageError or PskUnavailable for what it says.
    """
    body = MLSMessage.decode(message).body
    if isinstance(body, PrivateMessage):
        _check_addressed(group, body.group_id, body.epoch)
        after, authenticated, generation = _open_private(group, body)
    elif isinstance(body, PublicMessage):
        _check_addressed(group, body.content.group_id, body.content.epoch)
        after, authenticated, generation = group, _open_public(group, body), 0
    else:
        raise WrongWireFormat(type(body).__name__)
    content = authenticated.content.content
    if isinstance(content, bytes):
        framed = authenticated.content
        leaf = framed.sender.index
        return ApplicationOpened(after, leaf, content, framed.authenticated_data, framed.epoch, generation)
    if isinstance(content, Commit):
        return CommitOpened(after, process_commit(after, authenticated, content, psks, now))
    return _take_proposal(after, authenticated, content, now)


def _check_addressed(group: GroupState, group_id: bytes, epoch: int) -> None:
    """Raises WrongGroup, WrongEpoch or GroupReinitialized."""
    if group_id != group.group_id:
        raise WrongGroup
    if epoch != group.epoch:
        raise WrongEpoch(f"{epoch} instead of {group.epoch}")
    group.check_open()


def _open_private(group: G, body: PrivateMessage) -> tuple[G, AuthenticatedContent, int]:
    state = group.state
    opened = unprotect_private(
        state.suite,
        body,
        group.messages.keys,
        lambda leaf: state.tree.leaf(leaf) is not None,
        state.own_leaf,
        state.secrets.sender_data_secret,
        group.skip_policy,
    )
    _verify(group, opened.message)
    return group.with_keys(opened.keys), opened.message, opened.generation


def _open_public(group: GroupState, body: PublicMessage) -> AuthenticatedContent:
    state = group.state
    message = unprotect_public(state.suite, body, state.secrets.membership_key, state.encoded_context)
    if message.content.sender == Sender.member(state.own_leaf):
        raise OwnMessage
    _verify(group, message)
    return message


def _verify(group: GroupState, message: AuthenticatedContent) -> None:
    """Section 6.1. Raises UnknownSender, SenderNotAllowed or MessageSignatureInvalid."""
    key = _signature_key(group, message.content)
    message.verify(group.suite, key, group.state.encoded_context)


def _signature_key(group: GroupState, framed: FramedContent) -> bytes:
    sender, content = framed.sender, framed.content
    if sender.kind is SenderType.MEMBER:
        leaf = group.state.tree.leaf(sender.index)
        if leaf is None:
            raise UnknownSender(f"leaf {sender.index}")
        return leaf.signature_key
    if sender.kind is SenderType.NEW_MEMBER_COMMIT:
        # Section 12.4.3.2: the joiner signs with the key that it brings.
        if not isinstance(content, Commit) or content.path is None:
            raise SenderNotAllowed("a new member's commit needs a path")
        return content.path.leaf_node.signature_key
    if not isinstance(content, Proposal):
        raise SenderNotAllowed(f"{framed.content_type.name} from {sender.kind.name}")
    if sender.kind is SenderType.NEW_MEMBER_PROPOSAL:
        if not isinstance(content, Add):
            raise SenderNotAllowed(f"{type(content).__name__} from {sender.kind.name}")
        return content.key_package.leaf_node.signature_key
    allowed = external_senders(group.extensions)
    if sender.index >= len(allowed):
        raise UnknownSender(f"external sender {sender.index}")
    return allowed[sender.index].signature_key


def _take_proposal(group: G, message: AuthenticatedContent, proposal: Proposal, now: int | None) -> ProposalOpened[G]:
    framed = message.content
    check_proposal(proposal, framed.sender, proposal_context(group, now))
    reference = message.proposal_ref(group.suite)
    messages = group.messages.with_proposal(reference, PendingProposal(proposal, framed.sender))
    after = replace(group, messages=messages)
    return ProposalOpened(after, framed.sender, proposal, reference, framed.authenticated_data)
