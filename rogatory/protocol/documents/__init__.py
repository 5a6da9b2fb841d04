"""Signed documents: provable outside the conversation that they travelled in (PROTOCOL.md, Documents)."""

from rogatory.protocol.documents.base import Body, Payload, compose, timestamp
from rogatory.protocol.documents.consent import (
    IncompleteAmendment,
    check_amendment,
    open_consent,
    sign_consent,
)
from rogatory.protocol.documents.document import (
    Document,
    KeysOf,
    UnverifiedDocument,
    open_document,
    peek_document,
    sign_document,
)
from rogatory.protocol.documents.dsse import MAX_ENVELOPE, document_digest
from rogatory.protocol.documents.errors import (
    DocumentError,
    DocumentTooLarge,
    Gap,
    MalformedDocument,
    MissingEssential,
    SignerIsNotAuthor,
    UnknownKeySet,
    UnknownKind,
    UnsoundDocument,
    UnsupportedDocument,
    WrongSignature,
)
from rogatory.protocol.documents.fields import Annex, DocumentRef, Thread
from rogatory.protocol.documents.kinds.amendment import Amendment
from rogatory.protocol.documents.kinds.announcement import Announcement, Wording
from rogatory.protocol.documents.kinds.charter import Charter, Predecessor, Purpose
from rogatory.protocol.documents.kinds.closing import Closing
from rogatory.protocol.documents.kinds.consultation import Consultation
from rogatory.protocol.documents.kinds.essentials import gaps_of
from rogatory.protocol.documents.kinds.leave import Leave
from rogatory.protocol.documents.kinds.receipt import DocumentReceipt
from rogatory.protocol.documents.kinds.rejoin import Rejoin, rejoin
from rogatory.protocol.documents.kinds.reply import Ground, Outcome, Reply
from rogatory.protocol.documents.kinds.request import Request
from rogatory.protocol.documents.kinds.request_form import (
    AssistanceForm,
    Conducting,
    Confidentiality,
    Cooperation,
    Handling,
    LegalBasis,
    Nature,
    Offence,
    Person,
    Related,
    Translation,
    UseLimits,
)
from rogatory.protocol.documents.kinds.urgency import Urgency
from rogatory.protocol.documents.registry import KINDS, MAX_PAYLOAD
from rogatory.protocol.documents.signing import DocumentKeys, DocumentSigner, SeedSigner

__all__ = [
    "KINDS",
    "MAX_ENVELOPE",
    "MAX_PAYLOAD",
    "Amendment",
    "Annex",
    "Announcement",
    "AssistanceForm",
    "Body",
    "Charter",
    "Closing",
    "Conducting",
    "Confidentiality",
    "Consultation",
    "Cooperation",
    "Document",
    "DocumentError",
    "DocumentKeys",
    "DocumentReceipt",
    "DocumentRef",
    "DocumentSigner",
    "DocumentTooLarge",
    "Gap",
    "Ground",
    "Handling",
    "IncompleteAmendment",
    "KeysOf",
    "Leave",
    "LegalBasis",
    "MalformedDocument",
    "MissingEssential",
    "Nature",
    "Offence",
    "Outcome",
    "Payload",
    "Person",
    "Predecessor",
    "Purpose",
    "Rejoin",
    "Related",
    "Reply",
    "Request",
    "SeedSigner",
    "SignerIsNotAuthor",
    "Thread",
    "Translation",
    "UnknownKeySet",
    "UnknownKind",
    "UnsoundDocument",
    "UnsupportedDocument",
    "UnverifiedDocument",
    "Urgency",
    "UseLimits",
    "Wording",
    "WrongSignature",
    "check_amendment",
    "compose",
    "document_digest",
    "gaps_of",
    "open_consent",
    "open_document",
    "peek_document",
    "rejoin",
    "sign_consent",
    "sign_document",
    "timestamp",
]
