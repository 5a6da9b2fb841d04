"""The product's profile of MLS (DESIGN section 2): how groups and key packages are made here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rogatory.keys.identity import Identity
from rogatory.node.transaction import Random
from rogatory.protocol.declaration import Declaration
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.extensions import (
    CHANNEL_EXTENSION,
    JOIN_EXTENSION,
    TOLD_EXTENSION,
    ChannelGroup,
    JoinInfo,
    decode_channel_extension,
    decode_join_extension,
    encode_extension,
)
from rogatory.protocol.frames.client import Invitation, Joiner
from rogatory.protocol.invitation import Shared, decode_shared, encode_shared, open_tree, seal_tree
from rogatory.protocol.judgement import Added, CommitFacts, Removed, TreeLeaf, Updated
from rogatory.protocol.mls.committing import CommitOutcome
from rogatory.protocol.mls.errors import MLSDecodeError
from rogatory.protocol.mls.extension import Extension, find
from rogatory.protocol.mls.framed_content import SenderType
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.group_info import GroupInfo
from rogatory.protocol.mls.key_package import KeyPackage, KeyPackageSecrets, new_key_package
from rogatory.protocol.mls.leaf_node import Capabilities, LeafNode, Lifetime
from rogatory.protocol.mls.message import MLSMessage
from rogatory.protocol.mls.processing import StagedCommit
from rogatory.protocol.mls.proposal import Add, Remove
from rogatory.protocol.mls.secret_tree import SkipPolicy
from rogatory.protocol.mls.signature import SignatureKeyPair
from rogatory.protocol.mls.suite import PRODUCT_SUITE, suite_by_id
from rogatory.protocol.mls.welcome import EncryptedGroupSecrets, Welcome
from rogatory.protocol.text import message

SKIP_POLICY: Final = SkipPolicy(max_forward=1024, max_retained=0)
"""The log is ordered: a skipped key is never needed again."""

CAPABILITIES: Final = Capabilities(
    cipher_suites=(PRODUCT_SUITE,), extensions=(CHANNEL_EXTENSION, JOIN_EXTENSION, TOLD_EXTENSION), proposals=()
)
CLOCK_LEEWAY: Final = 48 * 3600
"""Seconds by which a key package's lifetime begins before its making: one clock may be a day ahead, one behind."""


def signature_keys(identity: Identity) -> SignatureKeyPair:
    """The online key as the signature key of MLS leaves."""
    return SignatureKeyPair(identity.online_seed, identity.online_public)


def new_package(
    identity: Identity, now: float, lifetime: float, random: Random, *, last_resort: bool = False
) -> KeyPackageSecrets:
    """A fresh key package of this node, good for `lifetime` seconds."""
    return new_key_package(
        PRODUCT_SUITE,
        identity.authority.encode(),
        signature_keys(identity),
        not_before=int(now) - CLOCK_LEEWAY,
        not_after=int(now + lifetime),
        random=random,
        capabilities=CAPABILITIES,
        last_resort=last_resort,
    )


def encode_package(package: KeyPackage) -> bytes:
    """A key package as an MLSMessage."""
    return MLSMessage(package).encode()


def decode_package(data: bytes) -> KeyPackage:
    """The key package in an MLSMessage, its signature and suite checked (RFC 9420 section 10.1); raises MLSError."""
    package = MLSMessage.decode(data).body
    if not isinstance(package, KeyPackage):
        raise MLSDecodeError(message("not a key package"))
    if package.cipher_suite != PRODUCT_SUITE:
        raise MLSDecodeError(message("a key package of suite {suite}", suite=f"{package.cipher_suite:#06x}"))
    suite = suite_by_id(PRODUCT_SUITE)
    package.verify(suite)
    package.leaf_node.verify(suite, b"", 0)
    return package


def authority_of(leaf: LeafNode) -> str:
    """Whose leaf it is; raises MLSDecodeError for a credential that names no authority."""
    try:
        return leaf.identity.decode("ascii")
    except UnicodeDecodeError:
        raise MLSDecodeError(message("a leaf's credential is no authority id")) from None


