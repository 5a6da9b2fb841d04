"""Documents, sent and received, and who acknowledged them. SQL only; times are Unix seconds.

A document is kept as its envelope, with what lists need beside it. `channel`, `id` and `author` name it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
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
    column,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from rogatory.node.store.prepared import Prepared, Row, remembered
from rogatory.node.store.schema import metadata
from rogatory.node.store.texts import PeopleText, packed, unpacked

_documents = Table(
    "documents",
    metadata,
    Column("row", Integer, primary_key=True, autoincrement=True),
    Column("channel", LargeBinary, nullable=False),
    Column("id", LargeBinary, nullable=False),
    Column("author", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("title", PeopleText, nullable=False),
    Column("written_at", String, nullable=False),
    Column("direction", String, nullable=False),
    Column("stage", String, nullable=False),
    Column("thread_id", String),
    Column("thread_subject", String),
    Column("in_reply_to", String),
    Column("seq", Integer),
    Column("logged_at", Float),
    Column("recipients", JSON, nullable=False),
    Column("receipt", LargeBinary),
    Column("void", PeopleText),
    UniqueConstraint("id", "channel", "author"),
    Index("documents_by_seq", "channel", "direction", "seq"),
    Index("requests_by_digest", "digest", sqlite_where=column("kind") == "request"),
)

# Apart, so that an evidence rewrites a small row only; the outbox refers to it for as long as others may need it.
envelopes = Table(
    "document_envelopes",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("envelope", LargeBinary, nullable=False),
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
_NAMES: Final = tuple(field.name for field in fields(DocumentRow))
_WRITTEN: Final = tuple(field.name for field in fields(DocumentRow) if field.name != "row")
_MOST_REMEMBERED: Final = 1024

# Statements of every message are built once: building costs as much as running them.
_PUT: Final = Prepared(insert(_documents).on_conflict_do_nothing(), _WRITTEN)
_PUT_ENVELOPE: Final = Prepared(insert(envelopes), ("row", "envelope"))
_ONE: Final = (
    select(*_COLUMNS)
    .where(_documents.c.channel == bindparam("of"), _documents.c.id == bindparam("document"))
    .order_by(_documents.c.row)
    .limit(1)
)
_BY_ID: Final = Prepared(_ONE)
_ALL_BY_ID: Final = Prepared(_ONE.limit(None))
_BY_AUTHOR: Final = Prepared(_ONE.where(_documents.c.author == bindparam("by")))
_ENVELOPE: Final = Prepared(select(envelopes.c.envelope).where(envelopes.c.row == bindparam("of")))
_THIS: Final = update(_documents).where(_documents.c.row == bindparam("of"))
_SET_LOGGED: Final = Prepared(
    _THIS.values(seq=bindparam("at_seq"), logged_at=bindparam("at"), stage=bindparam("to"), recipients=bindparam("who"))
)
_SET_STAGE: Final = Prepared(_THIS.values(stage=bindparam("to")))
_SET_RECEIPT: Final = Prepared(_THIS.values(receipt=bindparam("proof"), stage=bindparam("to")))
_COUNT_OPENED: Final = Prepared(
    select(func.count())
    .select_from(_deliveries)
    .where(_deliveries.c.document == bindparam("of"), ~_deliveries.c.excepted)
)
_DELIVERED: Final = insert(_deliveries)
_PUT_DELIVERIES: Final = Prepared(
    _DELIVERED.on_conflict_do_update(
        index_elements=["document", "authority"],
        set_={"at": _DELIVERED.excluded.at, "excepted": _DELIVERED.excluded.excepted},
        where=_deliveries.c.excepted & ~_DELIVERED.excluded.excepted,
    ),
    ("document", "authority", "at", "excepted"),
)
_DELIVERIES: Final = Prepared(
    select(_deliveries.c.authority, _deliveries.c.at, _deliveries.c.excepted)
    .where(_deliveries.c.document == bindparam("of"))
    .order_by(_deliveries.c.authority)
)
_SENT: Final = Prepared(
    select(_documents.c.seq, *_COLUMNS).where(
        _documents.c.channel == bindparam("of"),
        _documents.c.direction == "sent",
        _documents.c.seq > bindparam("after"),
        _documents.c.seq <= bindparam("up_to"),
    )
)
_SENT_AGAIN: Final = Prepared(
    select(_sent_again.c.seq, *_COLUMNS)
    .join_from(_sent_again, _documents, _documents.c.row == _sent_again.c.document)
    .where(
        _sent_again.c.channel == bindparam("of"),
        _sent_again.c.seq > bindparam("after"),
        _sent_again.c.seq <= bindparam("up_to"),
    )
)
_SET_READ_UP_TO: Final = Prepared(insert(_read_up_to).prefix_with("OR REPLACE"), ("channel", "authority", "seq"))
_READ_UP_TO: Final = Prepared(
    select(_read_up_to.c.seq).where(
        _read_up_to.c.channel == bindparam("of"), _read_up_to.c.authority == bindparam("by")
    )
)


def _row(found: Row) -> DocumentRow:
    values = dict(zip(_NAMES, found, strict=True))
    values["recipients"] = json.loads(values["recipients"])
    values["title"] = unpacked(values["title"])
    values["void"] = None if values["void"] is None else unpacked(values["void"])
    return DocumentRow(**values)


def _rows(tx: Connection, query: Select[tuple[object, ...]]) -> list[DocumentRow]:
    return [DocumentRow(**found._mapping) for found in tx.execute(query)]


def put_document(tx: Connection, row: DocumentRow, envelope: bytes) -> DocumentRow | None:
    """Keep a document; gives it with its row's number, or None if it is held already."""
    values = {name: getattr(row, name) for name in _WRITTEN}
    values["direction"], values["stage"] = str(row.direction), str(row.stage)
    values["recipients"] = json.dumps(list(row.recipients))
    values["title"], values["void"] = packed(row.title), None if row.void is None else packed(row.void)
    number = _PUT.insert(tx, **values)
    if number is None:
        return None
    _PUT_ENVELOPE.run(tx, row=number, envelope=envelope)
    kept = replace(row, row=number)
    _remember(tx, kept)
    return kept


