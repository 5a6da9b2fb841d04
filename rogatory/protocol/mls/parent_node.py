"""Parent nodes (RFC 9420 section 7.1)."""

from __future__ import annotations

from dataclasses import dataclass

from .codec import Reader, Structure, opaque, uint32_vector


@dataclass(frozen=True, slots=True)
class ParentNode(Structure):
    encryption_key: bytes
    parent_hash: bytes
    unmerged_leaves: tuple[int, ...] = ()

    @classmethod
    def read(cls, reader: Reader) -> ParentNode:
        return cls(reader.opaque(), reader.opaque(), reader.uint32_vector())

    def encode(self) -> bytes:
        return opaque(self.encryption_key) + opaque(self.parent_hash) + uint32_vector(self.unmerged_leaves)
