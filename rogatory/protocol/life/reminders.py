"""When a due date is reminded of, and which reminders have effect."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from rogatory.protocol.documents import Contact, DocumentRef, Reminder, ReminderStage, timestamp
from rogatory.protocol.life.course import Course
from rogatory.protocol.life.table import IllegalStep
from rogatory.protocol.life.terms import EXPIRIES, TARGETS, DueDate
from rogatory.protocol.text import message

TOLERANCE: Final = 60
"""Seconds by which the clocks of one relay's processes may differ."""


def stages_of(date: DueDate) -> tuple[tuple[ReminderStage, int], ...]:
    """Each reminder and from when on it may be sent (Unix seconds), in their order.

    Before data go the escalation comes earlier: afterwards it would be of no use. There is none while the term rests,
    nor of a day that had passed when it was named.
    """
    if date.ended_at is not None or date.resting or date.at <= date.since:
        return ()
    targets = TARGETS[date.urgency]
    expires = date.due in EXPIRIES
    lead = min(targets.expiry_lead if expires else targets.lead, (date.at - date.since) // 4)
    upcoming, due = (ReminderStage.UPCOMING, date.at - lead), (ReminderStage.DUE, date.at)
    if expires:
        return (upcoming, (ReminderStage.ESCALATION, date.at - lead // 2), due)
    return (upcoming, due, (ReminderStage.ESCALATION, date.at + targets.grace))


def next_stage(date: DueDate, said: Iterable[Reminder]) -> tuple[tuple[ReminderStage, int], ...]:
    """The stages that are still to come: those after the last one of this date that was said."""
    stages = stages_of(date)
    told = {reminder.stage for reminder in said if is_about(reminder, date)}
    last = max((number for number, (stage, _) in enumerate(stages) if stage in told), default=-1)
    return stages[last + 1 :]


def compose_reminder(course: Course, date: DueDate, stage: ReminderStage, contacts: Iterable[Contact]) -> Reminder:
    """The reminder of a due date. `contacts`: of its debtors."""
    return Reminder(
        request=DocumentRef(id=course.request, digest=course.first.hex()),
        due=date.due,
        set_by=date.set_by,
        at=timestamp(date.at),
        stage=stage,
        contacts=tuple(contacts),
    )


def is_about(reminder: Reminder, date: DueDate) -> bool:
    """Whether it reminds of this date, as it stands now and not as it was before it was moved."""
    named = int(datetime.fromisoformat(reminder.at).timestamp())
    return (reminder.due, reminder.set_by) == (date.due, date.set_by) and abs(named - date.at) <= TOLERANCE


def check_reminder(
    reminder: Reminder, author: str, at: int, dates: Iterable[DueDate], said: Iterable[Reminder]
) -> DueDate:
    """The due date that a reminder at this time of the log (Unix seconds) speaks of. `said`: reminders before it.

    Raises IllegalStep for one without effect.
    """
    date = next((each for each in dates if is_about(reminder, each)), None)
    if date is None:
        raise IllegalStep(message("it speaks of a due date that the matter does not have"))
    if author != date.reminder:
        raise IllegalStep(message("{authority} reminds of this due date, nobody else", authority=date.reminder))
    if date.ended_at is not None or date.resting:
        raise IllegalStep(message("what it reminds of was done before it came, or waits for its author's side"))
    moments = dict(stages_of(date))
    if reminder.stage not in moments or at < moments[reminder.stage] - TOLERANCE:
        raise IllegalStep(message("it came before its time, by the relay's clock"))
    if all(reminder.stage is not stage for stage, _ in next_stage(date, said)):
        raise IllegalStep(message("its author reminded of this before"))
    return date
