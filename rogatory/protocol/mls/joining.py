"""Joining a group by a Welcome (RFC 9420 section 12.4.3.1)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from . import tree_math
from .codec import Reader
from .epoch_state import EpochState
from .errors import (
    EpochsExhausted,
    GroupAlreadyJoined,
    GroupInfoSignerUnknown,
    OwnLeafMissing,
    PathSecretMismatch,
    RatchetTreeMissing,
    WelcomeNotForUs,
    WelcomeSuiteMismatch,
    WrongWireFormat,
)
from .extension import RATCHET_TREE, check_unique_types, find
from .group_context import LAST_EPOCH
from .group_info import GroupInfo
from .group_state import GroupState
from .key_package import KeyPackageSecrets
from .key_schedule import epoch_keys, welcome_secret
from .message import MLSMessage
from .message_state import MessageState
from .psk import PskStore, psk_secret
from .ratchet_tree import RatchetTree
from .resumption import check_resumption, find_resumption
from .secret_tree import SecretTree
from .suite import CipherSuite
from .transcript import confirmation_tag, interim_transcript_hash
from .treekem import next_path_secret, node_key_pair
from .validate_commit import check_confirmation_tag
from .validate_key_package import check_suite
from .validate_tree import check_joined_tree
from .welcome import GroupSecrets, Welcome, decrypt_group_info, decrypt_group_secrets

TreeBeside = Callable[[GroupInfo], bytes]
"""Gives the ratchet tree that was handed over beside a Welcome, where the GroupInfo says how to read it."""


@dataclass(frozen=True, slots=True)
class JoinedState:
    state: EpochState
    messages: MessageState
    group_info: GroupInfo


def join(
    message: bytes,
    secrets: KeyPackageSecrets,
    ratchet_tree: bytes | TreeBeside | None,
    psks: PskStore,
    previous: GroupState | None,
    known_groups: Collection[bytes],
    now: int | None,
) -> JoinedState:
    """Open a Welcome with the key package that it answers.

    `ratchet_tree` is the tree handed over beside it, if it carries none, or what finds it by the GroupInfo. `previous`
    is the group that this one continues by reinit or branch. `known_groups` are the ids of groups joined already.
    `now`, in Unix seconds, judges the members' lifetimes; None leaves them. Raises WelcomeError,
    TreeError, LeafNodeError, PskUnavailable, DecryptionFailed, ConfirmationTagInvalid or MLSDecodeError.
    """
    welcome = MLSMessage.decode(message).body
    if not isinstance(welcome, Welcome):
        raise WrongWireFormat(type(welcome).__name__)
    suite = secrets.suite
    if welcome.cipher_suite != suite.code:
        raise WelcomeSuiteMismatch
    check_suite(secrets.key_package, suite)
    secrets.check()
    opened = _open_secrets(suite, welcome, secrets)
    resumed = find_resumption(opened.psks)
    if previous is not None:
        psks = previous.psks_with_own(psks)
    psk = psk_secret(suite, [(key_id, psks.find(key_id)) for key_id in opened.psks])
    info = decrypt_group_info(suite, welcome_secret(suite, opened.joiner_secret, psk), welcome.encrypted_group_info)
    context = info.group_context
    check_unique_types(info.extensions)
    check_unique_types(context.extensions)
    if context.cipher_suite != suite.code:
        raise WelcomeSuiteMismatch
    if context.epoch > LAST_EPOCH:
        raise EpochsExhausted
    if context.group_id in known_groups:
        raise GroupAlreadyJoined
    tree = _tree(suite, info, ratchet_tree)
    _verify_signer(suite, info, tree)
    check_joined_tree(tree, context.tree_hash, context.group_id, context.extensions, now)
    own_leaf = _own_leaf(tree, secrets)
    private_keys = _private_keys(tree, own_leaf, secrets, info.signer, opened.path_secret)
    keys = epoch_keys(suite, opened.joiner_secret, psk, context)
    confirmed = context.confirmed_transcript_hash
    tag = confirmation_tag(suite, keys.secrets.confirmation_key, confirmed)
    check_confirmation_tag(tag, info.confirmation_tag)
    if resumed is not None:
        check_resumption(resumed, context, tree, previous)
    state = EpochState(
        suite,
        context,
        tree,
        own_leaf,
        private_keys,
        secrets.signer,
        keys.secrets,
        interim_transcript_hash(suite, confirmed, tag),
        tag,
    )
    messages = MessageState(SecretTree.new(suite, tree.leaves, keys.encryption_secret))
    return JoinedState(state, messages, info)


def _open_secrets(suite: CipherSuite, welcome: Welcome, secrets: KeyPackageSecrets) -> GroupSecrets:
    reference = secrets.key_package.ref(suite)
    entry = next((each for each in welcome.secrets if each.new_member == reference), None)
    if entry is None:
        raise WelcomeNotForUs
    return decrypt_group_secrets(suite, secrets.init_private, entry, welcome.encrypted_group_info)


def _tree(suite: CipherSuite, info: GroupInfo, beside: bytes | TreeBeside | None) -> RatchetTree:
    """Raises RatchetTreeMissing or MLSDecodeError."""
    inside = find(info.extensions, RATCHET_TREE)
    data = inside
    if data is None:
        data = beside(info) if callable(beside) else beside
    if data is None:
        raise RatchetTreeMissing
    reader = Reader(data)
    tree = RatchetTree.read(suite, reader)
    reader.finish()
    return tree


def _verify_signer(suite: CipherSuite, info: GroupInfo, tree: RatchetTree) -> None:
    leaf = tree.leaf(info.signer)
    if leaf is None:
        raise GroupInfoSignerUnknown(f"leaf {info.signer}")
    info.verify(suite, leaf.signature_key)


def _own_leaf(tree: RatchetTree, secrets: KeyPackageSecrets) -> int:
    wanted = secrets.key_package.leaf_node
    for index, leaf in tree.members():
        if leaf == wanted:
            return index
    raise OwnLeafMissing


def _private_keys(
    tree: RatchetTree,
    own_leaf: int,
    secrets: KeyPackageSecrets,
    signer: int,
    path_secret: bytes | None,
) -> dict[int, bytes]:
    """The keys of the own leaf and of the nodes that the commit renewed above. Raises PathSecretMismatch."""
    keys = {2 * own_leaf: secrets.leaf_private}
    if path_secret is None:
        return keys
    node = tree_math.common_ancestor(2 * own_leaf, 2 * signer)
    secret = path_secret
    above = [node, *tree_math.direct_path(node, tree.leaves)]
    for index in above:
        parent = tree.node(index)
        if parent is None:
            # Blank nodes are no part of the filtered direct path: no secret was derived for them.
            if index == node:
                raise PathSecretMismatch(f"node {index} is blank")
            continue
        private, public = node_key_pair(tree.suite, secret)
        if public != parent.encryption_key:
            raise PathSecretMismatch(f"node {index}")
        keys[index] = private
        secret = next_path_secret(tree.suite, secret)
    return keys
