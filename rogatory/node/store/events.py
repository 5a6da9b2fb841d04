"""The inbox's events. SQL only; times are Unix seconds."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from sqlalchemy import Column, Connection, Float, Integer, LargeBinary, String, Table, func, insert, select

from rogatory.node.store.prepared import Prepared
from rogatory.node.store.schema import metadata
from rogatory.node.store.texts import PeopleText, packed

_events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False),
    Column("kind", String, nullable=False),
    Column("summary", PeopleText, nullable=False),
    Column("channel", LargeBinary),
    Column("document", LargeBinary),
    Column("author", String),
    Column("code", String),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """One event. `id` is given by the store and grows; none is ever given twice."""

    at: float
    kind: str
    summary: str
    channel: bytes | None = None
    document: bytes | None = None
    author: str | None = None
    code: str | None = None
    id: int = 0


_WRITTEN: Final = tuple(field.name for field in fields(EventRow) if field.name != "id")
_ADD: Final = Prepared(insert(_events), _WRITTEN)


def add_event(tx: Connection, row: EventRow) -> None:
    """Keep an event."""
    _ADD.run(
        tx, **{name: getattr(row, name) for name in _WRITTEN} | {"kind": str(row.kind), "summary": packed(row.summary)}
    )


def events_after(tx: Connection, after: int, limit: int) -> list[EventRow]:
    """The oldest events after the one with id `after`."""
    query = select(_events).where(_events.c.id > after).order_by(_events.c.id).limit(limit)
    return [EventRow(**found._mapping) for found in tx.execute(query)]


def happened_since(tx: Connection, since: float, kind: str, channel: bytes | None, code: str) -> bool:
    """Whether there is an event of that kind and code in a channel (None: in none), at that time or later."""
    wanted = (_events.c.at >= since, _events.c.kind == kind, _events.c.channel.is_(channel), _events.c.code == code)
    return tx.execute(select(_events.c.id).where(*wanted).limit(1)).first() is not None


def last_event(tx: Connection) -> int:
    """The id of the newest event, 0 if there is none."""
    return tx.execute(select(func.max(_events.c.id))).scalar() or 0
