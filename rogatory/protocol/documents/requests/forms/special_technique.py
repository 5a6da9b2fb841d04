"""Electronic or other surveillance and undercover operations, UNTOC 20."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from rogatory.protocol.documents.fields import Line, Text
from rogatory.protocol.documents.requests.asking import PRACTICE, Ask, always, untoc
from rogatory.protocol.documents.requests.parts import Period
from rogatory.protocol.documents.requests.request import Request
from rogatory.protocol.text import message


class Technique(StrEnum):
    """Controlled delivery has a form of its own."""

    ELECTRONIC_SURVEILLANCE = "electronic_surveillance"
    OTHER_SURVEILLANCE = "other_surveillance"
    UNDERCOVER_OPERATION = "undercover_operation"


class SpecialTechnique(Request, frozen=True, kw_only=True, tag="special_technique"):
    """Decided case by case where there is no agreement, 20(3)."""

    ARTICLE = "20"
    TITLE = message("Special investigative technique")

    technique: Annotated[Technique | None, Ask(untoc("20(1)"), message("technique"), essential=always)] = None
    target: Annotated[Text, Ask(PRACTICE, message("persons, places or connections concerned"), essential=always)] = ""
    period: Annotated[Period | None, Ask(PRACTICE, message("from when until when"), essential=always)] = None
    authorisation: Annotated[
        Text, Ask(untoc("20(1)"), message("authorisation under the law of the requesting State"), essential=always)
    ] = ""
    necessity: Annotated[Text, Ask(PRACTICE, message("why other means do not suffice"), essential=always)] = ""
    command: Annotated[
        Line, Ask(untoc("20(3)"), message("who directs it, and the point of contact"), essential=always)
    ] = ""
    safety: Annotated[Text, Ask(PRACTICE, message("safety of officers and of persons who help"))] = ""
    agreement: Annotated[Text, Ask(untoc("20(2), 20(3)"), message("agreement or arrangement, costs, jurisdiction"))] = (
        ""
    )
