"""What a message says and who says it, before it is framed as public or private (RFC 9420 sections 6 and 6.1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from .codec import Reader, Structure, opaque, uint8, uint16, uint32, uint64
from .commit import Commit
from .errors import InvalidSignature, MessageSignatureInvalid, MLSDecodeError
from .leaf_node import MLS10
from .proposal import Proposal, encode_proposal, read_proposal
from .signature import SignatureKeyPair
from .suite import CipherSuite


class WireFormat(IntEnum):
    PUBLIC_MESSAGE = 1
    PRIVATE_MESSAGE = 2
    WELCOME = 3
    GROUP_INFO = 4
    KEY_PACKAGE = 5


class ContentType(IntEnum):
    APPLICATION = 1
    PROPOSAL = 2
    COMMIT = 3


CONTENT_TYPES = {int(kind): kind for kind in ContentType}
"""By their numbers."""


class SenderType(IntEnum):
    MEMBER = 1
    EXTERNAL = 2
    NEW_MEMBER_PROPOSAL = 3
    NEW_MEMBER_COMMIT = 4


@dataclass(frozen=True, slots=True)
class Sender(Structure):
    """`index` is a member's leaf index, or an external sender's place in the group's external_senders."""

    kind: SenderType
    index: int = 0

    @classmethod
    def member(cls, leaf_index: int) -> Sender:
        return cls(SenderType.MEMBER, leaf_index)

    @classmethod
    def read(cls, reader: Reader) -> Sender:
        kind = reader.uint8()
        if kind in (SenderType.MEMBER, SenderType.EXTERNAL):
            return cls(SenderType(kind), reader.uint32())
        if kind in (SenderType.NEW_MEMBER_PROPOSAL, SenderType.NEW_MEMBER_COMMIT):
            return cls(SenderType(kind))
        raise MLSDecodeError(f"a sender's type {kind} is not known")

    def encode(self) -> bytes:
        if self.kind in (SenderType.MEMBER, SenderType.EXTERNAL):
            return uint8(self.kind) + uint32(self.index)
        return uint8(self.kind)


Content = bytes | Proposal | Commit


def content_type_of(content: Content) -> ContentType:
    if isinstance(content, bytes):
        return ContentType.APPLICATION
    return ContentType.COMMIT if isinstance(content, Commit) else ContentType.PROPOSAL


def read_content_type(reader: Reader) -> ContentType:
    kind = reader.uint8()
    content_type = CONTENT_TYPES.get(kind)
    if content_type is None:
        raise MLSDecodeError(f"a content type {kind} is not known")
    return content_type


def read_content(reader: Reader, kind: ContentType) -> Content:
    if kind is ContentType.APPLICATION:
        return reader.opaque()
    return read_proposal(reader) if kind is ContentType.PROPOSAL else Commit.read(reader)


def encode_content(content: Content) -> bytes:
    if isinstance(content, bytes):
        return opaque(content)
    return content.encode() if isinstance(content, Commit) else encode_proposal(content)


@dataclass(frozen=True, slots=True)
class FramedContent(Structure):
    group_id: bytes
    epoch: int
    sender: Sender
    authenticated_data: bytes
    content: Content

    @property
    def content_type(self) -> ContentType:
        return content_type_of(self.content)

    @classmethod
    def read(cls, reader: Reader) -> FramedContent:
        group_id, epoch, sender = reader.opaque(), reader.uint64(), Sender.read(reader)
        authenticated_data = reader.opaque()
        content = read_content(reader, read_content_type(reader))
        return cls(group_id, epoch, sender, authenticated_data, content)

    def encode(self) -> bytes:
        return b"".join(
            (
                opaque(self.group_id),
                uint64(self.epoch),
                self.sender.encode(),
                opaque(self.authenticated_data),
                uint8(self.content_type),
                encode_content(self.content),
            )
        )


@dataclass(frozen=True, slots=True)
class AuthenticatedContent(Structure):
    """`confirmation_tag` is there for commits only; None on the way to being computed."""

    wire_format: WireFormat
    content: FramedContent
    signature: bytes
    confirmation_tag: bytes | None = None

    @classmethod
    def sign(
        cls,
        suite: CipherSuite,
        signer: SignatureKeyPair,
        wire_format: WireFormat,
        content: FramedContent,
        encoded_context: bytes,
    ) -> AuthenticatedContent:
        tbs = _to_be_signed(wire_format, content, encoded_context)
        return cls(wire_format, content, suite.sign_with_label(signer, b"FramedContentTBS", tbs))

    def verify(self, suite: CipherSuite, public: bytes, encoded_context: bytes) -> None:
        """Section 6.1. Raises MessageSignatureInvalid."""
        tbs = _to_be_signed(self.wire_format, self.content, encoded_context)
        try:
            suite.verify_with_label(public, b"FramedContentTBS", tbs, self.signature)
        except InvalidSignature:
            raise MessageSignatureInvalid from None

    @classmethod
    def read(cls, reader: Reader) -> AuthenticatedContent:
        wire_format = reader.uint16()
        if wire_format not in (WireFormat.PUBLIC_MESSAGE, WireFormat.PRIVATE_MESSAGE):
            raise MLSDecodeError(f"no content is framed as wire format {wire_format}")
        content = FramedContent.read(reader)
        signature, tag = read_auth_data(reader, content.content_type)
        return cls(WireFormat(wire_format), content, signature, tag)

    def encode(self) -> bytes:
        return uint16(self.wire_format) + self.content.encode() + self.encode_auth_data()

    def encode_auth_data(self) -> bytes:
        """FramedContentAuthData."""
        tag = b"" if self.confirmation_tag is None else opaque(self.confirmation_tag)
        return opaque(self.signature) + tag

    def confirmed_input(self) -> bytes:
        """ConfirmedTranscriptHashInput (section 8.2)."""
        return uint16(self.wire_format) + self.content.encode() + opaque(self.signature)

    def to_be_maced(self, encoded_context: bytes) -> bytes:
        """AuthenticatedContentTBM (section 6.2)."""
        tbs = _to_be_signed(self.wire_format, self.content, encoded_context)
        return tbs + self.encode_auth_data()

    def proposal_ref(self, suite: CipherSuite) -> bytes:
        """ProposalRef (section 5.2)."""
        return suite.ref_hash(b"MLS 1.0 Proposal Reference", self.encode())


def read_auth_data(reader: Reader, kind: ContentType) -> tuple[bytes, bytes | None]:
    """FramedContentAuthData: (signature, confirmation tag of a commit)."""
    signature = reader.opaque()
    return signature, reader.opaque() if kind is ContentType.COMMIT else None


def _to_be_signed(wire_format: WireFormat, content: FramedContent, encoded_context: bytes) -> bytes:
    """FramedContentTBS; the context binds the content to the group's state for whoever knows it."""
    head = uint16(MLS10) + uint16(wire_format) + content.encode()
    if content.sender.kind in (SenderType.MEMBER, SenderType.NEW_MEMBER_COMMIT):
        return head + encoded_context
    return head