def new_group(identity: Identity, channel: bytes, extension: ChannelGroup, now: float, random: Random) -> Group:
    """A channel's group with this node as its one member."""
    return Group.create(
        PRODUCT_SUITE,
        channel,
        new_package(identity, now, CLOCK_LEEWAY, random),
        random=random,
        extensions=(Extension(CHANNEL_EXTENSION, encode_extension(extension)),),
        skip_policy=SKIP_POLICY,
    )


def restore_group(epoch_state: bytes, message_state: bytes) -> Group:
    """A stored group; raises MLSError."""
    return Group.restore(epoch_state, message_state, skip_policy=SKIP_POLICY)


def members_of(group: Group) -> list[str]:
    """The authority of every leaf, in leaf order."""
    return [authority_of(member.leaf_node) for member in group.members()]


def leaf_of(group: Group, authority: str) -> int | None:
    """The leaf index of a member."""
    name = authority.encode()
    return next((member.leaf_index for member in group.members() if member.leaf_node.identity == name), None)


def join_extension(info: JoinInfo) -> tuple[Extension, ...]:
    """What a commit's GroupInfo carries for joiners."""
    return (Extension(JOIN_EXTENSION, encode_extension(info)),)


def told_extension(digest: bytes | None) -> tuple[Extension, ...]:
    """What the leaf of a commit says of what its joiners are told; nothing where nobody joins."""
    return () if digest is None else (Extension(TOLD_EXTENSION, digest),)


def told_of(leaf: LeafNode) -> bytes | None:
    """What a leaf says of what joiners are told."""
    return find(leaf.extensions, TOLD_EXTENSION)


def tree_leaves(group: Group) -> list[TreeLeaf]:
    """Every leaf as a joiner judges it; raises MLSDecodeError for a credential that names no authority."""
    leaves = [member.leaf_node for member in group.members()]
    return [TreeLeaf(authority_of(leaf), leaf.signature_key, _lifetime(leaf)) for leaf in leaves]


def invitation_of(outcome: CommitOutcome[Group], tree_key: bytes = b"") -> Invitation | None:
    """The commit's Welcome in two parts: what all joiners share, once, and each one's secrets.

    `tree_key`: as the GroupInfo's join extension names it, for a commit made with `inline_tree=False`.
    """
    if not outcome.added:
        return None
    after, tree = outcome.pending, b""
    if tree_key:
        tree = seal_tree(after.suite, tree_key, after.group_id, after.ratchet_tree())
    joiners = [
        Joiner(authority_of(added.key_package.leaf_node), outcome.joiners[added.key_package.ref()].encode())
        for added in outcome.added
    ]
    return Invitation(encode_shared(Shared(outcome.encrypted_group_info, tree)), joiners)


def reference_of(secrets: bytes) -> bytes:
    """The reference of the key package that a joiner's secrets are for (RFC 9420 section 12.4.3.1).

    Raises MLSDecodeError.
    """
    return EncryptedGroupSecrets.decode(secrets).new_member


@dataclass(frozen=True, slots=True)
class Entered:
    """A group joined by an invitation, and what came with it."""

    group: Group
    committer: str
    told: bytes | None
    channel_group: ChannelGroup
    info: JoinInfo


def enter(info: bytes, secrets: bytes, package: KeyPackageSecrets) -> Entered:
    """Join by an invitation's two parts. Raises MLSError, or MalformedError for what the product adds."""
    shared = decode_shared(info)
    welcome = Welcome(PRODUCT_SUITE, (EncryptedGroupSecrets.decode(secrets),), shared.group_info)

    def tree_of(opened: GroupInfo) -> bytes:
        key = decode_join_extension(find(opened.extensions, JOIN_EXTENSION) or b"").tree_key
        return open_tree(suite_by_id(PRODUCT_SUITE), key, opened.group_context.group_id, shared.tree)

    joined = Group.join(MLSMessage(welcome).encode(), package, ratchet_tree=tree_of, skip_policy=SKIP_POLICY)
    channel_data = find(joined.group.extensions, CHANNEL_EXTENSION)
    join_data = find(joined.group_info.extensions, JOIN_EXTENSION)
    if channel_data is None or join_data is None:
        raise MalformedError(message("the invitation says neither what the channel is for nor where its log stood"))
    signer = joined.group.member(joined.group_info.signer)
    if signer is None:
        raise MalformedError(message("the invitation's committer is no member"))
    return Entered(
        joined.group,
        authority_of(signer),
        told_of(signer),
        decode_channel_extension(channel_data),
        decode_join_extension(join_data),
    )


