"""Expedited preservation of stored computer data."""

from __future__ import annotations

from typing import Annotated

from rogatory.protocol.documents.base import check_date
from rogatory.protocol.documents.fields import Date, Line
from rogatory.protocol.documents.requests.asking import PRACTICE, Ask, always
from rogatory.protocol.documents.requests.digital import DigitalEvidence
from rogatory.protocol.text import message


class Preservation(DigitalEvidence, frozen=True, kw_only=True, tag="preservation"):
    """Data are kept as they are, until a request for mutual legal assistance asks for them."""

    ARTICLE = "18(3)(e)"
    TITLE = message("Expedited preservation of stored computer data")

    preserve_until: Annotated[
        Date | None, Ask(PRACTICE, message("until when the data are to be kept"), essential=always)
    ] = None
    follow_up: Annotated[
        Line,
        Ask(PRACTICE, message("the request that will follow, and when"), essential=always),
    ] = ""

    def check_form(self) -> None:
        """Dates of the calendar."""
        super().check_form()
        check_date(self.preserve_until, "preserve_until")
