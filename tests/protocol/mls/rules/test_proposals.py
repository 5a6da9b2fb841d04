"""Proposals by themselves (RFC 9420 sections 12.1, 12.1.8 and 8.4), received before any commit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rogatory.protocol.mls.credential import Credential
from rogatory.protocol.mls.errors import (
    CommitRequired,
    DuplicateExtension,
    ExtensionMalformed,
    GroupContextExtensionsUnsupported,
    GroupReinitialized,
    MessageSignatureInvalid,
    ProposalTypeUnsupported,
    PskNonceLength,
    PskUnavailable,
    PskUsageNotAllowed,
    ReInitVersionLower,
    RemovedLeafUnknown,
    SenderNotAllowed,
    UnknownSender,
    UpdateSenderInvalid,
    WrongEpoch,
)
from rogatory.protocol.mls.extension import (
    EXTERNAL_SENDERS,
    REQUIRED_CAPABILITIES,
    Extension,
    ExternalSender,
    RequiredCapabilities,
    external_senders_extension,
)
from rogatory.protocol.mls.framed_content import Sender, SenderType
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.leaf_node import Capabilities
from rogatory.protocol.mls.opening import ProposalOpened
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
from rogatory.protocol.mls.psk import PreSharedKeyID, PskStore, ResumptionPsk, ResumptionUsage
from rogatory.protocol.mls.sending import proposal_context
from rogatory.protocol.mls.signature import SignatureKeyPair
from rogatory.protocol.mls.suite import new_signature_key
from rogatory.protocol.mls.validate_proposals import check_update

from . import forge
from .groups import GROUP_ID, NOW, PRIVATE, SUITE, client, committed, deliver, found, randbytes, refuses

NONCE = bytes(32)
RESUMED = ResumptionPsk(ResumptionUsage.APPLICATION, GROUP_ID, 1)


# 12.1.2 Update


@pytest.mark.parametrize("sender", [Sender(SenderType.EXTERNAL, 0), Sender.member(2), Sender.member(9)])
def test_update_is_from_a_member(sender: Sender) -> None:
    """No message gets so far: its signature is checked before by the sender's leaf."""
    alice = found(b"alice", b"bob")[0]
    with pytest.raises(UpdateSenderInvalid):
        check_update(Update(forge.update_leaf(alice)), sender, proposal_context(alice, NOW))


# 12.1.3 Remove


@pytest.mark.parametrize("leaf", [2, 3, 7, 2**31, 2**32 - 1], ids=["removed", "blank", "beyond", "far", "last"])
def test_removed_leaf_is_a_member(leaf: int) -> None:
    alice, bob, carol = found(b"alice", b"bob", b"carol")
    made = alice.commit([Remove(carol.own_leaf)], random=randbytes, now=NOW)
    (bob,) = deliver([bob], made.message)
    refuses(bob, forge.proposal(made.pending, Remove(leaf)), RemovedLeafUnknown)
    refuses(bob, forge.commit(made.pending, [Remove(leaf)], applying=()), RemovedLeafUnknown)


# 12.1.4 PreSharedKey


@pytest.mark.parametrize("usage", [ResumptionUsage.REINIT, ResumptionUsage.BRANCH])
def test_resumption_key_of_reinit_or_branch_is_not_proposed(usage: ResumptionUsage) -> None:
    alice, bob = found(b"alice", b"bob")
    psk = PreSharedKey(PreSharedKeyID(replace(RESUMED, usage=usage), NONCE))
    refuses(bob, forge.proposal(alice, psk), PskUsageNotAllowed)
    refuses(bob, forge.commit(alice, [psk]), PskUsageNotAllowed)


@pytest.mark.parametrize("usage", [ResumptionUsage.REINIT, ResumptionUsage.BRANCH])
def test_resumption_key_of_reinit_or_branch_is_not_proposed_in_epoch_0_either(usage: ResumptionUsage) -> None:
    """The creator starts a successor with it; anybody else's commit is no such operation."""
    (alice,) = found(b"alice")
    psk = PreSharedKey(PreSharedKeyID(ResumptionPsk(usage, GROUP_ID, 0), NONCE))
    refuses(alice, forge.external_commit(alice, client(b"bob"), [psk]), PskUsageNotAllowed)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_psk_nonce_is_as_long_as_the_hash(length: int) -> None:
    alice, bob = found(b"alice", b"bob")
    psk = PreSharedKey(PreSharedKeyID(b"key", bytes(length)))
    store = PskStore({b"key": b"secret"})
    refuses(bob, forge.proposal(alice, psk), PskNonceLength)
    refuses(bob, forge.commit(alice, [psk], psks=store), PskNonceLength, psks=store)


