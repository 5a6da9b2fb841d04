"""The form of a request: the content that UNTOC 18(15) asks for and what practice adds."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from rogatory.protocol.documents.base import Body
from rogatory.protocol.documents.fields import (
    Annexes,
    Country,
    Date,
    Hex32,
    Language,
    Line,
    LongText,
    Part,
    Text,
)
from rogatory.protocol.documents.kinds.urgency import Urgency


class Cooperation(StrEnum):
    """What is asked for, by article of UNTOC."""

    CONFISCATION = "13"
    DISPOSAL = "14"
    EXTRADITION = "16"
    TRANSFER_OF_SENTENCED_PERSONS = "17"
    MUTUAL_LEGAL_ASSISTANCE = "18"
    SPONTANEOUS_INFORMATION = "18(4)"
    JOINT_INVESTIGATION = "19"
    SPECIAL_TECHNIQUES = "20"
    TRANSFER_OF_PROCEEDINGS = "21"
    LAW_ENFORCEMENT_COOPERATION = "27"


class AssistanceForm(StrEnum):
    """The forms of mutual legal assistance, by letter of UNTOC 18(3)."""

    EVIDENCE_FROM_PERSONS = "a"
    SERVICE_OF_DOCUMENTS = "b"
    SEARCH_SEIZURE_FREEZING = "c"
    EXAMINATION = "d"
    INFORMATION_AND_EXPERTS = "e"
    DOCUMENTS_AND_RECORDS = "f"
    TRACING = "g"
    VOLUNTARY_APPEARANCE = "h"
    OTHER = "i"


class Nature(StrEnum):
    """UNTOC 18(15)(b): what the request relates to."""

    INVESTIGATION = "investigation"
    PROSECUTION = "prosecution"
    JUDICIAL_PROCEEDING = "judicial_proceeding"


class Handling(StrEnum):
    """Handling codes of police practice."""

    H0 = "H0"
    """Only for preventing and combating crime."""
    H1 = "H1"
    """Not in judicial proceedings without permission."""
    H2 = "H2"
    """No dissemination without permission."""
    H3 = "H3"
    """Other, spelt out."""


class Conducting(Part, frozen=True, kw_only=True):
    """UNTOC 18(15)(b): the authority that conducts the investigation, prosecution or proceeding."""

    name: Line = ""
    functions: Line = ""


class LegalBasis(Part, frozen=True, kw_only=True):
    """A treaty and its articles, or reciprocity."""

    instrument: Line
    articles: Line = ""


class Offence(Part, frozen=True, kw_only=True):
    """An offence with its legal provisions and penalty."""

    name: Line
    provisions: Text = ""
    penalty: Line = ""


class Person(Part, frozen=True, kw_only=True):
    """UNTOC 18(15)(e): where possible identity, location and nationality of a person (natural or legal) concerned."""

    role: Line
    name: Line
    other_names: Line = ""
    born: Date | None = None
    birthplace: Line = ""
    nationalities: Annotated[tuple[Country, ...], msgspec.Meta(max_length=20)] = ()
    location: Text = ""
    identifiers: Text = ""


class Confidentiality(Part, frozen=True, kw_only=True):
    """UNTOC 18(20): the requested State is to keep fact and substance of the request confidential."""

    reason: Text = ""


class UseLimits(Part, frozen=True, kw_only=True):
    """UNTOC 18(19) and handling codes: how what is in the request may be used."""

    handling: Annotated[tuple[Handling, ...], msgspec.Meta(max_length=4)] = ()
    text: Text = ""


class Translation(Part, frozen=True, kw_only=True):
    """A translation among the annexes; the original stays authoritative."""

    language: Language
    annex: Hex32
    """SHA-256 of the annex."""
    translator: Line = ""
    certification: Text = ""


class Related(Part, frozen=True, kw_only=True):
    """An earlier related request."""

    reference: Line
    digest: Hex32 | None = None
    relation: Line = ""


class RequestForm(Body, frozen=True, kw_only=True):
    """The letters (a) to (f) are those of UNTOC 18(15). `essentials.py` says which fields which request needs."""

    reference: Line
    """The requesting authority's own file number."""
    cooperation: Cooperation
    forms: Annotated[tuple[AssistanceForm, ...], msgspec.Meta(max_length=9)] = ()

    requesting_authority: Line = ""  # (a)
    subject: Line = ""  # (b)
    nature: Nature | None = None  # (b)
    conducting: Conducting = Conducting()  # (b)
    facts: LongText = ""  # (c)
    assistance: Text = ""  # (d)
    procedure: Text = ""  # (d), particular procedure to be followed
    persons: Annotated[tuple[Person, ...], msgspec.Meta(max_length=200)] = ()  # (e)
    aim: Text = ""  # (f), the purpose for which evidence, information or action is sought

    legal_basis: Annotated[tuple[LegalBasis, ...], msgspec.Meta(max_length=20)] = ()
    reciprocity: bool = False
    offences: Annotated[tuple[Offence, ...], msgspec.Meta(max_length=100)] = ()
    dual_criminality: Text = ""
    urgency: Urgency = Urgency.ROUTINE
    urgency_reason: Text = ""
    deadline: Date | None = None
    deadline_reason: Text = ""
    confidentiality: Confidentiality | None = None
    use_limits: UseLimits | None = None
    language: Language
    translations: Annotated[tuple[Translation, ...], msgspec.Meta(max_length=20)] = ()
    related: Annotated[tuple[Related, ...], msgspec.Meta(max_length=50)] = ()
    annexes: Annexes = ()
