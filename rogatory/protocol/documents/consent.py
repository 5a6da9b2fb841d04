"""Consents: the other parties' signatures under an amendment, over the same payload bytes."""

from __future__ import annotations

from collections.abc import Iterable, Set

from rogatory.protocol.documents.document import Document, KeysOf, UnverifiedDocument, check_author, open_signed
from rogatory.protocol.documents.dsse import encode_envelope
from rogatory.protocol.documents.errors import DocumentError, SignerIsNotAuthor
from rogatory.protocol.documents.kinds.amendment import Amendment
from rogatory.protocol.documents.signing import DocumentSigner, sign_envelope
from rogatory.protocol.text import in_words, message


class IncompleteAmendment(DocumentError):
    """Parties' signatures are missing, or somebody signed who is no party; nobody may be added by it."""

    def __init__(self, message: str, missing: frozenset[str] = frozenset()) -> None:
        self.missing = missing
        super().__init__(message)


def sign_consent(amendment: Document | UnverifiedDocument, signer: DocumentSigner) -> bytes:
    """Another party's envelope over the amendment's own payload bytes; raises SignerIsNotAuthor for other kinds."""
    if not isinstance(amendment.payload.body, Amendment):
        raise SignerIsNotAuthor(message("a {kind} is signed by its author alone", kind=in_words(amendment.kind)))
    return encode_envelope(sign_envelope(amendment.payload_bytes, signer))


def open_consent(envelope: bytes, keys_of: KeysOf) -> Document:
    """A verified signature of any party under an amendment, its author's included; raises a DocumentError."""
    document = open_signed(envelope, keys_of)
    payload = document.payload
    if not isinstance(payload.body, Amendment):
        raise SignerIsNotAuthor(
            message(
                "{signer} signed a {kind} by {author}",
                signer=document.signer,
                kind=in_words(document.kind),
                author=payload.author,
            )
        )
    if document.signer == payload.author:
        check_author(payload, document.signer, document.key_set)
    return document


def open_either(envelope: bytes, keys_of: KeysOf) -> Document:
    """A document by its author, or another party's consent to an amendment: what an entry may carry.

    Raises as `open_document` and `open_consent`.
    """
    document = open_signed(envelope, keys_of)
    if document.signer == document.payload.author or not isinstance(document.payload.body, Amendment):
        check_author(document.payload, document.signer, document.key_set)
    return document


def check_amendment(
    envelopes: Iterable[bytes], parties: Set[str], keys_of: KeysOf, *, gone: Set[str] = frozenset()
) -> Document:
    """The amendment that all of `parties` signed, as its author's document.

    Raises IncompleteAmendment unless the signers are exactly the existing parties, each once, the
    author among them, under one payload; other errors as `open_consent`. `gone`: parties that have
    left since, whose signatures may be missing (a later joiner does not see that they had left).
    """
    signed: dict[str, Document] = {}
    for envelope in envelopes:
        consent = open_consent(envelope, keys_of)
        if consent.signer not in parties:
            raise IncompleteAmendment(message("{signer} signed the amendment and is no party", signer=consent.signer))
        signed[consent.signer] = consent
        if len({document.digest for document in signed.values()}) > 1:
            raise IncompleteAmendment(message("the parties signed different amendments"))
    missing = frozenset(parties) - gone - signed.keys()
    if missing:
        raise IncompleteAmendment(
            message("the amendment lacks the signature of {missing}", missing=tuple(sorted(missing))), missing
        )
    if not signed:
        raise IncompleteAmendment(message("an amendment without signatures"))
    author = next(iter(signed.values())).payload.author
    if author not in signed:
        raise IncompleteAmendment(message("the amendment's author {author} is no party", author=author))
    amendment = signed[author]
    body = amendment.payload.body
    if isinstance(body, Amendment) and parties & set(body.adds):
        raise IncompleteAmendment(message("the amendment adds an authority that is a party already"))
    return amendment
