"""A step in the life of a request: its outcome, and what it must say."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, ClassVar, Final

import msgspec

from rogatory.protocol.documents.base import Body, Payload, check_date, check_distinct, is_blank
from rogatory.protocol.documents.errors import Gap, MissingEssential, UnsoundDocument
from rogatory.protocol.documents.fields import Annexes, Date, DocumentRef, Hex32, Language, Line, LongText
from rogatory.protocol.documents.officers import Officers
from rogatory.protocol.documents.requests.essentials import gaps_of
from rogatory.protocol.documents.requests.parts import Confidentiality, UseLimits
from rogatory.protocol.text import message


class Outcome(StrEnum):
    """What a step says. Who may take it from where: `rogatory.protocol.life.table`."""

    UNDER_REVIEW = "under_review"
    ACCEPTED = "accepted"
    FORWARDED = "forwarded"
    IN_EXECUTION = "in_execution"
    INFORMATION_REQUESTED = "information_requested"
    INFORMATION_GIVEN = "information_given"
    CONSULTATION = "consultation"
    CONSULTATION_ANSWERED = "consultation_answered"
    POSTPONED = "postponed"
    PARTLY_EXECUTED = "partly_executed"
    EXECUTED = "executed"
    REFUSED = "refused"
    ANSWERED = "answered"
    NO_LONGER_REQUIRED = "no_longer_required"
    EXTENSION_ASKED = "extension_asked"
    EXTENDED = "extended"
    USE_ASKED = "use_asked"
    USE_ALLOWED = "use_allowed"
    USE_REFUSED = "use_refused"


class Contemplated(StrEnum):
    """What a consultation is about (UNTOC 18(26), 18(28))."""

    REFUSAL = "refusal"
    POSTPONEMENT = "postponement"
    CONDITIONS = "conditions"
    COSTS = "costs"


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


NEEDS: Final[dict[Outcome, tuple[str, str]]] = {
    Outcome.PARTLY_EXECUTED: (message("what was not executed, and why"), "UNTOC 18(23)"),
    Outcome.REFUSED: (message("the reasons of the refusal"), "UNTOC 18(23)"),
    Outcome.POSTPONED: (message("the reason of the postponement"), "UNTOC 18(25)"),
    Outcome.INFORMATION_REQUESTED: (message("the information that is asked for"), "UNTOC 18(16)"),
    Outcome.CONSULTATION: (message("what is contemplated, and why"), "UNTOC 18(26)"),
    Outcome.EXTENSION_ASKED: (message("the reason of the extension"), "practice"),
    Outcome.USE_ASKED: (message("the further use that is asked for, and of what"), "UNTOC 18(19)"),
    Outcome.USE_REFUSED: (message("the reasons of the refusal"), "UNTOC 18(19)"),
}
"""Outcomes that need a text: what it must say, and the article."""

DATED: Final[dict[Outcome, tuple[str, str]]] = {
    Outcome.EXTENSION_ASKED: (message("until when the data are to be kept"), "practice"),
    Outcome.EXTENDED: (message("until when the data are kept"), "practice"),
}
"""Outcomes that need `until`."""

_WITH_GROUNDS: Final = (Outcome.REFUSED, Outcome.PARTLY_EXECUTED, Outcome.POSTPONED, Outcome.CONSULTATION)


class Reply(Body, frozen=True, kw_only=True):
    """A step in the life of one request, known by its id and digest. `previous`: digest of the step before it, at first
    that of the request, so that both sides hold one chain.
    """

    KIND: ClassVar[str] = "reply"
    CASE_DATA: ClassVar[bool] = True

    request: DocumentRef
    previous: Hex32
    outcome: Outcome
    grounds: Annotated[tuple[Ground, ...], msgspec.Meta(max_length=20)] = ()
    contemplates: Contemplated | None = None
    text: LongText = ""
    until: Date | None = None
    forwarded_to: Line = ""
    """The competent authority."""
    language: Language
    reference: Line = ""
    """The replying authority's own file number."""
    annexes: Annexes = ()
    use_limits: UseLimits | None = None
    confidentiality: Confidentiality | None = None
    officers: Officers = ()

    def check(self, payload: Payload) -> None:
        """A refusal needs a ground and reasons, always (UNTOC 18(21), 18(23)); other steps what `NEEDS` says."""
        check_distinct(self.grounds, "grounds")
        check_date(self.until, "until")
        gaps = tuple(self._gaps())
        if gaps:
            raise MissingEssential(gaps)
        if self.grounds and self.outcome not in _WITH_GROUNDS:
            raise UnsoundDocument(
                message("grounds of refusal do not go with the outcome {outcome}", outcome=self.outcome)
            )
        if self.contemplates is not None and self.outcome is not Outcome.CONSULTATION:
            raise UnsoundDocument(message("only a consultation contemplates something"))
        if payload.in_reply_to not in (None, self.request.id):
            raise UnsoundDocument(message("in_reply_to names another document than the request replied to"))

    def _gaps(self) -> Iterator[Gap]:
        if self.outcome is Outcome.REFUSED and not self.grounds:
            yield Gap(message("the ground of the refusal"), "UNTOC 18(21)")
        if self.outcome in NEEDS and is_blank(self.text):
            yield Gap(*NEEDS[self.outcome])
        if self.outcome in DATED and self.until is None:
            yield Gap(*DATED[self.outcome])
        if self.use_limits is not None:
            yield from gaps_of(self.use_limits)
        if self.outcome is Outcome.CONSULTATION and self.contemplates is None:
            yield Gap(message("whether refusal, postponement, conditions or costs are contemplated"), "UNTOC 18(26)")
        if self.outcome is Outcome.FORWARDED and is_blank(self.forwarded_to):
            yield Gap(message("the competent authority that it was forwarded to"), "UNTOC 18(13)")
        if self.outcome in (Outcome.ANSWERED, Outcome.INFORMATION_GIVEN) and is_blank(self.text) and not self.annexes:
            yield Gap(message("what is answered: a text or an annex"), "UNTOC 18(16), 18(24)")
