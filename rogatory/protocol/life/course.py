"""The course of one request: a frozen value that each signed step leads on, whoever follows it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rogatory.protocol.documents import Contemplated, Payload, Reply, Request
from rogatory.protocol.documents import Outcome as Step
from rogatory.protocol.life.table import (
    LIFE,
    OF_INFORMATION,
    CrossedStep,
    IllegalStep,
    Need,
    Role,
    State,
    WrongRole,
)
from rogatory.protocol.text import message


@dataclass(frozen=True, slots=True)
class Course:
    """Where a request stands. `request`: its message id (hex); `first`: its digest; `last`: that of the last step.

    `consulted`: what was consulted on since the requested side last decided. `use_asked_by`: who asked for a further
    use and has no answer yet.
    """

    request: str
    first: bytes
    form: str
    asks: bool
    requesting: str
    requested: tuple[str, ...]
    state: State
    last: bytes
    consulted: frozenset[Contemplated] = frozenset()
    use_asked_by: str | None = None

    def role(self, authority: str) -> Role:
        """On which side an authority stands."""
        if authority == self.requesting:
            return Role.REQUESTING
        return Role.REQUESTED if authority in self.requested else Role.CONSULTED


def begin(payload: Payload, digest: bytes) -> Course:
    """The course of a request that the log has."""
    body = payload.body
    if not isinstance(body, Request):
        raise IllegalStep(message("a course begins with a request"))
    return Course(
        request=payload.id,
        first=digest,
        form=body.form,
        asks=body.ASKS,
        requesting=payload.author,
        requested=payload.addressees,
        state=State.SENT,
        last=digest,
    )


def receive(course: Course, author: str) -> Course:
    """A receipt for the request. It is no step of the chain: it crosses with any. Raises WrongRole."""
    if course.role(author) is not Role.REQUESTED:
        raise WrongRole(message("only the requested side receives a request"))
    return replace(course, state=State.RECEIVED) if course.state is State.SENT else course


def advance(course: Course, author: str, step: Reply, digest: bytes) -> Course:
    """The course after a step of `author` whose document has `digest` (32 bytes).

    Raises WrongRole, CrossedStep, IllegalStep, in this order of examination.
    """
    rule, role = LIFE[step.outcome], course.role(author)
    if step.request.id != course.request or step.request.digest != course.first.hex():
        raise IllegalStep(message("it refers to another request than this matter's"))
    if role is Role.CONSULTED or (rule.role is not None and role is not rule.role):
        raise WrongRole(
            message(
                "only the {role} side can say: {step}",
                role=rule.role or message("requesting or requested"),
                step=step.outcome,
            )
        )
    if step.previous != course.last.hex():
        raise CrossedStep(message("another step came before it: the matter is {state} now", state=course.state))
    if course.state not in rule.states:
        raise IllegalStep(
            message(
                "the matter is {state}, and from there it does not go on with: {step}",
                state=course.state,
                step=step.outcome,
            )
        )
    if not course.asks and step.outcome not in OF_INFORMATION:
        raise IllegalStep(
            message("spontaneous information asks for nothing (UNTOC 18(4)), so there is no: {step}", step=step.outcome)
        )
    if rule.need is not None:
        _check_need(course, rule.need, author, step.outcome)
    return replace(
        course,
        state=rule.to or course.state,
        last=digest,
        consulted=_consulted(course, step),
        use_asked_by=_use(course, author, step),
    )


def may_take(course: Course, authority: str) -> tuple[Step, ...]:
    """The steps that an authority could take next, in the table's order."""
    role = course.role(authority)
    found = []
    for step, rule in LIFE.items():
        if (
            role is Role.CONSULTED
            or (rule.role is not None and rule.role is not role)
            or course.state not in rule.states
        ):
            continue
        if not course.asks and step not in OF_INFORMATION:
            continue
        if rule.need is not None and not _is_met(course, rule.need, authority):
            continue
        found.append(step)
    return tuple(found)


def _check_need(course: Course, need: Need, author: str, step: Step) -> None:
    if not _is_met(course, need, author):
        raise IllegalStep(message("{step} needs {need} before it", step=step, need=need))


def _is_met(course: Course, need: Need, author: str) -> bool:
    match need:
        case Need.CONSULTATION_ON_REFUSAL:
            return Contemplated.REFUSAL in course.consulted
        case Need.CONSULTATION_ON_POSTPONEMENT:
            return Contemplated.POSTPONEMENT in course.consulted
        case Need.USE_ASKED:
            return course.use_asked_by is not None and course.role(course.use_asked_by) is not course.role(author)
        case Need.PRESERVATION:
            return course.form == "preservation"


def _consulted(course: Course, step: Reply) -> frozenset[Contemplated]:
    if step.outcome is Step.CONSULTATION and step.contemplates is not None:
        return course.consulted | {step.contemplates}
    if step.outcome in (
        Step.ACCEPTED,
        Step.IN_EXECUTION,
        Step.POSTPONED,
    ):  # decided: what comes later is a new question
        return frozenset()
    return course.consulted


def _use(course: Course, author: str, step: Reply) -> str | None:
    if step.outcome is Step.USE_ASKED:
        return author
    return None if step.outcome in (Step.USE_ALLOWED, Step.USE_REFUSED) else course.use_asked_by
