"""Statements of every message: built and compiled once, then run on the driver itself. SQL only.

SQLAlchemy's way of running a statement costs ten times what SQLite needs for a row. Here it writes the SQL, and the
driver runs it inside the transaction of the connection that is given; values go in and come out as SQLite has them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import Connection
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

_DIALECT: Final = sqlite.dialect(paramstyle="named")
_REMEMBERED: Final = "rogatory"
MOST_REMEMBERED: Final = 4096

Row = tuple[Any, ...]


class Prepared:
    """A statement with named values. `columns`: those that an insert gives values for."""

    def __init__(self, statement: Executable, columns: Sequence[str] | None = None) -> None:
        assert isinstance(statement, ClauseElement)
        compiled = cast(
            SQLCompiler, statement.compile(dialect=_DIALECT, column_keys=None if columns is None else list(columns))
        )
        self._sql = str(compiled)
        # What the statement itself compares with, and is not given.
        self._fixed = {name: bound.value for name, bound in compiled.binds.items() if not bound.required}

    def all(self, connection: Connection, **values: object) -> list[Row]:
        """Every row."""
        rows: list[Row] = _driver(connection).execute(self._sql, self._given(values)).fetchall()
        return rows

    def first(self, connection: Connection, **values: object) -> Row | None:
        """The first row."""
        row: Row | None = _driver(connection).execute(self._sql, self._given(values)).fetchone()
        return row

    def scalar(self, connection: Connection, **values: object) -> Any:
        """The first row's first value, or None."""
        row = self.first(connection, **values)
        return None if row is None else row[0]

    def run(self, connection: Connection, **values: object) -> int:
        """Change rows; gives how many."""
        changed: int = _driver(connection).execute(self._sql, self._given(values)).rowcount
        return changed

    def insert(self, connection: Connection, **values: object) -> int | None:
        """Add a row; gives its rowid, None if it was there."""
        done = _driver(connection).execute(self._sql, self._given(values))
        return done.lastrowid if done.rowcount == 1 else None

    def run_many(self, connection: Connection, rows: Iterable[Mapping[str, object]]) -> None:
        """Change rows, once for each set of values."""
        _driver(connection).executemany(self._sql, [self._given(row) for row in rows])

    def _given(self, values: Mapping[str, object]) -> Mapping[str, object]:
        return {**self._fixed, **values} if self._fixed else values


def remembered(connection: Connection, subject: str, most: int = MOST_REMEMBERED) -> dict[Any, Any]:
    """What a store remembers of its tables between transactions, for as long as nothing is undone.

    This process alone writes the database. Whoever writes a row drops what is remembered of it.
    """
    known: dict[Any, Any] = _handle(connection).info.setdefault(_REMEMBERED, {}).setdefault(subject, {})
    if len(known) > most:
        known.clear()
    return known


def forget(info: dict[Any, Any]) -> None:
    """A transaction was undone: what is remembered may never have been. `info`: the connection's."""
    info.pop(_REMEMBERED, None)


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """What is done within is undone by an exception, and nothing else of the transaction."""
    driver = _driver(connection)
    driver.execute("SAVEPOINT part")
    try:
        yield
    except BaseException:
        driver.execute("ROLLBACK TO part")
        driver.execute("RELEASE part")
        forget(_handle(connection).info)
        raise
    driver.execute("RELEASE part")


@dataclass(frozen=True, slots=True)
class _Handle:
    """What statements need of a transaction's connection: SQLAlchemy's way there is as long as a short statement."""

    of: Connection
    driver: Any
    info: dict[Any, Any]


class _Newest(threading.local):
    """Of each thread: it runs one transaction at a time."""

    handle: _Handle | None = None


_newest: Final = _Newest()


def _handle(connection: Connection) -> _Handle:
    handle = _newest.handle
    if handle is None or handle.of is not connection:
        fairy = connection.connection
        handle = _newest.handle = _Handle(connection, fairy.driver_connection, fairy.info)
    return handle


def _driver(connection: Connection) -> Any:
    return _handle(connection).driver
