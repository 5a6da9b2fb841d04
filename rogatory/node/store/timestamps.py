"""Timestamps of channels' heads, each verified before it is kept. SQL only; times are Unix seconds."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, Connection, Float, Integer, LargeBinary, PrimaryKeyConstraint, Table, func, select
from sqlalchemy.dialects.sqlite import insert

from rogatory.node.store.schema import metadata

_timestamps = Table(
    "timestamps",
    metadata,
    Column("channel", LargeBinary, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Column("response", LargeBinary, nullable=False),
    Column("at", Float, nullable=False),
    PrimaryKeyConstraint("channel", "seq"),
)


@dataclass(frozen=True, slots=True)
class TimestampRow:
    """The head after entry `seq`, stamped at `at` by the answer `response` (DER)."""

    channel: bytes
    seq: int
    head: bytes
    response: bytes
    at: float


def put(tx: Connection, row: TimestampRow) -> None:
    """Keep a timestamp; the first of a place stays."""
    values = {name: getattr(row, name) for name in TimestampRow.__dataclass_fields__}
    tx.execute(insert(_timestamps).values(values).on_conflict_do_nothing())


def first_from(tx: Connection, channel: bytes, seq: int, up_to: int) -> TimestampRow | None:
    """The first one of an entry from `seq` to `up_to`."""
    query = select(_timestamps).where(_timestamps.c.channel == channel, _timestamps.c.seq.between(seq, up_to))
    found = tx.execute(query.order_by(_timestamps.c.seq).limit(1)).first()
    return None if found is None else TimestampRow(*found)


def stamped_up_to(tx: Connection) -> dict[bytes, int]:
    """How far each channel's log is stamped, as a seq."""
    query = select(_timestamps.c.channel, func.max(_timestamps.c.seq)).group_by(_timestamps.c.channel)
    return dict(iter(tx.execute(query)))
