"""Officers who may use this node, by the digest of their tokens. SQL only; times are Unix seconds."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, Connection, Float, LargeBinary, String, Table, insert, select, update

from rogatory.node.store.schema import metadata

_officers = Table(
    "officers",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("function", String, nullable=False),
    Column("token", LargeBinary, nullable=False),
    Column("since", Float, nullable=False),
    Column("until", Float),
)


@dataclass(frozen=True, slots=True)
class OfficerRow:
    """An officer. `token`: SHA-256 of the token; `until`: when the access ended."""

    id: str
    name: str
    function: str
    token: bytes
    since: float
    until: float | None = None


def put(tx: Connection, row: OfficerRow) -> None:
    """Keep a new officer."""
    tx.execute(insert(_officers).values({name: getattr(row, name) for name in OfficerRow.__dataclass_fields__}))


def get(tx: Connection, officer: str) -> OfficerRow | None:
    """The officer, present or gone, or None."""
    found = tx.execute(select(_officers).where(_officers.c.id == officer)).first()
    return None if found is None else OfficerRow(*found)


def all_officers(tx: Connection) -> list[OfficerRow]:
    """All that there were, by id."""
    return [OfficerRow(*found) for found in tx.execute(select(_officers).order_by(_officers.c.id))]


def end(tx: Connection, officer: str, at: float) -> None:
    """The officer's access ends."""
    tx.execute(update(_officers).where(_officers.c.id == officer).values(until=at))
