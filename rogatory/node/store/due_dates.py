"""Due dates of all matters, as derived from their documents, and when the next reminder of each may go. SQL only.

Times are Unix seconds by the clock of the matter's relay, but for `changed_at`, which is this node's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import (
    Column,
    Connection,
    Float,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    bindparam,
    func,
    or_,
    select,
)

from rogatory.node.store.prepared import Prepared
from rogatory.node.store.schema import metadata

_due_dates = Table(
    "due_dates",
    metadata,
    Column("channel", LargeBinary, nullable=False),
    Column("name", String, nullable=False),
    Column("at", Integer, nullable=False),
    Column("ended_at", Integer),
    Column("date", LargeBinary, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column("remind_at", Integer),
    PrimaryKeyConstraint("channel", "name"),
    Index("due_dates_by_reminder", "remind_at"),
)


@dataclass(frozen=True, slots=True)
class DueRow:
    """A due date. `date`: encoded; `sequence` counts its changes; `remind_at`: when to remind of it next."""

    channel: bytes
    name: str
    at: int
    ended_at: int | None
    date: bytes
    sequence: int
    changed_at: float
    remind_at: int | None


_NAMES: Final = tuple(DueRow.__dataclass_fields__)
_COLUMNS: Final = [_due_dates.c[name] for name in _NAMES]

# Asked in every transaction.
_TO_REMIND: Final = Prepared(
    select(*_COLUMNS).where(_due_dates.c.remind_at <= bindparam("now")).order_by(_due_dates.c.remind_at)
)
_NEXT: Final = Prepared(select(func.min(_due_dates.c.remind_at)).where(_due_dates.c.remind_at > bindparam("now")))
_OF: Final = Prepared(select(*_COLUMNS).where(_due_dates.c.channel == bindparam("of")).order_by(_due_dates.c.at))
_PUT: Final = Prepared(_due_dates.insert().prefix_with("OR REPLACE"), _NAMES)


def put(tx: Connection, row: DueRow) -> None:
    """Keep a due date in the place of what was known of it."""
    _PUT.run(tx, **{name: getattr(row, name) for name in _NAMES})


def drop(tx: Connection, channel: bytes, name: str) -> None:
    """The matter does not have it."""
    tx.execute(_due_dates.delete().where(_due_dates.c.channel == channel, _due_dates.c.name == name))


def of(tx: Connection, channel: bytes) -> list[DueRow]:
    """A matter's due dates, the earliest first."""
    return [DueRow(*found) for found in _OF.all(tx, of=channel)]


def since(tx: Connection, ended_after: int) -> list[DueRow]:
    """Due dates of all matters that are open, or ended after that time; the earliest first."""
    query = select(*_COLUMNS).where(or_(_due_dates.c.ended_at.is_(None), _due_dates.c.ended_at > ended_after))
    return [DueRow(*found) for found in tx.execute(query.order_by(_due_dates.c.at, _due_dates.c.name))]


def to_remind(tx: Connection, now: float) -> list[DueRow]:
    """Those of which this node is to remind by then."""
    return [DueRow(*found) for found in _TO_REMIND.all(tx, now=now)]


def next_reminder(tx: Connection, now: float) -> int | None:
    """When the first one after `now` is to be reminded of."""
    at: int | None = _NEXT.scalar(tx, now=now)
    return at
