"""What a member of the group, or a relay that works with one, can do to the others by MLS messages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rogatory.protocol.mls.commit import Commit
from rogatory.protocol.mls.errors import (
    ApplicationDataInPublic,
    DecryptionFailed,
    EncryptionKeyMalformed,
    GenerationTooFar,
    InitKeyMalformed,
    KeyAlreadyUsed,
    MembershipTagInvalid,
    MessageSignatureInvalid,
    MLSDecodeError,
    MLSError,
    OwnMessage,
    PathKeyMalformed,
    UnknownSender,
    WrongEpoch,
    WrongGroup,
)
from rogatory.protocol.mls.framed_content import ContentType, Sender
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.leaf_node import LeafNode
from rogatory.protocol.mls.message import MLSMessage
from rogatory.protocol.mls.opening import ApplicationOpened
from rogatory.protocol.mls.private_message import PrivateMessage
from rogatory.protocol.mls.proposal import Add, Remove
from rogatory.protocol.mls.suite import PRODUCT_SUITE
from tests.protocol.mls.rules import forge
from tests.protocol.mls.rules.groups import (
    NOW,
    agree,
    client,
    committed,
    deliver,
    found,
    randbytes,
    refuses,
)


def small_order(public: bytes) -> bytes:
    """The key with an X25519 part that everybody has the same secret with, zero."""
    return public[:-32] + bytes(32)


# A key that parses and that nobody can encrypt to would stop every later commit of the group.


@pytest.mark.parametrize("suite_id", [1, PRODUCT_SUITE])
def test_a_member_cannot_freeze_the_group_by_a_key_that_nobody_can_encrypt_to(suite_id: int) -> None:
    alice, bob, carol = found(b"alice", b"bob", b"carol", suite_id=suite_id)

    def spoil(leaf: LeafNode) -> LeafNode:
        return replace(leaf, encryption_key=small_order(leaf.encryption_key))

    refuses(alice, forge.commit(carol, edit_leaf=spoil), EncryptionKeyMalformed)
    refuses(alice, forge.commit(carol, edit_keys=lambda keys: [small_order(key) for key in keys]), PathKeyMalformed)
    assert agree(committed([alice, bob, carol], 1))


@pytest.mark.parametrize("suite_id", [1, PRODUCT_SUITE])
def test_a_joiners_key_package_cannot_spoil_the_commit_that_adds_it(suite_id: int) -> None:
    alice, bob = found(b"alice", b"bob", suite_id=suite_id)
    dave = client(b"dave", suite_id)
    spoilt = forge.key_package(dave, edit=lambda package: replace(package, init_key=small_order(package.init_key)))
    with pytest.raises(InitKeyMalformed):
        alice.commit([Add(spoilt)], random=randbytes, now=NOW)
    refuses(bob, forge.commit(alice, [Add(spoilt)]), InitKeyMalformed)


# Every member holds every sender's message keys: what is sealed by one proves nothing without the signature.


def test_a_member_cannot_speak_as_another_nor_burn_its_next_key() -> None:
    alice, bob, mallory = found(b"alice", b"bob", b"mallory")
    refuses(alice, forge.private(mallory, b"in the name of bob", leaf=bob.own_leaf), MessageSignatureInvalid)
    _, message = bob.protect(b"bob himself", random=randbytes)
    opened = alice.open(message)
    assert isinstance(opened, ApplicationOpened)
    assert opened.data == b"bob himself"


def test_a_message_in_the_readers_own_name_is_told_apart_and_changes_nothing() -> None:
    alice, _, mallory = found(b"alice", b"bob", b"mallory")
    refuses(alice, forge.private(mallory, b"you said so", leaf=alice.own_leaf), OwnMessage)


def test_a_member_cannot_make_others_run_a_ratchet_to_its_end() -> None:
    alice, bob, mallory = found(b"alice", b"bob", b"mallory")
    for generation in (1025, 2**31, 2**32 - 1):
        refuses(alice, forge.private(mallory, b"far", generation=generation), GenerationTooFar)
    # In another's name the message does not open, and that one's next message still does.
    refuses(alice, forge.private(mallory, b"far", leaf=bob.own_leaf, generation=1000), DecryptionFailed)
    deliver([alice], bob.protect(b"near", random=randbytes)[1])


def test_a_leaf_that_is_blank_or_beyond_the_tree_sends_nothing() -> None:
    alice, _, mallory = found(b"alice", b"bob", b"mallory")
    for leaf in (3, 4, 2**31, 2**32 - 1):
        refuses(alice, forge.private(mallory, b"nobody", leaf=leaf), UnknownSender)
        refuses(alice, forge.public(mallory, Remove(1), sender=Sender.member(leaf)), UnknownSender)


def test_a_message_serves_one_epoch_and_one_group() -> None:
    groups = found(b"alice", b"bob", b"carol")
    public = forge.public(groups[1], Remove(2))
    private = forge.private(groups[1], Remove(2))
    later = committed(groups, 1)
    refuses(later[0], public, WrongEpoch)
    refuses(later[0], private, WrongEpoch)
    elsewhere = found(b"alice", b"bob", b"carol", group_id=b"another group")
    refuses(elsewhere[0], private, WrongGroup)


def relabelled(message: bytes, **changes: object) -> bytes:
    body = MLSMessage.decode(message).body
    assert isinstance(body, PrivateMessage)
    return MLSMessage(replace(body, **changes)).encode()  # type: ignore[arg-type]


def test_a_relay_cannot_change_anything_that_stands_in_the_clear() -> None:
    alice, bob = found(b"alice", b"bob")
    _, message = bob.protect(b"data", b"declaration", random=randbytes)
    refuses(alice, relabelled(message, authenticated_data=b"another"), DecryptionFailed)
    refuses(alice, relabelled(message, content_type=ContentType.COMMIT), DecryptionFailed)
    refuses(alice, relabelled(message, group_id=b"another"), WrongGroup)
    refuses(alice, relabelled(message, epoch=2), WrongEpoch)
    made = bob.commit((), random=randbytes, now=NOW, authenticated_data=b"declaration")
    refuses(alice, relabelled(made.message, authenticated_data=b"another"), DecryptionFailed)
    refuses(alice, relabelled(made.message, content_type=ContentType.APPLICATION), DecryptionFailed)


def test_parts_of_two_messages_do_not_make_a_third() -> None:
    alice, bob = found(b"alice", b"bob")
    bob, first = bob.protect(b"one", random=randbytes)
    _, second = bob.protect(b"two", random=randbytes)
    sender_data = MLSMessage.decode(second).body
    assert isinstance(sender_data, PrivateMessage)
    mixed = relabelled(first, encrypted_sender_data=sender_data.encrypted_sender_data)
    refuses(alice, mixed, DecryptionFailed)


def test_what_was_opened_does_not_open_again_after_a_restore() -> None:
    alice, bob = found(b"alice", b"bob")
    _, message = bob.protect(b"once", random=randbytes)
    (alice,) = deliver([alice], message)
    refuses(Group.restore(alice.epoch_state(), alice.message_state()), message, KeyAlreadyUsed)


def test_application_data_is_never_taken_in_the_clear() -> None:
    alice, bob = found(b"alice", b"bob")
    refuses(alice, forge.public(bob, b"for all to read"), ApplicationDataInPublic)


def test_a_stranger_cannot_pass_for_a_member_by_leaving_out_the_membership_tag() -> None:
    alice, bob = found(b"alice", b"bob")
    stranger = found(b"mallory", b"eve", group_id=alice.group_id)[0]
    refuses(alice, forge.public(stranger, Remove(1), sender=Sender.member(bob.own_leaf)), MembershipTagInvalid)

    message = forge.public(bob, Remove(0), edit_message=lambda message: replace(message, membership_tag=None))
    with pytest.raises(MLSDecodeError):
        alice.open(message)


# A refused message leaves no trace, whatever it was refused for.


def test_no_refusal_changes_the_group() -> None:
    alice, bob, mallory = found(b"alice", b"bob", b"mallory")
    before = alice.epoch_state(), alice.message_state()
    hostile = [
        forge.private(mallory, b"as bob", leaf=bob.own_leaf),
        forge.private(mallory, Commit((), None)),
        forge.commit(mallory, [Remove(mallory.own_leaf)], applying=[]),
        forge.commit(mallory, edit_tag=lambda tag: bytes(len(tag))),
        forge.public(mallory, Remove(77)),
        b"\x00\x01\x00\x02" + bytes(200),
    ]
    for message in hostile:
        with pytest.raises(MLSError):
            alice.open(message, now=NOW)
        assert (alice.epoch_state(), alice.message_state()) == before
