"""What the log brings that bears on a term: steps that begin or end one, and reminders, judged by the log's time."""

from __future__ import annotations

from typing import Final

from rogatory.node.channels.hooks import Arrival
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.recording import record
from rogatory.node.matters.course import MOVES
from rogatory.node.store.documents import DocumentRow, documents_of, get_document, set_void
from rogatory.node.terms.deriving import derive, look_again, reminders_among
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import Closing, Reminder, ReminderStage
from rogatory.protocol.life.reminders import check_reminder
from rogatory.protocol.life.table import IllegalStep
from rogatory.protocol.text import Message, in_words, message, text_of

_BEARS_ON_TERMS: Final = MOVES | {Closing.KIND, Reminder.KIND}


def arrived(tx: Tx, channel: bytes, arrival: Arrival) -> None:
    """A document that its matter has entered."""
    payload = arrival.document.payload
    if payload.kind not in _BEARS_ON_TERMS:
        return
    row = get_document(tx.connection, channel, payload.message_id, payload.author)
    # What came before under the same id was judged then.
    if row is not None and isinstance(payload.body, Reminder) and not arrival.shared and row.seq == arrival.seq:
        _judge(tx, row, payload.body, arrival)
    look_again(tx, channel)


def _judge(tx: Tx, row: DocumentRow, body: Reminder, arrival: Arrival) -> None:
    documents = documents_of(tx.connection, row.channel)
    said = [
        reminder
        for other, reminder in reminders_among(tx, documents)
        if other.seq is not None and other.seq < arrival.seq and other.void is None
    ]
    try:
        dates = derive(tx, documents)
        date = check_reminder(body, arrival.author, arrival.time // 1000, dates, said)
    except IllegalStep as error:
        set_void(tx.connection, row.row, text_of(error))
        summary = message(
            "the reminder of {author} changes nothing: {reason}", author=row.author, reason=text_of(error)
        )
        _record(tx, EventKind.DOCUMENT_VOID, row, summary, "illegal_step")
        return
    _record(tx, EventKind.REMINDER, row, _summary(body, date.debtors), body.stage.value)


def _summary(body: Reminder, debtors: tuple[str, ...]) -> Message:
    values = {
        "due": in_words(body.due),
        "authorities": debtors,
        "at": body.at.replace("T", " ").replace("Z", " UTC"),
        "contacts": "; ".join(f"{each.authority}: {each.contact_24_7 or '-'}" for each in body.contacts),
    }
    match body.stage:
        case ReminderStage.UPCOMING:
            return message("to come, from {authorities}: {due}, due {at}", **values)
        case ReminderStage.DUE:
            return message("due now, from {authorities}: {due}, {at}", **values)
        case ReminderStage.ESCALATION:
            return message(
                "escalated, from {authorities}: {due}, due {at}; tell the 24/7 contact: {contacts}", **values
            )


def _record(tx: Tx, kind: EventKind, row: DocumentRow, summary: Message, code: str) -> None:
    record(tx, kind, summary, channel=row.channel, document=row.id, author=row.author, code=code)
