"""What a relay said in its last courier file, as far as later files need it. SQL only."""

from __future__ import annotations

from sqlalchemy import Column, Connection, Integer, LargeBinary, String, Table, select
from sqlalchemy.dialects.sqlite import insert

from rogatory.node.store.schema import metadata

_couriers = Table(
    "couriers",
    metadata,
    Column("relay", String, primary_key=True),
    Column("exported", Integer, nullable=False),
    Column("imported", Integer, nullable=False),
    Column("snapshot", LargeBinary, nullable=False),
)


def get(connection: Connection, relay: str) -> tuple[int, int, bytes]:
    """Numbers of the last files exported and imported, and the encoded snapshot; 0, 0 and nothing at first."""
    query = select(_couriers.c.exported, _couriers.c.imported, _couriers.c.snapshot)
    found = connection.execute(query.where(_couriers.c.relay == relay)).first()
    return (0, 0, b"") if found is None else (found[0], found[1], found[2])


def put(connection: Connection, relay: str, exported: int, imported: int, snapshot: bytes) -> None:
    """Keep them."""
    values = {"exported": exported, "imported": imported, "snapshot": snapshot}
    statement = insert(_couriers).values(relay=relay, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["relay"], set_=values))
