"""When what is due: from a request and its steps, at the times that the log gives them, to the due dates of a matter.

Whoever holds the same log derives the same dates. No local clock takes part; times are Unix seconds of the relay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from rogatory.protocol.documents import DocumentReceipt, DocumentRef, Due, Payload, Reply, Request, Urgency
from rogatory.protocol.documents import Outcome as Step
from rogatory.protocol.documents.requests.digital import DigitalEvidence
from rogatory.protocol.documents.requests.forms.preservation import Preservation
from rogatory.protocol.life.course import Course, advance, begin, receive
from rogatory.protocol.life.table import ENDS, LIFE, IllegalStep, Role, State

HOUR: Final = 3600
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY

LATEST: Final = 253_370_764_799
"""The last second of the year 9998: so every due date, and all stages of it, stand in the calendar of every zone."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Seconds from a document's place in the log until what answers it is due.

    `lead`: how long before a due date one is reminded, and never more than a quarter of its term; `expiry_lead`: the
    same before data go; `grace`: how long after a due date it is escalated.
    """

    acknowledgement: int
    response: int
    answer: int
    lead: int
    expiry_lead: int
    grace: int


TARGETS: Final[dict[Urgency, Targets]] = {
    Urgency.ROUTINE: Targets(WEEK, 4 * WEEK, 12 * WEEK, lead=WEEK, expiry_lead=2 * WEEK, grace=WEEK),
    Urgency.URGENT: Targets(DAY, 3 * DAY, 10 * DAY, lead=DAY, expiry_lead=WEEK, grace=DAY),
    Urgency.EMERGENCY: Targets(HOUR, 4 * HOUR, DAY, lead=HOUR // 2, expiry_lead=DAY, grace=HOUR),
}

RESPONSES: Final = frozenset(step for step, rule in LIFE.items() if rule.role is Role.REQUESTED) - {Step.UNDER_REVIEW}
"""Steps by which the requested side says more than that it looks at the request."""

RESTS: Final = frozenset({State.INFORMATION_REQUESTED, State.CONSULTING, State.POSTPONED})
"""States in which the term of the answer rests."""

_WITHDRAWN: Final = frozenset({State.REFUSED, State.NO_LONGER_REQUIRED})

Met = Callable[[Course, Step | None], bool]

MET: Final[dict[Due, Met]] = {
    Due.ACKNOWLEDGEMENT: lambda course, step: course.state is not State.SENT,
    Due.RESPONSE: lambda course, step: step in RESPONSES or course.state in ENDS,
    Due.ANSWER: lambda course, step: course.state in ENDS,
    Due.DEADLINE: lambda course, step: course.state in ENDS,
    Due.INFORMATION: lambda course, step: course.state is not State.INFORMATION_REQUESTED,
    Due.CONSULTATION: lambda course, step: course.state is not State.CONSULTING,
    Due.RESUMPTION: lambda course, step: course.state is not State.POSTPONED,
    Due.EXTENSION: lambda course, step: step is Step.EXTENDED or course.state in _WITHDRAWN,
    Due.FURTHER_USE: lambda course, step: course.use_asked_by is None,
    Due.PRESERVATION: lambda course, step: course.state in _WITHDRAWN,
    Due.RETENTION: lambda course, step: course.state in ENDS or course.state is State.EXECUTED,
}
"""When a due date is one no longer: after which step (None: a receipt), or where the request stands then."""

EXPIRIES: Final = frozenset({Due.PRESERVATION, Due.RETENTION})
"""After these nothing is owed any more: the data are gone."""

_OPENED_BY: Final[dict[Step, Due]] = {
    Step.INFORMATION_REQUESTED: Due.INFORMATION,
    Step.CONSULTATION: Due.CONSULTATION,
    Step.POSTPONED: Due.RESUMPTION,
    Step.EXTENSION_ASKED: Due.EXTENSION,
    Step.USE_ASKED: Due.FURTHER_USE,
}


@dataclass(frozen=True, slots=True)
class DueDate:
    """Something that one side owes. The term runs from `since` to `at`, `set_by` is the document that began it.

    `debtors`: the authorities of the side that owes it; `reminder`: the one of the other side whose node reminds them.
    `resting`: the other side is to say something first. `ended_at`: when it was met or became pointless.
    """

    name: str
    due: Due
    set_by: DocumentRef
    since: int
    at: int
    owed_by: Role
    debtors: tuple[str, ...]
    reminder: str
    urgency: Urgency
    reason: str = ""
    resting: bool = False
    ended_at: int | None = None


@dataclass(frozen=True, slots=True)
class Logged:
    """A document of the log, its digest and its time."""

    payload: Payload
    digest: bytes
    at: int


def due_dates(logged: Iterable[Logged], closed_at: int | None = None) -> tuple[DueDate, ...]:
    """Every due date of a matter, those that have ended too, in the order in which they were set.

    `logged`: in the order of the log; what has no effect is skipped. `closed_at`: when the matter was closed.
    """
    agenda: _Agenda | None = None
    for each in logged:
        body = each.payload.body
        try:
            if isinstance(body, Request) and agenda is None:
                agenda = _Agenda(body, begin(each.payload, each.digest), each)
            elif isinstance(body, DocumentReceipt) and agenda is not None:
                if (body.document.id, body.document.digest) == (agenda.course.request, agenda.course.first.hex()):
                    agenda.go_on(receive(agenda.course, each.payload.author), None, each.at)
            elif isinstance(body, Reply) and agenda is not None:
                agenda.step(advance(agenda.course, each.payload.author, body, each.digest), body, each)
        except IllegalStep:
            continue
    if agenda is None:
        return ()
    return tuple(
        replace(date, at=min(date.at, LATEST), ended_at=closed_at if date.ended_at is None else date.ended_at)
        for date in agenda.dates.values()
    )


class _Agenda:
    """The due dates of one request while the log is gone through."""

    def __init__(self, request: Request, course: Course, logged: Logged) -> None:
        self.course = course
        self.dates: dict[str, DueDate] = {}
        self._urgency = request.urgency
        self._targets = TARGETS[request.urgency]
        self._rests_since = 0
        self._set_by_request(request, logged)

    def step(self, course: Course, step: Reply, logged: Logged) -> None:
        """A step that had effect."""
        self.go_on(course, step.outcome, logged.at)
        if step.outcome is Step.EXTENDED and step.until is not None:
            self._move(Due.PRESERVATION, end_of(step.until))
        due = _OPENED_BY.get(step.outcome)
        if due is Due.RESUMPTION and step.until is not None:
            self._open(due, logged, end_of(step.until))
        elif due is not None and due is not Due.RESUMPTION:
            self._open(due, logged, logged.at + self._targets.response)

    def go_on(self, course: Course, step: Step | None, at: int) -> None:
        """Where the request stands now; what is met ends, and what rested goes on."""
        if course.state in RESTS and self.course.state not in RESTS:
            self._rests_since = at
        rested = at - self._rests_since if self.course.state in RESTS and course.state not in RESTS else 0
        self.course = course
        for name, date in self.dates.items():
            if date.ended_at is not None:
                continue
            if date.due is Due.ANSWER:
                date = replace(date, at=date.at + rested, resting=course.state in RESTS)
            self.dates[name] = replace(date, ended_at=at) if MET[date.due](course, step) else date

    def _set_by_request(self, request: Request, logged: Logged) -> None:
        self._open(Due.ACKNOWLEDGEMENT, logged, logged.at + self._targets.acknowledgement)
        if not request.ASKS:
            return
        self._open(Due.RESPONSE, logged, logged.at + self._targets.response)
        if request.deadline is None:
            self._open(Due.ANSWER, logged, logged.at + self._targets.answer)
        else:
            self._open(Due.DEADLINE, logged, end_of(request.deadline), reason=request.deadline_reason)
        if isinstance(request, Preservation) and request.preserve_until is not None:
            self._open(Due.PRESERVATION, logged, end_of(request.preserve_until))
        if isinstance(request, DigitalEvidence):
            for day in sorted({each.retention_ends for each in request.accounts if each.retention_ends is not None}):
                self._open(Due.RETENTION, logged, end_of(day), of=day)

    def _open(self, due: Due, logged: Logged, at: int, *, reason: str = "", of: str = "") -> None:
        """A due date; an open one of its kind is past with it. `of`: what tells it from others of its kind."""
        author = logged.payload.author
        owed_by = self._owed_by(due, author)
        requesting = (self.course.requesting,)
        debtors, others = (
            (requesting, self.course.requested) if owed_by is Role.REQUESTING else (self.course.requested, requesting)
        )
        if not of:
            for name, date in self.dates.items():
                if date.due is due and date.ended_at is None:
                    self.dates[name] = replace(date, ended_at=logged.at)
        name = " ".join(part for part in (due.value, logged.payload.id, of) if part)
        self.dates[name] = DueDate(
            name=name,
            due=due,
            set_by=DocumentRef(id=logged.payload.id, digest=logged.digest.hex()),
            since=logged.at,
            at=at,
            owed_by=owed_by,
            debtors=debtors,
            reminder=author if author in others else min(others),
            urgency=self._urgency,
            reason=reason,
        )

    def _owed_by(self, due: Due, author: str) -> Role:
        match due:
            case Due.INFORMATION | Due.CONSULTATION | Due.PRESERVATION:
                return Role.REQUESTING
            case Due.FURTHER_USE:
                return Role.REQUESTED if self.course.role(author) is Role.REQUESTING else Role.REQUESTING
            case _:
                return Role.REQUESTED

    def _move(self, due: Due, at: int) -> None:
        for name, date in self.dates.items():
            if date.due is due and date.ended_at is None:
                self.dates[name] = replace(date, at=at)


def end_of(day: str) -> int:
    """The last second of a day (YYYY-MM-DD) in UTC."""
    return int(datetime.fromisoformat(day).replace(hour=23, minute=59, second=59, tzinfo=UTC).timestamp())
