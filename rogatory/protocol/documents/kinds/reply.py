"""The reply to a request: its outcome, and for a refusal its grounds and reasons."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

import msgspec

from rogatory.protocol.documents.base import Body, Payload, check_distinct, is_blank
from rogatory.protocol.documents.errors import Gap, MissingEssential, UnsoundDocument
from rogatory.protocol.documents.fields import Annexes, DocumentRef, Language, Line, LongText


class Outcome(StrEnum):
    """What became of a request."""

    ACCEPTED = "accepted"
    EXECUTED = "executed"
    PARTLY_EXECUTED = "partly_executed"
    REFUSED = "refused"
    POSTPONED = "postponed"
    INFORMATION_REQUESTED = "information_requested"
    INFORMATION_GIVEN = "information_given"
    FORWARDED = "forwarded"
    NO_LONGER_REQUIRED = "no_longer_required"


class Ground(StrEnum):
    """Grounds of refusal or postponement, by article of UNTOC.

    Bank secrecy (18(8)) is none, nor are fiscal matters alone (18(22)).
    """

    NOT_IN_CONFORMITY = "18(21)(a)"
    ESSENTIAL_INTERESTS = "18(21)(b)"
    BARRED_BY_DOMESTIC_LAW = "18(21)(c)"
    CONTRARY_TO_LEGAL_SYSTEM = "18(21)(d)"
    NO_DUAL_CRIMINALITY = "18(9)"
    INTERFERES_WITH_PROCEEDINGS = "18(25)"
    NATIONAL = "16(10)"
    DISCRIMINATORY_PROSECUTION = "16(14)"
    OTHER_TREATY = "other_treaty"


NEEDS: dict[Outcome, tuple[str, str]] = {
    Outcome.PARTLY_EXECUTED: ("what was not executed, and why", "UNTOC 18(23)"),
    Outcome.REFUSED: ("the reasons of the refusal", "UNTOC 18(23)"),
    Outcome.POSTPONED: ("the reason of the postponement", "UNTOC 18(25)"),
    Outcome.INFORMATION_REQUESTED: ("the information that is asked for", "UNTOC 18(16)"),
    Outcome.FORWARDED: ("the competent authority that it was forwarded to", "UNTOC 18(13)"),
}
"""Outcomes that need a text: what it must say, and the article."""


class Reply(Body, frozen=True, kw_only=True):
    """To one request, known by its id and digest."""

    KIND: ClassVar[str] = "reply"
    CASE_DATA: ClassVar[bool] = True

    request: DocumentRef
    outcome: Outcome
    grounds: Annotated[tuple[Ground, ...], msgspec.Meta(max_length=20)] = ()
    text: LongText = ""
    language: Language
    reference: Line = ""
    """The replying authority's own file number."""
    annexes: Annexes = ()

    def check(self, payload: Payload) -> None:
        """A refusal needs a ground and reasons, always (UNTOC 18(21), 18(23))."""
        check_distinct(self.grounds, "grounds")
        gaps = []
        if self.outcome is Outcome.REFUSED and not self.grounds:
            gaps.append(Gap("the ground of the refusal", "UNTOC 18(21)"))
        if self.outcome in NEEDS and is_blank(self.text):
            gaps.append(Gap(*NEEDS[self.outcome]))
        if gaps:
            raise MissingEssential(gaps)
        if self.grounds and self.outcome not in (Outcome.REFUSED, Outcome.PARTLY_EXECUTED, Outcome.POSTPONED):
            raise UnsoundDocument(f"grounds of refusal do not go with the outcome {self.outcome.value}")
        if payload.in_reply_to not in (None, self.request.id):
            raise UnsoundDocument("in_reply_to names another document than the request replied to")
