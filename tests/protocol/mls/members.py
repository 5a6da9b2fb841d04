"""Groups to test with: members, and a client that joins by an external commit."""

from __future__ import annotations

import os
from dataclasses import replace

from rogatory.protocol.mls import (
    Add,
    ApplicationOpened,
    CommitOpened,
    Extensions,
    Group,
    GroupInfo,
    KeyPackageSecrets,
    MLSMessage,
    ProposalOpened,
    StagedCommit,
    new_key_package,
    new_signature_key,
)
from rogatory.protocol.mls.commit import Commit
from rogatory.protocol.mls.epoch_state import EpochState
from rogatory.protocol.mls.extension import RATCHET_TREE, external_pub, find
from rogatory.protocol.mls.framed_content import (
    AuthenticatedContent,
    FramedContent,
    Sender,
    SenderType,
    WireFormat,
)
from rogatory.protocol.mls.key_schedule import EXTERNAL_INIT_LABEL, EpochSecrets
from rogatory.protocol.mls.leaf_node import Capabilities
from rogatory.protocol.mls.next_epoch import next_epoch, provisional_context
from rogatory.protocol.mls.proposal import ExternalInit, Proposal
from rogatory.protocol.mls.proposal_list import CommittedProposal, apply_proposals
from rogatory.protocol.mls.psk import NO_PSKS, PskStore
from rogatory.protocol.mls.public_message import protect_public
from rogatory.protocol.mls.ratchet_tree import RatchetTree
from rogatory.protocol.mls.transcript import interim_transcript_hash
from rogatory.protocol.mls.treekem import make_path

GROUP_ID = b"g" * 32
NOW = 1_700_000_000


def key_package(suite: int, name: str, capabilities: Capabilities | None = None) -> KeyPackageSecrets:
    signer = new_signature_key(suite, os.urandom)
    return new_key_package(
        suite,
        name.encode(),
        signer,
        not_before=NOW - 10,
        not_after=NOW + 1000,
        random=os.urandom,
        capabilities=capabilities,
    )


def staged(group: Group, message: bytes, psks: PskStore = NO_PSKS) -> StagedCommit[Group]:
    opened = group.open(message, psks=psks)
    assert isinstance(opened, CommitOpened)
    return opened.staged


def follow(group: Group, message: bytes, psks: PskStore = NO_PSKS) -> Group:
    """The group after somebody's commit."""
    after = staged(group, message, psks).group
    assert after is not None
    return after


def take(group: Group, message: bytes) -> Group:
    """The group after somebody's application message or proposal."""
    opened = group.open(message)
    assert isinstance(opened, ApplicationOpened | ProposalOpened)
    return opened.group


def group_of(
    suite: int, *names: str, inline_tree: bool = True, extensions: Extensions = (), group_id: bytes = GROUP_ID
) -> list[Group]:
    """Members in the order of their names; the first creates the group and adds the others at once."""
    first, *others = (key_package(suite, name) for name in names)
    group = Group.create(suite, group_id, first, random=os.urandom, now=NOW, extensions=extensions)
    outcome = group.commit(
        [Add(each.key_package) for each in others], random=os.urandom, now=NOW, inline_tree=inline_tree
    )
    tree = None if inline_tree else outcome.pending.ratchet_tree()
    joined = []
    for each in others:
        welcome = outcome.welcome_for(each.key_package.ref())
        joined.append(Group.join(welcome, each, ratchet_tree=tree).group)
    return [outcome.pending, *joined]


def agree(*groups: Group) -> None:
    assert len({group.epoch_authenticator for group in groups}) == 1
    assert len({group.tree_hash for group in groups}) == 1
    assert len({group.export("label", b"context", 32) for group in groups}) == 1


def join_externally(
    group_info: bytes, secrets: KeyPackageSecrets, others: tuple[Proposal, ...] = ()
) -> tuple[bytes, Group]:
    """The external commit of a client that holds a GroupInfo, and its group afterwards (section 12.4.3.2).

    `others` are committed beside the ExternalInit.
    """
    info = MLSMessage.decode(group_info).body
    assert isinstance(info, GroupInfo)
    context, suite, signer = info.group_context, secrets.suite, secrets.signer
    tree_data, external = find(info.extensions, RATCHET_TREE), external_pub(info.extensions)
    assert tree_data is not None
    assert external is not None
    tree = RatchetTree.decode(suite, tree_data)
    kem_output, init_secret = suite.export_as_sender(external, EXTERNAL_INIT_LABEL, suite.hash_length, os.urandom)
    sender = Sender(SenderType.NEW_MEMBER_COMMIT)
    proposals = (ExternalInit(kem_output), *others)
    applied = apply_proposals(tree, context.extensions, [CommittedProposal(each, sender) for each in proposals])
    own_leaf = applied.tree.leftmost_blank_leaf()
    made = make_path(
        applied.tree.with_blank_leaf(own_leaf),
        own_leaf,
        secrets.key_package.leaf_node,
        signer,
        context.group_id,
        lambda after: provisional_context(context, after, applied).encode(),
        (),
        os.urandom,
    )
    content = FramedContent(context.group_id, context.epoch, sender, b"", Commit(proposals, made.path))
    wire_format = WireFormat.PUBLIC_MESSAGE
    signed = AuthenticatedContent.sign(suite, signer, wire_format, content, context.encode())
    known = EpochSecrets(init_secret, b"", b"", b"", b"", b"", b"", b"")
    interim = interim_transcript_hash(suite, context.confirmed_transcript_hash, info.confirmation_tag)
    before = EpochState(suite, context, tree, own_leaf, {}, signer, known, interim, info.confirmation_tag)
    chosen_init = replace(applied, external_init=None)
    coming = next_epoch(before, signed, chosen_init, made.tree, made.commit_secret, NO_PSKS)
    signed = replace(signed, confirmation_tag=coming.confirmation_tag)
    message = MLSMessage(protect_public(suite, signed, b"", b"")).encode()
    return message, Group(*coming.start(before, chosen_init, made.tree, made.private_keys, signer))
