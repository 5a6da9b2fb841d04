"""Receipts of the relay: one signature per database commit, a Merkle path per entry (PROTOCOL.md, Receipts)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from rogatory.protocol.bounds import MAX_NUMBER, Listed, Milliseconds, Number
from rogatory.protocol.errors import MalformedError, ProtocolError
from rogatory.protocol.limits import CHANNEL_ID, HASH, MAX_AUTHORITY_ID
from rogatory.protocol.merkle import leaf_hash, paths_of_range, root_and_paths, root_and_siblings, root_from_path
from rogatory.protocol.text import message, text_of

MAX_PATH = 40
_NUMBER: Final = struct.Struct(">Q").pack


class ReceiptInvalid(ProtocolError):
    """A receipt that does not prove what it claims. The relay's fault: keep it and report it."""


class Receipt(msgspec.Struct, frozen=True, array_like=True):
    """`relay` says that it took the entry that made `head` the log's head at `time` (Unix milliseconds)."""

    relay: str
    channel: bytes
    seq: Number
    head: bytes
    time: Milliseconds
    index: Number
    count: Number
    path: Listed[bytes]
    signature: bytes


class Stamped(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a leaf of a receipt's tree is about."""

    channel: bytes
    seq: Number
    head: bytes
    time: Milliseconds

    def leaf(self) -> bytes:
        """The leaf's hash."""
        channel, seq, head, time = self.channel, self.seq, self.head, self.time
        if len(channel) != CHANNEL_ID:
            raise MalformedError(message("a receipt's channel id has 32 bytes"))
        if len(head) != HASH or not 0 < seq <= MAX_NUMBER or not 0 <= time <= MAX_NUMBER:
            raise MalformedError(message("a receipt's head, sequence number or time is out of bounds"))
        return leaf_hash(b"".join((b"rogatory receipt 1", channel, _NUMBER(seq), head, _NUMBER(time))))


class Receipts(msgspec.Struct, frozen=True, array_like=True):
    """Receipts of consecutive leaves of one tree, in less room: `siblings` are the nodes beside them, bottom up."""

    relay: str
    first: Number
    count: Number
    stamped: Listed[Stamped]
    siblings: Listed[bytes]
    signature: bytes

    def each(self) -> list[Receipt]:
        """The single receipts, in order. Raises ReceiptInvalid; their signature is not looked at."""
        if len(self.siblings) > 2 * MAX_PATH or any(len(node) != HASH for node in self.siblings):
            raise ReceiptInvalid(message("the relay's receipts have siblings of the wrong shape"))
        try:
            leaves = [item.leaf() for item in self.stamped]
            paths = paths_of_range(leaves, self.first, self.count, self.siblings)
        except (ValueError, MalformedError) as error:
            raise ReceiptInvalid(
                message("the relay's receipts do not lead to a root: {error}", error=text_of(error))
            ) from None
        return [
            Receipt(self.relay, item.channel, item.seq, item.head, item.time, index, self.count, path, self.signature)
            for index, (item, path) in enumerate(zip(self.stamped, paths, strict=True), self.first)
        ]


def root_input(relay: str, count: int, root: bytes) -> bytes:
    """What the relay's receipt key signs once per database commit; raises MalformedError out of bounds."""
    return signed_root(b"rogatory receipt root 1", relay, count, root)


def signed_root(label: bytes, relay: str, count: int, root: bytes) -> bytes:
    """What is signed of a tree of `count` leaves, under a label of its use; raises MalformedError out of bounds."""
    name = relay.encode()
    if not 0 < len(name) <= MAX_AUTHORITY_ID or not 0 < count < 1 << 63:
        raise MalformedError(message("a receipt's relay or count is out of bounds"))
    return label + struct.pack(">H", len(name)) + name + struct.pack(">Q", count) + root


def issue(relay: str, stamped: Sequence[Stamped], sign: Callable[[bytes], bytes]) -> list[Receipt]:
    """The receipts of one database commit, in the order of `stamped`; `sign` is called once."""
    root, paths = root_and_paths([item.leaf() for item in stamped])
    signature = sign(root_input(relay, len(stamped), root))
    return [
        Receipt(relay, item.channel, item.seq, item.head, item.time, index, len(stamped), path, signature)
        for index, (item, path) in enumerate(zip(stamped, paths, strict=True))
    ]


def issue_together(relay: str, groups: Sequence[Sequence[Stamped]], sign: Callable[[bytes], bytes]) -> list[Receipts]:
    """The receipts of one database commit, for each of `groups` together (none is empty); `sign` is called once."""
    leaves = [item.leaf() for group in groups for item in group]
    root, siblings = root_and_siblings(leaves, [len(group) for group in groups])
    signature = sign(root_input(relay, len(leaves), root))
    receipts: list[Receipts] = []
    first = 0
    for group, beside in zip(groups, siblings, strict=True):
        receipts.append(Receipts(relay, first, len(leaves), list(group), beside, signature))
        first += len(group)
    return receipts


def check_receipt(receipt: Receipt, verify: Callable[[bytes, bytes], None]) -> None:
    """Raise ReceiptInvalid unless the path leads to a root that `verify(signature, data)` accepts.

    `verify` checks against the relay's receipt key from the directory and raises ProtocolError.
    The caller compares `head` with the log once it has read that far.
    """
    if len(receipt.path) > MAX_PATH or any(len(node) != HASH for node in receipt.path):
        raise ReceiptInvalid(message("the relay's receipt has a path of the wrong shape"))
    try:
        leaf = Stamped(receipt.channel, receipt.seq, receipt.head, receipt.time).leaf()
        root = root_from_path(leaf, receipt.index, receipt.count, receipt.path)
        signed = root_input(receipt.relay, receipt.count, root)
    except (ValueError, MalformedError) as error:
        raise ReceiptInvalid(
            message("the relay's receipt does not lead to a root: {error}", error=text_of(error))
        ) from None
    verify(receipt.signature, signed)
