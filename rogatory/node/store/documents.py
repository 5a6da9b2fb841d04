"""Documents, sent and received, and who acknowledged them. SQL only; times are Unix seconds.

A document is kept as its envelope, with what lists need beside it. `channel`, `id` and `author` name it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Select,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    func,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from rogatory.node.store.schema import metadata

_documents = Table(
    "documents",
    metadata,
    Column("row", Integer, primary_key=True, autoincrement=True),
    Column("channel", LargeBinary, nullable=False),
    Column("id", LargeBinary, nullable=False),
    Column("author", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("title", String, nullable=False),
    Column("written_at", String, nullable=False),
    Column("direction", String, nullable=False),
    Column("stage", String, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("thread_id", String),
    Column("thread_subject", String),
    Column("in_reply_to", String),
    Column("seq", Integer),
    Column("logged_at", Float),
    Column("recipients", JSON, nullable=False),
    Column("receipt", LargeBinary),
    Column("void", String),
    UniqueConstraint("channel", "id", "author"),
    Index("documents_by_id", "id"),
    Index("documents_by_seq", "channel", "direction", "seq"),
)

_deliveries = Table(
    "deliveries",
    metadata,
    Column("document", Integer, nullable=False),
    Column("authority", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("excepted", Boolean, nullable=False),
    PrimaryKeyConstraint("document", "authority"),
)

_sent_again = Table(
    "sent_again",
    metadata,
    Column("channel", LargeBinary, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("document", Integer, nullable=False),
    PrimaryKeyConstraint("channel", "seq"),
)

_read_up_to = Table(
    "read_up_to",
    metadata,
    Column("channel", LargeBinary, nullable=False),
    Column("authority", String, nullable=False),
    Column("seq", Integer, nullable=False),
    PrimaryKeyConstraint("channel", "authority"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """A document. `recipients`: whose acknowledgement makes it delivered; `receipt`: the relay's, encoded."""

    channel: bytes
    id: bytes
    author: str
    kind: str
    digest: bytes
    title: str
    written_at: str
    direction: str
    stage: str
    thread_id: str | None = None
    thread_subject: str | None = None
    in_reply_to: str | None = None
    seq: int | None = None
    logged_at: float | None = None
    recipients: Sequence[str] = ()
    receipt: bytes | None = None
    void: str | None = None
    row: int = 0


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """An addressee's node acknowledged a document, or said that it could not open it."""

    authority: str
    at: float
    excepted: bool


_COLUMNS: Final = [_documents.c[field.name] for field in fields(DocumentRow)]
_WRITTEN: Final = tuple(field.name for field in fields(DocumentRow) if field.name != "row")

# Statements of every message are built once: building costs as much as running them.
_PUT: Final = insert(_documents).on_conflict_do_nothing()
_BY_ID: Final = (
    select(*_COLUMNS)
    .where(_documents.c.channel == bindparam("of"), _documents.c.id == bindparam("document"))
    .order_by(_documents.c.row)
    .limit(1)
)
_BY_AUTHOR: Final = _BY_ID.where(_documents.c.author == bindparam("by"))
_ENVELOPE: Final = select(_documents.c.envelope).where(_documents.c.row == bindparam("of"))
_SET_LOGGED: Final = (
    update(_documents)
    .where(_documents.c.row == bindparam("of"))
    .values(
        seq=bindparam("at_seq"),
        logged_at=bindparam("at"),
        stage=bindparam("to"),
        recipients=bindparam("who", type_=JSON),
    )
)
_SET_STAGE: Final = update(_documents).where(_documents.c.row == bindparam("of")).values(stage=bindparam("to"))
_SET_RECEIPT: Final = (
    update(_documents)
    .where(_documents.c.row == bindparam("of"))
    .values(receipt=bindparam("proof"), stage=bindparam("to"))
)
_COUNT_OPENED: Final = (
    select(func.count())
    .select_from(_deliveries)
    .where(_deliveries.c.document == bindparam("of"), ~_deliveries.c.excepted)
)
_DELIVERED: Final = insert(_deliveries)
_PUT_DELIVERIES: Final = _DELIVERED.on_conflict_do_update(
    index_elements=["document", "authority"],
    set_={"at": _DELIVERED.excluded.at, "excepted": _DELIVERED.excluded.excepted},
    where=_deliveries.c.excepted & ~_DELIVERED.excluded.excepted,
)
_DELIVERIES: Final = (
    select(_deliveries.c.authority, _deliveries.c.at, _deliveries.c.excepted)
    .where(_deliveries.c.document == bindparam("of"))
    .order_by(_deliveries.c.authority)
)


def _rows(tx: Connection, query: Select[tuple[object, ...]]) -> list[DocumentRow]:
    return [DocumentRow(**found._mapping) for found in tx.execute(query)]


def put_document(tx: Connection, row: DocumentRow, envelope: bytes) -> bool:
    """Keep a document; False if it is held already."""
    values = {name: getattr(row, name) for name in _WRITTEN}
    return tx.execute(_PUT, values | {"recipients": list(row.recipients), "envelope": envelope}).rowcount == 1


def get_document(tx: Connection, channel: bytes, message_id: bytes, author: str | None = None) -> DocumentRow | None:
    """The document with this id in the channel, or None."""
    values = {"of": channel, "document": message_id}
    found = tx.execute(_BY_ID, values) if author is None else tx.execute(_BY_AUTHOR, {**values, "by": author})
    row = found.first()
    return None if row is None else DocumentRow(**row._mapping)


def get_envelope(tx: Connection, row: int) -> bytes:
    """The document as it was signed."""
    envelope: bytes = tx.execute(_ENVELOPE, {"of": row}).scalar_one()
    return envelope


