"""Signed documents: provable outside the conversation that they travelled in (PROTOCOL.md, Documents)."""

from rogatory.protocol.documents.base import Body, Payload, compose, timestamp
from rogatory.protocol.documents.consent import (
    IncompleteAmendment,
    check_amendment,
    open_consent,
    open_either,
    sign_consent,
)
from rogatory.protocol.documents.document import (
    Document,
    KeysOf,
    UnverifiedDocument,
    envelope_digest,
    kept_document,
    open_document,
    peek_document,
    sign_document,
    signed_document,
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
from rogatory.protocol.documents.kinds.evidence import Evidence, Stated, Statement
from rogatory.protocol.documents.kinds.leave import Leave
from rogatory.protocol.documents.kinds.objection import Objection
from rogatory.protocol.documents.kinds.receipt import DocumentReceipt
from rogatory.protocol.documents.kinds.rejoin import Rejoin, rejoin
from rogatory.protocol.documents.kinds.reminder import Contact, Due, Reminder, ReminderStage
from rogatory.protocol.documents.kinds.reply import Contemplated, Ground, Outcome, Reply
from rogatory.protocol.documents.officers import Act, Officer
from rogatory.protocol.documents.registry import KINDS, MAX_PAYLOAD
from rogatory.protocol.documents.requests.description import Field, Shape, fields_of
from rogatory.protocol.documents.requests.essentials import gaps_of
from rogatory.protocol.documents.requests.forms import FORMS
from rogatory.protocol.documents.requests.forms.mutual_legal_assistance import AssistanceForm, MutualLegalAssistance
from rogatory.protocol.documents.requests.forms.spontaneous_information import SpontaneousInformation
from rogatory.protocol.documents.requests.keeping import Kept, dropped_limits, keep_limits
from rogatory.protocol.documents.requests.letter import letter_of
from rogatory.protocol.documents.requests.limits import limits_of
from rogatory.protocol.documents.requests.misfits import misfit_of
from rogatory.protocol.documents.requests.parts import (
    Conducting,
    Confidentiality,
    Handling,
    LegalBasis,
    Offence,
    Person,
    Related,
    Relation,
    Translation,
    UseLimits,
)
from rogatory.protocol.documents.requests.request import Basis, Nature, Request
from rogatory.protocol.documents.requests.schema import schema_of
from rogatory.protocol.documents.requests.template import Untouched, template_of, untouched_in
from rogatory.protocol.documents.signing import DocumentKeys, DocumentSigner, SeedSigner
from rogatory.protocol.documents.urgency import Urgency

__all__ = [
    "FORMS",
    "KINDS",
    "MAX_ENVELOPE",
    "MAX_PAYLOAD",
    "Act",
    "Amendment",
    "Annex",
    "Announcement",
    "AssistanceForm",
    "Basis",
    "Body",
    "Charter",
    "Closing",
    "Conducting",
    "Confidentiality",
    "Consultation",
    "Contact",
    "Contemplated",
    "Document",
    "DocumentError",
    "DocumentKeys",
    "DocumentReceipt",
    "DocumentRef",
    "DocumentSigner",
    "DocumentTooLarge",
    "Due",
    "Evidence",
    "Field",
    "Gap",
    "Ground",
    "Handling",
    "IncompleteAmendment",
    "Kept",
    "KeysOf",
    "Leave",
    "LegalBasis",
    "MalformedDocument",
    "MissingEssential",
    "MutualLegalAssistance",
    "Nature",
    "Objection",
    "Offence",
    "Officer",
    "Outcome",
    "Payload",
    "Person",
    "Predecessor",
    "Purpose",
    "Rejoin",
    "Related",
    "Relation",
    "Reminder",
    "ReminderStage",
    "Reply",
    "Request",
    "SeedSigner",
    "Shape",
    "SignerIsNotAuthor",
    "SpontaneousInformation",
    "Stated",
    "Statement",
    "Thread",
    "Translation",
    "UnknownKeySet",
    "UnknownKind",
    "UnsoundDocument",
    "UnsupportedDocument",
    "Untouched",
    "UnverifiedDocument",
    "Urgency",
    "UseLimits",
    "Wording",
    "WrongSignature",
    "check_amendment",
    "compose",
    "document_digest",
    "dropped_limits",
    "envelope_digest",
    "fields_of",
    "gaps_of",
    "keep_limits",
    "kept_document",
    "letter_of",
    "limits_of",
    "misfit_of",
    "open_consent",
    "open_document",
    "open_either",
    "peek_document",
    "rejoin",
    "schema_of",
    "sign_consent",
    "sign_document",
    "signed_document",
    "template_of",
    "timestamp",
    "untouched_in",
]
