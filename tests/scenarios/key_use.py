"""Which MLS key each recorded ciphertext was made with, found out from outside of the nodes that made them.

Whoever holds one member's group as it was at the beginning can follow the log's commits, and with each epoch's sender
data secret read leaf and generation of any ciphertext of that epoch, whether it came into the log or not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rogatory.protocol.mls.codec import Reader, opaque, uint8, uint64
from rogatory.protocol.mls.framed_content import ContentType
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.message import MLSMessage, peek
from rogatory.protocol.mls.opening import CommitOpened
from rogatory.protocol.mls.private_message import PrivateMessage
from rogatory.protocol.mls.secret_tree import sender_data_key_and_nonce


class KeyUse(NamedTuple):
    """RFC 9420 section 9.1: one key and nonce; applications and handshakes have ratchets of their own."""

    epoch: int
    leaf: int
    handshake: bool
    generation: int


def follow(group: Group, log: Iterable[bytes]) -> dict[int, Group]:
    """The group in each epoch, from the one given on; `log`: the channel's MLS messages in order.

    The member whose group it is must have made no commit itself.
    """
    epochs = {group.epoch: group}
    for body in log:
        clear = peek(body)
        if clear.content_type is ContentType.COMMIT and clear.epoch == group.epoch:
            opened = group.open(body)
            assert isinstance(opened, CommitOpened)
            assert opened.staged.group is not None
            group = epochs[opened.staged.group.epoch] = opened.staged.group
    return epochs


def key_use(epochs: dict[int, Group], body: bytes) -> KeyUse | None:
    """The key of a ciphertext; None for one of an epoch before the first."""
    message = MLSMessage.decode(body).body
    assert isinstance(message, PrivateMessage)
    if message.epoch < min(epochs):
        return None
    group = epochs[message.epoch]
    secret = group.state.secrets.sender_data_secret
    key, nonce = sender_data_key_and_nonce(group.suite, secret, message.ciphertext)
    # RFC 9420 section 6.3.2: SenderDataAAD, then leaf index and generation.
    aad = opaque(message.group_id) + uint64(message.epoch) + uint8(message.content_type)
    sender_data = Reader(group.suite.unseal(key, nonce, aad, message.encrypted_sender_data))
    handshake = message.content_type is not ContentType.APPLICATION
    return KeyUse(message.epoch, sender_data.uint32(), handshake, sender_data.uint32())
