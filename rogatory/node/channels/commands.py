"""What those who give documents their meaning ask of channels: rows only, acted upon when the transaction ends."""

from __future__ import annotations

from collections.abc import Sequence

from rogatory.node.channels.hooks import Kind
from rogatory.node.transaction import Tx


def found(
    tx: Tx,
    *,
    channel: bytes,
    kind: Kind,
    relay: str,
    members: Sequence[str],
    charter_digest: bytes | None = None,
    network: str | None = None,
) -> None:
    """Found a channel (32-byte id) at `relay` and add `members` (others than this node) in its first commit.

    A matter waits until each member has a key package; a network starts with those who have one.
    """
    raise NotImplementedError


def enqueue(tx: Tx, channel: bytes, envelope: bytes, message_id: bytes) -> None:
    """Send a signed document once, after all that was enqueued before; `message_id` has 16 bytes."""
    raise NotImplementedError


def wish_add(tx: Tx, channel: bytes, authority: str, amendment: bytes | None = None) -> None:
    """Have `authority` added; `amendment` is the digest that the commit names. Kept until it is a member."""
    raise NotImplementedError


def wish_remove(tx: Tx, channel: bytes, authority: str) -> None:
    """Have `authority` removed. Kept until it is no member."""
    raise NotImplementedError
