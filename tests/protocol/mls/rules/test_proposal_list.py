"""The list of proposals that a member's commit covers (RFC 9420 section 12.2)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rogatory.protocol.mls.errors import (
    AddOfMember,
    CommitterRemovedItself,
    CommitterUpdatedItself,
    DuplicateAdd,
    DuplicatePreSharedKey,
    ExternalInitInRegularCommit,
    MLSError,
    ReInitNotAlone,
    SeveralGroupContextExtensions,
    SeveralProposalsForLeaf,
    UnknownProposalReference,
)
from rogatory.protocol.mls.framed_content import Sender
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.proposal import (
    Add,
    ExternalInit,
    GroupContextExtensions,
    PreSharedKey,
    Proposal,
    ReInit,
    Remove,
    Update,
)
from rogatory.protocol.mls.proposal_list import CommittedProposal
from rogatory.protocol.mls.psk import PreSharedKeyID, PskStore

from . import forge
from .groups import NOW, SUITE, client, deliver, found, randbytes, refuses

STORE = PskStore({b"key": b"secret"})
PSK = PreSharedKey(PreSharedKeyID(b"key", bytes(32)))


def refused(committer: Group, member: Group, proposals: list[Proposal], error: type[MLSError]) -> None:
    """Whoever processes the commit refuses it, and so does the library when it is to make it."""
    refuses(member, forge.commit(committer, proposals, psks=STORE), error, psks=STORE)
    with pytest.raises(error) as caught:
        committer.commit(proposals, random=randbytes, now=NOW, psks=STORE)
    assert type(caught.value) is error


def test_no_update_of_the_committer() -> None:
    alice, bob = found(b"alice", b"bob")
    refused(alice, bob, [Update(forge.update_leaf(alice))], CommitterUpdatedItself)


def test_no_update_of_the_committer_by_reference() -> None:
    alice, bob = found(b"alice", b"bob")
    update = Update(forge.update_leaf(alice))
    (bob,) = deliver([bob], forge.proposal(alice, update))
    refuses(bob, forge.commit(alice, [forge.pending(alice, update)]), CommitterUpdatedItself)


def test_no_removal_of_the_committer() -> None:
    alice, bob = found(b"alice", b"bob")
    refused(alice, bob, [Remove(alice.own_leaf)], CommitterRemovedItself)


def test_no_removal_of_the_committer_by_reference() -> None:
    """Somebody else may propose it; the one who is to go cannot commit it."""
    alice, bob, carol = found(b"alice", b"bob", b"carol")
    alice, carol = deliver([alice, carol], forge.proposal(bob, Remove(alice.own_leaf)))
    refuses(carol, forge.commit(alice, [forge.pending(bob, Remove(alice.own_leaf))]), CommitterRemovedItself)


def test_no_two_removals_of_a_leaf() -> None:
    alice, bob, carol = found(b"alice", b"bob", b"carol")
    refused(alice, bob, [Remove(carol.own_leaf)] * 2, SeveralProposalsForLeaf)


def test_no_update_and_removal_of_a_leaf() -> None:
    alice, bob, carol = found(b"alice", b"bob", b"carol")
    update = Update(forge.update_leaf(carol))
    alice, bob = deliver([alice, bob], forge.proposal(carol, update))
    both = [forge.pending(carol, update), CommittedProposal(Remove(2), Sender.member(0))]
    refuses(bob, forge.commit(alice, both), SeveralProposalsForLeaf)


def test_no_two_updates_of_a_leaf() -> None:
    alice, bob, carol = found(b"alice", b"bob", b"carol")
    updates = [Update(forge.update_leaf(carol)) for _ in range(2)]
    for update in updates:
        alice, bob = deliver([alice, bob], forge.proposal(carol, update))
    both = [forge.pending(carol, update) for update in updates]
    refuses(bob, forge.commit(alice, both), SeveralProposalsForLeaf)


def test_no_two_adds_of_a_key_package() -> None:
    alice, bob = found(b"alice", b"bob")
    refused(alice, bob, [Add(client(b"carol").key_package)] * 2, DuplicateAdd)


def test_no_two_adds_of_a_client() -> None:
    """Two key packages of one client: the same signature key."""
    alice, bob = found(b"alice", b"bob")
    carol = client(b"carol")
    fresh = client(b"carol")
    again = replace(fresh, signature_private=carol.signature_private)
    package = forge.key_package(again, edit_leaf=lambda leaf: replace(leaf, signature_key=carol.signer.public))
    refused(alice, bob, [Add(carol.key_package), Add(package)], DuplicateAdd)


def test_no_add_of_a_member() -> None:
    alice, bob, carol = found(b"alice", b"bob", b"carol")
    again = replace(client(b"carol"), signature_private=carol.state.signer.private)
    key = carol.state.signer.public
    package = forge.key_package(again, edit_leaf=lambda leaf: replace(leaf, signature_key=key))
    refused(alice, bob, [Add(package)], AddOfMember)
    assert deliver([bob], forge.commit(alice, [Remove(carol.own_leaf), Add(package)]))


def test_no_key_twice() -> None:
    alice, bob = found(b"alice", b"bob")
    refused(alice, bob, [PSK, PSK], DuplicatePreSharedKey)


def test_no_two_changes_of_the_extensions() -> None:
    alice, bob = found(b"alice", b"bob")
    refused(alice, bob, [GroupContextExtensions(())] * 2, SeveralGroupContextExtensions)


@pytest.mark.parametrize("other", [Remove(2), PSK, GroupContextExtensions(()), ReInit(b"other", 1, SUITE, ())])
def test_reinit_stands_alone(other: Proposal) -> None:
    alice, bob, _ = found(b"alice", b"bob", b"carol")
    refused(alice, bob, [ReInit(b"next", 1, SUITE, ()), other], ReInitNotAlone)


def test_no_external_init() -> None:
    alice, bob = found(b"alice", b"bob")
    init = ExternalInit(randbytes(32))
    message = forge.commit(alice, [init], applying=())
    refuses(bob, message, ExternalInitInRegularCommit)
    with pytest.raises(ExternalInitInRegularCommit):
        alice.commit([init], random=randbytes)


def test_references_are_known() -> None:
    alice, bob, carol = found(b"alice", b"bob", b"carol")
    never_sent = forge.pending(alice, Remove(carol.own_leaf))
    refuses(bob, forge.commit(alice, [never_sent]), UnknownProposalReference)
    with pytest.raises(UnknownProposalReference):
        alice.commit(pending=[never_sent.reference or b""], random=randbytes)


def test_references_are_of_the_epoch() -> None:
    """A proposal is forgotten with its epoch."""
    alice, bob, carol = found(b"alice", b"bob", b"carol")
    alice, bob = deliver([alice, bob], forge.proposal(carol, Remove(bob.own_leaf)))
    made = alice.commit(random=randbytes, pending=())
    (bob,) = deliver([bob], made.message)
    assert not bob.pending_proposals
    old = forge.pending(carol, Remove(bob.own_leaf))
    refuses(bob, forge.commit(made.pending, [old]), UnknownProposalReference)