def documents_by_prefix(tx: Connection, low: bytes, high: bytes) -> list[DocumentRow]:
    """At most two documents with `low <= id <= high`."""
    return _rows(tx, select(*_COLUMNS).where(_documents.c.id.between(low, high)).limit(2))


def documents_of(tx: Connection, channel: bytes) -> list[DocumentRow]:
    """All documents of a channel, in the order of its log; what is not in the log yet comes last."""
    query = select(*_COLUMNS).where(_documents.c.channel == channel)
    return _rows(tx, query.order_by(_documents.c.seq.is_(None), _documents.c.seq, _documents.c.row))


def documents_after(tx: Connection, channel: bytes, kind: str, after: int, limit: int) -> list[DocumentRow]:
    """Sound documents of one kind after a seq, in the order of the log."""
    query = select(*_COLUMNS).where(
        _documents.c.channel == channel,
        _documents.c.kind == kind,
        _documents.c.seq > after,
        _documents.c.void.is_(None),
    )
    return _rows(tx, query.order_by(_documents.c.seq).limit(limit))


def logged_since(tx: Connection, channel: bytes, since: float) -> bool:
    """Whether a document of the channel came into the log at `since` or later."""
    query = select(_documents.c.row).where(_documents.c.channel == channel, _documents.c.logged_at >= since).limit(1)
    return tx.execute(query).first() is not None


def threads_of(tx: Connection, channel: bytes) -> list[tuple[str, str]]:
    """Id and subject of each thread of a channel."""
    query = select(_documents.c.thread_id, func.min(_documents.c.thread_subject)).where(
        _documents.c.channel == channel, _documents.c.thread_id.is_not(None)
    )
    return [(thread, subject) for thread, subject in tx.execute(query.group_by(_documents.c.thread_id))]


def count_documents(tx: Connection) -> dict[bytes, int]:
    """How many documents each channel has."""
    query = select(_documents.c.channel, func.count()).group_by(_documents.c.channel)
    return dict(iter(tx.execute(query)))


def set_logged(
    tx: Connection, row: int, seq: int, logged_at: float, stage: str, recipients: Sequence[str] = ()
) -> None:
    """The document was read in the log."""
    tx.execute(_SET_LOGGED, {"of": row, "at_seq": seq, "at": logged_at, "to": stage, "who": list(recipients)})


def set_void(tx: Connection, row: int, reason: str | None, stage: str | None = None) -> None:
    """Why the document has no effect; None: it has."""
    values = {"void": reason} if stage is None else {"void": reason, "stage": stage}
    tx.execute(update(_documents).where(_documents.c.row == row).values(values))


def set_stage(tx: Connection, row: int, stage: str) -> None:
    """How far the document has come."""
    tx.execute(_SET_STAGE, {"of": row, "to": stage})


def set_receipt(tx: Connection, row: int, receipt: bytes, stage: str) -> None:
    """The relay's receipt, encoded."""
    tx.execute(_SET_RECEIPT, {"of": row, "proof": receipt, "to": stage})


def put_sent_again(tx: Connection, channel: bytes, seq: int, row: int) -> None:
    """This node sent the document again, for a member that had missed it: entry `seq` carries it too."""
    tx.execute(insert(_sent_again).values(channel=channel, seq=seq, document=row).on_conflict_do_nothing())


def sent_between(tx: Connection, channel: bytes, after: int, up_to: int) -> list[tuple[int, DocumentRow]]:
    """Our own documents carried by entries with `after < seq <= up_to`, sent again or not, with that seq."""
    first = select(_documents.c.seq.label("at"), *_COLUMNS).where(
        _documents.c.channel == channel,
        _documents.c.direction == "sent",
        _documents.c.seq > after,
        _documents.c.seq <= up_to,
    )
    again = (
        select(_sent_again.c.seq.label("at"), *_COLUMNS)
        .join(_documents, _documents.c.row == _sent_again.c.document)
        .where(_sent_again.c.channel == channel, _sent_again.c.seq > after, _sent_again.c.seq <= up_to)
    )
    found = []
    for query in (first, again):
        for line in tx.execute(query).mappings():
            values = dict(line)
            found.append((values.pop("at"), DocumentRow(**values)))
    return sorted(found, key=lambda pair: pair[0])


def put_deliveries(tx: Connection, row: int, authorities: Iterable[str], at: float, excepted: bool) -> None:
    """These members' nodes have read the document. What is held already stays, except that opened beats excepted."""
    values = [{"document": row, "authority": name, "at": at, "excepted": excepted} for name in authorities]
    if values:
        tx.execute(_PUT_DELIVERIES, values)


def deliveries_of(tx: Connection, row: int) -> list[DeliveryRow]:
    """Who acknowledged the document, by authority id."""
    return [DeliveryRow(*found) for found in tx.execute(_DELIVERIES, {"of": row})]


def count_opened(tx: Connection, row: int) -> int:
    """How many members' nodes have opened the document."""
    return tx.execute(_COUNT_OPENED, {"of": row}).scalar_one()


def read_up_to(tx: Connection, channel: bytes, authority: str) -> int:
    """How far a member's acknowledgements were applied to our documents, as a seq; 0: nothing yet."""
    query = select(_read_up_to.c.seq).where(_read_up_to.c.channel == channel, _read_up_to.c.authority == authority)
    return tx.execute(query).scalar() or 0


def set_read_up_to(tx: Connection, channel: bytes, authority: str, seq: int) -> None:
    """A member has acknowledged the log up to `seq`."""
    statement = insert(_read_up_to).values(channel=channel, authority=authority, seq=seq)
    tx.execute(statement.on_conflict_do_update(index_elements=["channel", "authority"], set_={"seq": seq}))
