"""Which earlier requests each matter's request names, by their digests, to find them from both ends. SQL only."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Column, Connection, Index, LargeBinary, PrimaryKeyConstraint, Table, delete, select
from sqlalchemy.dialects.sqlite import insert

from rogatory.node.store.schema import metadata

_relations = Table(
    "relations",
    metadata,
    Column("channel", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    PrimaryKeyConstraint("channel", "digest"),
    Index("relations_by_digest", "digest"),
)


def put(tx: Connection, channel: bytes, digests: Iterable[bytes]) -> None:
    """The request of this matter names these earlier ones, and no others."""
    tx.execute(delete(_relations).where(_relations.c.channel == channel))
    rows = [{"channel": channel, "digest": digest} for digest in set(digests)]
    if rows:
        tx.execute(insert(_relations), rows)


def naming(tx: Connection, digest: bytes) -> list[bytes]:
    """The channels of the matters whose requests name the request with this digest."""
    query = select(_relations.c.channel).where(_relations.c.digest == digest).order_by(_relations.c.channel)
    return [bytes(found[0]) for found in tx.execute(query)]
