"""Closings of matters: asked for, read in the log, and done with. SQL only; times are Unix seconds."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    bindparam,
    func,
    select,
)

from rogatory.node.store.prepared import Prepared, remembered
from rogatory.node.store.schema import metadata

_closings = Table(
    "closings",
    metadata,
    Column("channel", LargeBinary, primary_key=True),
    Column("author", String, nullable=False),
    Column("message_id", LargeBinary, nullable=False),
    Column("seq", Integer),
    Column("read_at", Float),
    Column("until", Float),
    Column("keys_gone_at", Float),
    Column("settled", Boolean, nullable=False),
    Index("closings_by_term", "settled", "until"),
)


@dataclass(frozen=True, slots=True)
class ClosingRow:
    """A closing. Without `seq` it waits in this node's outbox; `until` ends the term from `read_at` on; `settled` once
    nothing is awaited of the channel any more."""

    channel: bytes
    author: str
    message_id: bytes
    seq: int | None = None
    read_at: float | None = None
    until: float | None = None
    keys_gone_at: float | None = None
    settled: bool = False


_COLUMNS: Final = tuple(_closings.c[name] for name in ClosingRow.__dataclass_fields__)

# Statements of every message or transaction are built once: building costs more than running them.
_GET: Final = Prepared(select(*_COLUMNS).where(_closings.c.channel == bindparam("of")))
_DUE: Final = Prepared(select(_closings.c.channel).where(~_closings.c.settled, _closings.c.until <= bindparam("now")))
_NEXT: Final = Prepared(
    select(func.min(_closings.c.until)).where(~_closings.c.settled, _closings.c.until > bindparam("after"))
)


def put(connection: Connection, row: ClosingRow) -> None:
    """Keep a channel's closing, in place of what was known of it."""
    remembered(connection, "closings").pop(row.channel, None)
    connection.execute(_closings.insert().prefix_with("OR REPLACE").values(**asdict(row)))


def get(connection: Connection, channel: bytes) -> ClosingRow | None:
    """A channel's closing, asked for or read."""
    known = remembered(connection, "closings")
    if channel not in known:
        found = _GET.first(connection, of=channel)
        known[channel] = None if found is None else replace(ClosingRow(*found), settled=bool(found[-1]))
    row: ClosingRow | None = known[channel]
    return row


def closed_at(connection: Connection, channel: bytes) -> int | None:
    """Where in the log the channel was closed, if that was read here."""
    row = get(connection, channel)
    return None if row is None else row.seq


def closed(connection: Connection) -> set[bytes]:
    """All channels whose closing was read."""
    return set(connection.scalars(select(_closings.c.channel).where(_closings.c.seq.is_not(None))))


def within_term(connection: Connection, now: float) -> list[bytes]:
    """Channels that were closed so lately that others may still wait to hear of it."""
    return list(connection.scalars(select(_closings.c.channel).where(_closings.c.until > now)))


def due(connection: Connection, now: float) -> list[bytes]:
    """Channels whose term is over and that are not done with."""
    return [found[0] for found in _DUE.all(connection, now=now)]


def next_until(connection: Connection, after: float) -> float | None:
    """When the next term is over that ends after that time."""
    until: float | None = _NEXT.scalar(connection, after=after)
    return until


def set_keys_gone(connection: Connection, channel: bytes, at: float) -> None:
    """This node's keys of the channel were deleted."""
    remembered(connection, "closings").pop(channel, None)
    query = _closings.update().where(_closings.c.channel == channel, _closings.c.keys_gone_at.is_(None))
    connection.execute(query.values(keys_gone_at=at))


def settle(connection: Connection, channel: bytes) -> None:
    """Nothing is awaited of the channel any more."""
    remembered(connection, "closings").pop(channel, None)
    connection.execute(_closings.update().where(_closings.c.channel == channel).values(settled=True))


def delete(connection: Connection, channel: bytes) -> None:
    """It was void, so the matter is open."""
    remembered(connection, "closings").pop(channel, None)
    connection.execute(_closings.delete().where(_closings.c.channel == channel))
