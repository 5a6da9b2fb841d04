"""What an officer prepared and a second one has yet to approve. SQL only; times are Unix seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, Column, Connection, Float, LargeBinary, String, Table, insert, select, update

from rogatory.node.store.schema import metadata

_drafts = Table(
    "drafts",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("act", String, nullable=False),
    Column("given", JSON, nullable=False),
    Column("prepared_by", String, nullable=False),
    Column("prepared_at", Float, nullable=False),
    Column("state", String, nullable=False),
    Column("decided_by", String),
    Column("decided_at", Float),
    Column("reason", String),
    Column("document", LargeBinary),
)


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A draft. `act`: what is to be done with `given`; `document`: message id of what was sent."""

    id: bytes
    act: str
    given: dict[str, Any]
    prepared_by: str
    prepared_at: float
    state: str
    decided_by: str | None = None
    decided_at: float | None = None
    reason: str | None = None
    document: bytes | None = None


def put(tx: Connection, row: DraftRow) -> None:
    """Keep a new draft."""
    tx.execute(insert(_drafts).values({name: getattr(row, name) for name in DraftRow.__dataclass_fields__}))


def by_prefix(tx: Connection, low: bytes, high: bytes) -> list[DraftRow]:
    """At most two drafts with `low <= id <= high`."""
    return [DraftRow(*found) for found in tx.execute(select(_drafts).where(_drafts.c.id.between(low, high)).limit(2))]


def all_drafts(tx: Connection, state: str | None = None) -> list[DraftRow]:
    """Drafts, those of one state if given, the newest first."""
    query = select(_drafts).order_by(_drafts.c.prepared_at.desc(), _drafts.c.id)
    if state is not None:
        query = query.where(_drafts.c.state == state)
    return [DraftRow(*found) for found in tx.execute(query)]


def decide(
    tx: Connection,
    draft: bytes,
    state: str,
    by: str,
    at: float,
    *,
    reason: str | None = None,
    document: bytes | None = None,
) -> None:
    """The draft was approved or refused."""
    values = {"state": state, "decided_by": by, "decided_at": at, "reason": reason, "document": document}
    tx.execute(update(_drafts).where(_drafts.c.id == draft).values(values))