@pytest.mark.parametrize("source", [b"key", ResumptionPsk(ResumptionUsage.APPLICATION, b"elsewhere", 3)])
def test_psk_is_at_hand(source: bytes | ResumptionPsk) -> None:
    alice, bob = found(b"alice", b"bob")
    store = PskStore({b"key": b"secret"}, {(b"elsewhere", 3): b"secret"})
    psk = PreSharedKey(PreSharedKeyID(source, NONCE))
    refuses(bob, forge.commit(alice, [psk], psks=store), PskUnavailable)
    assert deliver([bob], forge.commit(alice, [psk], psks=store), store)


# 12.1.5 ReInit


def test_reinit_does_not_lower_the_version() -> None:
    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.proposal(alice, ReInit(b"next", 0, SUITE, ())), ReInitVersionLower)
    refuses(bob, forge.commit(alice, [ReInit(b"next", 0, SUITE, ())]), ReInitVersionLower)


def test_reinit_extensions_of_one_type() -> None:
    alice, bob = found(b"alice", b"bob")
    twice = (Extension(0x0A0A, b"1"), Extension(0x0A0A, b"2"))
    refuses(bob, forge.proposal(alice, ReInit(b"next", 1, SUITE, twice)), DuplicateExtension)


def test_nothing_is_sent_or_taken_after_a_reinit() -> None:
    """Section 12.4.2, last step."""
    alice, bob = found(b"alice", b"bob")
    made = alice.commit([ReInit(b"next", 1, SUITE, ())], random=randbytes)
    (bob,) = deliver([bob], made.message)
    for ended in (made.pending, bob):
        assert ended.reinit is not None
        with pytest.raises(GroupReinitialized):
            ended.protect(b"more", random=randbytes)
        with pytest.raises(GroupReinitialized):
            ended.commit(random=randbytes)
        with pytest.raises(GroupReinitialized):
            ended.propose_remove(0, random=randbytes)
    refuses(bob, forge.private(made.pending, b"more"), GroupReinitialized)
    refuses(bob, forge.commit(made.pending), GroupReinitialized)
    kept = Group.restore(bob.epoch_state(), bob.message_state())
    refuses(kept, forge.commit(made.pending), GroupReinitialized)


# 12.1.6 ExternalInit


def test_external_init_is_for_external_commits_only() -> None:
    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.proposal(alice, ExternalInit(bytes(32))), SenderNotAllowed)


# 12.1.7 GroupContextExtensions


@pytest.mark.parametrize("kind", [REQUIRED_CAPABILITIES, EXTERNAL_SENDERS])
@pytest.mark.parametrize("data", [b"", b"\x01", b"\xff\xff", b"\x00\x00\x00\x00"])
def test_known_extension_is_well_formed(kind: int, data: bytes) -> None:
    alice, bob = found(b"alice", b"bob")
    change = GroupContextExtensions((Extension(kind, data),))
    refuses(bob, forge.proposal(alice, change), ExtensionMalformed)
    refuses(bob, forge.commit(alice, [change]), ExtensionMalformed)


def test_new_extensions_of_one_type() -> None:
    alice, bob = found(b"alice", b"bob")
    change = GroupContextExtensions((Extension(1, b"1"), Extension(1, b"2")))
    refuses(bob, forge.proposal(alice, change), DuplicateExtension)
    refuses(bob, forge.commit(alice, [change]), DuplicateExtension)


@pytest.mark.parametrize(
    "extension",
    [
        Extension(0xF0F0, b""),
        RequiredCapabilities(extensions=(0xF0F0,)).extension(),
        RequiredCapabilities(proposals=(0xF0F0,)).extension(),
        RequiredCapabilities(credentials=(0xF0F0,)).extension(),
    ],
)
def test_new_extensions_demand_what_all_members_support(extension: Extension) -> None:
    alice, bob = found(b"alice", b"bob")
    change = GroupContextExtensions((extension,))
    refuses(bob, forge.commit(alice, [change]), GroupContextExtensionsUnsupported)
    with pytest.raises(GroupContextExtensionsUnsupported):
        alice.commit([change], random=randbytes)


def test_new_extensions_count_for_who_is_added_and_not_for_who_is_removed() -> None:
    able_to = able()
    alice, bob = found(b"alice", b"bob", capabilities=able_to)
    plain = client(b"plain")
    made = alice.commit([Add(plain.key_package)], random=randbytes, now=NOW)
    (bob,) = deliver([bob], made.message)
    change = GroupContextExtensions((Extension(0xF0F0, b""),))
    refuses(bob, forge.commit(made.pending, [change]), GroupContextExtensionsUnsupported)
    assert deliver([bob], forge.commit(made.pending, [change, Remove(2)]))
    another = Add(client(b"another").key_package)
    refuses(bob, forge.commit(made.pending, [change, Remove(2), another]), GroupContextExtensionsUnsupported)


# 12.1.8 External proposals


