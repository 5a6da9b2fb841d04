"""Messages that are right in everything but what a test breaks.

A forger does what the library does when it sends, without asking whether it may: signatures, tags, hashes and
ciphertexts are made over what was broken, with the members' own keys, so that no other check stands before the
rule that is tried. Each function takes hooks that change one thing on the way; without them the message is
valid, which `test_forge.py` shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from rogatory.protocol.mls.codec import opaque, uint8, uint32, uint64
from rogatory.protocol.mls.commit import Commit
from rogatory.protocol.mls.extension import RATCHET_TREE, Extension
from rogatory.protocol.mls.framed_content import (
    AuthenticatedContent,
    Content,
    FramedContent,
    Sender,
    SenderType,
    WireFormat,
    content_type_of,
    encode_content,
)
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.group_context import GroupContext
from rogatory.protocol.mls.group_info import GroupInfo
from rogatory.protocol.mls.key_package import KeyPackage, KeyPackageSecrets
from rogatory.protocol.mls.key_schedule import EXTERNAL_INIT_LABEL, epoch_keys, welcome_secret
from rogatory.protocol.mls.leaf_node import LeafNode
from rogatory.protocol.mls.message import MLSMessage
from rogatory.protocol.mls.next_epoch import next_epoch, provisional_context
from rogatory.protocol.mls.parent_hash import path_parents
from rogatory.protocol.mls.private_message import PrivateMessage, ratchet_kind
from rogatory.protocol.mls.proposal import ExternalInit, Proposal
from rogatory.protocol.mls.proposal_list import Applied, CommittedProposal, apply_proposals
from rogatory.protocol.mls.psk import NO_PSKS, PreSharedKeyID, PskStore, psk_secret
from rogatory.protocol.mls.public_message import PublicMessage
from rogatory.protocol.mls.ratchet_tree import Node, RatchetTree
from rogatory.protocol.mls.secret_tree import sender_data_key_and_nonce
from rogatory.protocol.mls.sending import frame, sign_content
from rogatory.protocol.mls.signature import SignatureKeyPair
from rogatory.protocol.mls.transcript import confirmation_tag
from rogatory.protocol.mls.treekem import next_path_secret, node_key_pair
from rogatory.protocol.mls.update_path import UpdatePath, UpdatePathNode
from rogatory.protocol.mls.welcome import (
    GroupSecrets,
    Welcome,
    encrypt_group_info,
    encrypt_group_secrets,
)

from .groups import randbytes

T = TypeVar("T")


def keep(value: T) -> T:
    """The hook that changes nothing."""
    return value


# Leaf nodes and key packages


def key_package(
    person: KeyPackageSecrets,
    *,
    edit_leaf: Callable[[LeafNode], LeafNode] = keep,
    edit: Callable[[KeyPackage], KeyPackage] = keep,
    leaf_group: tuple[bytes, int] = (b"", 0),
) -> KeyPackage:
    """A client's key package with changes, signed anew; `leaf_group` binds a leaf of another source."""
    suite, signer = person.suite, person.signer
    leaf = edit_leaf(person.key_package.leaf_node).sign(suite, signer, *leaf_group)
    return edit(replace(person.key_package, leaf_node=leaf)).sign(suite, signer)


def update_leaf(member: Group, edit: Callable[[LeafNode], LeafNode] = keep) -> LeafNode:
    """The leaf of an Update of a member with fresh keys and changes, signed."""
    _, public = member.suite.generate_key_pair(randbytes)
    leaf = edit(replace(member.own_leaf_node, encryption_key=public, source=None))
    return leaf.sign(member.suite, member.state.signer, member.group_id, member.own_leaf)


# Framed content


def proposal(author: Group, content: Proposal, wire_format: WireFormat = WireFormat.PUBLIC_MESSAGE) -> bytes:
    """A member's proposal that nobody looked at."""
    return frame(author, sign_content(author, content, b"", wire_format), randbytes, None)[1]


def pending(author: Group, content: Proposal) -> CommittedProposal:
    """The proposal that `proposal` sends as PublicMessage, to be committed by reference."""
    message = sign_content(author, content, b"", WireFormat.PUBLIC_MESSAGE)
    return CommittedProposal(content, Sender.member(author.own_leaf), message.proposal_ref(author.suite))


