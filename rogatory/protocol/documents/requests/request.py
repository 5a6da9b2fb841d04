"""A request for cooperation: the content that every form shares, by UNTOC 18(15) and practice."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

import msgspec

from rogatory.protocol.documents.base import Body, Payload, check_date
from rogatory.protocol.documents.errors import MissingEssential, UnsoundDocument
from rogatory.protocol.documents.fields import Annexes, Date, Language, Line, LongText, Text
from rogatory.protocol.documents.officers import Officers
from rogatory.protocol.documents.requests.asking import PRACTICE, Ask, Section, always, untoc
from rogatory.protocol.documents.requests.essentials import gaps_of
from rogatory.protocol.documents.requests.parts import (
    Conducting,
    Confidentiality,
    LegalBasis,
    Offence,
    Person,
    Related,
    Translation,
    UseLimits,
)
from rogatory.protocol.documents.urgency import Urgency
from rogatory.protocol.text import message


class Nature(StrEnum):
    """UNTOC 18(15)(b): what the request relates to."""

    INVESTIGATION = "investigation"
    PROSECUTION = "prosecution"
    JUDICIAL_PROCEEDING = "judicial_proceeding"


class Basis(StrEnum):
    """Whether the requested State's word on UNTOC as a legal basis bears on a form, and which."""

    ASSISTANCE = "assistance"
    EXTRADITION = "extradition"
    NONE = "none"


def _asks(request: Request) -> bool:
    return request.ASKS


def _needs_basis(request: Request) -> bool:
    return request.ASKS and not request.reciprocity


def _needs_facts(request: Request) -> bool:
    return request.needs_facts()


def _is_urgent(request: Request) -> bool:
    return request.urgency is not Urgency.ROUTINE


def _has_deadline(request: Request) -> bool:
    return request.deadline is not None


