"""Members that lost what they had read: from which place in a channel's log on. SQL only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects.sqlite import insert

from rogatory.node.store.schema import metadata

_losses = Table(
    "losses",
    metadata,
    Column("channel", LargeBinary, nullable=False),
    Column("authority", String, nullable=False),
    Column("after", Integer, nullable=False),
    Column("read_up_to", Integer, nullable=False),
    Column("told_at", Integer, nullable=False),
    PrimaryKeyConstraint("channel", "authority"),
)


@dataclass(frozen=True, slots=True)
class LossRow:
    """Places in a channel's log: the member holds it up to `after`, had acknowledged it up to `read_up_to`, and said
    so in entry `told_at`."""

    after: int
    read_up_to: int
    told_at: int


_OF_MEMBER: Final = select(_losses.c.after, _losses.c.read_up_to, _losses.c.told_at).where(
    _losses.c.channel == bindparam("of"), _losses.c.authority == bindparam("who")
)


def put_loss(tx: Connection, channel: bytes, authority: str, row: LossRow) -> None:
    """Keep it. What it lost before, and has not been given since, it still misses."""
    statement = insert(_losses).values(
        channel=channel, authority=authority, after=row.after, read_up_to=row.read_up_to, told_at=row.told_at
    )
    new = statement.excluded
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=["channel", "authority"],
            set_={
                "after": func.min(_losses.c.after, new.after),
                "read_up_to": func.max(_losses.c.read_up_to, new.read_up_to),
                "told_at": new.told_at,
            },
        )
    )


def get_loss(tx: Connection, channel: bytes, authority: str) -> LossRow | None:
    """What the member lost, or None."""
    found = tx.execute(_OF_MEMBER, {"of": channel, "who": authority}).first()
    return None if found is None else LossRow(*found)


def delete_loss(tx: Connection, channel: bytes, authority: str) -> None:
    """What was lost was shared again."""
    tx.execute(_losses.delete().where(_losses.c.channel == channel, _losses.c.authority == authority))