def public(
    group: Group,
    content: Content,
    *,
    sender: Sender | None = None,
    signer: SignatureKeyPair | None = None,
    tag: bytes | None = None,
    edit: Callable[[FramedContent], FramedContent] = keep,
    edit_message: Callable[[PublicMessage], PublicMessage] = keep,
) -> bytes:
    """Any content from any sender as PublicMessage; `tag` is a commit's confirmation tag."""
    state = group.state
    framed = edit(FramedContent(group.group_id, group.epoch, sender or Sender.member(group.own_leaf), b"", content))
    key = signer or state.signer
    signed = AuthenticatedContent.sign(state.suite, key, WireFormat.PUBLIC_MESSAGE, framed, state.encoded_context)
    signed = replace(signed, confirmation_tag=tag)
    membership = None
    if framed.sender.kind is SenderType.MEMBER:
        membership = state.suite.mac(state.secrets.membership_key, signed.to_be_maced(state.encoded_context))
    message = PublicMessage(framed, signed.signature, tag, membership)
    return MLSMessage(edit_message(message)).encode()


def private(
    group: Group,
    content: Content,
    *,
    leaf: int | None = None,
    generation: int | None = None,
    signer: SignatureKeyPair | None = None,
    padding: bytes = b"",
    edit_plaintext: Callable[[bytes], bytes] = keep,
    edit_message: Callable[[PrivateMessage], PrivateMessage] = keep,
) -> bytes:
    """Any content as PrivateMessage with any claim of leaf and generation.

    The key is the one of the claimed leaf's next generation, whatever generation is claimed; the author's own
    for a leaf that is not in the tree.
    """
    state, suite, kind = group.state, group.suite, content_type_of(content)
    sender = group.own_leaf if leaf is None else leaf
    framed = FramedContent(group.group_id, group.epoch, Sender.member(sender), b"", content)
    key_pair = signer or state.signer
    signed = AuthenticatedContent.sign(suite, key_pair, WireFormat.PRIVATE_MESSAGE, framed, state.encoded_context)
    key_owner = sender if sender < state.tree.leaves else group.own_leaf
    _, next_generation, key, nonce = group.messages.keys.next(key_owner, ratchet_kind(kind))
    plaintext = edit_plaintext(encode_content(content) + signed.encode_auth_data() + padding)
    sender_data_aad = opaque(group.group_id) + uint64(group.epoch) + uint8(kind)
    # With a reuse guard of zero the nonce stays as it is.
    sealed = suite.seal(key, nonce, sender_data_aad + opaque(b""), plaintext)
    data_key, data_nonce = sender_data_key_and_nonce(suite, state.secrets.sender_data_secret, sealed)
    claimed = next_generation if generation is None else generation
    sender_data = uint32(sender) + uint32(claimed) + bytes(4)
    sealed_data = suite.seal(data_key, data_nonce, sender_data_aad, sender_data)
    message = PrivateMessage(group.group_id, group.epoch, kind, b"", sealed_data, sealed)
    return MLSMessage(edit_message(message)).encode()


# Commits