class Request(Body, frozen=True, kw_only=True, tag_field="form"):
    """What every request says. A form is a subclass in `forms/`, with what it asks for besides.

    ARTICLE: of UNTOC. TITLE: a message id. COMPETENCE: the purpose that a competent authority's directory entry
    names. ASKS: whether it asks for something (spontaneous information does not).
    """

    KIND: ClassVar[str] = "request"
    CASE_DATA: ClassVar[bool] = True
    ARTICLE: ClassVar[str]
    TITLE: ClassVar[str]
    COMPETENCE: ClassVar[str] = "mutual_legal_assistance"
    BASIS: ClassVar[Basis] = Basis.ASSISTANCE
    ASKS: ClassVar[bool] = True

    reference: Annotated[
        Line, Ask(PRACTICE, message("own reference"), message("Your own file number."), always, Section.REFERENCE)
    ]
    requesting_authority: Annotated[
        Line,
        Ask(
            untoc("18(15)(a)"),
            message("identity of the authority making the request"),
            essential=always,
            section=Section.AUTHORITIES,
        ),
    ] = ""
    contact: Annotated[
        Text,
        Ask(PRACTICE, message("contact of the requesting authority"), section=Section.AUTHORITIES),
    ] = ""
    requested_authority: Annotated[
        Text,
        Ask(PRACTICE, message("requested authority and its contact"), section=Section.AUTHORITIES),
    ] = ""
    subject: Annotated[
        Line, Ask(untoc("18(15)(b)"), message("subject matter"), essential=always, section=Section.SUBJECT)
    ] = ""
    nature: Annotated[
        Nature | None,
        Ask(
            untoc("18(15)(b)"),
            message("nature of the investigation, prosecution or judicial proceeding"),
            essential=_asks,
            section=Section.SUBJECT,
        ),
    ] = None
    conducting: Annotated[
        Conducting,
        Ask(
            untoc("18(15)(b)"),
            message("authority conducting it"),
            essential=_asks,
            section=Section.SUBJECT,
        ),
    ] = Conducting()
    facts: Annotated[
        LongText,
        Ask(
            untoc("18(15)(c)"),
            message("summary of the relevant facts"),
            essential=_needs_facts,
            section=Section.FACTS,
        ),
    ] = ""
    assistance: Annotated[
        Text,
        Ask(
            untoc("18(15)(d)"),
            message("description of the assistance sought"),
            essential=_asks,
            section=Section.ASSISTANCE,
        ),
    ] = ""
    procedure: Annotated[
        Text,
        Ask(
            untoc("18(15)(d)"),
            message("particular procedure to be followed"),
            message("18(17): it is followed where the requested State's law allows."),
            section=Section.ASSISTANCE,
        ),
    ] = ""
    persons: Annotated[
        tuple[Person, ...],
        msgspec.Meta(max_length=200),
        Ask(untoc("18(15)(e)"), message("persons concerned"), section=Section.PERSONS),
    ] = ()
    aim: Annotated[
        Text,
        Ask(
            untoc("18(15)(f)"),
            message("purpose"),
            message("For which evidence, information or action is sought."),
            _asks,
            Section.PURPOSE,
        ),
    ] = ""
    legal_basis: Annotated[
        tuple[LegalBasis, ...],
        msgspec.Meta(max_length=20),
        Ask(
            PRACTICE,
            message("legal basis, or reciprocity"),
            essential=_needs_basis,
            section=Section.LAW,
        ),
    ] = ()
    reciprocity: Annotated[bool, Ask(PRACTICE, message("reciprocity is offered"), section=Section.LAW)] = False
    offences: Annotated[
        tuple[Offence, ...], msgspec.Meta(max_length=100), Ask(PRACTICE, message("offences"), section=Section.LAW)
    ] = ()
    dual_criminality: Annotated[
        Text, Ask(untoc("18(9)"), message("statement on dual criminality"), section=Section.LAW)
    ] = ""
    urgency: Annotated[
        Urgency,
        Ask(PRACTICE, message("urgency"), message("Emergency: a threat to life."), section=Section.TIME),
    ] = Urgency.ROUTINE
    urgency_reason: Annotated[
        Text,
        Ask(
            PRACTICE,
            message("reason of the urgency"),
            essential=_is_urgent,
            section=Section.TIME,
        ),
    ] = ""
    deadline: Annotated[Date | None, Ask(untoc("18(24)"), message("suggested deadline"), section=Section.TIME)] = None
    deadline_reason: Annotated[
        Text,
        Ask(
            untoc("18(24)"),
            message("reason of the deadline"),
            essential=_has_deadline,
            section=Section.TIME,
        ),
    ] = ""
    confidentiality: Annotated[
        Confidentiality | None,
        Ask(untoc("18(20)"), message("confidentiality asked for"), section=Section.LIMITS),
    ] = None
    use_limits: Annotated[UseLimits | None, Ask(untoc("18(19)"), message("use limits"), section=Section.LIMITS)] = None
    language: Annotated[Language, Ask(untoc("18(14)"), message("language"), message("As en."), always, Section.ANNEXES)]
    translations: Annotated[
        tuple[Translation, ...],
        msgspec.Meta(max_length=20),
        Ask(untoc("18(14)"), message("translations"), section=Section.ANNEXES),
    ] = ()
    related: Annotated[
        tuple[Related, ...],
        msgspec.Meta(max_length=50),
        Ask(PRACTICE, message("related requests"), section=Section.ANNEXES),
    ] = ()
    annexes: Annotated[Annexes, Ask(PRACTICE, message("annexes"), section=Section.ANNEXES)] = ()
    officers: Annotated[
        Officers,
        Ask(PRACTICE, message("officers who prepared and approved it"), section=Section.ANNEXES),
    ] = ()

    @property
    def form(self) -> str:
        """The form's name, as it stands in the document."""
        return form_name(type(self))

    def needs_facts(self) -> bool:
        """UNTOC 18(15)(c)."""
        return True

    def check(self, payload: Payload) -> None:
        """Raise MissingEssential naming every gap, or UnsoundDocument for parts that contradict each other."""
        gaps = gaps_of(self)
        if gaps:
            raise MissingEssential(gaps)
        check_date(self.deadline, "deadline")
        for person in self.persons:
            check_date(person.born, "born")
        annexed = {annex.sha256 for annex in self.annexes}
        if any(translation.annex not in annexed for translation in self.translations):
            raise UnsoundDocument(message("a translation is not among the annexes"))
        self.check_form()

    def check_form(self) -> None:
        """The form's own rules; raises UnsoundDocument."""


def form_name(form: type[Request]) -> str:
    """A form's name: its tag."""
    tag = form.__struct_config__.tag
    assert isinstance(tag, str)
    return tag
