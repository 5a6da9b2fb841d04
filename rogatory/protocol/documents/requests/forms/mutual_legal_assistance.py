"""Mutual legal assistance in the forms of UNTOC 18(3)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

import msgspec

from rogatory.protocol.documents.base import check_distinct
from rogatory.protocol.documents.requests.asking import Ask, Section, always, untoc
from rogatory.protocol.documents.requests.request import Request
from rogatory.protocol.text import Message, message


class AssistanceForm(StrEnum):
    """By letter of UNTOC 18(3)."""

    EVIDENCE_FROM_PERSONS = "a"
    SERVICE_OF_DOCUMENTS = "b"
    SEARCH_SEIZURE_FREEZING = "c"
    EXAMINATION = "d"
    INFORMATION_AND_EXPERTS = "e"
    DOCUMENTS_AND_RECORDS = "f"
    TRACING = "g"
    VOLUNTARY_APPEARANCE = "h"
    OTHER = "i"

    @property
    def wording(self) -> Message:
        """What the letter stands for: a letter alone tells nothing to who executes the request."""
        return _FORMS[self]


_FORMS: Final = {
    AssistanceForm.EVIDENCE_FROM_PERSONS: message("(a) taking evidence or statements from persons"),
    AssistanceForm.SERVICE_OF_DOCUMENTS: message("(b) effecting service of judicial documents"),
    AssistanceForm.SEARCH_SEIZURE_FREEZING: message("(c) executing searches and seizures, and freezing"),
    AssistanceForm.EXAMINATION: message("(d) examining objects and sites"),
    AssistanceForm.INFORMATION_AND_EXPERTS: message(
        "(e) providing information, evidentiary items and expert evaluations"
    ),
    AssistanceForm.DOCUMENTS_AND_RECORDS: message(
        "(f) providing originals or certified copies of relevant documents and records"
    ),
    AssistanceForm.TRACING: message("(g) identifying or tracing proceeds of crime, property and instrumentalities"),
    AssistanceForm.VOLUNTARY_APPEARANCE: message("(h) facilitating the voluntary appearance of persons"),
    AssistanceForm.OTHER: message("(i) any other type of assistance not contrary to domestic law"),
}


class MutualLegalAssistance(Request, frozen=True, kw_only=True, tag="mutual_legal_assistance"):
    """Evidence, service, search, examination, information, records, tracing, appearance, other."""

    ARTICLE = "18"
    TITLE = message("Mutual legal assistance")

    forms: Annotated[
        tuple[AssistanceForm, ...],
        msgspec.Meta(max_length=9),
        Ask(
            untoc("18(3)"),
            message("form of assistance"),
            message(
                "Letters of 18(3): a statements, b service, c search, seizure, freezing, d examination, e information "
                "and experts, f documents and records, g tracing, h voluntary appearance, i other."
            ),
            always,
            Section.ASSISTANCE,
        ),
    ] = ()

    def needs_facts(self) -> bool:
        """UNTOC 18(15)(c): except requests for the purpose of service of judicial documents."""
        return self.forms != (AssistanceForm.SERVICE_OF_DOCUMENTS,)

    def check_form(self) -> None:
        """A form stands once."""
        check_distinct(self.forms, "forms")