def channel_group_of(group: Group) -> ChannelGroup:
    """What the group says that its channel is for; raises MalformedError."""
    return decode_channel_extension(find(group.extensions, CHANNEL_EXTENSION) or b"")


def facts_of(
    staged: StagedCommit[Group], before: Group, seq: int, author: str, declaration: Declaration
) -> CommitFacts:
    """Another member's commit as it is judged; raises MLSError for a credential that names no authority."""
    committer = before.member(staged.committer) if staged.sender.kind is SenderType.MEMBER else None
    if staged.group is not None:
        after = tuple(members_of(staged.group))
    else:
        after = tuple(_members_without_us(staged, before))
    return CommitFacts(
        seq=seq,
        entry_author=author,
        committer=None if committer is None else authority_of(committer),
        committer_leaf=staged.committer,
        declaration=declaration,
        added=tuple(added_by(each.key_package) for each in staged.added),
        removed=tuple(
            Removed(authority_of(each.leaf_node), each.leaf_index, each.leaf_node.signature_key)
            for each in staged.removed
        ),
        updated=tuple(
            Updated(
                each.leaf_index,
                "" if each.before is None else authority_of(each.before),
                authority_of(each.after),
                each.after.signature_key,
            )
            for each in staged.updated
        ),
        proposals_by_reference=any(each.by_reference for each in staged.proposals),
        wire_is_private=True,
        other_proposals=tuple(
            sorted(
                {
                    type(each.proposal).__name__
                    for each in staged.proposals
                    if not isinstance(each.proposal, Add | Remove)
                }
            )
        ),
        members_after=after,
        told=next((told_of(each.after) for each in staged.updated if each.leaf_index == staged.committer), None),
    )


def own_facts(
    outcome: CommitOutcome[Group], removed: Sequence[Removed], seq: int, author: str, declaration: Declaration
) -> CommitFacts:
    """This node's own commit as the others will judge it."""
    leaf = outcome.pending.own_leaf
    own = outcome.pending.own_leaf_node
    return CommitFacts(
        seq=seq,
        entry_author=author,
        committer=author,
        committer_leaf=leaf,
        declaration=declaration,
        added=tuple(added_by(each.key_package) for each in outcome.added),
        removed=tuple(removed),
        updated=(Updated(leaf, author, author, own.signature_key),),
        members_after=tuple(members_of(outcome.pending)),
        told=told_of(own),
    )


def added_by(package: KeyPackage) -> Added:
    """Who is added by a key package."""
    leaf = package.leaf_node
    return Added(authority_of(leaf), leaf.signature_key, package.ref(), _lifetime(leaf))


def _lifetime(leaf: LeafNode) -> int:
    return leaf.source.length if isinstance(leaf.source, Lifetime) else 0


def _members_without_us(staged: StagedCommit[Group], before: Group) -> list[str]:
    """The tree after a commit that removes this node: MLS gives no group then, so it is counted by leaf."""
    leaves = {member.leaf_index: member.leaf_node for member in before.members()}
    for removed in staged.removed:
        leaves.pop(removed.leaf_index, None)
    for added in staged.added:
        leaves[added.leaf_index] = added.key_package.leaf_node
    for updated in staged.updated:
        leaves[updated.leaf_index] = updated.after
    return [authority_of(leaf) for _, leaf in sorted(leaves.items())]
