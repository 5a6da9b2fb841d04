"""Controlled delivery, UNTOC 20(4)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from rogatory.protocol.documents.fields import Line, Text
from rogatory.protocol.documents.requests.asking import PRACTICE, Ask, always, untoc
from rogatory.protocol.documents.requests.parts import Period
from rogatory.protocol.documents.requests.request import Request
from rogatory.protocol.text import message


class Method(StrEnum):
    """UNTOC 20(4): what is done with the goods on the way."""

    INTACT = "intact"
    REMOVED = "removed"
    REPLACED = "replaced"


class ControlledDelivery(Request, frozen=True, kw_only=True, tag="controlled_delivery"):
    """Illicit consignments pass out of, through or into a State's territory, known and watched."""

    ARTICLE = "20(4)"
    TITLE = message("Controlled delivery")

    consignment: Annotated[Text, Ask(untoc("20(4)"), message("consignment"), essential=always)] = ""
    route: Annotated[Text, Ask(untoc("20(4)"), message("route and means of transport"), essential=always)] = ""
    period: Annotated[Period | None, Ask(PRACTICE, message("expected times"), essential=always)] = None
    method: Annotated[
        Method | None,
        Ask(untoc("20(4)"), message("whether the goods continue intact, or are removed or replaced"), essential=always),
    ] = None
    surveillance: Annotated[Text, Ask(PRACTICE, message("how it is watched, and who decides"), essential=always)] = ""
    operation_contact: Annotated[
        Line, Ask(PRACTICE, message("point of contact during the operation"), essential=always)
    ] = ""
    costs: Annotated[Text, Ask(untoc("20(3)"), message("arrangements on costs and jurisdiction"))] = ""
