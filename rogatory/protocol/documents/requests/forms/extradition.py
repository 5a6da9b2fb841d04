"""Extradition, with provisional arrest, UNTOC 16."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from rogatory.protocol.documents.base import check_date
from rogatory.protocol.documents.fields import Line, Part, Text
from rogatory.protocol.documents.requests.asking import PRACTICE, Ask, always, untoc
from rogatory.protocol.documents.requests.parts import Order, Person
from rogatory.protocol.documents.requests.request import Basis, Request
from rogatory.protocol.text import message


class Ends(StrEnum):
    """What the person is sought for."""

    PROSECUTION = "prosecution"
    SENTENCE = "sentence"


class ProvisionalArrest(Part, frozen=True, kw_only=True):
    """UNTOC 16(9): custody before the full request, where the circumstances warrant it and are urgent."""

    reason: Annotated[
        Text, Ask(untoc("16(9)"), message("why the circumstances warrant it and are urgent"), essential=always)
    ] = ""
    full_request: Annotated[Line, Ask(untoc("16(9)"), message("when the full request follows"), essential=always)] = ""


def _sentenced(request: Extradition) -> bool:
    return request.ends is Ends.SENTENCE


class Extradition(Request, frozen=True, kw_only=True, tag="extradition"):
    """Identity, the warrant or judgment, offence and penalty."""

    ARTICLE = "16"
    TITLE = message("Extradition")
    COMPETENCE = "extradition"
    BASIS = Basis.EXTRADITION

    sought: Annotated[Person | None, Ask(untoc("16(1)"), message("person sought"), essential=always)] = None
    ends: Annotated[Ends | None, Ask(untoc("16(1)"), message("prosecution, or a sentence"), essential=always)] = None
    order: Annotated[Order | None, Ask(PRACTICE, message("warrant of arrest or judgment"), essential=always)] = None
    charges: Annotated[
        tuple[Line, ...],
        msgspec.Meta(max_length=100),
        Ask(
            untoc("16(1)"), message("offences for which extradition is sought, with their penalties"), essential=always
        ),
    ] = ()
    both_laws: Annotated[
        Text,
        Ask(
            untoc("16(1)"),
            message("why the offence is punishable under the law of both States"),
            essential=always,
        ),
    ] = ""
    sentence_left: Annotated[
        Line,
        Ask(PRACTICE, message("sentence still to be served"), essential=_sentenced),
    ] = ""
    provisional_arrest: Annotated[ProvisionalArrest | None, Ask(untoc("16(9)"), message("provisional arrest"))] = None
    assurances: Annotated[
        Text,
        Ask(untoc("16(13), 16(14)"), message("assurances of fair treatment and speciality")),
    ] = ""
    limitation: Annotated[Text, Ask(PRACTICE, message("that the offence is not time-barred"))] = ""

    def check_form(self) -> None:
        """Dates of the calendar."""
        if self.order is not None:
            check_date(self.order.issued_on, "issued_on")
        if self.sought is not None:
            check_date(self.sought.born, "born")
