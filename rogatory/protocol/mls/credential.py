"""Credentials (RFC 9420 section 5.3)."""

from __future__ import annotations

from dataclasses import dataclass

from .codec import Reader, Structure, opaque, uint16
from .errors import MLSDecodeError

BASIC = 1
X509 = 2


@dataclass(frozen=True, slots=True)
class Credential(Structure):
    """A credential of any type: `content` is what follows the type, as encoded.

    An unknown type is taken to hold one `opaque<V>`, as section 5.3's known ones do at their outermost.
    """

    kind: int
    content: bytes

    @classmethod
    def basic(cls, identity: bytes) -> Credential:
        return cls(BASIC, opaque(identity))

    @classmethod
    def read(cls, reader: Reader) -> Credential:
        kind = reader.uint16()
        start = reader.position
        if kind == X509:
            reader.vector(Reader.opaque)
        else:
            reader.opaque()
        return cls(kind, reader.since(start))

    def encode(self) -> bytes:
        return uint16(self.kind) + self.content

    @property
    def identity(self) -> bytes:
        """The identity of a basic credential. Raises MLSDecodeError for another type."""
        if self.kind != BASIC:
            raise MLSDecodeError(f"a credential of type {self.kind} names no basic identity")
        return Reader(self.content).opaque()
