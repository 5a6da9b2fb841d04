"""Due dates for calendars (RFC 5545), with as little as will do: a calendar is read and synchronised by others.

An event says what is due, who owes it, and this authority's own file number. It names no person, no subject and
nothing of a document. Of a matter with a request that is to be kept confidential (UNTOC 18(20)) it names neither the
other side nor the number, but the first digits of the matter's id.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any, Final

from icalendar import Alarm, Calendar, Event

from rogatory.languages.saying import say
from rogatory.node.matters.course import MOVES
from rogatory.node.store.documents import documents_of, get_envelope
from rogatory.node.store.due_dates import DueRow
from rogatory.node.terms.deriving import date_of
from rogatory.node.terms.queries import own_reference, recent
from rogatory.node.terms.zones import moment_of
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import ReminderStage, peek_document
from rogatory.protocol.life.reminders import stages_of
from rogatory.protocol.life.terms import DueDate
from rogatory.protocol.text import Message, in_words, message

PRODUCT: Final = "-//Rogatory//Due dates//EN"
DIGITS: Final = 12


def calendar(tx: Tx, language: str) -> bytes:
    """Every due date of this node as one .ics file, in a language; what has ended of late is cancelled."""
    found = Calendar()
    found.add("prodid", PRODUCT)
    found.add("version", "2.0")
    found.add("method", "PUBLISH")
    for row in recent(tx):
        found.add_component(_event(tx, row, language))
    encoded: bytes = found.to_ical()
    return encoded


def uid_of(row: DueRow) -> str:
    """The same for as long as the due date exists, however often it moves; it tells nothing of the matter."""
    return f"{hashlib.sha256(row.channel + row.name.encode()).hexdigest()[:40]}@due.rogatory"


def _event(tx: Tx, row: DueRow, language: str) -> Event:
    date = date_of(row)
    event = Event()
    event.add("uid", uid_of(row))
    event.add("dtstamp", moment_of(int(row.changed_at)))
    event.add("last-modified", moment_of(int(row.changed_at)))
    event.add("sequence", row.sequence)
    event.add("dtstart", moment_of(date.at))
    event.add("summary", say(_summary(tx, row, date), language))
    event.add("status", "CONFIRMED" if date.ended_at is None else "CANCELLED")
    event.add("transp", "TRANSPARENT")
    event.add("class", "CONFIDENTIAL")
    event.add("categories", [say(in_words(date.urgency), language)])
    for stage, moment in stages_of(date):
        if stage is not ReminderStage.ESCALATION:
            event.add_component(_alarm(date, moment, str(event["summary"])))
    return event


def _alarm(date: DueDate, moment: int, text: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", text)
    alarm.add("trigger", timedelta(seconds=moment - date.at))
    return alarm


def _summary(tx: Tx, row: DueRow, date: DueDate) -> Message:
    values: dict[str, Any] = {"due": in_words(date.due), "number": row.channel.hex()[:DIGITS]}
    here = tx.authority in date.debtors
    if _is_confidential(tx, row.channel):
        if here:
            return message("{due}, owed here: matter {number}", **values)
        return message("{due}, owed to us: matter {number}", **values)
    values["number"] = own_reference(tx, row.channel) or values["number"]
    if here:
        return message("{due}, owed here to {authority}: {number}", authority=date.reminder, **values)
    return message("{due}, owed by {authorities}: {number}", authorities=date.debtors, **values)


def _is_confidential(tx: Tx, channel: bytes) -> bool:
    """Whether a side asks to keep fact and substance of the matter confidential (UNTOC 18(20))."""
    rows = [row for row in documents_of(tx.connection, channel) if row.kind in MOVES]
    bodies = (peek_document(get_envelope(tx.connection, row.row)).payload.body for row in rows)
    return any(getattr(body, "confidentiality", None) is not None for body in bodies)
