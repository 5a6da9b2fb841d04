"""Rejoin entries that no commit has answered yet: of each authority its newest. SQL only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from rogatory.node.store.schema import metadata

_rejoins = Table(
    "rejoins",
    metadata,
    Column("channel", LargeBinary, nullable=False),
    Column("authority", String, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("key_package", LargeBinary, nullable=False),
    Column("key_package_ref", LargeBinary, nullable=False),
    Column("key_set", Integer, nullable=False),
    Column("last_seq", Integer, nullable=False),
    Column("verified", Boolean),
    PrimaryKeyConstraint("channel", "authority"),
)


@dataclass(frozen=True, slots=True)
class RejoinRow:
    """A rejoin entry: its body and what that says.

    `verified`: whether the signatures are those of its key set; None while the directory here does not hold that.
    """

    seq: int
    authority: str
    envelope: bytes
    key_package: bytes
    key_package_ref: bytes
    key_set: int
    last_seq: int
    verified: bool | None = None


_columns = tuple(_rejoins.c[name] for name in RejoinRow.__dataclass_fields__)


def put_rejoin(connection: Connection, channel: bytes, row: RejoinRow) -> None:
    """A rejoin entry was read: it takes the place of the authority's one before."""
    values = {name: getattr(row, name) for name in RejoinRow.__dataclass_fields__}
    connection.execute(insert(_rejoins).prefix_with("OR REPLACE").values(channel=channel, **values))


def set_verified(connection: Connection, channel: bytes, authority: str, verified: bool) -> None:
    """The directory holds its key set now."""
    connection.execute(
        update(_rejoins)
        .where(_rejoins.c.channel == channel, _rejoins.c.authority == authority)
        .values(verified=verified)
    )


def waiting_rejoins(connection: Connection, channel: bytes) -> list[RejoinRow]:
    """Those of a channel, by seq."""
    query = select(*_columns).where(_rejoins.c.channel == channel).order_by(_rejoins.c.seq)
    return [RejoinRow(*found) for found in connection.execute(query)]


def settle_rejoins(connection: Connection, channel: bytes, authorities: Iterable[str]) -> None:
    """These were let in again, or removed."""
    connection.execute(
        delete(_rejoins).where(_rejoins.c.channel == channel, _rejoins.c.authority.in_(list(authorities)))
    )


def forget_rejoins(connection: Connection, channel: bytes) -> None:
    """What is known of the channel is told anew."""
    connection.execute(delete(_rejoins).where(_rejoins.c.channel == channel))
