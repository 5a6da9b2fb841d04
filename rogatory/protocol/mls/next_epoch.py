"""The last steps of a commit, alike for whoever makes it and whoever processes it (RFC 9420 section 12.4)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .epoch_state import EpochState
from .errors import EpochsExhausted
from .framed_content import AuthenticatedContent
from .group_context import LAST_EPOCH, GroupContext
from .key_schedule import EpochKeys, epoch_keys, external_init_secret, joiner_secret
from .message_state import MessageState
from .proposal_list import Applied
from .psk import PskStore, psk_secret
from .ratchet_tree import RatchetTree
from .secret_tree import SecretTree
from .signature import SignatureKeyPair
from .transcript import confirmation_tag, confirmed_transcript_hash, interim_transcript_hash


@dataclass(frozen=True, slots=True, repr=False)
class NextEpoch:
    """The key schedule's results; `confirmation_tag` is for the maker to send and the others to compare."""

    context: GroupContext
    joiner: bytes
    keys: EpochKeys
    confirmation_tag: bytes
    interim_transcript_hash: bytes

    def start(
        self,
        before: EpochState,
        applied: Applied,
        tree: RatchetTree,
        private_keys: dict[int, bytes],
        signer: SignatureKeyPair,
    ) -> tuple[EpochState, MessageState]:
        state = EpochState(
            before.suite,
            self.context,
            tree,
            before.own_leaf,
            private_keys,
            signer,
            self.keys.secrets,
            self.interim_transcript_hash,
            self.confirmation_tag,
            applied.reinit,
        )
        return state, MessageState(SecretTree.new(before.suite, tree.leaves, self.keys.encryption_secret))


def provisional_context(before: GroupContext, tree: RatchetTree, applied: Applied) -> GroupContext:
    """The new epoch's context but for the transcript hash, which is still the old one (section 12.4.1).

    Raises EpochsExhausted.
    """
    if before.epoch >= LAST_EPOCH:
        raise EpochsExhausted
    return replace(before, epoch=before.epoch + 1, tree_hash=tree.tree_hash(), extensions=applied.extensions)


def next_epoch(
    before: EpochState,
    commit: AuthenticatedContent,
    applied: Applied,
    tree: RatchetTree,
    commit_secret: bytes,
    psks: PskStore,
) -> NextEpoch:
    """Raises PskUnavailable, or DecryptionFailed for an external joiner's init secret."""
    suite = before.suite
    confirmed = confirmed_transcript_hash(suite, before.interim_transcript_hash, commit.confirmed_input())
    context = replace(provisional_context(before.context, tree, applied), confirmed_transcript_hash=confirmed)
    init = before.secrets.init_secret
    if applied.external_init is not None:
        external = before.secrets.external_secret
        init = external_init_secret(suite, external, applied.external_init.kem_output)
    joiner = joiner_secret(suite, init, commit_secret, context)
    psk = psk_secret(suite, [(key_id, psks.find(key_id)) for key_id in applied.psks])
    keys = epoch_keys(suite, joiner, psk, context)
    tag = confirmation_tag(suite, keys.secrets.confirmation_key, confirmed)
    return NextEpoch(context, joiner, keys, tag, interim_transcript_hash(suite, confirmed, tag))
