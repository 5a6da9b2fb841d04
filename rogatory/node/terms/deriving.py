"""A matter's due dates, derived from its documents each time that one of them bears on a term."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import msgspec

from rogatory.node.inbox.views import Direction
from rogatory.node.matters.course import MOVES
from rogatory.node.store import due_dates
from rogatory.node.store.documents import DocumentRow, documents_of, get_envelope
from rogatory.node.store.due_dates import DueRow
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import Closing, Reminder, peek_document
from rogatory.protocol.life import terms
from rogatory.protocol.life.reminders import next_stage
from rogatory.protocol.life.terms import DueDate, Logged

_decoder: Final = msgspec.json.Decoder(DueDate)


def date_of(row: DueRow) -> DueDate:
    """The due date in a row."""
    return _decoder.decode(row.date)


def look_again(tx: Tx, channel: bytes) -> None:
    """Write down what is due in a matter by now, and when this node is to remind of it."""
    documents = documents_of(tx.connection, channel)
    dates = derive(tx, documents)
    own = [said for row, said in reminders_among(tx, documents) if row.void is None or row.direction == Direction.SENT]
    known = {row.name: row for row in due_dates.of(tx.connection, channel)}
    for date in dates:
        _keep(tx, channel, date, known.pop(date.name, None), own)
    for name in known:
        due_dates.drop(tx.connection, channel, name)


def derive(tx: Tx, documents: list[DocumentRow]) -> tuple[DueDate, ...]:
    """What the documents of a matter say."""
    closed = (row.logged_at for row in documents if row.kind == Closing.KIND and row.void is None and row.logged_at)
    closed_at = next(closed, None)
    return terms.due_dates(_logged(tx, documents), None if closed_at is None else int(closed_at))


def reminders_among(tx: Tx, documents: list[DocumentRow]) -> list[tuple[DocumentRow, Reminder]]:
    """The reminders in a matter, those without effect and those that are not in the log yet too."""
    found = []
    for row in documents:
        if row.kind == Reminder.KIND:
            body = peek_document(get_envelope(tx.connection, row.row)).payload.body
            assert isinstance(body, Reminder)
            found.append((row, body))
    return found


def _logged(tx: Tx, documents: list[DocumentRow]) -> Iterator[Logged]:
    for row in documents:
        if row.kind in MOVES and row.seq is not None and row.logged_at is not None and row.void is None:
            payload = peek_document(get_envelope(tx.connection, row.row)).payload  # verified when it was entered
            yield Logged(payload, row.digest, int(row.logged_at))


def _keep(tx: Tx, channel: bytes, date: DueDate, known: DueRow | None, said: list[Reminder]) -> None:
    encoded = msgspec.json.encode(date)
    stages = next_stage(date, said) if date.reminder == tx.authority else ()
    row = DueRow(
        channel=channel,
        name=date.name,
        at=date.at,
        ended_at=date.ended_at,
        date=encoded,
        sequence=0,
        changed_at=tx.now,
        remind_at=stages[0][1] if stages else None,
    )
    if known is not None:
        moved = (known.at, known.ended_at) != (row.at, row.ended_at)
        row = replace(
            row,
            sequence=known.sequence + 1 if moved else known.sequence,
            changed_at=tx.now if moved else known.changed_at,
        )
    if row != known:
        due_dates.put(tx.connection, row)
