"""The entries that carried documents, as the log has them: what a stranger needs beside the document. SQL only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    bindparam,
    select,
)

from rogatory.node.store import bodies
from rogatory.node.store.prepared import Prepared
from rogatory.node.store.schema import metadata

_carriers = Table(
    "carriers",
    metadata,
    Column("channel", LargeBinary, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("author", String, nullable=False),
    Column("message_id", LargeBinary, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("body", Integer, nullable=False),
    PrimaryKeyConstraint("channel", "seq"),
    Index("carriers_by_document", "channel", "message_id"),
)


@dataclass(frozen=True, slots=True)
class CarrierRow:
    """Entry `seq` carried the document `message_id` of `author` (who signed it). `body`: encrypted, as the log has it;
    `salt`: what stood beside the document inside."""

    channel: bytes
    seq: int
    author: str
    message_id: bytes
    salt: bytes
    body: bytes


_PUT: Final = Prepared(_carriers.insert().prefix_with("OR IGNORE"), tuple(CarrierRow.__dataclass_fields__))

_BETWEEN: Final = Prepared(
    select(_carriers.c.seq)
    .where(
        _carriers.c.channel == bindparam("of"),
        _carriers.c.seq > bindparam("after"),
        _carriers.c.seq <= bindparam("up_to"),
    )
    .order_by(_carriers.c.seq)
)


def put_carrier(connection: Connection, row: CarrierRow, kept: int | None = None) -> None:
    """Keep an entry; one that is kept already stays. `kept`: the number of its body, where that is kept already."""
    number = bodies.keep(connection, row.body) if kept is None else kept
    added = _PUT.run(
        connection,
        channel=row.channel,
        seq=row.seq,
        author=row.author,
        message_id=row.message_id,
        salt=row.salt,
        body=number,
    )
    if not added and kept is None:
        bodies.drop(connection, number)


def carrier_of(connection: Connection, channel: bytes, author: str, message_id: bytes) -> CarrierRow | None:
    """The first entry here that carried the document."""
    query = (
        select(*(_carriers.c[name] for name in CarrierRow.__dataclass_fields__ if name != "body"), bodies.table.c.body)
        .join_from(_carriers, bodies.table, bodies.table.c.number == _carriers.c.body)
        .where(_carriers.c.channel == channel, _carriers.c.message_id == message_id, _carriers.c.author == author)
        .order_by(_carriers.c.seq)
        .limit(1)
    )
    found = connection.execute(query).first()
    return None if found is None else CarrierRow(**found._mapping)


def carried_between(connection: Connection, channel: bytes, after: int, up_to: int) -> list[int]:
    """Entries kept here with `after < seq <= up_to`, ascending."""
    return [found[0] for found in _BETWEEN.all(connection, of=channel, after=after, up_to=up_to)]
