"""Headers of the logs as read here: kept for good, so that any two members can compare. SQL only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column, Connection, Integer, LargeBinary, PrimaryKeyConstraint, String, Table, bindparam, select

from rogatory.node.store.prepared import Prepared
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


# Statements of every message are built once: building costs more than running them.
_APPEND: Final = Prepared(
    _headers.insert().prefix_with("OR IGNORE"), ("channel", "seq", "author", "form", "body_hash", "hash")
)
_HEAD: Final = Prepared(
    select(_headers.c.hash).where(_headers.c.channel == bindparam("of"), _headers.c.seq == bindparam("at"))
)
_MARK: Final = Prepared(_received.insert().prefix_with("OR IGNORE"), ("channel", "author", "message_id", "seq"))
_EXCEPTED: Final = Prepared(
    select(_excepted.c.seq)
    .where(_excepted.c.channel == bindparam("of"))
    .order_by(_excepted.c.seq.desc())
    .limit(bindparam("most"))
)


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
        _APPEND.run_many(connection, values)


def head_hash(connection: Connection, channel: bytes, seq: int) -> bytes | None:
    """The head of the log up to `seq`, or None where this node does not hold that header."""
    found: bytes | None = _HEAD.scalar(connection, of=channel, at=seq)
    return found


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
    return _MARK.run(connection, channel=channel, author=author, message_id=message_id, seq=seq) == 1


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
    return sorted(found[0] for found in _EXCEPTED.all(connection, of=channel, most=limit))
