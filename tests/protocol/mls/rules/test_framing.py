"""Framing: who may send what, signed, tagged and encrypted how (RFC 9420 sections 6 to 6.3)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rogatory.protocol.mls.codec import opaque
from rogatory.protocol.mls.errors import (
    ApplicationDataInPublic,
    DecryptionFailed,
    MembershipTagInvalid,
    MessageSignatureInvalid,
    MLSDecodeError,
    NonZeroPadding,
    OwnMessage,
    PaddingTooShort,
    UnknownSender,
    UnsupportedVersion,
    WrongEpoch,
    WrongGroup,
    WrongWireFormat,
)
from rogatory.protocol.mls.framed_content import ContentType, Sender, SenderType
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.message import MLSMessage, peek
from rogatory.protocol.mls.private_message import PrivateMessage
from rogatory.protocol.mls.proposal import Remove
from rogatory.protocol.mls.public_message import PublicMessage

from . import forge
from .groups import PUBLIC, client, deliver, found, randbytes, refuses


def broken(data: bytes, at: int = -1) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


# MLSMessage


def test_version() -> None:
    alice, bob = found(b"alice", b"bob")
    message = forge.private(alice, b"data")
    refuses(bob, b"\x00\x02" + message[2:], UnsupportedVersion)


def test_wire_format_is_known() -> None:
    alice, bob = found(b"alice", b"bob")
    message = forge.private(alice, b"data")
    refuses(bob, message[:2] + b"\x00\x09" + message[4:], MLSDecodeError)


def test_wire_format_is_a_groups() -> None:
    alice, bob = found(b"alice", b"bob")
    for message in (alice.group_info(), MLSMessage(client(b"carol").key_package).encode()):
        refuses(bob, message, WrongWireFormat)
        with pytest.raises(WrongWireFormat):
            peek(message)


def test_nothing_follows() -> None:
    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.private(alice, b"data") + b"\x00", MLSDecodeError)
    refuses(bob, forge.public(alice, Remove(1)) + b"\x00", MLSDecodeError)


# Signature (section 6.1)


def test_signature_of_a_private_message() -> None:
    alice, bob, carol = found(b"alice", b"bob", b"carol")
    refuses(bob, forge.private(alice, b"data", signer=carol.state.signer), MessageSignatureInvalid)


def test_signature_covers_the_group_context() -> None:
    """The same content, signed in the epoch before, is none of this epoch."""
    alice, bob = found(b"alice", b"bob")
    stale = replace(alice, state=replace(alice.state, context=replace(alice.group_context, tree_hash=bytes(32))))
    refuses(bob, forge.private(stale, b"data"), MessageSignatureInvalid)


def test_signature_covers_the_wire_format() -> None:
    """What was signed as PublicMessage cannot be sent as PrivateMessage (section 6.1)."""
    alice, bob = found(b"alice", b"bob")
    public = MLSMessage.decode(forge.public(alice, Remove(1))).body
    assert isinstance(public, PublicMessage)
    signature = opaque(public.signature)

    def swap(plaintext: bytes) -> bytes:
        return plaintext[: -len(signature)] + signature

    refuses(bob, forge.private(alice, Remove(1), edit_plaintext=swap), MessageSignatureInvalid)


def test_signature_covers_the_authenticated_data() -> None:
    alice, bob = found(b"alice", b"bob")
    tagged = forge.public(
        alice,
        Remove(1),
        edit_message=lambda message: replace(message, content=replace(message.content, authenticated_data=b"other")),
    )
    refuses(bob, tagged, MembershipTagInvalid)


# PublicMessage (section 6.2)


def test_application_data_is_not_public() -> None:
    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.public(alice, b"in the clear"), ApplicationDataInPublic)


@pytest.mark.parametrize("kind", [SenderType.EXTERNAL, SenderType.NEW_MEMBER_PROPOSAL, SenderType.NEW_MEMBER_COMMIT])
def test_application_data_is_not_from_outside(kind: SenderType) -> None:
    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.public(alice, b"from outside", sender=Sender(kind)), ApplicationDataInPublic)


def test_membership_tag() -> None:
    alice, bob = found(b"alice", b"bob")
    for tag in (bytes(32), b""):
        edit = lambda message, tag=tag: replace(message, membership_tag=tag)  # noqa: E731
        refuses(bob, forge.public(alice, Remove(1), edit_message=edit), MembershipTagInvalid)


def test_membership_tag_is_there() -> None:
    alice, bob = found(b"alice", b"bob")
    message = forge.public(alice, Remove(1), edit_message=lambda message: replace(message, membership_tag=None))
    refuses(bob, message, MLSDecodeError)


def test_sender_is_a_member() -> None:
    alice, bob = found(b"alice", b"bob")
    for leaf in (2, 3, 2**32 - 1):
        refuses(bob, forge.public(alice, Remove(1), sender=Sender.member(leaf)), UnknownSender)


def test_sender_is_the_signer() -> None:
    alice, bob, carol = found(b"alice", b"bob", b"carol")
    refuses(bob, forge.public(alice, Remove(1), sender=Sender.member(carol.own_leaf)), MessageSignatureInvalid)


def test_own_public_message() -> None:
    alice, _ = found(b"alice", b"bob")
    _, message = alice.propose_remove(1, random=randbytes, wire_format=PUBLIC)
    refuses(alice, message, OwnMessage)


# PrivateMessage (section 6.3)


def private_with(**changes: object) -> tuple[Group, bytes]:
    alice, bob = found(b"alice", b"bob")

    def edit(message: PrivateMessage) -> PrivateMessage:
        return replace(message, **changes)  # type: ignore[arg-type]

    return bob, forge.private(alice, b"data", edit_message=edit)


@pytest.mark.parametrize("content_type", [ContentType.PROPOSAL, ContentType.COMMIT])
def test_content_type_is_authenticated(content_type: ContentType) -> None:
    bob, message = private_with(content_type=content_type)
    refuses(bob, message, DecryptionFailed)


def test_authenticated_data_is_authenticated() -> None:
    bob, message = private_with(authenticated_data=b"other")
    refuses(bob, message, DecryptionFailed)


def test_sender_data_opens() -> None:
    for sealed in (b"", bytes(16), bytes(28)):
        bob, message = private_with(encrypted_sender_data=sealed)
        refuses(bob, message, DecryptionFailed)


def test_ciphertext_opens() -> None:
    alice, bob = found(b"alice", b"bob")
    message = forge.private(alice, b"some data that is longer than the sample of the ciphertext")
    refuses(bob, broken(message), DecryptionFailed)
    assert deliver([bob], message)


def test_ciphertext_shorter_than_the_sample() -> None:
    """Section 6.3.2: then all of it is the sample."""
    for ciphertext in (b"", bytes(1), bytes(15)):
        bob, message = private_with(ciphertext=ciphertext)
        refuses(bob, message, DecryptionFailed)


@pytest.mark.parametrize("padding", [b"\x01", bytes(99) + b"\x80", b"\x00\x01\x00"])
def test_padding_is_zero(padding: bytes) -> None:
    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.private(alice, b"data", padding=padding), NonZeroPadding)


def test_padding_is_not_shorter_than_nothing() -> None:
    alice, _ = found(b"alice", b"bob")
    with pytest.raises(PaddingTooShort):
        alice.protect(b"data", random=randbytes, pad_to=lambda length: length - 1)


def test_plaintext_is_well_formed() -> None:
    alice, bob = found(b"alice", b"bob")
    for edit in (lambda plaintext: b"", lambda plaintext: plaintext[:-1], lambda plaintext: b"\xff" + plaintext):
        refuses(bob, forge.private(alice, b"data", edit_plaintext=edit), MLSDecodeError)


@pytest.mark.parametrize("leaf", [3, 4, 2**31], ids=["blank", "beyond", "far"])
def test_sender_data_names_a_member(leaf: int) -> None:
    """Section 6.3.2: checked before a key is derived."""
    alice, bob, _ = found(b"alice", b"bob", b"carol")
    refuses(bob, forge.private(alice, b"data", leaf=leaf), UnknownSender)


def test_sender_data_names_the_signer() -> None:
    alice, bob, carol = found(b"alice", b"bob", b"carol")
    refuses(bob, forge.private(alice, b"data", leaf=carol.own_leaf), MessageSignatureInvalid)


def test_own_private_message() -> None:
    alice, _ = found(b"alice", b"bob")
    after, message = alice.protect(b"data", random=randbytes)
    refuses(after, message, OwnMessage)


def test_message_of_another_epoch_or_group() -> None:
    alice, bob = found(b"alice", b"bob")
    for edit, error in (
        (lambda message: replace(message, epoch=message.epoch + 1), WrongEpoch),
        (lambda message: replace(message, epoch=0), WrongEpoch),
        (lambda message: replace(message, group_id=b"other"), WrongGroup),
    ):
        refuses(bob, forge.private(alice, b"data", edit_message=edit), error)
