"""Operations beyond the everyday: keys from outside, proposals and joiners from outside, successor groups."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from rogatory.protocol.mls import (
    Add,
    Credential,
    Extension,
    ExternalSender,
    Group,
    GroupContextExtensions,
    KeyPackageSecrets,
    MLSMessage,
    PreSharedKey,
    PreSharedKeyID,
    PskStore,
    ReInit,
    Remove,
    RequiredCapabilities,
    ResumptionPsk,
    ResumptionUsage,
    external_senders_extension,
    new_signature_key,
)
from rogatory.protocol.mls.errors import (
    CannotFollow,
    CommitRequired,
    GroupContextExtensionsUnsupported,
    GroupReinitialized,
    MessageSignatureInvalid,
    PathMissing,
    PskUnavailable,
    ResumedGroupMismatch,
    UnknownProposalReference,
    UnknownSender,
)
from rogatory.protocol.mls.framed_content import (
    AuthenticatedContent,
    FramedContent,
    Sender,
    SenderType,
    WireFormat,
)
from rogatory.protocol.mls.leaf_node import MLS10, Capabilities
from rogatory.protocol.mls.proposal import Proposal
from rogatory.protocol.mls.public_message import protect_public
from rogatory.protocol.mls.signature import SignatureKeyPair

from .members import NOW, agree, follow, group_of, join_externally, key_package, staged, take

SUITE = 1


def nonce() -> bytes:
    return os.urandom(32)


# Pre-shared keys


def test_an_external_key_reaches_members_and_joiners() -> None:
    ke, tz = group_of(SUITE, "ke", "tz")
    joiner = key_package(SUITE, "ug")
    psks = PskStore(external={b"agreed by telephone": b"secret"})
    psk = PreSharedKey(PreSharedKeyID(b"agreed by telephone", nonce()))
    outcome = ke.commit([psk, Add(joiner.key_package)], random=os.urandom, psks=psks)
    assert outcome.welcome is not None
    with pytest.raises(PskUnavailable):
        Group.join(outcome.welcome, joiner)
    joined = Group.join(outcome.welcome, joiner, psks=psks).group
    with pytest.raises(PskUnavailable):
        tz.open(outcome.message)
    agree(outcome.pending, joined, follow(tz, outcome.message, psks))


def test_a_resumption_key_of_an_earlier_epoch() -> None:
    ke, tz = group_of(SUITE, "ke", "tz")
    earlier = PskStore().with_resumption(ke.group_id, ke.epoch, ke.resumption_psk)
    outcome = ke.commit(random=os.urandom)
    ke, tz = outcome.pending, follow(tz, outcome.message)
    source = ResumptionPsk(ResumptionUsage.APPLICATION, ke.group_id, 1)
    outcome = ke.commit([PreSharedKey(PreSharedKeyID(source, nonce()))], random=os.urandom, psks=earlier)
    agree(outcome.pending, follow(tz, outcome.message, earlier))


# Extensions and paths


def test_group_extensions_change_for_all() -> None:
    ke, tz = group_of(SUITE, "ke", "tz")
    wanted = (RequiredCapabilities(credentials=(1,)).extension(),)
    outcome = ke.commit([GroupContextExtensions(wanted)], random=os.urandom)
    change = staged(tz, outcome.message)
    assert change.extensions == wanted
    assert change.group is not None
    assert change.group.extensions == wanted


def test_group_extensions_that_a_member_lacks_are_refused() -> None:
    ke, _ = group_of(SUITE, "ke", "tz")
    with pytest.raises(GroupContextExtensionsUnsupported):
        ke.commit([GroupContextExtensions((Extension(0xF0F0, b""),))], random=os.urandom)


def test_unknown_extensions_travel_in_key_packages() -> None:
    grease = Capabilities(extensions=(0x0A0A,), proposals=(0x1A1A,), credentials=(1, 0x2A2A))
    joiner = key_package(SUITE, "ug", grease)
    (ke,) = group_of(SUITE, "ke")
    outcome = ke.commit([Add(joiner.key_package)], random=os.urandom)
    assert outcome.welcome is not None
    agree(outcome.pending, Group.join(outcome.welcome, joiner).group)


def test_an_add_needs_no_path_and_a_removal_does() -> None:
    ke, tz = group_of(SUITE, "ke", "tz")
    joiner = key_package(SUITE, "ug")
    outcome = ke.commit([Add(joiner.key_package)], random=os.urandom, path=None)
    assert outcome.welcome is not None
    change = staged(tz, outcome.message)
    assert not change.has_path
    assert change.group is not None
    agree(outcome.pending, change.group, Group.join(outcome.welcome, joiner).group)
    with pytest.raises(PathMissing):
        ke.commit([Remove(1)], random=os.urandom, path=False)
    assert staged(tz, ke.commit([Remove(1)], random=os.urandom, path=None).message).has_path


def test_no_application_data_while_proposals_wait() -> None:
    ke, tz = group_of(SUITE, "ke", "tz")
    _, message = ke.propose_update(random=os.urandom)
    with pytest.raises(CommitRequired):
        take(tz, message).protect(b"too early", random=os.urandom)


def test_a_commit_takes_the_pending_proposals_that_go_together() -> None:
    views = group_of(SUITE, "ke", "tz", "ug")

    def deliver(author: int, sent: tuple[Group, bytes]) -> None:
        views[author], message = sent
        for index, view in enumerate(views):
            if index != author:
                views[index] = take(view, message)

    joiner = key_package(SUITE, "ng")
    deliver(1, views[1].propose_update(random=os.urandom))
    deliver(1, views[1].propose_update(random=os.urandom, new_identity=b"tz.latest"))
    deliver(2, views[2].propose_update(random=os.urandom))
    deliver(0, views[0].propose_update(random=os.urandom))
    deliver(1, views[1].propose_remove(2, random=os.urandom))
    deliver(1, views[1].propose_reinit(ReInit(b"next", MLS10, SUITE, ()), random=os.urandom))
    deliver(1, views[1].propose_add(joiner.key_package, random=os.urandom))
    deliver(0, views[0].propose_add(joiner.key_package, random=os.urandom))
    outcome = views[0].commit(random=os.urandom)
    change = staged(views[1], outcome.message)
    kinds = [type(each.proposal).__name__ for each in change.proposals]
    assert kinds == ["Remove", "Update", "Add"]
    assert change.group is not None
    agree(outcome.pending, change.group)
    assert change.group.own_leaf_node.identity == b"tz.latest"
    with pytest.raises(UnknownProposalReference):
        views[0].commit(random=os.urandom, pending=[b"unknown"])
    assert staged(views[1], views[0].commit(random=os.urandom, pending=[]).message).proposals == ()


def test_a_damaged_path_concerns_its_recipient_only() -> None:
    """What only one member can see is told apart: it has to rejoin while the others go on."""
    ke, tz, ug = group_of(SUITE, "ke", "tz", "ug")
    damaged = replace(ug, state=replace(ug.state, private_keys=dict.fromkeys(ug.state.private_keys, bytes(32))))
    outcome = ke.commit(random=os.urandom)
    with pytest.raises(CannotFollow):
        damaged.open(outcome.message)
    agree(follow(tz, outcome.message), follow(ug, outcome.message))


# From outside the group


def from_outside(group: Group, sender: Sender, signer: SignatureKeyPair, proposal: Proposal) -> bytes:
    content = FramedContent(group.group_id, group.epoch, sender, b"", proposal)
    wire_format = WireFormat.PUBLIC_MESSAGE
    signed = AuthenticatedContent.sign(group.suite, signer, wire_format, content, b"")
    return MLSMessage(protect_public(group.suite, signed, b"", b"")).encode()


def test_an_external_sender_proposes() -> None:
    signer = new_signature_key(SUITE, os.urandom)
    listed = ExternalSender(signer.public, Credential.basic(b"the network's secretariat"))
    views = group_of(SUITE, "ke", "tz", "ug", extensions=(external_senders_extension([listed]),))
    message = from_outside(views[0], Sender(SenderType.EXTERNAL, 0), signer, Remove(2))
    ke, tz, _ = (take(view, message) for view in views)
    outcome = ke.commit(random=os.urandom)
    agree(outcome.pending, follow(tz, outcome.message))
    assert [member.leaf_index for member in outcome.pending.members()] == [0, 1]
    stranger = new_signature_key(SUITE, os.urandom)
    with pytest.raises(MessageSignatureInvalid):
        tz.open(from_outside(tz, Sender(SenderType.EXTERNAL, 0), stranger, Remove(2)))
    with pytest.raises(UnknownSender):
        tz.open(from_outside(tz, Sender(SenderType.EXTERNAL, 1), signer, Remove(2)))


def test_a_new_member_proposes_itself() -> None:
    ke, tz = group_of(SUITE, "ke", "tz")
    joiner = key_package(SUITE, "ug")
    sender = Sender(SenderType.NEW_MEMBER_PROPOSAL)
    message = from_outside(ke, sender, joiner.signer, Add(joiner.key_package))
    outcome = take(ke, message).commit(random=os.urandom)
    assert outcome.welcome is not None
    agree(outcome.pending, follow(take(tz, message), outcome.message), Group.join(outcome.welcome, joiner).group)


@pytest.mark.parametrize("suite", [1, 2, 5, 7, 0xF001])
def test_an_external_joiner_is_taken_in(suite: int) -> None:
    ke, tz = group_of(suite, "ke", "tz")
    message, ug = join_externally(ke.group_info(with_external_pub=True), key_package(suite, "ug"))
    change = staged(ke, message)
    assert change.is_external
    assert change.committer == 2
    after = follow(tz, message)
    assert change.group is not None
    agree(change.group, after, ug)
    outcome = after.commit(random=os.urandom)
    agree(outcome.pending, follow(ug, outcome.message), follow(change.group, outcome.message))


def test_an_external_joiner_replaces_its_old_leaf() -> None:
    ke, tz, ug = group_of(SUITE, "ke", "tz", "ug")
    again = key_package(SUITE, "tz")
    message, new = join_externally(ke.group_info(with_external_pub=True), again, (Remove(1),))
    assert staged(tz, message).removes_this_member
    agree(new, follow(ke, message), follow(ug, message))
    assert new.own_leaf == 1


# Successor groups


def reinitialized(*, group_id: bytes = b"successor") -> tuple[list[Group], ReInit]:
    ke, tz = group_of(SUITE, "ke", "tz")
    reinit = ReInit(group_id, MLS10, SUITE, ())
    outcome = ke.commit([reinit], random=os.urandom)
    return [outcome.pending, follow(tz, outcome.message)], reinit


def test_a_reinitialized_group_takes_nothing_more() -> None:
    (ke, tz), reinit = reinitialized()
    assert tz.reinit == reinit
    assert Group.restore(tz.epoch_state(), tz.message_state()).reinit == reinit
    with pytest.raises(GroupReinitialized):
        ke.protect(b"late", random=os.urandom)
    with pytest.raises(GroupReinitialized):
        ke.commit(random=os.urandom)


def continued(previous: Group, usage: ResumptionUsage, group_id: bytes) -> tuple[Group, bytes, KeyPackageSecrets]:
    """A new group of ke and tz that a resumption key binds to the old one: ke's view, Welcome, tz's keys."""
    first, second = key_package(SUITE, "ke"), key_package(SUITE, "tz")
    group = Group.create(SUITE, group_id, first, random=os.urandom, now=NOW)
    psk = PreSharedKeyID(ResumptionPsk(usage, previous.group_id, previous.epoch), nonce())
    psks = PskStore().with_resumption(previous.group_id, previous.epoch, previous.resumption_psk)
    outcome = group.commit([Add(second.key_package), PreSharedKey(psk)], random=os.urandom, psks=psks)
    assert outcome.welcome is not None
    return outcome.pending, outcome.welcome, second


def test_the_successor_of_a_reinitialized_group() -> None:
    (ke, tz), _ = reinitialized()
    successor, welcome, secrets = continued(ke, ResumptionUsage.REINIT, b"successor")
    agree(successor, Group.join(welcome, secrets, previous=tz).group)
    with pytest.raises(PskUnavailable):
        Group.join(welcome, secrets)


def test_a_successor_that_is_not_what_was_agreed() -> None:
    (ke, tz), _ = reinitialized()
    _, welcome, secrets = continued(ke, ResumptionUsage.REINIT, b"another")
    with pytest.raises(ResumedGroupMismatch):
        Group.join(welcome, secrets, previous=tz)


def test_a_branch() -> None:
    ke, tz, _ = group_of(SUITE, "ke", "tz", "ug")
    branch, welcome, secrets = continued(ke, ResumptionUsage.BRANCH, b"branch")
    agree(branch, Group.join(welcome, secrets, previous=tz).group)


def test_a_branch_with_a_stranger() -> None:
    ke, tz = group_of(SUITE, "ke", "ug")
    _, welcome, secrets = continued(ke, ResumptionUsage.BRANCH, b"branch")
    with pytest.raises(ResumedGroupMismatch):
        Group.join(welcome, secrets, previous=tz)
