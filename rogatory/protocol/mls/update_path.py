"""Update paths (RFC 9420 section 7.6)."""

from __future__ import annotations

from dataclasses import dataclass

from .codec import Reader, Structure, opaque, vector
from .leaf_node import LeafNode
from .suite import HPKECiphertext


@dataclass(frozen=True, slots=True)
class UpdatePathNode(Structure):
    encryption_key: bytes
    encrypted_path_secret: tuple[HPKECiphertext, ...]

    @classmethod
    def read(cls, reader: Reader) -> UpdatePathNode:
        return cls(reader.opaque(), reader.vector(HPKECiphertext.read))

    def encode(self) -> bytes:
        return opaque(self.encryption_key) + vector(self.encrypted_path_secret)


@dataclass(frozen=True, slots=True)
class UpdatePath(Structure):
    leaf_node: LeafNode
    nodes: tuple[UpdatePathNode, ...]

    @classmethod
    def read(cls, reader: Reader) -> UpdatePath:
        return cls(LeafNode.read(reader), reader.vector(UpdatePathNode.read))

    def encode(self) -> bytes:
        return self.leaf_node.encode() + vector(self.nodes)

    @property
    def is_leaf_only(self) -> bool:
        """Whether it holds no parent node, as in a group of one."""
        return not self.nodes
