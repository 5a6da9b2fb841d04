"""Confiscation, and the measures before it, UNTOC 13."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from rogatory.protocol.documents.base import check_date
from rogatory.protocol.documents.errors import UnsoundDocument
from rogatory.protocol.documents.fields import Text
from rogatory.protocol.documents.requests.asking import Ask, always, untoc
from rogatory.protocol.documents.requests.parts import Order, Property
from rogatory.protocol.documents.requests.request import Request
from rogatory.protocol.text import message


class Measure(StrEnum):
    """What is asked for."""

    OBTAIN_ORDER = "obtain_order"
    """13(1)(a): the requested State's authorities are to obtain an order of confiscation."""
    EXECUTE_ORDER = "execute_order"
    """13(1)(b): an order of the requesting State is to be executed."""
    IDENTIFY_TRACE_FREEZE = "identify_trace_freeze"
    """13(2): proceeds are to be identified, traced, frozen or seized for the purpose of eventual confiscation."""


def _executes(request: Confiscation) -> bool:
    return request.measure is Measure.EXECUTE_ORDER


def _relies_on_facts(request: Confiscation) -> bool:
    return request.measure is not Measure.EXECUTE_ORDER


class Confiscation(Request, frozen=True, kw_only=True, tag="confiscation"):
    """Of proceeds of crime, property, equipment or other instrumentalities."""

    ARTICLE = "13"
    TITLE = message("Confiscation")
    COMPETENCE = "confiscation_and_asset_recovery"

    measure: Annotated[
        Measure | None,
        Ask(
            untoc("13(1), 13(2)"),
            message("measure asked for"),
            message(
                "An order to be obtained (13(1)(a)), one to be executed (13(1)(b)), or tracing and freezing (13(2))."
            ),
            always,
        ),
    ] = None
    properties: Annotated[
        tuple[Property, ...],
        msgspec.Meta(max_length=500),
        Ask(untoc("13(3)(a)"), message("property to be confiscated"), essential=always),
    ] = ()
    facts_relied_on: Annotated[
        Text,
        Ask(
            untoc("13(3)(a)"),
            message("facts relied on, enough to seek an order under the requested State's law"),
            essential=_relies_on_facts,
        ),
    ] = ""
    order: Annotated[
        Order | None,
        Ask(untoc("13(3)(b)"), message("order of confiscation, with an admissible copy"), essential=_executes),
    ] = None
    extent: Annotated[
        Text, Ask(untoc("13(3)(b)"), message("extent to which the order is to be executed"), essential=_executes)
    ] = ""
    third_parties: Annotated[
        Text, Ask(untoc("13(8)"), message("what is known of the rights of bona fide third parties"))
    ] = ""

    def check_form(self) -> None:
        """UNTOC 13(3)(b): an order to be executed is annexed."""
        if self.order is None:
            return
        check_date(self.order.issued_on, "issued_on")
        if self.measure is Measure.EXECUTE_ORDER and self.order.annex not in {annex.sha256 for annex in self.annexes}:
            raise UnsoundDocument(message("the order that is to be executed is not among the annexes (UNTOC 13(3)(b))"))
