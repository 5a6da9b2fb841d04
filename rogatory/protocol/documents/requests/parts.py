"""Groups of fields that several forms share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from rogatory.protocol.documents.fields import Country, Date, Hex32, Language, Line, Part, Text, Timestamp
from rogatory.protocol.documents.requests.asking import PRACTICE, Ask, always, untoc
from rogatory.protocol.text import message


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

    name: Annotated[Line, Ask(untoc("18(15)(b)"), message("name of the authority conducting it"), essential=always)] = (
        ""
    )
    functions: Annotated[
        Line, Ask(untoc("18(15)(b)"), message("functions of the authority conducting it"), essential=always)
    ] = ""


class LegalBasis(Part, frozen=True, kw_only=True):
    """A treaty and its articles."""

    instrument: Annotated[Line, Ask(PRACTICE, message("treaty or law"), essential=always)]
    articles: Annotated[Line, Ask(PRACTICE, message("its articles"))] = ""


class Offence(Part, frozen=True, kw_only=True):
    """An offence with its legal provisions and penalty."""

    name: Annotated[Line, Ask(PRACTICE, message("offence"), essential=always)]
    provisions: Annotated[Text, Ask(PRACTICE, message("legal provisions"))] = ""
    penalty: Annotated[Line, Ask(PRACTICE, message("penalty"))] = ""


class Person(Part, frozen=True, kw_only=True):
    """UNTOC 18(15)(e): where possible identity, location and nationality of a person (natural or legal) concerned."""

    role: Annotated[
        Line,
        Ask(untoc("18(15)(e)"), message("role"), message("As suspect, witness, expert, account holder."), always),
    ]
    name: Annotated[Line, Ask(untoc("18(15)(e)"), message("name"), essential=always)]
    other_names: Annotated[Line, Ask(untoc("18(15)(e)"), message("other names"))] = ""
    born: Annotated[Date | None, Ask(untoc("18(15)(e)"), message("date of birth"))] = None
    birthplace: Annotated[Line, Ask(untoc("18(15)(e)"), message("place of birth"))] = ""
    nationalities: Annotated[
        tuple[Country, ...],
        msgspec.Meta(max_length=20),
        Ask(untoc("18(15)(e)"), message("nationalities"), message("ISO 3166-1 alpha-2, as KE.")),
    ] = ()
    location: Annotated[Text, Ask(untoc("18(15)(e)"), message("location"))] = ""
    identifiers: Annotated[
        Text, Ask(untoc("18(15)(e)"), message("identifiers"), message("Passport, registration, account numbers."))
    ] = ""


class Property(Part, frozen=True, kw_only=True):
    """UNTOC 13(3)(a): property with its description, and as far as possible its location and estimated value."""

    description: Annotated[Text, Ask(untoc("13(3)(a)"), message("description of the property"), essential=always)]
    location: Annotated[Text, Ask(untoc("13(3)(a)"), message("location of the property"), essential=always)] = ""
    value: Annotated[
        Line, Ask(untoc("13(3)(a)"), message("estimated value"), message("With its currency, as USD 1,184,500."))
    ] = ""
    holder: Annotated[Line, Ask(PRACTICE, message("who holds it"))] = ""


class Order(Part, frozen=True, kw_only=True):
    """A warrant, judgment or order. `annex` is the SHA-256 of the admissible copy among the annexes."""

    title: Annotated[Line, Ask(PRACTICE, message("kind of order or judgment"), essential=always)]
    issued_by: Annotated[Line, Ask(PRACTICE, message("court or authority that issued it"), essential=always)] = ""
    issued_on: Annotated[Date | None, Ask(PRACTICE, message("date of issue"), essential=always)] = None
    number: Annotated[Line, Ask(PRACTICE, message("case number"))] = ""
    annex: Annotated[Hex32 | None, Ask(PRACTICE, message("copy among the annexes (SHA-256)"))] = None


class Period(Part, frozen=True, kw_only=True):
    """From and to, in UTC, with the time zone in which the facts are told: `+03:00` or `Africa/Nairobi`."""

    start: Annotated[Timestamp, Ask(PRACTICE, message("from (UTC)"), message("As 2026-03-01T00:00:00Z."), always)]
    end: Annotated[Timestamp, Ask(PRACTICE, message("to (UTC)"), essential=always)]
    time_zone: Annotated[Line, Ask(PRACTICE, message("time zone"), message("As +03:00 or Africa/Nairobi."), always)] = (
        ""
    )


class Confidentiality(Part, frozen=True, kw_only=True):
    """UNTOC 18(20): the requested State is to keep fact and substance of the request confidential."""

    reason: Annotated[Text, Ask(untoc("18(20)"), message("reason of the confidentiality"))] = ""


def _spells_out(limits: UseLimits) -> bool:
    return Handling.H3 in limits.handling


class UseLimits(Part, frozen=True, kw_only=True):
    """UNTOC 18(19) and handling codes: how what is in the request may be used."""

    handling: Annotated[
        tuple[Handling, ...], msgspec.Meta(max_length=4), Ask(PRACTICE, message("handling codes"), message("H0 to H3."))
    ] = ()
    text: Annotated[
        Text,
        Ask(
            untoc("18(19)"),
            message("the use limits that handling code H3 stands for"),
            essential=_spells_out,
        ),
    ] = ""


class Translation(Part, frozen=True, kw_only=True):
    """A translation among the annexes; the original stays authoritative. `annex`: its SHA-256."""

    language: Annotated[Language, Ask(PRACTICE, message("language"), essential=always)]
    annex: Annotated[Hex32, Ask(PRACTICE, message("annex (SHA-256)"), essential=always)]
    translator: Annotated[Line, Ask(PRACTICE, message("translator"))] = ""
    certification: Annotated[Text, Ask(PRACTICE, message("certification"))] = ""


class Relation(StrEnum):
    """What a request has to do with the earlier one that it names."""

    PRESERVATION = "preservation"
    """The data that the earlier one asked to preserve are asked for now."""
    SUPPLEMENT = "supplement"
    """It follows the earlier one up, or adds to it."""
    TRANSFER = "transfer"
    """Of the person, or of the proceedings, that the earlier one was about."""
    OTHER = "other"
    """Spelt out."""


def _is_other(related: Related) -> bool:
    return related.relation is Relation.OTHER


class Related(Part, frozen=True, kw_only=True):
    """An earlier request. `digest`: of its document, by which both sides find it; None where it was on paper."""

    reference: Annotated[Line, Ask(PRACTICE, message("reference"), essential=always)]
    digest: Annotated[Hex32 | None, Ask(PRACTICE, message("digest of its document"))] = None
    relation: Annotated[Relation | None, Ask(PRACTICE, message("relation"), essential=always)] = None
    words: Annotated[Line, Ask(PRACTICE, message("the relation in words"), essential=_is_other)] = ""
