"""Reminders: sent by this node by itself where another authority owes something, and judged as they arrive."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

from rogatory.node.channels.clocks import RelayClocks
from rogatory.node.channels.states import ChannelState
from rogatory.node.duties import LATER, Duty, attempt
from rogatory.node.inbox.writing import send, sign
from rogatory.node.matters.course import course_of
from rogatory.node.store import channels, closings, due_dates
from rogatory.node.store.due_dates import DueRow
from rogatory.node.terms.deriving import date_of, look_again
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import Contact
from rogatory.protocol.life.reminders import compose_reminder, stages_of

MAX_CONTACT: Final = 300


def remind(tx: Tx, clocks: RelayClocks) -> float | None:
    """Send what is due to be said; when to ask again (this node's clock, Unix seconds), or None.

    Only where the log was read to its head in the present session: what was owed may stand there. Of stages that
    passed meanwhile the last one alone is said.
    """
    latest = clocks.latest()
    if latest is None:
        return None
    wake = []
    for row in due_dates.to_remind(tx.connection, latest):
        now = clocks.at(row.channel)
        if now is None or row.remind_at is None:
            continue
        if row.remind_at > now:
            wake.append(tx.now + row.remind_at - now)
        else:
            later = replace(row, remind_at=int(now + LATER))
            attempt(
                tx,
                Duty.REMINDER,
                row.channel,
                partial(_say, tx, row, now),
                partial(due_dates.put, tx.connection, later),
            )
    following = due_dates.next_reminder(tx.connection, latest)
    if following is not None:
        wake.append(tx.now + following - latest)
    return min(wake, default=None)


def _say(tx: Tx, row: DueRow, now: float) -> None:
    course, date = course_of(tx, row.channel), date_of(row)
    passed = [stage for stage, at in stages_of(date) if at <= now]
    if course is not None and passed and _may_write(tx, row.channel):
        body = compose_reminder(course, date, passed[-1], [_contact(tx, debtor) for debtor in date.debtors])
        in_reply_to = bytes.fromhex(date.set_by.id)
        send(tx, sign(tx, row.channel, body, addressees=date.debtors, in_reply_to=in_reply_to))
        look_again(tx, row.channel)
    else:
        due_dates.put(tx.connection, replace(row, remind_at=None))  # looked at again as soon as the matter goes on


def _may_write(tx: Tx, channel: bytes) -> bool:
    row = channels.get(tx.connection, channel)
    return row is not None and row.state == ChannelState.OPEN and closings.get(tx.connection, channel) is None


def _contact(tx: Tx, authority: str) -> Contact:
    """As the directory has it, without what may not stand in a line of a document."""
    known = tx.directory.authority_entries.get(authority)
    given = "" if known is None else known.contact_24_7 or ""
    line = " ".join("".join(char if char.isprintable() else " " for char in given).split())
    return Contact(authority=authority, contact_24_7=line[:MAX_CONTACT])
