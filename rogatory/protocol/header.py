"""The log of a channel: one header per entry, each over the hash of the one before (PROTOCOL.md, The log)."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, NamedTuple

from rogatory.protocol.bounds import MAX_NUMBER
from rogatory.protocol.errors import MalformedError, ProtocolError
from rogatory.protocol.limits import CHANNEL_ID, HASH, MAX_AUTHORITY_ID
from rogatory.protocol.text import message

_PLACE: Final = struct.Struct(">QBH")
_sha256: Final = hashlib.sha256


class Form(IntEnum):
    """What an entry's body is."""

    MLS = 1
    """An MLSMessage: PrivateMessage with application data or a commit."""
    REJOIN = 2
    """A signed rejoin document in the clear (DESIGN section 4)."""


class ChainBroken(ProtocolError):
    """The relay's entries do not continue the log that this member holds: altered, reordered or dropped."""


class ForkDetected(ProtocolError):
    """Two members, or this member and the relay, hold different logs of one channel."""


class Head(NamedTuple):
    """How far a log goes: the seq of its last entry (0: empty) and the hash of that entry's header."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Header:
    """One entry's header. It stays when the body goes after retention."""

    channel: bytes
    seq: int
    author: str
    form: Form
    body_hash: bytes
    previous: bytes
    _hash: bytes = field(default=b"", init=False, repr=False, compare=False)

    def hash(self) -> bytes:
        """SHA-256 over the header's one encoding, 32 bytes; computed once."""
        if not self._hash:
            told = header_hash(self.channel, self.seq, self.author, self.form, self.body_hash, self.previous)
            object.__setattr__(self, "_hash", told)
        return self._hash


def header_hash(channel: bytes, seq: int, author: str, form: Form, hash_of_body: bytes, previous: bytes) -> bytes:
    """The hash of a header that need not be made; raises MalformedError out of bounds."""
    name = author.encode()
    if len(channel) != CHANNEL_ID or len(hash_of_body) != HASH or len(previous) != HASH:
        raise MalformedError(message("a header's channel id and hashes have 32 bytes"))
    if not 0 < len(name) <= MAX_AUTHORITY_ID or not 0 < seq <= MAX_NUMBER:
        raise MalformedError(message("a header's author or sequence number is out of bounds"))
    place = _PLACE.pack(seq, form, len(name))
    return _sha256(b"".join((b"rogatory header 1", channel, place, name, hash_of_body, previous))).digest()


def genesis(channel: bytes) -> Head:
    """The head of a channel's empty log."""
    return Head(0, hashlib.sha256(b"rogatory log 1" + channel).digest())


def body_hash(body: bytes) -> bytes:
    """What a header says of its entry's body."""
    return hashlib.sha256(body).digest()


def next_header(channel: bytes, head: Head, author: str, form: Form, hash_of_body: bytes) -> Header:
    """The header of the entry that follows `head`."""
    return Header(channel, head.seq + 1, author, form, hash_of_body, head.hash)


def extend(head: Head, headers: Iterable[Header]) -> Head:
    """The head after `headers`; raises ChainBroken where one does not follow the one before."""
    for header in headers:
        if header.seq != head.seq + 1:
            raise ChainBroken(
                message(
                    "entry {seq} came where {due} is due: the relay dropped or reordered entries",
                    seq=header.seq,
                    due=head.seq + 1,
                )
            )
        if header.previous != head.hash:
            raise ChainBroken(
                message("entry {seq} does not follow the log held here: the relay altered it", seq=header.seq)
            )
        head = Head(header.seq, header.hash())
    return head
