"""Framing what a member sends: application data and proposals (RFC 9420 sections 6 and 12.1)."""

from __future__ import annotations

from dataclasses import replace

from .credential import Credential
from .errors import CommitRequired
from .framed_content import AuthenticatedContent, Content, FramedContent, Sender, WireFormat
from .group_state import G, GroupState
from .message import MLSMessage
from .message_state import OwnUpdate, PendingProposal
from .private_message import Padding, protect_private
from .proposal import Proposal, Update
from .public_message import protect_public
from .signature import SignatureKeyPair
from .suite import Random
from .validate_proposals import ProposalContext, check_proposal


def sign_content(
    group: GroupState, content: Content, authenticated_data: bytes, wire_format: WireFormat
) -> AuthenticatedContent:
    """Content as this member's, bound to the epoch (section 6.1)."""
    state = group.state
    framed = FramedContent(group.group_id, group.epoch, Sender.member(group.own_leaf), authenticated_data, content)
    return AuthenticatedContent.sign(state.suite, state.signer, wire_format, framed, state.encoded_context)


def frame(group: G, message: AuthenticatedContent, random: Random, pad_to: Padding | None) -> tuple[G, bytes]:
    """(the group with the key used up, an encoded MLSMessage). Raises as the two framings do."""
    state = group.state
    if message.wire_format is WireFormat.PUBLIC_MESSAGE:
        public = protect_public(state.suite, message, state.secrets.membership_key, state.encoded_context)
        return group, MLSMessage(public).encode()
    secret = state.secrets.sender_data_secret
    keys, private = protect_private(state.suite, message, group.messages.keys, secret, random, pad_to)
    return group.with_keys(keys), MLSMessage(private).encode()


def protect(
    group: G, data: bytes, authenticated_data: bytes, random: Random, pad_to: Padding | None
) -> tuple[G, bytes]:
    """Application data as a PrivateMessage.

    Raises GroupReinitialized, PaddingTooShort, GenerationsExhausted, or CommitRequired while proposals await
    their commit (section 12.4).
    """
    group.check_open()
    if group.messages.proposals:
        raise CommitRequired
    message = sign_content(group, data, authenticated_data, WireFormat.PRIVATE_MESSAGE)
    return frame(group, message, random, pad_to)


def propose(
    group: G,
    proposal: Proposal,
    *,
    random: Random,
    authenticated_data: bytes = b"",
    wire_format: WireFormat = WireFormat.PRIVATE_MESSAGE,
    pad_to: Padding | None = None,
    now: int | None = None,
    update: OwnUpdate | None = None,
) -> tuple[G, bytes]:
    """Send a proposal, to be committed by reference; it is pending here at once.

    Raises GroupReinitialized and whatever makes the proposal invalid (section 12.1).
    """
    group.check_open()
    sender = Sender.member(group.own_leaf)
    check_proposal(proposal, sender, proposal_context(group, now))
    message = sign_content(group, proposal, authenticated_data, wire_format)
    after, encoded = frame(group, message, random, pad_to)
    reference = message.proposal_ref(group.suite)
    messages = after.messages.with_proposal(reference, PendingProposal(proposal, sender), update)
    return replace(after, messages=messages), encoded


def new_update(
    group: GroupState, random: Random, new_signer: SignatureKeyPair | None, new_identity: bytes | None
) -> tuple[Update, OwnUpdate]:
    """An Update of the own leaf with fresh keys, and its private part (section 12.1.2)."""
    signer = new_signer or group.state.signer
    private, public = group.suite.generate_key_pair(random)
    leaf = group.own_leaf_node
    credential = leaf.credential if new_identity is None else Credential.basic(new_identity)
    renewed = replace(leaf, encryption_key=public, signature_key=signer.public, credential=credential, source=None)
    signed = renewed.sign(group.suite, signer, group.group_id, group.own_leaf)
    return Update(signed), OwnUpdate(private, signer.private)


def proposal_context(group: GroupState, now: int | None) -> ProposalContext:
    return ProposalContext(group.suite, group.state.tree, group.group_id, group.epoch, now)
