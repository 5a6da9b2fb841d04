"""Headers of the logs as read here: kept for good, so that any two members can compare. SQL only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Column, Connection, Integer, LargeBinary, PrimaryKeyConstraint, String, Table, select

from rogatory.node.store.schema import metadata
from rogatory.protocol.header import Form

_headers = Table(
    "headers",
    metadata,
    Column("channel", LargeBinary, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("author", String, nullable=False),
    Column("form", Integer, nullable=False),
    Column("body_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("channel", "seq"),
    sqlite_with_rowid=False,
)

_received = Table(
    "received_messages",
    metadata,
    Column("channel", LargeBinary, nullable=False),
    Column("author", String, nullable=False),
    Column("message_id", LargeBinary, nullable=False),
    Column("seq", Integer, nullable=False),
    PrimaryKeyConstraint("channel", "author", "message_id"),
    sqlite_with_rowid=False,
)

_excepted = Table(
    "excepted_entries",
    metadata,
    Column("channel", LargeBinary, nullable=False),
    Column("seq", Integer, nullable=False),
    PrimaryKeyConstraint("channel", "seq"),
    sqlite_with_rowid=False,
)


@dataclass(frozen=True, slots=True)
class HeaderRow:
    """One entry's header; `hash` is the header's own, the head of the log up to it."""

    channel: bytes
    seq: int
    author: str
    form: Form
    body_hash: bytes
    hash: bytes


def append(connection: Connection, rows: Sequence[HeaderRow]) -> None:
    """Add headers in one statement; one that stands already stays."""
    if rows:
        values = [
            {
                "channel": row.channel,
                "seq": row.seq,
                "author": row.author,
                "form": int(row.form),
                "body_hash": row.body_hash,
                "hash": row.hash,
            }
            for row in rows
        ]
        connection.execute(_headers.insert().prefix_with("OR IGNORE"), values)


def head_hash(connection: Connection, channel: bytes, seq: int) -> bytes | None:
    """The head of the log up to `seq`, or None where this node does not hold that header."""
    query = select(_headers.c.hash).where(_headers.c.channel == channel, _headers.c.seq == seq)
    return connection.scalar(query)


def headers_between(connection: Connection, channel: bytes, first: int, last: int) -> list[HeaderRow]:
    """The headers held with `first <= seq <= last`, in their order."""
    names = HeaderRow.__dataclass_fields__
    query = (
        select(*(_headers.c[name] for name in names))
        .where(_headers.c.channel == channel, _headers.c.seq.between(first, last))
        .order_by(_headers.c.seq)
    )
    return [HeaderRow(**{**found._mapping, "form": Form(found.form)}) for found in connection.execute(query)]


def mark_received(connection: Connection, channel: bytes, author: str, message_id: bytes, seq: int) -> bool:
    """Remember a message; False if it was received before."""
    statement = _received.insert().prefix_with("OR IGNORE")
    result = connection.execute(
        statement.values(channel=channel, author=author, message_id=message_id, seq=seq),
    )
    return result.rowcount == 1


def forget_received(connection: Connection, channel: bytes, author: str, message_id: bytes) -> None:
    """It will be received again."""
    connection.execute(
        _received.delete().where(
            _received.c.channel == channel, _received.c.author == author, _received.c.message_id == message_id
        )
    )


def except_entries(connection: Connection, channel: bytes, seqs: Sequence[int]) -> None:
    """These entries could not be opened here."""
    if seqs:
        statement = _excepted.insert().prefix_with("OR IGNORE")
        connection.execute(statement, [{"channel": channel, "seq": seq} for seq in seqs])


def excepted(connection: Connection, channel: bytes, limit: int) -> list[int]:
    """The newest entries that could not be opened, ascending."""
    query = select(_excepted.c.seq).where(_excepted.c.channel == channel).order_by(_excepted.c.seq.desc()).limit(limit)
    return sorted(connection.scalars(query))
