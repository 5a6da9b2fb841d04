"""Reminders between offices: who sends which when, once each, and what they do on both sides."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.views import DocumentView
from rogatory.node.inbox.writing import sign
from rogatory.node.matters.commands import close, leave, reply, send_request
from rogatory.node.matters.course import course_of
from rogatory.node.matters.queries import documents_in, show_matter
from rogatory.node.store import due_dates
from rogatory.node.terms.deriving import date_of, look_again
from rogatory.protocol.documents import Due, Reminder, ReminderStage
from rogatory.protocol.life.reminders import compose_reminder, stages_of
from rogatory.protocol.life.terms import DAY, HOUR, WEEK, DueDate
from tests.node.letters import BANK_RECORDS
from tests.node.offices import Office, Offices

KE, TZ, UG = "ke.central", "tz.central", "ug.central"
URGENT: dict[str, Any] = {**BANK_RECORDS, "urgency": "emergency", "urgency_reason": "A threat to life."}
INFORMATION = {"outcome": "information_requested", "text": "Which account?"}
ACCEPTED = {"outcome": "accepted"}


def requested(offices: Offices, to: Iterable[str] = (TZ,), request: dict[str, Any] = BANK_RECORDS) -> str:
    """A request that everybody has, and has acknowledged."""
    sent = offices[KE].run(send_request, list(to), request)
    offices.settle()
    return sent.matter


def dates(office: Office, matter: str) -> dict[Due, DueDate]:
    """What is due by now."""
    rows = office.store(due_dates.of, bytes.fromhex(matter))
    return {date.due: date for date in map(date_of, rows) if date.ended_at is None}


def reminders(office: Office, matter: str) -> list[tuple[str, str, str]]:
    """(author, what is due, stage) of the reminders with effect."""
    return [
        (view.author, view.body["due"], view.body["stage"])
        for view in office.run(documents_in, matter)
        if view.kind == "reminder" and view.void is None
    ]


def void(office: Office, matter: str) -> list[str | None]:
    """Why reminders have no effect."""
    return [view.void for view in office.run(documents_in, matter) if view.kind == "reminder" and view.void is not None]


def told(office: Office) -> list[tuple[str | None, str | None]]:
    """(author, stage) of the events."""
    return [(event.author, event.code) for event in office.events(EventKind.REMINDER)]


def at(offices: Offices, moment: float) -> None:
    """It is then: everybody's node looks at what is due, and the log carries what follows."""
    offices.now = moment
    for authority in (KE, TZ, UG):
        offices[authority].run(lambda tx: None)
    offices.settle()


def test_the_requesting_side_reminds_before_at_and_after_a_due_date(offices: Offices) -> None:
    matter = requested(offices)
    moments = stages_of(dates(offices[KE], matter)[Due.RESPONSE])
    for number, (_, moment) in enumerate(moments):
        at(offices, moment - 2)
        assert len(reminders(offices[KE], matter)) == number
        at(offices, moment)
        assert len(reminders(offices[KE], matter)) == number + 1
    expected = [(KE, "response", stage) for stage in ("upcoming", "due", "escalation")]
    for authority in (KE, TZ):
        assert reminders(offices[authority], matter) == expected
        assert told(offices[authority]) == [(KE, stage) for _, _, stage in expected]
    at(offices, moments[-1][1] + 2 * WEEK)
    assert len(reminders(offices[TZ], matter)) == 3


def test_both_sides_derive_the_same_dates(offices: Offices) -> None:
    matter = requested(offices)
    assert dates(offices[KE], matter) == dates(offices[TZ], matter)
    assert set(dates(offices[KE], matter)) == {Due.RESPONSE, Due.ANSWER}
    offices[TZ].run(reply, matter, INFORMATION)
    offices.settle()
    assert dates(offices[KE], matter) == dates(offices[TZ], matter)


def test_the_notice_is_automatic_and_names_the_contact_of_the_directory(offices: Offices) -> None:
    offices.simulator.describe(TZ, contact_24_7="+255 22 211 1999\nduty officer")
    offices.refresh()
    matter = requested(offices, request=URGENT)
    at(offices, dates(offices[KE], matter)[Due.ANSWER].at + HOUR)
    found = _last(offices[TZ].run(documents_in, matter))
    assert found.addressees == [TZ]
    assert found.body["automatic"] is True
    assert "officers" not in found.body
    assert list(found.body["contacts"]) == [{"authority": TZ, "contact_24_7": "+255 22 211 1999 duty officer"}]
    assert "+255 22 211 1999 duty officer" in offices[TZ].events(EventKind.REMINDER)[-1].summary


def test_who_was_away_over_the_whole_term_says_the_last_stage_alone(offices: Offices) -> None:
    matter = requested(offices)
    answer = dates(offices[KE], matter)[Due.RESPONSE]
    offices[KE].online = False
    for _, moment in stages_of(answer):
        at(offices, moment)
    assert reminders(offices[TZ], matter) == []
    offices[KE].online = True
    at(offices, answer.at + 2 * WEEK)
    assert reminders(offices[TZ], matter) == [(KE, "response", "escalation")]


def test_nothing_is_said_twice_after_the_state_was_derived_anew(offices: Offices) -> None:
    matter = requested(offices)
    channel = bytes.fromhex(matter)
    due = dates(offices[KE], matter)[Due.RESPONSE]
    at(offices, due.at)
    for row in offices[KE].store(due_dates.of, channel):
        offices[KE].store(due_dates.drop, channel, row.name)
    offices[KE].run(look_again, channel)
    at(offices, due.at + 5)
    assert reminders(offices[KE], matter) == [(KE, "response", "due")]