def _remember(tx: Connection, row: DocumentRow) -> None:
    if row.direction == "sent":
        _under_way(tx)[row.row] = row
        _numbers(tx)[row.channel, row.id, row.author] = row.row


def _under_way(tx: Connection) -> dict[int, DocumentRow]:
    """Newest documents of our own by row: each is asked for when its receipt comes and when the log shows it."""
    return remembered(tx, "documents", _MOST_REMEMBERED)


def _numbers(tx: Connection) -> dict[tuple[bytes, bytes, str], int]:
    """Their rows by channel, id and author."""
    return remembered(tx, "rows of documents", _MOST_REMEMBERED)


def get_document(tx: Connection, channel: bytes, message_id: bytes, author: str | None = None) -> DocumentRow | None:
    """The document with this id in the channel, or None."""
    if author is None:
        found = _BY_ID.first(tx, of=channel, document=message_id)
    else:
        known = _under_way(tx).get(_numbers(tx).get((channel, message_id, author), 0))
        if known is not None:
            return known
        found = _BY_AUTHOR.first(tx, of=channel, document=message_id, by=author)
    if found is None:
        return None
    row = _row(found)
    _remember(tx, row)  # one that waited long for its turn is asked for again with each step of its way
    return row


def get_documents(tx: Connection, channel: bytes, message_id: bytes) -> list[DocumentRow]:
    """All documents with this id in the channel, each of another author; in the order in which they came."""
    return [_row(found) for found in _ALL_BY_ID.all(tx, of=channel, document=message_id)]


def get_by_row(tx: Connection, row: int) -> DocumentRow:
    """The document in a row. Raises KeyError."""
    found = _rows(tx, select(*_COLUMNS).where(_documents.c.row == row))
    if not found:
        raise KeyError(f"no document in row {row}")
    return found[0]


def document_with_digest(tx: Connection, digest: bytes) -> DocumentRow | None:
    """The document with this digest, or None. A request is found by an index; others are what nobody should ask for."""
    query = select(*_COLUMNS).where(_documents.c.digest == digest)
    found = _rows(tx, query.where(_documents.c.kind == literal_column("'request'"))) or _rows(tx, query)
    return found[0] if found else None


def documents_of_kinds(tx: Connection, kinds: Sequence[str]) -> list[DocumentRow]:
    """Sound documents of these kinds in all channels, channel by channel in the order of its log."""
    query = select(*_COLUMNS).where(_documents.c.kind.in_(kinds), _documents.c.void.is_(None))
    return _rows(tx, query.order_by(_documents.c.channel, _documents.c.seq.is_(None), _documents.c.seq))


