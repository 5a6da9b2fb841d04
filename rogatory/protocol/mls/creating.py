"""Creating a group of one (RFC 9420 section 11)."""

from __future__ import annotations

from .epoch_state import EpochState
from .extension import Extensions, check_unique_types
from .group_context import GroupContext
from .key_package import KeyPackageSecrets
from .key_schedule import keys_of_epoch_secret
from .leaf_node import MLS10
from .message_state import MessageState
from .ratchet_tree import RatchetTree
from .secret_tree import SecretTree
from .suite import Random, suite_by_id
from .transcript import confirmation_tag, interim_transcript_hash
from .validate_key_package import check_key_package
from .validate_leaf_node import check_leaves_fit_group


def create(
    suite_id: int,
    group_id: bytes,
    secrets: KeyPackageSecrets,
    extensions: Extensions,
    now: int | None,
    random: Random,
) -> tuple[EpochState, MessageState]:
    """The first epoch; members are added by its first commit.

    Raises UnsupportedSuite, KeyMismatch, and whatever makes the key package or the extensions invalid.
    """
    suite = suite_by_id(suite_id)
    leaf = secrets.key_package.leaf_node
    check_key_package(secrets.key_package, suite, now)
    secrets.check()
    check_unique_types(extensions)
    check_leaves_fit_group([leaf], extensions)
    tree = RatchetTree.of_leaf(suite, leaf)
    context = GroupContext(MLS10, suite_id, group_id, 0, tree.tree_hash(), b"", extensions)
    keys = keys_of_epoch_secret(suite, random(suite.hash_length))
    tag = confirmation_tag(suite, keys.secrets.confirmation_key, b"")
    state = EpochState(
        suite,
        context,
        tree,
        0,
        {0: secrets.leaf_private},
        secrets.signer,
        keys.secrets,
        interim_transcript_hash(suite, b"", tag),
        tag,
    )
    return state, MessageState(SecretTree.new(suite, 1, keys.encryption_secret))
