"""Commits (RFC 9420 section 12.4)."""

from __future__ import annotations

from dataclasses import dataclass

from .codec import Reader, Structure, opaque, optional, uint8
from .errors import MLSDecodeError
from .proposal import Proposal, encode_proposal, read_proposal
from .update_path import UpdatePath

_BY_VALUE = 1
_BY_REFERENCE = 2

ProposalOrRef = Proposal | bytes
"""A proposal by value, or the ProposalRef of one sent before."""


@dataclass(frozen=True, slots=True)
class Commit(Structure):
    proposals: tuple[ProposalOrRef, ...]
    path: UpdatePath | None

    @classmethod
    def read(cls, reader: Reader) -> Commit:
        return cls(reader.vector(_read_proposal_or_ref), reader.optional(UpdatePath.read))

    def encode(self) -> bytes:
        return opaque(b"".join(map(_encode_proposal_or_ref, self.proposals))) + optional(self.path)


def _read_proposal_or_ref(reader: Reader) -> ProposalOrRef:
    kind = reader.uint8()
    if kind == _BY_VALUE:
        return read_proposal(reader)
    if kind == _BY_REFERENCE:
        return reader.opaque()
    raise MLSDecodeError(f"a proposal in a commit is given by value or by reference, not {kind}")


def _encode_proposal_or_ref(entry: ProposalOrRef) -> bytes:
    if isinstance(entry, bytes):
        return uint8(_BY_REFERENCE) + opaque(entry)
    return uint8(_BY_VALUE) + encode_proposal(entry)