def path(
    tree: RatchetTree,
    leaf_index: int,
    leaf: LeafNode,
    signer: SignatureKeyPair,
    group_id: bytes,
    context_of: Callable[[RatchetTree], bytes],
    new_leaves: frozenset[int],
    edit_leaf: Callable[[LeafNode], LeafNode],
    edit_keys: Callable[[list[bytes]], list[bytes]],
) -> tuple[UpdatePath, RatchetTree, bytes]:
    """An update path, the tree with it and the commit secret (sections 7.4 to 7.6).

    `edit_keys` changes the parents' public keys before anything is computed of them, `edit_leaf` the leaf
    before it is signed.
    """
    suite, filtered = tree.suite, tree.filtered_direct_path(leaf_index)
    _, leaf_public = suite.generate_key_pair(randbytes)
    secret, secrets, keys = randbytes(suite.hash_length), [], []
    for _ in filtered:
        secrets.append(secret)
        keys.append(node_key_pair(suite, secret)[1])
        secret = next_path_secret(suite, secret)
    keys = edit_keys(keys)
    parents, above = path_parents(tree, filtered, keys)
    fresh = replace(leaf, encryption_key=leaf_public, signature_key=signer.public, source=above)
    new_leaf = edit_leaf(fresh).sign(suite, signer, group_id, leaf_index)
    new_tree = tree.with_path(leaf_index, new_leaf, parents)
    context = context_of(new_tree)
    nodes = []
    for (node, child), node_secret in zip(filtered, secrets, strict=True):
        recipients = [index for index in tree.resolution(child) if index % 2 or index // 2 not in new_leaves]
        sealed = tuple(
            suite.encrypt_with_label(recipient.encryption_key, b"UpdatePathNode", context, node_secret)
            for recipient in map(tree.node, recipients)
            if recipient is not None
        )
        nodes.append(UpdatePathNode(parents[node].encryption_key, sealed))
    return UpdatePath(new_leaf, tuple(nodes)), new_tree, secret


def commit(
    author: Group,
    covered: Sequence[Proposal | CommittedProposal] = (),
    *,
    applying: Sequence[Proposal | CommittedProposal] | None = None,
    with_path: bool = True,
    edit_leaf: Callable[[LeafNode], LeafNode] = keep,
    edit_keys: Callable[[list[bytes]], list[bytes]] = keep,
    edit_path: Callable[[UpdatePath], UpdatePath] = keep,
    edit_tag: Callable[[bytes], bytes | None] = keep,
    leaf_signer: SignatureKeyPair | None = None,
    wire_format: WireFormat = WireFormat.PRIVATE_MESSAGE,
    psks: PskStore = NO_PSKS,
) -> bytes:
    """A member's commit. `applying` are the proposals to carry out where the covered ones cannot be;
    `leaf_signer` is whose signature key the new leaf takes."""
    listed = [_committed(author, each) for each in covered]
    carried_out = listed if applying is None else [_committed(author, each) for each in applying]
    applied = apply_proposals(author.state.tree, author.extensions, carried_out)
    made, tree, secret = None, applied.tree, author.suite.zero
    if with_path:
        made, tree, secret = path(
            applied.tree,
            author.own_leaf,
            author.own_leaf_node,
            leaf_signer or author.state.signer,
            author.group_id,
            _context_of(author, applied),
            applied.new_leaves,
            edit_leaf,
            edit_keys,
        )
        made = edit_path(made)
    content = Commit(tuple(each.proposal if each.reference is None else each.reference for each in listed), made)
    signed = sign_content(author, content, b"", wire_format)
    coming = next_epoch(author.state, signed, applied, tree, secret, author.psks_with_own(psks))
    signed = replace(signed, confirmation_tag=edit_tag(coming.confirmation_tag))
    return frame(author, signed, randbytes, None)[1]


def external_commit(
    host: Group,
    joiner: KeyPackageSecrets,
    extra: Sequence[Proposal | CommittedProposal] = (),
    *,
    inits: int = 1,
    kem_output: bytes | None = None,
    applying: Sequence[Proposal] | None = None,
    sender: Sender | None = None,
    signer: SignatureKeyPair | None = None,
    with_path: bool = True,
    edit_leaf: Callable[[LeafNode], LeafNode] = keep,
    edit_path: Callable[[UpdatePath], UpdatePath] = keep,
    edit_tag: Callable[[bytes], bytes | None] = keep,
    psks: PskStore = NO_PSKS,
) -> bytes:
    """The commit by which a client joins the group that `host` is in (section 12.4.3.2)."""
    state, suite = host.state, host.suite
    _, public_key = suite.derive_key_pair(state.secrets.external_secret)
    enc, _ = suite.export_as_sender(public_key, EXTERNAL_INIT_LABEL, suite.hash_length, randbytes)
    init = ExternalInit(enc if kem_output is None else kem_output)
    claimed = sender or Sender(SenderType.NEW_MEMBER_COMMIT)
    covered: list[Proposal | CommittedProposal] = [*([init] * inits), *extra]
    listed = [each if isinstance(each, CommittedProposal) else CommittedProposal(each, claimed) for each in covered]
    carried_out = [ExternalInit(enc), *(applying if applying is not None else _of_external(extra))]
    applied = apply_proposals(state.tree, host.extensions, [CommittedProposal(each, claimed) for each in carried_out])
    leaf_index = applied.tree.leftmost_blank_leaf()
    before = applied.tree.with_blank_leaf(leaf_index)
    key = signer or joiner.signer
    made, tree, secret = path(
        before,
        leaf_index,
        joiner.key_package.leaf_node,
        joiner.signer,
        host.group_id,
        _context_of(host, applied),
        frozenset(),
        edit_leaf,
        keep,
    )
    content = Commit(
        tuple(each.proposal if each.reference is None else each.reference for each in listed),
        edit_path(made) if with_path else None,
    )
    framed = FramedContent(host.group_id, host.epoch, claimed, b"", content)
    signed = AuthenticatedContent.sign(suite, key, WireFormat.PUBLIC_MESSAGE, framed, state.encoded_context)
    coming = next_epoch(state, signed, applied, tree, secret, host.psks_with_own(psks))
    message = PublicMessage(framed, signed.signature, edit_tag(coming.confirmation_tag), None)
    return MLSMessage(message).encode()


def _of_external(extra: Sequence[Proposal | CommittedProposal]) -> list[Proposal]:
    return [each.proposal if isinstance(each, CommittedProposal) else each for each in extra]


def _committed(author: Group, each: Proposal | CommittedProposal) -> CommittedProposal:
    return each if isinstance(each, CommittedProposal) else CommittedProposal(each, Sender.member(author.own_leaf))


def _context_of(group: Group, applied: Applied) -> Callable[[RatchetTree], bytes]:
    return lambda tree: provisional_context(group.group_context, tree, applied).encode()


# Welcomes and trees


def tree_with(tree: RatchetTree, changes: dict[int, Node | None]) -> RatchetTree:
    """A tree with other nodes at these node indices, nothing else recomputed but the tree hashes."""
    nodes = [changes.get(index, tree.node(index)) for index in range(tree.width)]
    return RatchetTree(tree.suite, nodes, [None] * len(nodes))


def tree_with_leaf(
    group: Group, leaf_index: int, edit: Callable[[LeafNode], LeafNode], signer: SignatureKeyPair
) -> RatchetTree:
    """The group's tree with a changed leaf, signed anew."""
    leaf = group.member(leaf_index)
    assert leaf is not None
    changed = edit(leaf).sign(group.suite, signer, group.group_id, leaf_index)
    return tree_with(group.state.tree, {2 * leaf_index: changed})


def welcome(
    host: Group,
    joiner: KeyPackageSecrets,
    *,
    tree: RatchetTree | None = None,
    tree_data: bytes | None = None,
    inline_tree: bool = True,
    edit_context: Callable[[GroupContext], GroupContext] = keep,
    edit_info: Callable[[GroupInfo], GroupInfo] = keep,
    edit_signed_info: Callable[[GroupInfo], GroupInfo] = keep,
    edit_secrets: Callable[[GroupSecrets], GroupSecrets] = keep,
    edit_welcome: Callable[[Welcome], Welcome] = keep,
    psk_ids: Sequence[PreSharedKeyID] = (),
    psks: PskStore = NO_PSKS,
) -> bytes:
    """A Welcome to the group that `host` is in, for a client whose leaf is in the tree already.

    The key schedule starts from a joiner secret of its own, so that tree and context can be any: tree hash,
    confirmation tag and signature are made over what they were changed to.
    """
    suite, public_tree = host.suite, tree or host.state.tree
    context = edit_context(replace(host.group_context, tree_hash=public_tree.tree_hash()))
    joiner_secret = randbytes(suite.hash_length)
    psk = psk_secret(suite, [(key_id, psks.find(key_id)) for key_id in psk_ids])
    keys = epoch_keys(suite, joiner_secret, psk, context)
    tag = confirmation_tag(suite, keys.secrets.confirmation_key, context.confirmed_transcript_hash)
    data = public_tree.encode() if tree_data is None else tree_data
    extensions = (Extension(RATCHET_TREE, data),) if inline_tree else ()
    info = edit_info(GroupInfo(context, extensions, tag, host.own_leaf)).sign(suite, host.state.signer)
    sealed = encrypt_group_info(suite, welcome_secret(suite, joiner_secret, psk), edit_signed_info(info))
    secrets = edit_secrets(GroupSecrets(joiner_secret, None, tuple(psk_ids)))
    entry = encrypt_group_secrets(suite, joiner.key_package, secrets, sealed)
    return MLSMessage(edit_welcome(Welcome(suite.code, (entry,), sealed))).encode()
