"""Other authorities' keys as this node last saw them, and which fingerprints persons confirmed. SQL only."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import JSON, Column, Connection, Float, Integer, PrimaryKeyConstraint, String, Table, select

from rogatory.node.store.schema import metadata

_seen = Table(
    "keys_seen",
    metadata,
    Column("authority", String, primary_key=True),
    Column("key_set", Integer),
    Column("compromised", JSON, nullable=False),
)

_confirmations = Table(
    "confirmations",
    metadata,
    Column("authority", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("key_set", Integer, nullable=False),
    Column("at", Float, nullable=False),
    PrimaryKeyConstraint("authority", "fingerprint"),
)


@dataclass(frozen=True, slots=True)
class KeysSeen:
    """`key_set`: the newest in force, None for an authority that was struck off; `compromised`: numbers of those
    that the directory says are."""

    authority: str
    key_set: int | None
    compromised: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A person compared this fingerprint with the authority by another way. `at`: Unix seconds."""

    authority: str
    fingerprint: str
    key_set: int
    at: float


def keys_seen(connection: Connection) -> dict[str, KeysSeen]:
    """Of every authority."""
    return {row.authority: KeysSeen(row[0], row[1], tuple(row[2])) for row in connection.execute(select(_seen))}


def put_keys_seen(connection: Connection, rows: list[KeysSeen]) -> None:
    """Remember these."""
    if rows:
        statement = _seen.insert().prefix_with("OR REPLACE")
        values = [
            {"authority": row.authority, "key_set": row.key_set, "compromised": list(row.compromised)} for row in rows
        ]
        connection.execute(statement, values)


def put_confirmation(connection: Connection, row: Confirmation) -> None:
    """Record a confirmation; the newest of a fingerprint counts."""
    values = {name: getattr(row, name) for name in Confirmation.__dataclass_fields__}
    connection.execute(_confirmations.insert().prefix_with("OR REPLACE").values(**values))


def confirmations_of(connection: Connection, authority: str) -> dict[str, float]:
    """When each fingerprint of an authority was confirmed."""
    query = select(_confirmations.c.fingerprint, _confirmations.c.at).where(_confirmations.c.authority == authority)
    return {found[0]: found[1] for found in connection.execute(query)}
