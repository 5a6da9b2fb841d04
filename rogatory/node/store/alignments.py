"""Which roster each network's channel was brought in line with, and when to do so again. SQL only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column, Connection, Float, Integer, String, Table, select, update
from sqlalchemy.dialects.sqlite import insert

from rogatory.node.store.prepared import Prepared
from rogatory.node.store.schema import metadata

_alignments = Table(
    "alignments",
    metadata,
    Column("network", String, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("due_at", Float),
)


_ALL: Final = Prepared(select(_alignments))


@dataclass(frozen=True, slots=True)
class AlignmentRow:
    """`version`: of the roster last looked at; `due_at` (Unix seconds): when to compare the channel with it."""

    network: str
    version: int
    due_at: float | None


def get_alignments(tx: Connection) -> dict[str, AlignmentRow]:
    """By network id."""
    return {found[0]: AlignmentRow(*found) for found in _ALL.all(tx)}


def put_alignment(tx: Connection, row: AlignmentRow) -> None:
    """Keep it."""
    statement = insert(_alignments).values(network=row.network, version=row.version, due_at=row.due_at)
    tx.execute(
        statement.on_conflict_do_update(index_elements=["network"], set_={"version": row.version, "due_at": row.due_at})
    )


def hasten(tx: Connection, network: str, due_at: float) -> None:
    """Compare again at `due_at`, unless that is to be done sooner."""
    tx.execute(
        update(_alignments)
        .where(_alignments.c.network == network, _alignments.c.due_at.is_(None) | (_alignments.c.due_at > due_at))
        .values(due_at=due_at)
    )
