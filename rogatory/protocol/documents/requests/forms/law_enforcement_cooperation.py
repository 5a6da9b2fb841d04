"""Law-enforcement cooperation, UNTOC 27."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from rogatory.protocol.documents.base import check_distinct
from rogatory.protocol.documents.fields import Line
from rogatory.protocol.documents.requests.asking import PRACTICE, Ask, always, untoc
from rogatory.protocol.documents.requests.request import Basis, Request
from rogatory.protocol.text import message


class Inquiry(StrEnum):
    """UNTOC 27(1)."""

    PERSONS = "persons"
    """(b)(i): identity, whereabouts and activities of persons."""
    PROCEEDS = "proceeds"
    """(b)(ii): movement of proceeds or property."""
    INSTRUMENTALITIES = "instrumentalities"
    """(b)(iii): movement of property, equipment or other instrumentalities."""
    SAMPLES = "samples"
    """(c): items or quantities of substances for analysis."""
    LIAISON = "liaison"
    """(d): exchange of personnel and liaison officers."""
    MEANS_AND_METHODS = "means_and_methods"
    """(e): means and methods, routes, false identities."""
    EARLY_IDENTIFICATION = "early_identification"
    """(f): coordinated measures for early identification."""


class LawEnforcementCooperation(Request, frozen=True, kw_only=True, tag="law_enforcement_cooperation"):
    """Between competent authorities; what is got is not evidence unless asked for as such."""

    ARTICLE = "27"
    TITLE = message("Law-enforcement cooperation")
    BASIS = Basis.NONE

    inquiries: Annotated[
        tuple[Inquiry, ...],
        msgspec.Meta(max_length=7),
        Ask(untoc("27(1)"), message("kind of inquiry or cooperation"), essential=always),
    ] = ()
    unit: Annotated[Line, Ask(PRACTICE, message("unit that asks, and its contact"), essential=always)] = ""
    as_evidence: Annotated[bool, Ask(PRACTICE, message("use as evidence is intended"))] = False

    def check_form(self) -> None:
        """Each stands once."""
        check_distinct(self.inquiries, "inquiries")
