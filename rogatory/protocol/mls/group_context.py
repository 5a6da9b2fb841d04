"""The group context (RFC 9420 section 8.1)."""

from __future__ import annotations

from dataclasses import dataclass

from .codec import Reader, Structure, opaque, uint16, uint64, vector
from .errors import UnsupportedVersion
from .extension import Extensions, read_extensions
from .leaf_node import MLS10

LAST_EPOCH = 2**63 - 1
"""Half of what section 8.1 has room for, and what databases have."""


@dataclass(frozen=True, slots=True)
class GroupContext(Structure):
    version: int
    cipher_suite: int
    group_id: bytes
    epoch: int
    tree_hash: bytes
    confirmed_transcript_hash: bytes
    extensions: Extensions

    @classmethod
    def read(cls, reader: Reader) -> GroupContext:
        version = reader.uint16()
        if version != MLS10:
            raise UnsupportedVersion(str(version))
        return cls(
            version,
            reader.uint16(),
            reader.opaque(),
            reader.uint64(),
            reader.opaque(),
            reader.opaque(),
            read_extensions(reader),
        )

    def encode(self) -> bytes:
        return b"".join(
            (
                uint16(self.version),
                uint16(self.cipher_suite),
                opaque(self.group_id),
                uint64(self.epoch),
                opaque(self.tree_hash),
                opaque(self.confirmed_transcript_hash),
                vector(self.extensions),
            )
        )
