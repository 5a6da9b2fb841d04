"""Messages that are signed but not encrypted (RFC 9420 section 6.2)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from .codec import Reader, Structure, opaque
from .errors import ApplicationDataInPublic, MembershipTagInvalid
from .framed_content import AuthenticatedContent, ContentType, FramedContent, SenderType, WireFormat, read_auth_data
from .suite import CipherSuite


@dataclass(frozen=True, slots=True)
class PublicMessage(Structure):
    """`membership_tag` is there for messages of members only."""

    content: FramedContent
    signature: bytes
    confirmation_tag: bytes | None
    membership_tag: bytes | None

    @classmethod
    def read(cls, reader: Reader) -> PublicMessage:
        content = FramedContent.read(reader)
        signature, confirmation_tag = read_auth_data(reader, content.content_type)
        membership_tag = reader.opaque() if content.sender.kind is SenderType.MEMBER else None
        return cls(content, signature, confirmation_tag, membership_tag)

    def encode(self) -> bytes:
        tag = b"" if self.membership_tag is None else opaque(self.membership_tag)
        return self.content.encode() + self.authenticated().encode_auth_data() + tag

    def authenticated(self) -> AuthenticatedContent:
        return AuthenticatedContent(WireFormat.PUBLIC_MESSAGE, self.content, self.signature, self.confirmation_tag)


def protect_public(
    suite: CipherSuite, message: AuthenticatedContent, membership_key: bytes, encoded_context: bytes
) -> PublicMessage:
    """Raises ApplicationDataInPublic."""
    content = message.content
    if content.content_type is ContentType.APPLICATION:
        raise ApplicationDataInPublic
    tag = None
    if content.sender.kind is SenderType.MEMBER:
        tag = suite.mac(membership_key, message.to_be_maced(encoded_context))
    return PublicMessage(content, message.signature, message.confirmation_tag, tag)


def unprotect_public(
    suite: CipherSuite, message: PublicMessage, membership_key: bytes, encoded_context: bytes
) -> AuthenticatedContent:
    """Raises ApplicationDataInPublic or MembershipTagInvalid; the signature is left to be verified."""
    authenticated = message.authenticated()
    if message.content.content_type is ContentType.APPLICATION:
        raise ApplicationDataInPublic
    if message.membership_tag is not None:
        expected = suite.mac(membership_key, authenticated.to_be_maced(encoded_context))
        if not hmac.compare_digest(expected, message.membership_tag):
            raise MembershipTagInvalid
    return authenticated
