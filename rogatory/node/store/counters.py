"""Named numbers. SQL only."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.sqlite import insert

from rogatory.node.store.prepared import Prepared
from rogatory.node.store.schema import counters

_VALUE: Final = Prepared(select(counters.c.value).where(counters.c.name == bindparam("of")))


def get_number(tx: Connection, name: str) -> int | None:
    """The number with this name, or None."""
    value: int | None = _VALUE.scalar(tx, of=name)
    return value


def set_number(tx: Connection, name: str, value: int) -> None:
    """Keep a number."""
    statement = insert(counters).values(name=name, value=value)
    tx.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def next_number(tx: Connection, name: str) -> int:
    """Counts from 1."""
    statement = insert(counters).values(name=name, value=1)
    statement = statement.on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + 1})
    number: int = tx.execute(statement.returning(counters.c.value)).scalar_one()
    return number
