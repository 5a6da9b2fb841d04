"""Files of documents: where they are, the keys that open them, and how far they are on their way. SQL only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    Column,
    Connection,
    Float,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    bindparam,
    select,
)
from sqlalchemy.dialects.sqlite import insert

from rogatory.node.store.prepared import Prepared, Row
from rogatory.node.store.schema import metadata
from rogatory.node.store.texts import PeopleText, unpacked

_attachments = Table(
    "attachments",
    metadata,
    Column("blob", LargeBinary, primary_key=True),
    Column("relay", String),
    Column("state", String, nullable=False),
    Column("name", String, nullable=False),
    Column("media_type", String, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("header", LargeBinary, nullable=False),
    Column("hashes", LargeBinary, nullable=False),
    Column("entered_at", Float, nullable=False),
    Column("problem", PeopleText),
    Index("attachments_by_state", "state"),
)

_attached = Table(
    "document_attachments",
    metadata,
    Column("channel", LargeBinary, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("author", String, nullable=False),
    Column("blob", LargeBinary, nullable=False),
    PrimaryKeyConstraint("channel", "document", "author", "blob"),
    Index("document_attachments_by_blob", "blob"),
)


class AttachmentState(StrEnum):
    """Where a file is on its way.

    Ours: STAGED -> UPLOADING (a document names it) -> SENT, or LOST with the disk that held it.
    Others': OFFERED -> WANTED -> KEPT, or REFUSED (altered, or not what was signed), or LOST (the relay has it not).
    """

    STAGED = "staged"
    UPLOADING = "uploading"
    SENT = "sent"
    OFFERED = "offered"
    WANTED = "wanted"
    KEPT = "kept"
    REFUSED = "refused"
    LOST = "lost"


HERE: Final = frozenset({AttachmentState.STAGED, AttachmentState.UPLOADING, AttachmentState.SENT, AttachmentState.KEPT})
"""All of its sealed bytes are on this disk."""

UNDER_WAY: Final = frozenset({AttachmentState.UPLOADING, AttachmentState.WANTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentRow:
    """A file. `relay`: whose blob it is, None before a document names it; `entered_at` in Unix seconds."""

    blob: bytes
    relay: str | None
    state: AttachmentState
    name: str
    media_type: str
    size: int
    sha256: bytes
    key: bytes
    header: bytes
    hashes: bytes
    entered_at: float
    problem: str | None = None

    def __repr__(self) -> str:
        return f"<AttachmentRow {self.blob.hex()[:12]} {self.state}>"


_COLUMNS: Final = [_attachments.c[field.name] for field in fields(AttachmentRow)]
_OF_DOCUMENT: Final = Prepared(
    select(*_COLUMNS)
    .join(_attached, _attached.c.blob == _attachments.c.blob)
    .where(
        _attached.c.channel == bindparam("of"),
        _attached.c.document == bindparam("message"),
        _attached.c.author == bindparam("by"),
    )
    .order_by(_attachments.c.entered_at, _attachments.c.blob)
)
_OF_MESSAGE: Final = Prepared(
    select(*_COLUMNS)
    .distinct()
    .join(_attached, _attached.c.blob == _attachments.c.blob)
    .where(_attached.c.channel == bindparam("of"), _attached.c.document == bindparam("message"))
    .order_by(_attachments.c.entered_at, _attachments.c.blob)
)


def add(connection: Connection, row: AttachmentRow) -> None:
    """Enter a file; nothing changes if it is there."""
    values = {field.name: getattr(row, field.name) for field in fields(AttachmentRow)}
    connection.execute(insert(_attachments).values(values).on_conflict_do_nothing())


def attach(connection: Connection, channel: bytes, document: bytes, author: str, blob: bytes) -> None:
    """The document names the file."""
    values = {"channel": channel, "document": document, "author": author, "blob": blob}
    connection.execute(insert(_attached).values(values).on_conflict_do_nothing())


def get(connection: Connection, blob: bytes) -> AttachmentRow | None:
    """One file."""
    found = connection.execute(select(*_COLUMNS).where(_attachments.c.blob == blob)).first()
    return None if found is None else _row(found)


def of_document(connection: Connection, channel: bytes, document: bytes, author: str) -> list[AttachmentRow]:
    """The files of a document of `author`."""
    return [_stored(each) for each in _OF_DOCUMENT.all(connection, of=channel, message=document, by=author)]


def of_message(connection: Connection, channel: bytes, message: bytes) -> list[AttachmentRow]:
    """The files of the document with this message id, whoever wrote it."""
    return [_stored(each) for each in _OF_MESSAGE.all(connection, of=channel, message=message)]


def documents_of(connection: Connection, blob: bytes) -> list[tuple[bytes, bytes, str]]:
    """Channel, message id and author of each document that names the file."""
    query = select(_attached.c.channel, _attached.c.document, _attached.c.author).where(_attached.c.blob == blob)
    return [(found[0], found[1], found[2]) for found in connection.execute(query)]


def in_states(connection: Connection, states: Iterable[AttachmentState]) -> list[AttachmentRow]:
    """The files in these states; small ones first, then the older ones."""
    query = (
        select(*_COLUMNS)
        .where(_attachments.c.state.in_(list(states)))
        .order_by(_attachments.c.size, _attachments.c.entered_at)
    )
    return [_row(found) for found in connection.execute(query)]


def set_state(
    connection: Connection, blob: bytes, state: AttachmentState, *, relay: str | None = None, problem: str | None = None
) -> None:
    """Move a file on. `problem`: why it cannot be had."""
    values: dict[str, object] = {"state": state, "problem": problem}
    if relay is not None:
        values["relay"] = relay
    connection.execute(_attachments.update().where(_attachments.c.blob == blob).values(values))


def delete(connection: Connection, blob: bytes) -> None:
    """Forget a file that no document names."""
    connection.execute(_attachments.delete().where(_attachments.c.blob == blob))


def every_blob(connection: Connection) -> set[bytes]:
    """The ids of all files."""
    return set(connection.scalars(select(_attachments.c.blob)))


def part_from_disk(connection: Connection) -> None:
    """The sealed bytes stayed behind, as after a restore: what relays still hold can be fetched again."""
    table, state = _attachments, _attachments.c.state
    connection.execute(table.delete().where(state == AttachmentState.STAGED))
    gone = (AttachmentState.SENT, AttachmentState.KEPT, AttachmentState.WANTED)
    connection.execute(table.update().where(state.in_(gone)).values(state=AttachmentState.OFFERED))


def _stored(found: Row) -> AttachmentRow:
    values = dict(zip((field.name for field in fields(AttachmentRow)), found, strict=True))
    problem = None if values["problem"] is None else unpacked(values["problem"])
    return AttachmentRow(**{**values, "state": AttachmentState(values["state"]), "problem": problem})


def _row(found: object) -> AttachmentRow:
    values = found._mapping  # type: ignore[attr-defined]
    return AttachmentRow(**{**values, "state": AttachmentState(values["state"])})
