"""The bodies of entries that carry documents, encrypted as the log has them. SQL only.

One that this node writes is kept here before it is sent, and stays as what carried its document.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Connection, Integer, LargeBinary, Table, bindparam

from rogatory.node.store.prepared import Prepared
from rogatory.node.store.schema import metadata

table: Final = Table(
    "entry_bodies",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

_KEEP: Final = Prepared(table.insert(), ("body",))
_DROP: Final = Prepared(table.delete().where(table.c.number == bindparam("of")))


def keep(connection: Connection, body: bytes) -> int:
    """Keep a body; gives its number."""
    number = _KEEP.insert(connection, body=body)
    assert number is not None
    return number


def drop(connection: Connection, number: int) -> None:
    """It was not sent, or is kept already."""
    _DROP.run(connection, of=number)
