"""Evidences of documents: the current one for each stage and authority, those that it superseded, and terms. SQL only.

A document is named by its row. Times of evidences are Unix milliseconds, of terms and openings Unix seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import (
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    bindparam,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from rogatory.node.store.prepared import Prepared
from rogatory.node.store.schema import metadata

_current = Table(
    "evidences",
    metadata,
    Column("document", Integer, nullable=False),
    Column("stage", String, nullable=False),
    Column("authority", String, nullable=False),
    Column("finding", String, nullable=False),
    Column("at", Integer, nullable=False),
    Column("by", String, nullable=False),
    Column("source", LargeBinary, nullable=False),
    Column("detail", String, nullable=False),
    PrimaryKeyConstraint("document", "stage", "authority"),
    sqlite_with_rowid=False,
)

_superseded = Table(
    "superseded_evidences",
    metadata,
    *(Column(column.name, column.type, nullable=False) for column in _current.c),
    PrimaryKeyConstraint("document", "stage", "authority", "finding", "at", "by", "source"),
    sqlite_with_rowid=False,
)

# A document of our own that others are to see and open: when to look next for whom it has not reached; NULL: as soon as
# its channel is read again.
_terms = Table(
    "evidence_terms",
    metadata,
    Column("document", Integer, primary_key=True),
    Column("channel", LargeBinary, nullable=False),
    Column("stage", String, nullable=False),
    Column("due_at", Float, index=True),
)

# A document of another's that a person here has opened; `told` once the statement of that is queued.
_openings = Table(
    "openings",
    metadata,
    Column("document", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("officer", String, nullable=False),
    Column("due_at", Float, index=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRow:
    """An evidence; `authority`: the addressee, or the relay; `detail`: why a relay refused, or who opened it."""

    document: int
    stage: str
    authority: str
    finding: str
    at: int
    by: str
    source: bytes = b""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """Look at `due_at` whom the document has not reached at this stage; None: once its channel is read again."""

    document: int
    channel: bytes
    stage: str
    due_at: float | None


@dataclass(frozen=True, slots=True)
class Opening:
    """A document was opened at a time by a person, who is named where the authority wants it."""

    document: int
    at: float
    officer: str


_NAMES: Final = tuple(EvidenceRow.__dataclass_fields__)
_ORDERED: Final = [_current.c[name] for name in _NAMES]
_KEY: Final = (
    (_current.c.document == bindparam("of"))
    & (_current.c.stage == bindparam("at_stage"))
    & (_current.c.authority == bindparam("who"))
)
# Statements of every message are built once: building costs as much as running them.
_PUT: Final = Prepared(insert(_current).on_conflict_do_nothing(), _NAMES)
_REPLACE: Final = Prepared(_current.insert().prefix_with("OR REPLACE"), _NAMES)
_KEEP: Final = Prepared(insert(_superseded).on_conflict_do_nothing(), _NAMES)
_ONE: Final = Prepared(select(*_ORDERED).where(_KEY))
_OF: Final = Prepared(select(*_ORDERED).where(_current.c.document == bindparam("of")).order_by(*_current.primary_key))
_BEFORE: Final = Prepared(
    select(*(_superseded.c[name] for name in _NAMES))
    .where(_superseded.c.document == bindparam("of"))
    .order_by(_superseded.c.at, *_superseded.primary_key)
)
_PUT_TERM: Final = Prepared(insert(_terms).on_conflict_do_nothing(), ("document", "channel", "stage", "due_at"))
_NEXT_TERM: Final = Prepared(select(func.min(_terms.c.due_at)))
_DUE_TERMS: Final = Prepared(
    select(_terms.c.document, _terms.c.channel, _terms.c.stage, _terms.c.due_at)
    .where(_terms.c.due_at <= bindparam("now"))
    .order_by(_terms.c.due_at, _terms.c.document)
    .limit(bindparam("most"))
)
_WAITING: Final = Prepared(select(_terms.c.channel).where(_terms.c.due_at.is_(None)).distinct())
_PUT_OPENING: Final = Prepared(insert(_openings).on_conflict_do_nothing(), ("document", "at", "officer", "due_at"))
_NEXT_OPENING: Final = Prepared(select(func.min(_openings.c.due_at)))
_DUE_OPENINGS: Final = Prepared(
    select(_openings.c.document, _openings.c.at, _openings.c.officer)
    .where(_openings.c.due_at <= bindparam("now"))
    .order_by(_openings.c.due_at, _openings.c.document)
    .limit(bindparam("most"))
)


def put_first(tx: Connection, row: EvidenceRow) -> bool:
    """Keep the first evidence of its document, stage and authority; whether there was none before."""
    return _PUT.run(tx, **_values(row)) == 1


def get_current(tx: Connection, document: int, stage: str, authority: str) -> EvidenceRow | None:
    """The current evidence."""
    found = _ONE.first(tx, of=document, at_stage=stage, who=authority)
    return None if found is None else EvidenceRow(**dict(zip(_NAMES, found, strict=True)))


def put_current(tx: Connection, row: EvidenceRow) -> None:
    """Make `row` the current one of its document, stage and authority, in place of the one before."""
    _REPLACE.run(tx, **_values(row))


def keep_superseded(tx: Connection, row: EvidenceRow) -> None:
    """Keep one that a stronger one superseded; one that is kept already changes nothing."""
    _KEEP.run(tx, **_values(row))


def evidences_of(tx: Connection, document: int) -> list[EvidenceRow]:
    """The current evidences of a document, by stage and authority."""
    return [EvidenceRow(**dict(zip(_NAMES, found, strict=True))) for found in _OF.all(tx, of=document)]


def superseded_of(tx: Connection, document: int) -> list[EvidenceRow]:
    """What the current ones superseded, by time."""
    return [EvidenceRow(**dict(zip(_NAMES, found, strict=True))) for found in _BEFORE.all(tx, of=document)]


def put_term(tx: Connection, term: Term) -> None:
    """Begin to wait; a document that has a term keeps it."""
    _PUT_TERM.run(tx, document=term.document, channel=term.channel, stage=str(term.stage), due_at=term.due_at)


def move_term(tx: Connection, term: Term) -> None:
    """Wait on, for another stage or until later."""
    tx.execute(update(_terms).where(_terms.c.document == term.document).values(stage=term.stage, due_at=term.due_at))


def waiting_channels(tx: Connection) -> list[bytes]:
    """Channels with terms that wait for them to be read again."""
    return [found[0] for found in _WAITING.all(tx)]


def resume_terms(tx: Connection, channel: bytes, due_at: float) -> None:
    """Look at `due_at` at those of a channel that waited for it."""
    tx.execute(update(_terms).where(_terms.c.channel == channel, _terms.c.due_at.is_(None)).values(due_at=due_at))


def delete_term(tx: Connection, document: int) -> None:
    """Wait no longer."""
    tx.execute(delete(_terms).where(_terms.c.document == document))


def due_terms(tx: Connection, now: float, most: int) -> list[Term]:
    """At most so many that are due, the oldest first."""
    return [Term(*found) for found in _DUE_TERMS.all(tx, now=now, most=most)]


def next_term(tx: Connection) -> float | None:
    """When the next one is due."""
    due: float | None = _NEXT_TERM.scalar(tx)
    return due


def put_opening(tx: Connection, opening: Opening, due_at: float) -> bool:
    """A person opened a document, which is to be stated at `due_at`; whether it is the first time."""
    values = {"document": opening.document, "at": opening.at, "officer": opening.officer, "due_at": due_at}
    return _PUT_OPENING.run(tx, **values) == 1


def due_openings(tx: Connection, now: float, most: int) -> list[Opening]:
    """At most so many that are to be stated, the oldest first."""
    return [Opening(*found) for found in _DUE_OPENINGS.all(tx, now=now, most=most)]


def next_opening(tx: Connection) -> float | None:
    """When the next one is to be stated."""
    due: float | None = _NEXT_OPENING.scalar(tx)
    return due


def put_off_openings(tx: Connection, documents: Sequence[int], due_at: float | None) -> None:
    """State them at `due_at`; None: they are stated."""
    tx.execute(update(_openings).where(_openings.c.document.in_(documents)).values(due_at=due_at))


def _values(row: EvidenceRow) -> dict[str, object]:
    # An enumerated word costs the driver as much as half a row.
    values = {name: getattr(row, name) for name in _NAMES}
    return values | {"stage": str(row.stage), "finding": str(row.finding)}
