"""Members that gave notice to leave a channel, until a commit has carried it out. SQL only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Column, Connection, LargeBinary, PrimaryKeyConstraint, String, Table, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from rogatory.node.store.prepared import Prepared, remembered
from rogatory.node.store.schema import metadata

_leavers = Table(
    "leavers",
    metadata,
    Column("channel", LargeBinary, nullable=False),
    Column("authority", String, nullable=False),
    Column("notice", LargeBinary, nullable=False),
    PrimaryKeyConstraint("channel", "authority"),
)


_LEAVERS: Final = Prepared(select(_leavers.c.authority).where(_leavers.c.channel == bindparam("of")))


def put_leaver(tx: Connection, channel: bytes, authority: str, notice: bytes) -> None:
    """A member wants to leave, by this envelope."""
    remembered(tx, "leavers").pop(channel, None)
    statement = insert(_leavers).values(channel=channel, authority=authority, notice=notice)
    tx.execute(statement.on_conflict_do_nothing())


def notices_of(tx: Connection, channel: bytes) -> dict[str, bytes]:
    """The envelopes of their notices, by authority."""
    query = select(_leavers.c.authority, _leavers.c.notice).where(_leavers.c.channel == channel)
    return dict(iter(tx.execute(query.order_by(_leavers.c.authority))))


def forget_leavers(tx: Connection, channel: bytes) -> None:
    """What is known of the channel is told anew."""
    remembered(tx, "leavers").pop(channel, None)
    tx.execute(delete(_leavers).where(_leavers.c.channel == channel))


def leavers_of(tx: Connection, channel: bytes) -> frozenset[str]:
    """Who wants to leave."""
    known = remembered(tx, "leavers")
    if channel not in known:
        known[channel] = frozenset(found[0] for found in _LEAVERS.all(tx, of=channel))
    leavers: frozenset[str] = known[channel]
    return leavers


def settle_leavers(tx: Connection, channel: bytes, authorities: Iterable[str]) -> None:
    """They are out of the channel, or in anew."""
    remembered(tx, "leavers").pop(channel, None)
    tx.execute(delete(_leavers).where(_leavers.c.channel == channel, _leavers.c.authority.in_(list(authorities))))
