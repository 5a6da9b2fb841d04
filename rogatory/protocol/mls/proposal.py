"""Proposals (RFC 9420 section 12.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .codec import Reader, Structure, opaque, uint16, uint32, vector
from .errors import ProposalTypeUnsupported
from .extension import Extensions, read_extensions
from .key_package import KeyPackage
from .leaf_node import LeafNode
from .psk import PreSharedKeyID


class Proposal(Structure):
    """Any proposal; `kind` is its ProposalType. `read` and `encode` of the classes below leave the type out."""

    __slots__ = ()
    kind: ClassVar[int]
    path_required: ClassVar[bool] = True  # section 17.4; holds for types that are not known here too


@dataclass(frozen=True, slots=True)
class Add(Proposal):
    kind: ClassVar[int] = 1
    path_required: ClassVar[bool] = False
    key_package: KeyPackage

    @classmethod
    def read(cls, reader: Reader) -> Add:
        return cls(KeyPackage.read(reader))

    def encode(self) -> bytes:
        return self.key_package.encode()


@dataclass(frozen=True, slots=True)
class Update(Proposal):
    kind: ClassVar[int] = 2
    leaf_node: LeafNode

    @classmethod
    def read(cls, reader: Reader) -> Update:
        return cls(LeafNode.read(reader))

    def encode(self) -> bytes:
        return self.leaf_node.encode()


@dataclass(frozen=True, slots=True)
class Remove(Proposal):
    kind: ClassVar[int] = 3
    removed: int

    @classmethod
    def read(cls, reader: Reader) -> Remove:
        return cls(reader.uint32())

    def encode(self) -> bytes:
        return uint32(self.removed)


@dataclass(frozen=True, slots=True)
class PreSharedKey(Proposal):
    kind: ClassVar[int] = 4
    path_required: ClassVar[bool] = False
    psk: PreSharedKeyID

    @classmethod
    def read(cls, reader: Reader) -> PreSharedKey:
        return cls(PreSharedKeyID.read(reader))

    def encode(self) -> bytes:
        return self.psk.encode()


@dataclass(frozen=True, slots=True)
class ReInit(Proposal):
    kind: ClassVar[int] = 5
    path_required: ClassVar[bool] = False
    group_id: bytes
    version: int
    cipher_suite: int
    extensions: Extensions

    @classmethod
    def read(cls, reader: Reader) -> ReInit:
        return cls(reader.opaque(), reader.uint16(), reader.uint16(), read_extensions(reader))

    def encode(self) -> bytes:
        return b"".join(
            (
                opaque(self.group_id),
                uint16(self.version),
                uint16(self.cipher_suite),
                vector(self.extensions),
            )
        )


@dataclass(frozen=True, slots=True)
class ExternalInit(Proposal):
    kind: ClassVar[int] = 6
    kem_output: bytes

    @classmethod
    def read(cls, reader: Reader) -> ExternalInit:
        return cls(reader.opaque())

    def encode(self) -> bytes:
        return opaque(self.kem_output)


@dataclass(frozen=True, slots=True)
class GroupContextExtensions(Proposal):
    kind: ClassVar[int] = 7
    extensions: Extensions

    @classmethod
    def read(cls, reader: Reader) -> GroupContextExtensions:
        return cls(read_extensions(reader))

    def encode(self) -> bytes:
        return vector(self.extensions)


KNOWN: dict[int, type[Proposal]] = {
    known.kind: known for known in (Add, Update, Remove, PreSharedKey, ReInit, ExternalInit, GroupContextExtensions)
}


def encode_proposal(proposal: Proposal) -> bytes:
    """A proposal with its type."""
    return uint16(proposal.kind) + proposal.encode()


def read_proposal(reader: Reader) -> Proposal:
    """A proposal with its type. Raises MLSDecodeError, and ProposalTypeUnsupported for an unknown type."""
    kind = reader.uint16()
    known = KNOWN.get(kind)
    if known is None:
        raise ProposalTypeUnsupported(str(kind))
    return known.read(reader)


def decode_proposal(data: bytes) -> Proposal:
    reader = Reader(data)
    proposal = read_proposal(reader)
    reader.finish()
    return proposal
