"""Documents as a whole: signed by their author, opened by everybody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rogatory.protocol.documents.base import Payload
from rogatory.protocol.documents.dsse import decode_envelope, document_digest, encode_envelope, kept_parts, payload_of
from rogatory.protocol.documents.errors import SignerIsNotAuthor
from rogatory.protocol.documents.registry import decode_payload, encode_payload, read_payload
from rogatory.protocol.documents.signing import DocumentKeys, DocumentSigner, sign_envelope, verify_envelope
from rogatory.protocol.text import message

KeysOf = Callable[[str, int], DocumentKeys]
"""From (authority, key set version) to its document keys; raises UnknownKeySet."""


@dataclass(frozen=True, slots=True)
class UnverifiedDocument:
    """What an envelope claims. Its signatures were not checked: look, never act."""

    payload: Payload
    payload_bytes: bytes
    digest: bytes
    envelope: bytes
    signer: str
    key_set: int

    @property
    def kind(self) -> str:
        """The kind that it claims."""
        return self.payload.kind

    @property
    def is_consent(self) -> bool:
        """Whether somebody else than the author signed: a consent to an amendment."""
        return self.signer != self.payload.author


@dataclass(frozen=True, slots=True)
class Document:
    """A document whose signatures verified. `digest` names it; `envelope` proves it."""

    payload: Payload
    payload_bytes: bytes
    digest: bytes
    envelope: bytes
    signer: str
    key_set: int

    @property
    def kind(self) -> str:
        """Its kind."""
        return self.payload.kind


def envelope_digest(envelope: bytes) -> bytes:
    """The digest of the document in an envelope that this side has checked before; raises a DocumentError."""
    return document_digest(payload_of(envelope))


def sign_document(payload: Payload, signer: DocumentSigner) -> bytes:
    """The envelope of a sound payload of the signer's own. Raises as `signed_document`."""
    return signed_document(payload, signer).envelope


def signed_document(payload: Payload, signer: DocumentSigner) -> UnverifiedDocument:
    """A sound payload of the signer's own, signed.

    Raises MissingEssential and other errors of `decode_payload`, SignerIsNotAuthor, DocumentTooLarge.
    """
    data = encode_payload(payload)
    read = decode_payload(data)  # nothing is signed that others would refuse
    check_author(payload, signer.authority, signer.key_set)
    envelope = encode_envelope(sign_envelope(data, signer))
    return UnverifiedDocument(read, data, document_digest(data), envelope, signer.authority, signer.key_set)


def open_document(envelope: bytes, keys_of: KeysOf) -> Document:
    """The verified document; raises a DocumentError, or what `keys_of` raises.

    The signatures are checked before the payload is read (DSSE protocol.md).
    """
    document = open_signed(envelope, keys_of)
    check_author(document.payload, document.signer, document.key_set)
    return document


def open_signed(envelope: bytes, keys_of: KeysOf) -> Document:
    """As `open_document`, whoever signed: for consents, whose signer is not the author."""
    parts = decode_envelope(envelope)
    verify_envelope(parts, keys_of(parts.signer, parts.key_set))
    return Document(
        payload=decode_payload(parts.payload),
        payload_bytes=parts.payload,
        digest=document_digest(parts.payload),
        envelope=envelope,
        signer=parts.signer,
        key_set=parts.key_set,
    )


def peek_document(envelope: bytes) -> UnverifiedDocument:
    """What the envelope claims, unverified; raises a DocumentError."""
    parts = decode_envelope(envelope)
    return UnverifiedDocument(
        payload=decode_payload(parts.payload),
        payload_bytes=parts.payload,
        digest=document_digest(parts.payload),
        envelope=envelope,
        signer=parts.signer,
        key_set=parts.key_set,
    )


def kept_document(envelope: bytes) -> UnverifiedDocument:
    """As `peek_document`, of an envelope that this side has checked and kept: nothing in it is checked again."""
    data, signer, key_set = kept_parts(envelope)
    return UnverifiedDocument(read_payload(data), data, document_digest(data), envelope, signer, key_set)


def check_author(payload: Payload, signer: str, key_set: int) -> None:
    """Raise SignerIsNotAuthor unless the payload names who signed it, and with which keys."""
    if payload.author != signer:
        raise SignerIsNotAuthor(
            message("{signer} signed a document that says it is by {author}", signer=signer, author=payload.author)
        )
    if payload.key_set != key_set:
        raise SignerIsNotAuthor(
            message(
                "{signer} signed with key set {key_set} a document that says key set {named}",
                signer=signer,
                key_set=key_set,
                named=payload.key_set,
            )
        )
