"""Acknowledgements: one signature of a member covers the log up to a seq (PROTOCOL.md, Acknowledgements)."""

from __future__ import annotations

import struct

import msgspec

from rogatory.protocol.bounds import Listed
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.limits import CHANNEL_ID, HASH, MAX_AUTHORITY_ID, MAX_EXCEPTED
from rogatory.protocol.text import message


class Acknowledgement(msgspec.Struct, frozen=True, array_like=True):
    """`member` has read the log up to `seq`, where its head was `head`, and opened all but `excepted`.

    Signed with the online key of the member's key set `key_set`. A later one replaces it.
    """

    channel: bytes
    member: str
    key_set: int
    seq: int
    head: bytes
    excepted: Listed[int]
    signature: bytes = b""

    def signing_input(self) -> bytes:
        """The bytes under the signature; raises MalformedError for values out of bounds."""
        member = self.member.encode()
        if len(self.channel) != CHANNEL_ID or len(self.head) != HASH:
            raise MalformedError(message("an acknowledgement's channel id and head have 32 bytes"))
        if not 0 < len(member) <= MAX_AUTHORITY_ID or len(self.excepted) > MAX_EXCEPTED:
            raise MalformedError(message("an acknowledgement's member or list of exceptions is out of bounds"))
        if not 0 < self.seq < 1 << 63 or not 0 <= self.key_set < 1 << 32:
            raise MalformedError(message("an acknowledgement's sequence number or key set is out of bounds"))
        if any(not 0 < seq <= self.seq for seq in self.excepted) or sorted(set(self.excepted)) != self.excepted:
            raise MalformedError(
                message("an acknowledgement's exceptions are ordered, unique and within what it covers")
            )
        return (
            b"rogatory acknowledgement 1"
            + self.channel
            + struct.pack(">H", len(member))
            + member
            + struct.pack(">IQ", self.key_set, self.seq)
            + self.head
            + struct.pack(f">I{len(self.excepted)}Q", len(self.excepted), *self.excepted)
        )

    def covers(self, seq: int) -> bool:
        """Whether it proves that the member opened entry `seq`."""
        return seq <= self.seq and seq not in self.excepted
