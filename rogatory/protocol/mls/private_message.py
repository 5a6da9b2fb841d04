"""Encrypted messages (RFC 9420 section 6.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .codec import Reader, Structure, opaque, uint8, uint32, uint64
from .errors import NonZeroPadding, OwnMessage, PaddingTooShort, UnknownSender
from .framed_content import (
    AuthenticatedContent,
    ContentType,
    FramedContent,
    Sender,
    WireFormat,
    encode_content,
    read_auth_data,
    read_content,
    read_content_type,
)
from .secret_tree import RatchetKind, SecretTree, SkipPolicy, sender_data_key_and_nonce
from .suite import CipherSuite, Random

Padding = Callable[[int], int]
"""From the length of the content to the length that it is padded to, both in bytes."""

_REUSE_GUARD_LENGTH = 4


@dataclass(frozen=True, slots=True)
class PrivateMessage(Structure):
    group_id: bytes
    epoch: int
    content_type: ContentType
    authenticated_data: bytes
    encrypted_sender_data: bytes
    ciphertext: bytes

    @classmethod
    def read(cls, reader: Reader) -> PrivateMessage:
        group_id, epoch, kind = reader.opaque(), reader.uint64(), read_content_type(reader)
        return cls(group_id, epoch, kind, reader.opaque(), reader.opaque(), reader.opaque())

    def encode(self) -> bytes:
        return b"".join(
            (
                _content_aad(self.group_id, self.epoch, self.content_type, self.authenticated_data),
                opaque(self.encrypted_sender_data),
                opaque(self.ciphertext),
            )
        )


@dataclass(frozen=True, slots=True)
class Unprotected:
    """An opened message whose signature is left to be verified; `keys` no longer hold its key."""

    message: AuthenticatedContent
    keys: SecretTree
    generation: int


def ratchet_kind(content_type: ContentType) -> RatchetKind:
    """Section 9: application data has its own ratchet."""
    return RatchetKind.APPLICATION if content_type is ContentType.APPLICATION else RatchetKind.HANDSHAKE


def protect_private(
    suite: CipherSuite,
    message: AuthenticatedContent,
    keys: SecretTree,
    sender_data_secret: bytes,
    random: Random,
    pad_to: Padding | None,
) -> tuple[SecretTree, PrivateMessage]:
    """Encrypt under the sender's next key, which is gone from the tree that comes back.

    Raises PaddingTooShort or GenerationsExhausted.
    """
    content, leaf = message.content, message.content.sender.index
    kind = content.content_type
    keys, generation, key, nonce = keys.next(leaf, ratchet_kind(kind))
    plaintext = encode_content(content.content) + message.encode_auth_data()
    if pad_to is not None:
        wanted = pad_to(len(plaintext))
        if wanted < len(plaintext):
            raise PaddingTooShort
        plaintext = plaintext.ljust(wanted, b"\x00")
    guard = random(_REUSE_GUARD_LENGTH)
    aad = _content_aad(content.group_id, content.epoch, kind, content.authenticated_data)
    ciphertext = suite.seal(key, _guarded(nonce, guard), aad, plaintext)
    data_key, data_nonce = sender_data_key_and_nonce(suite, sender_data_secret, ciphertext)
    sender_data = uint32(leaf) + uint32(generation) + guard
    sealed = suite.seal(data_key, data_nonce, _sender_data_aad(content.group_id, content.epoch, kind), sender_data)
    framed = PrivateMessage(content.group_id, content.epoch, kind, content.authenticated_data, sealed, ciphertext)
    return keys, framed


def unprotect_private(
    suite: CipherSuite,
    message: PrivateMessage,
    keys: SecretTree,
    is_member: Callable[[int], bool],
    own_leaf: int | None,
    sender_data_secret: bytes,
    policy: SkipPolicy,
) -> Unprotected:
    """Raises DecryptionFailed, UnknownSender, OwnMessage, NonZeroPadding, MLSDecodeError or SecretTreeError.

    With `own_leaf` None a message of any member opens.
    """
    data_key, data_nonce = sender_data_key_and_nonce(suite, sender_data_secret, message.ciphertext)
    kind = message.content_type
    aad = _sender_data_aad(message.group_id, message.epoch, kind)
    reader = Reader(suite.unseal(data_key, data_nonce, aad, message.encrypted_sender_data))
    leaf, generation, guard = reader.uint32(), reader.uint32(), reader.take(_REUSE_GUARD_LENGTH)
    reader.finish()
    # Section 6.3.2: the sender must be a member, which is checked before any key is derived.
    if not is_member(leaf):
        raise UnknownSender(f"leaf {leaf}")
    if leaf == own_leaf:
        raise OwnMessage
    keys, key, nonce = keys.at(leaf, ratchet_kind(kind), generation, policy)
    content_aad = _content_aad(message.group_id, message.epoch, kind, message.authenticated_data)
    plaintext = suite.unseal(key, _guarded(nonce, guard), content_aad, message.ciphertext)
    reader = Reader(plaintext)
    content = read_content(reader, kind)
    signature, confirmation_tag = read_auth_data(reader, kind)
    # Section 6.3.1: padding is zero throughout.
    if any(reader.take(reader.remaining)):
        raise NonZeroPadding
    framed = FramedContent(message.group_id, message.epoch, Sender.member(leaf), message.authenticated_data, content)
    authenticated = AuthenticatedContent(WireFormat.PRIVATE_MESSAGE, framed, signature, confirmation_tag)
    return Unprotected(authenticated, keys, generation)


def _guarded(nonce: bytes, guard: bytes) -> bytes:
    """Section 6.3.1: the reuse guard protects a member whose state was rolled back."""
    head = int.from_bytes(nonce[:_REUSE_GUARD_LENGTH], "big") ^ int.from_bytes(guard, "big")
    return head.to_bytes(_REUSE_GUARD_LENGTH, "big") + nonce[_REUSE_GUARD_LENGTH:]


def _sender_data_aad(group_id: bytes, epoch: int, kind: ContentType) -> bytes:
    return opaque(group_id) + uint64(epoch) + uint8(kind)


def _content_aad(group_id: bytes, epoch: int, kind: ContentType, authenticated_data: bytes) -> bytes:
    return _sender_data_aad(group_id, epoch, kind) + opaque(authenticated_data)
