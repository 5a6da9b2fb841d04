"""Commits by which a client joins from outside (RFC 9420 sections 12.2, 8.3 and 12.4.3.2)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rogatory.protocol.mls.errors import (
    ConfirmationTagInvalid,
    DecryptionFailed,
    ExternalCommitProposals,
    ExternalCommitReference,
    LeafNodeSourceWrong,
    MessageSignatureInvalid,
    PathLeafKeyUnchanged,
    PskNonceLength,
    PskUnavailable,
    RemovedLeafUnknown,
    SenderNotAllowed,
)
from rogatory.protocol.mls.framed_content import Sender, SenderType
from rogatory.protocol.mls.opening import CommitOpened
from rogatory.protocol.mls.proposal import (
    Add,
    GroupContextExtensions,
    PreSharedKey,
    Proposal,
    ReInit,
    Remove,
    Update,
)
from rogatory.protocol.mls.psk import PreSharedKeyID, PskStore

from . import forge
from .groups import NOW, SUITE, agree, client, deliver, found, randbytes, refuses

STORE = PskStore({b"key": b"secret"})


def test_what_the_judge_is_told() -> None:
    alice, bob = found(b"alice", b"bob")
    opened = bob.open(forge.external_commit(alice, client(b"carol")), now=NOW)
    assert isinstance(opened, CommitOpened)
    assert opened.staged.is_external
    assert opened.staged.committer == 2
    assert opened.staged.updated[-1].before is None


def test_one_external_init() -> None:
    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.external_commit(alice, client(b"carol"), inits=0), ExternalCommitProposals)
    refuses(bob, forge.external_commit(alice, client(b"carol"), inits=2), ExternalCommitProposals)


def test_at_most_one_removal() -> None:
    alice, bob, *_ = found(b"alice", b"bob", b"carol", b"dave")
    message = forge.external_commit(alice, client(b"eve"), [Remove(2), Remove(3)])
    refuses(bob, message, ExternalCommitProposals)


@pytest.mark.parametrize("kind", ["add", "update", "reinit", "extensions"])
def test_no_other_proposals(kind: str) -> None:
    alice, bob = found(b"alice", b"bob")
    joiner = client(b"carol")
    others: dict[str, Proposal] = {
        "add": Add(client(b"dave").key_package),
        "update": Update(forge.update_leaf(alice)),
        "reinit": ReInit(b"next", 1, SUITE, ()),
        "extensions": GroupContextExtensions(()),
    }
    message = forge.external_commit(alice, joiner, [others[kind]], applying=())
    refuses(bob, message, ExternalCommitProposals)


def test_no_proposal_by_reference() -> None:
    alice, bob, carol = found(b"alice", b"bob", b"carol")
    (bob,) = deliver([bob], forge.proposal(carol, Remove(0)))
    message = forge.external_commit(alice, client(b"dave"), [forge.pending(carol, Remove(0))])
    refuses(bob, message, ExternalCommitReference)


def test_a_path() -> None:
    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.external_commit(alice, client(b"carol"), with_path=False), SenderNotAllowed)


def test_signed_by_the_joiner() -> None:
    alice, bob = found(b"alice", b"bob")
    message = forge.external_commit(alice, client(b"carol"), signer=alice.state.signer)
    refuses(bob, message, MessageSignatureInvalid)


@pytest.mark.parametrize("kind", [SenderType.EXTERNAL, SenderType.NEW_MEMBER_PROPOSAL])
def test_sender_is_a_new_member(kind: SenderType) -> None:
    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.external_commit(alice, client(b"carol"), sender=Sender(kind)), SenderNotAllowed)


def test_sender_proposes_nothing_alone() -> None:
    alice, bob = found(b"alice", b"bob")
    message = forge.public(alice, Remove(0), sender=Sender(SenderType.NEW_MEMBER_COMMIT))
    refuses(bob, message, SenderNotAllowed)


@pytest.mark.parametrize("kem_output", [b"", bytes(31), bytes(32)], ids=["empty", "short", "small order"])
def test_kem_output_is_one(kem_output: bytes) -> None:
    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.external_commit(alice, client(b"carol"), kem_output=kem_output), DecryptionFailed)


def test_kem_output_is_for_the_groups_external_key() -> None:
    alice, bob = found(b"alice", b"bob")
    other = bob.suite.generate_key_pair(randbytes)[1]
    refuses(bob, forge.external_commit(alice, client(b"carol"), kem_output=other), ConfirmationTagInvalid)


def test_confirmation_tag() -> None:
    alice, bob = found(b"alice", b"bob")
    message = forge.external_commit(alice, client(b"carol"), edit_tag=lambda tag: bytes(len(tag)))
    refuses(bob, message, ConfirmationTagInvalid)


def test_leaf_is_from_a_commit() -> None:
    alice, bob = found(b"alice", b"bob")
    message = forge.external_commit(alice, client(b"carol"), edit_leaf=lambda leaf: replace(leaf, source=None))
    refuses(bob, message, LeafNodeSourceWrong)


def test_removed_leaf_is_a_member() -> None:
    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.external_commit(alice, client(b"carol"), [Remove(9)], applying=()), RemovedLeafUnknown)


def test_resynchronizing_leaf_has_a_new_encryption_key() -> None:
    """Section 12.2: it meets what an Update of the removed leaf would have to."""
    alice, bob, carol = found(b"alice", b"bob", b"carol")
    old = carol.own_leaf_node.encryption_key
    message = forge.external_commit(
        alice, client(b"carol"), [Remove(2)], edit_leaf=lambda leaf: replace(leaf, encryption_key=old)
    )
    refuses(bob, message, PathLeafKeyUnchanged)


def test_keys_are_as_in_any_commit() -> None:
    alice, bob = found(b"alice", b"bob")
    short = PreSharedKey(PreSharedKeyID(b"key", bytes(5)))
    refuses(bob, forge.external_commit(alice, client(b"carol"), [short], psks=STORE), PskNonceLength, psks=STORE)
    good = PreSharedKey(PreSharedKeyID(b"key", bytes(32)))
    message = forge.external_commit(alice, client(b"carol"), [good], psks=STORE)
    refuses(bob, message, PskUnavailable)
    assert agree(deliver([alice, bob], message, STORE))
