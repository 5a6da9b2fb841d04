"""What is due, in one matter or in all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from rogatory.node.matters.lookup import find_matter
from rogatory.node.store import due_dates
from rogatory.node.store.documents import documents_of
from rogatory.node.store.due_dates import DueRow
from rogatory.node.store.matters import get_matter, get_parties
from rogatory.node.terms.deriving import date_of, reminders_among
from rogatory.node.terms.views import DueView, LocalTime, Standing
from rogatory.node.terms.zones import local_time, zone_of
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import timestamp
from rogatory.protocol.life.reminders import is_about
from rogatory.protocol.life.terms import DAY, EXPIRIES, DueDate

KEPT_DAYS: Final = 90
"""How long what has ended is still shown and exported, so that calendars learn of it."""


def list_due(tx: Tx, matter: str | None = None, *, ended: bool = False) -> list[DueView]:
    """What is due in one matter or in all of them, the earliest first; with `ended` what ended of late, too.

    Raises NotFound, RefusedInput.
    """
    channel = None if matter is None else find_matter(tx, matter).channel
    views = (due_view(tx, row) for row in recent(tx) if channel in (None, row.channel))
    return [view for view in views if ended or view.standing not in (Standing.ENDED, Standing.LAPSED)]


def recent(tx: Tx) -> list[DueRow]:
    """Due dates that are open, or ended not long ago; the earliest first."""
    return due_dates.since(tx.connection, int(tx.now - KEPT_DAYS * DAY))


def due_view(tx: Tx, row: DueRow) -> DueView:
    """One due date."""
    date, matter = date_of(row), get_matter(tx.connection, row.channel)
    return DueView(
        matter=row.channel.hex(),
        subject="" if matter is None else matter.subject,
        reference=own_reference(tx, row.channel),
        due=date.due.value,
        standing=standing_of(date, tx.now),
        urgency=date.urgency.value,
        owed_by=list(date.debtors),
        owed_here=tx.authority in date.debtors,
        at=timestamp(date.at),
        local=list(_local_times(tx, date)),
        reason=date.reason,
        contacts=dict(_contacts(tx, date.debtors)),
        reminded=_reminded(tx, row.channel, date),
        remind_at=None if row.remind_at is None else timestamp(row.remind_at),
        ended_at=None if date.ended_at is None else timestamp(date.ended_at),
    )


def standing_of(date: DueDate, now: float) -> Standing:
    """How it stands at a time in Unix seconds."""
    if date.ended_at is not None:
        return Standing.ENDED
    if date.resting:
        return Standing.RESTING
    if date.at >= now:
        return Standing.OPEN
    return Standing.LAPSED if date.due in EXPIRIES else Standing.OVERDUE


def count_due(tx: Tx) -> Counter[tuple[str, str, str]]:
    """How many due dates there are by (owed "here" or "there", urgency, standing), without those that have ended."""
    dates = [date_of(row) for row in due_dates.since(tx.connection, int(tx.now))]
    return Counter(
        ("here" if tx.authority in date.debtors else "there", date.urgency.value, standing_of(date, tx.now).value)
        for date in dates
        if date.ended_at is None
    )


def own_reference(tx: Tx, channel: bytes) -> str | None:
    """This authority's file number in a matter."""
    parties = get_parties(tx.connection, channel)
    return next((party.reference for party in parties if party.authority == tx.authority), None)


def _local_times(tx: Tx, date: DueDate) -> Iterator[LocalTime]:
    """On both sides, wherever the directory names a zone."""
    if tx.known_directory is None:
        return
    for authority in sorted({date.reminder, *date.debtors, tx.authority}):
        entry = tx.known_directory.authority_entries.get(authority)
        zone = None if entry is None else zone_of(entry.time_zone)
        if entry is not None and zone is not None:
            yield LocalTime(authority=authority, at=local_time(date.at, zone), zone=(entry.time_zone or "").strip())


def _contacts(tx: Tx, authorities: Iterable[str]) -> Iterator[tuple[str, str]]:
    entries = {} if tx.known_directory is None else tx.known_directory.authority_entries
    for authority in authorities:
        entry = entries.get(authority)
        if entry is not None and entry.contact_24_7:
            yield authority, entry.contact_24_7


def _reminded(tx: Tx, channel: bytes, date: DueDate) -> str | None:
    """The last stage that was said with effect."""
    found = reminders_among(tx, documents_of(tx.connection, channel))
    said = [reminder for row, reminder in found if row.void is None and is_about(reminder, date)]
    return said[-1].stage.value if said else None