def outsiders() -> tuple[list[Group], SignatureKeyPair]:
    key = new_signature_key(SUITE, randbytes)
    sender = ExternalSender(key.public, Credential.basic(b"registrar"))
    return found(b"alice", b"bob", b"carol", extensions=(external_senders_extension([sender]),)), key


def test_external_sender_may_propose() -> None:
    (alice, bob, carol), key = outsiders()
    message = forge.public(alice, Remove(2), sender=Sender(SenderType.EXTERNAL, 0), signer=key)
    opened = bob.open(message)
    assert isinstance(opened, ProposalOpened)
    assert opened.sender == Sender(SenderType.EXTERNAL, 0)
    (alice,) = deliver([alice], message)
    made = alice.commit(random=randbytes)
    assert deliver([opened.group], made.message)[0].member(carol.own_leaf) is None


@pytest.mark.parametrize("index", [1, 2**32 - 1])
def test_external_sender_is_listed(index: int) -> None:
    (alice, bob, _), key = outsiders()
    message = forge.public(alice, Remove(2), sender=Sender(SenderType.EXTERNAL, index), signer=key)
    refuses(bob, message, UnknownSender)


def test_external_senders_need_the_extension() -> None:
    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.public(alice, Remove(1), sender=Sender(SenderType.EXTERNAL, 0)), UnknownSender)


def test_external_sender_signs_with_the_listed_key() -> None:
    (alice, bob, _), _ = outsiders()
    message = forge.public(alice, Remove(2), sender=Sender(SenderType.EXTERNAL, 0))
    refuses(bob, message, MessageSignatureInvalid)


@pytest.mark.parametrize("proposal", ["update", "external init"])
def test_external_sender_proposes_no_update_or_external_init(proposal: str) -> None:
    (alice, bob, _), key = outsiders()
    content: Proposal = Update(forge.update_leaf(alice)) if proposal == "update" else ExternalInit(bytes(32))
    message = forge.public(alice, content, sender=Sender(SenderType.EXTERNAL, 0), signer=key)
    refuses(bob, message, SenderNotAllowed)


def test_new_member_may_propose_its_own_add() -> None:
    alice, bob = found(b"alice", b"bob")
    carol = client(b"carol")
    sender = Sender(SenderType.NEW_MEMBER_PROPOSAL)
    message = forge.public(alice, Add(carol.key_package), sender=sender, signer=carol.signer)
    assert isinstance(bob.open(message, now=NOW), ProposalOpened)


def test_new_member_signs_with_the_key_it_brings() -> None:
    alice, bob = found(b"alice", b"bob")
    sender = Sender(SenderType.NEW_MEMBER_PROPOSAL)
    message = forge.public(alice, Add(client(b"carol").key_package), sender=sender)
    refuses(bob, message, MessageSignatureInvalid)


def test_new_member_proposes_nothing_else() -> None:
    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.public(alice, Remove(0), sender=Sender(SenderType.NEW_MEMBER_PROPOSAL)), SenderNotAllowed)


def test_external_proposal_of_another_epoch() -> None:
    (alice, bob, carol), key = outsiders()
    message = forge.public(alice, Remove(2), sender=Sender(SenderType.EXTERNAL, 0), signer=key)
    alice, bob, carol = committed([alice, bob, carol], 0)
    refuses(bob, message, WrongEpoch)


# Section 12.1 and 12.4


def test_unknown_type_of_proposal() -> None:
    class Unheard(Proposal):
        kind = 0x0A0A

        def encode(self) -> bytes:
            return b"\x00"

    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.proposal(alice, Unheard()), ProposalTypeUnsupported)
    refuses(bob, forge.commit(alice, [Unheard()]), ProposalTypeUnsupported)


def test_proposal_is_of_the_epoch() -> None:
    groups = found(b"alice", b"bob", b"carol")
    message = forge.proposal(groups[0], Remove(2))
    groups = committed(groups, 2)
    refuses(groups[1], message, WrongEpoch)


def test_signature_of_a_proposal() -> None:
    alice, bob, carol = found(b"alice", b"bob", b"carol")
    refuses(bob, forge.public(alice, Remove(2), signer=carol.state.signer), MessageSignatureInvalid)
    refuses(bob, forge.private(alice, Remove(2), signer=carol.state.signer), MessageSignatureInvalid)


def test_commit_comes_before_application_data() -> None:
    """Section 12.4: whoever saw a proposal commits before it sends data."""
    alice, bob, carol = found(b"alice", b"bob", b"carol")
    (bob,) = deliver([bob], forge.proposal(alice, Remove(carol.own_leaf), PRIVATE))
    with pytest.raises(CommitRequired):
        bob.protect(b"data", random=randbytes)
    after = bob.commit(random=randbytes).pending
    assert after.protect(b"data", random=randbytes)


def able() -> Capabilities:
    return Capabilities(extensions=(0xF0F0,))
