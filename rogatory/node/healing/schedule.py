"""New keys for this node's leaf in every channel, by and by, so that a copied state goes stale (RFC 9420 section 16.6).

A commit that does nothing else renews the path. When: some time after the last one if documents passed since, much
later if none did. Every time is drawn between half and one and a half of its term, and terms grow with the membership,
so that the members of a large network do not commit at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

from rogatory.node.channels.commands import wish_refresh
from rogatory.node.channels.states import ChannelState
from rogatory.node.duties import LATER, Duty, attempt
from rogatory.node.store import channels, members
from rogatory.node.store.documents import logged_since
from rogatory.node.store.refreshes import delete_refresh, due_refreshes, next_refresh, put_refresh
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import Evidence, Reminder

DAY: Final = 24 * 3600.0
AUTOMATIC: Final = (Evidence.KIND, Reminder.KIND)
"""Kinds of documents that nodes write by themselves: they are no activity, else nodes would keep each other busy."""
FEW: Final = 50
"""Members up to which terms are as set; twice as many have terms twice as long."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Terms in seconds: of channels in which documents passed since the last time, and of the others."""

    active: float = DAY
    idle: float = 30 * DAY


def renewed(tx: Tx, schedule: Schedule, channel: bytes) -> None:
    """This node's leaf got new keys: it joined, or its own commit stands."""
    put_refresh(tx.connection, channel, tx.now, tx.now + _term(tx, schedule, channel))


def heal(tx: Tx, schedule: Schedule) -> float | None:
    """Wish for what is due; when to ask again (Unix seconds), or None."""
    for channel, since in due_refreshes(tx.connection, tx.now):
        attempt(
            tx,
            Duty.REFRESH,
            channel,
            partial(_heal, tx, schedule, channel, since),
            partial(put_refresh, tx.connection, channel, since, tx.now + LATER),
        )
    return next_refresh(tx.connection)


def _heal(tx: Tx, schedule: Schedule, channel: bytes, since: float) -> None:
    row = channels.get(tx.connection, channel)
    if row is None or row.state in (ChannelState.CLOSING, ChannelState.CLOSED):
        delete_refresh(tx.connection, channel)
        return
    wanted = tx.now - since >= schedule.idle or logged_since(tx.connection, channel, since, AUTOMATIC)
    if wanted and row.state == ChannelState.OPEN:
        wish_refresh(tx, channel)
    put_refresh(tx.connection, channel, since, tx.now + _term(tx, schedule, channel))


def _term(tx: Tx, schedule: Schedule, channel: bytes) -> float:
    chance = int.from_bytes(tx.random(4), "big") / 2**32
    many = max(1.0, len(members.present(tx.connection, channel)) / FEW)
    return schedule.active * many * (0.5 + chance)