def get_envelope(tx: Connection, row: int) -> bytes:
    """The document as it was signed."""
    envelope: bytes | None = _ENVELOPE.scalar(tx, of=row)
    if envelope is None:
        raise KeyError(f"no document in row {row}")
    return envelope


def documents_by_prefix(tx: Connection, low: bytes, high: bytes) -> list[DocumentRow]:
    """Documents with `low <= id <= high`, of at most two ids; of each id the first that came."""
    within = select(func.min(_documents.c.row)).where(_documents.c.id.between(low, high))
    return _rows(tx, select(*_COLUMNS).where(_documents.c.row.in_(within.group_by(_documents.c.id).limit(2))))


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


def logged_since(tx: Connection, channel: bytes, since: float, but: Sequence[str] = ()) -> bool:
    """Whether a document of the channel, but for these kinds, came into the log at `since` or later."""
    query = select(_documents.c.row).where(
        _documents.c.channel == channel, _documents.c.logged_at >= since, _documents.c.kind.not_in(but)
    )
    return tx.execute(query.limit(1)).first() is not None


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
    known = _under_way(tx).get(row)
    if known is not None:
        changed = replace(known, seq=seq, logged_at=logged_at, stage=str(stage), recipients=list(recipients))
        _under_way(tx)[row] = changed
    _SET_LOGGED.run(tx, of=row, at_seq=seq, at=logged_at, to=str(stage), who=json.dumps(list(recipients)))


def set_void(tx: Connection, row: int, reason: str | None, stage: str | None = None) -> None:
    """Why the document has no effect; None: it has."""
    _under_way(tx).pop(row, None)
    values = {"void": reason} if stage is None else {"void": reason, "stage": stage}
    tx.execute(update(_documents).where(_documents.c.row == row).values(values))


def set_stage(tx: Connection, rows: Iterable[int], stage: str) -> None:
    """How far these documents have come."""
    known = _under_way(tx)
    numbers = list(rows)
    for row in numbers:
        known.pop(row, None)
    _SET_STAGE.run_many(tx, [{"of": row, "to": str(stage)} for row in numbers])


def set_receipt(tx: Connection, row: int, receipt: bytes, stage: str) -> None:
    """The relay's receipt, encoded."""
    known = _under_way(tx).get(row)
    if known is not None:
        _under_way(tx)[row] = replace(known, receipt=receipt, stage=str(stage))
    _SET_RECEIPT.run(tx, of=row, proof=receipt, to=str(stage))


def put_sent_again(tx: Connection, channel: bytes, seq: int, row: int) -> None:
    """This node sent the document again, for a member that had missed it: entry `seq` carries it too."""
    tx.execute(insert(_sent_again).values(channel=channel, seq=seq, document=row).on_conflict_do_nothing())


def sent_between(tx: Connection, channel: bytes, after: int, up_to: int) -> list[tuple[int, DocumentRow]]:
    """Our own documents carried by entries with `after < seq <= up_to`, sent again or not, with that seq."""
    found = [
        (line[0], _row(line[1:]))
        for query in (_SENT, _SENT_AGAIN)
        for line in query.all(tx, of=channel, after=after, up_to=up_to)
    ]
    return sorted(found, key=lambda pair: pair[0])


def put_deliveries(tx: Connection, rows: Iterable[int], authority: str, at: float, excepted: bool) -> None:
    """A member's node has read these documents. What is held already stays, except that opened beats excepted."""
    _PUT_DELIVERIES.run_many(
        tx, [{"document": row, "authority": authority, "at": at, "excepted": int(excepted)} for row in rows]
    )


def deliveries_of(tx: Connection, row: int) -> list[DeliveryRow]:
    """Who acknowledged the document, by authority id."""
    return [DeliveryRow(found[0], found[1], bool(found[2])) for found in _DELIVERIES.all(tx, of=row)]


def count_opened(tx: Connection, row: int) -> int:
    """How many members' nodes have opened the document."""
    count: int = _COUNT_OPENED.scalar(tx, of=row)
    return count


def read_up_to(tx: Connection, channel: bytes, authority: str) -> int:
    """How far a member's acknowledgements were applied to our documents, as a seq; 0: nothing yet."""
    return _READ_UP_TO.scalar(tx, of=channel, by=authority) or 0


def set_read_up_to(tx: Connection, channel: bytes, authority: str, seq: int) -> None:
    """A member has acknowledged the log up to `seq`."""
    _SET_READ_UP_TO.run(tx, channel=channel, authority=authority, seq=seq)
