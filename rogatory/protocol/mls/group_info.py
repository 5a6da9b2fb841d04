"""GroupInfo: what a joiner learns of the group (RFC 9420 section 12.4.3)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .codec import Reader, Structure, opaque, uint32, vector
from .errors import GroupInfoSignatureInvalid, InvalidSignature
from .extension import Extensions, read_extensions
from .group_context import GroupContext
from .signature import SignatureKeyPair
from .suite import CipherSuite


@dataclass(frozen=True, slots=True)
class GroupInfo(Structure):
    """`signer` is a leaf index."""

    group_context: GroupContext
    extensions: Extensions
    confirmation_tag: bytes
    signer: int
    signature: bytes = b""

    @classmethod
    def read(cls, reader: Reader) -> GroupInfo:
        context, extensions = GroupContext.read(reader), read_extensions(reader)
        return cls(context, extensions, reader.opaque(), reader.uint32(), reader.opaque())

    def _to_be_signed(self) -> bytes:
        return b"".join(
            (
                self.group_context.encode(),
                vector(self.extensions),
                opaque(self.confirmation_tag),
                uint32(self.signer),
            )
        )

    def encode(self) -> bytes:
        return self._to_be_signed() + opaque(self.signature)

    def sign(self, suite: CipherSuite, signer: SignatureKeyPair) -> GroupInfo:
        return replace(self, signature=suite.sign_with_label(signer, b"GroupInfoTBS", self._to_be_signed()))

    def verify(self, suite: CipherSuite, public: bytes) -> None:
        """Raises GroupInfoSignatureInvalid."""
        try:
            suite.verify_with_label(public, b"GroupInfoTBS", self._to_be_signed(), self.signature)
        except InvalidSignature:
            raise GroupInfoSignatureInvalid from None
