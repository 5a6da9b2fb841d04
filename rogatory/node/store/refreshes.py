"""When this node last renewed its own keys in each channel, and when it is due again. SQL only; Unix seconds."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Connection, Float, Index, LargeBinary, Table, bindparam, func, select

from rogatory.node.store.prepared import Prepared
from rogatory.node.store.schema import metadata

_refreshes = Table(
    "refreshes",
    metadata,
    Column("channel", LargeBinary, primary_key=True),
    Column("since", Float, nullable=False),
    Column("due_at", Float, nullable=False),
    Index("refreshes_by_due", "due_at"),
)


# Asked in every transaction.
_DUE: Final = Prepared(select(_refreshes.c.channel, _refreshes.c.since).where(_refreshes.c.due_at <= bindparam("now")))
_NEXT: Final = Prepared(select(func.min(_refreshes.c.due_at)))


def put_refresh(connection: Connection, channel: bytes, since: float, due_at: float) -> None:
    """Activity counts from `since`; look again at `due_at`."""
    statement = _refreshes.insert().prefix_with("OR REPLACE")
    connection.execute(statement.values(channel=channel, since=since, due_at=due_at))


def due_refreshes(connection: Connection, now: float) -> list[tuple[bytes, float]]:
    """(channel, since) of those that are due."""
    return [(found[0], found[1]) for found in _DUE.all(connection, now=now)]


def next_refresh(connection: Connection) -> float | None:
    """When the next one is due."""
    due: float | None = _NEXT.scalar(connection)
    return due


def delete_refresh(connection: Connection, channel: bytes) -> None:
    """The channel is over here."""
    connection.execute(_refreshes.delete().where(_refreshes.c.channel == channel))