def test_what_is_met_is_not_reminded_of(offices: Offices) -> None:
    matter = requested(offices)
    due = dates(offices[KE], matter)
    offices[TZ].run(reply, matter, ACCEPTED)
    offices.settle()
    at(offices, due[Due.RESPONSE].at)
    assert reminders(offices[KE], matter) == []


def test_the_requested_side_reminds_of_what_it_asked_back(offices: Offices) -> None:
    matter = requested(offices)
    offices[TZ].run(reply, matter, INFORMATION)
    offices.settle()
    at(offices, dates(offices[TZ], matter)[Due.INFORMATION].at)
    assert reminders(offices[KE], matter) == [(TZ, "information", "due")]


def test_an_emergency_is_a_matter_of_hours(offices: Offices) -> None:
    matter = requested(offices, request=URGENT)
    start = dates(offices[KE], matter)[Due.ANSWER].since
    at(offices, start + DAY + HOUR)
    assert ("escalation",) in {(stage,) for _, _, stage in reminders(offices[TZ], matter)}


def test_one_requesting_authority_reminds_all_that_it_asked(offices: Offices) -> None:
    matter = requested(offices, to=(TZ, UG))
    at(offices, dates(offices[KE], matter)[Due.RESPONSE].at)
    assert reminders(offices[UG], matter) == [(KE, "response", "due")]
    assert _last(offices[UG].run(documents_in, matter)).addressees == [TZ, UG]


def test_a_node_that_does_not_remind_is_reminded_all_the_same(offices: Offices) -> None:
    offices[KE].registry.reminders = False
    matter = requested(offices)
    at(offices, dates(offices[KE], matter)[Due.RESPONSE].at)
    assert reminders(offices[KE], matter) == []
    offices[TZ].run(reply, matter, INFORMATION)
    offices.settle()
    at(offices, dates(offices[TZ], matter)[Due.INFORMATION].at)
    assert reminders(offices[KE], matter) == [(TZ, "information", "due")]


def test_a_closed_matter_is_at_rest(offices: Offices) -> None:
    matter = requested(offices)
    due = dates(offices[KE], matter)[Due.RESPONSE]
    offices[KE].run(close, matter, "Settled otherwise.")
    offices.settle()
    assert dates(offices[KE], matter) == dates(offices[TZ], matter) == {}
    at(offices, due.at)
    assert reminders(offices[KE], matter) == []


def test_a_debtor_that_left_is_not_waited_for_by_the_reminder(offices: Offices) -> None:
    matter = requested(offices)
    offices[TZ].run(leave, matter, "Not ours.")
    offices.settle()
    at(offices, dates(offices[KE], matter)[Due.RESPONSE].at)
    assert show_of(offices[KE], matter) >= 1


def show_of(office: Office, matter: str) -> int:
    """How many documents the matter shows: it can still be looked at."""
    return len(office.run(show_matter, matter).documents)


@pytest.mark.parametrize("wrong", ["early", "twice", "stranger", "moved"])
def test_a_wrong_reminder_changes_nothing_and_is_not_objected_to(offices: Offices, wrong: str) -> None:
    matter = requested(offices)
    due = dates(offices[KE], matter)[Due.RESPONSE]
    author, stage, moment = (TZ if wrong == "stranger" else KE), ReminderStage.DUE, float(due.at)
    offices[KE].online = wrong == "twice"
    if wrong == "twice":
        at(offices, moment)
    offices.now = due.since + 10.0 if wrong == "early" else moment + 1
    body = _compose(offices[author], matter, due, stage)
    if wrong == "moved":
        body = msgspec.structs.replace(body, at="2030-01-01T00:00:00Z")
    addressee = KE if author == TZ else TZ
    body = msgspec.structs.replace(body, contacts=())
    envelope = offices[author].run(sign, bytes.fromhex(matter), body, addressees=(addressee,)).envelope
    offices.deliver(bytes.fromhex(matter), author, envelope)
    offices.settle()
    other = offices[addressee]
    assert len(void(other, matter)) == 1
    assert not [view for view in other.run(documents_in, matter) if view.kind == "objection"]
    assert len(told(other)) == (1 if wrong == "twice" else 0)
    offices[KE].online = True
    at(offices, moment + 5)
    assert reminders(other, matter).count((KE, "response", "due")) == (0 if wrong == "early" else 1)
    at(offices, moment + 2 * WEEK)
    assert (KE, "response", "escalation") in reminders(other, matter)


def test_the_node_is_woken_for_the_next_reminder(offices: Offices) -> None:
    matter = requested(offices)
    first = min(moment for date in dates(offices[KE], matter).values() for _, moment in stages_of(date))
    offices[KE].run(lambda tx: None)
    assert offices[KE].wake_at == first
    offices[TZ].run(lambda tx: None)
    assert offices[TZ].wake_at is None


def test_dates_count_their_changes(offices: Offices) -> None:
    matter = requested(offices)
    offices[TZ].run(reply, matter, INFORMATION)
    offices.settle()
    offices.now += WEEK
    offices[KE].run(reply, matter, {"outcome": "information_given", "text": "That one."})
    offices.settle()
    rows = {date_of(row).due: row for row in offices[KE].store(due_dates.of, bytes.fromhex(matter))}
    assert rows[Due.ANSWER].sequence == 1
    assert rows[Due.RESPONSE].sequence == 1
    assert rows[Due.RESPONSE].ended_at is not None


def _compose(office: Office, matter: str, due: DueDate, stage: ReminderStage) -> Reminder:
    course = office.run(course_of, bytes.fromhex(matter))
    assert course is not None
    return compose_reminder(course, due, stage, ())


def _last(documents: list[DocumentView]) -> DocumentView:
    return [view for view in documents if view.kind == "reminder"][-1]
