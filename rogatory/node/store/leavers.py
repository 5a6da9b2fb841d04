"""Notices of members that leave a channel, until a commit has carried them out. SQL only."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Connection,
    Float,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from rogatory.node.store.schema import metadata

_leavers = Table(
    "leavers",
    metadata,
    Column("channel", LargeBinary, nullable=False),
    Column("authority", String, nullable=False),
    Column("remove_at", Float),
    PrimaryKeyConstraint("channel", "authority"),
)


def put_leaver(tx: Connection, channel: bytes, authority: str, remove_at: float | None) -> None:
    """A member wants to leave. `remove_at` (Unix seconds): when this node is to see to it, if nobody else has."""
    tx.execute(
        insert(_leavers).values(channel=channel, authority=authority, remove_at=remove_at).on_conflict_do_nothing()
    )


def leavers_of(tx: Connection, channel: bytes) -> frozenset[str]:
    """Who wants to leave."""
    return frozenset(tx.execute(select(_leavers.c.authority).where(_leavers.c.channel == channel)).scalars())


def left(tx: Connection, channel: bytes, authorities: list[str]) -> None:
    """They are out of the channel, or in anew."""
    tx.execute(delete(_leavers).where(_leavers.c.channel == channel, _leavers.c.authority.in_(authorities)))


def take_due(tx: Connection, now: float) -> list[tuple[bytes, str]]:
    """Whom this node is to see removed from which channel; each once."""
    query = select(_leavers.c.channel, _leavers.c.authority).where(_leavers.c.remove_at <= now)
    found = [(channel, authority) for channel, authority in tx.execute(query)]
    if found:
        tx.execute(update(_leavers).where(_leavers.c.remove_at <= now).values(remove_at=None))
    return found


def next_due(tx: Connection) -> float | None:
    """When `take_due` has something next."""
    return tx.execute(select(func.min(_leavers.c.remove_at))).scalar()
