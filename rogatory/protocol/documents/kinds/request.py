"""A request for cooperation: its form, and what makes it fit to be sent."""

from __future__ import annotations

from typing import ClassVar

from rogatory.protocol.documents.base import Payload, check_date, check_distinct
from rogatory.protocol.documents.errors import MissingEssential, UnsoundDocument
from rogatory.protocol.documents.kinds.essentials import gaps_of
from rogatory.protocol.documents.kinds.request_form import Cooperation, RequestForm


class Request(RequestForm, frozen=True, kw_only=True):
    """A request as it is signed."""

    KIND: ClassVar[str] = "request"
    CASE_DATA: ClassVar[bool] = True

    def check(self, payload: Payload) -> None:
        """Raise MissingEssential naming every gap, or UnsoundDocument for parts that contradict each other."""
        gaps = gaps_of(self)
        if gaps:
            raise MissingEssential(gaps)
        check_distinct(self.forms, "forms")
        if self.forms and self.cooperation is not Cooperation.MUTUAL_LEGAL_ASSISTANCE:
            raise UnsoundDocument("forms of assistance (UNTOC 18(3)) go with mutual legal assistance only")
        check_date(self.deadline, "deadline")
        for person in self.persons:
            check_date(person.born, "born")
        annexed = {annex.sha256 for annex in self.annexes}
        if any(translation.annex not in annexed for translation in self.translations):
            raise UnsoundDocument("a translation is not among the annexes")
