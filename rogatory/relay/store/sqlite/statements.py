"""Statements of SQLAlchemy Core as SQL text, compiled once: the threads run them on plain connections."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Table, and_, bindparam, func, literal_column, select, values
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import DDLElement
from sqlalchemy.sql.elements import ClauseElement, ColumnElement

_dialect = sqlite.dialect(paramstyle="named")
_positional_dialect = sqlite.dialect(paramstyle="qmark")


FROM_START: Final[ColumnElement[int]] = literal_column("0")
"""The offset beside every limit: SQLite's dialect would bind a literal one by a name of its own."""


def sql(statement: ClauseElement) -> str:
    """The statement's text; every value in it is a named parameter."""
    compiled = statement.compile(dialect=_dialect)
    unnamed = [name for name, bound in compiled.binds.items() if not bound.required]  # type: ignore[attr-defined]
    if unnamed:
        raise ValueError(f"a literal value in a compiled statement: {unnamed}")
    return str(compiled)


class Rows:
    """INSERT into `table`, many rows in a step: at every step the writer's thread may have to wait for the others."""

    AT_ONCE: Final = (256, 32, 8, 1)

    def __init__(self, table: Table, columns: Sequence[str]) -> None:
        self._statements: list[tuple[int, str]] = []
        for count in self.AT_ONCE:
            rows: list[dict[str, Any]] = [
                {name: bindparam(f"{name}_{number}") for name in columns} for number in range(count)
            ]
            self._statements.append((count * len(columns), _positional(table.insert().values(rows), columns, count)))

    def insert(self, connection: sqlite3.Connection, values: Sequence[object]) -> None:
        """Insert rows; `values` are those of all rows, one after the other."""
        start = 0
        for count, statement in self._statements:
            while start + count <= len(values):
                connection.execute(statement, values[start : start + count])
                start += count


def looked_up(table: Table, by: Sequence[str], columns: Sequence[str], count: int) -> str:
    """SELECT `by` and `columns` of what there is of `count` keys, which are given one after the other.

    The first of `columns` is a number from 1 on. What there is not gives no row: for each row that is fetched, the
    writer's thread may have to wait for the others.
    """
    keys = values(*(table.c[name] for name in by), name="wanted").data(
        [tuple(bindparam(f"{name}_{number}") for name in by) for number in range(count)]
    )
    wanted = keys.cte("wanted")
    same = and_(*(table.c[name] == wanted.c[name] for name in by))
    # An outer join, so that SQLite never reads the whole table to look into the keys (its query planner, section 7);
    # the function keeps it from being made an inner one (its optimizer overview, "The OUTER JOIN strength reduction").
    joined = wanted.outerjoin(table, same)
    there = func.coalesce(table.c[columns[0]], FROM_START) > FROM_START
    found = [*(wanted.c[name] for name in by), *(table.c[name] for name in columns)]
    return _positional(select(*found).select_from(joined).where(there), by, count)


def _positional(statement: ClauseElement, names: Sequence[str], count: int) -> str:
    compiled = statement.compile(dialect=_positional_dialect)
    order = [f"{name}_{number}" for number in range(count) for name in names]
    if compiled.positiontup != order:  # type: ignore[attr-defined]
        raise ValueError("the parameters of a compiled statement are not in the order of its rows")
    return str(compiled)


def definition(statement: DDLElement) -> str:
    """The text of CREATE TABLE or CREATE INDEX."""
    return str(statement.compile(dialect=_dialect))


def key(table: Table, *columns: str) -> ColumnElement[bool]:
    """`column = :column_` for all `columns`: the row meant by an update or a select."""
    condition: ColumnElement[bool] | None = None
    for name in columns:
        term: ColumnElement[bool] = table.c[name] == bindparam(f"{name}_")
        condition = term if condition is None else condition & term
    assert condition is not None
    return condition


def parameter(name: str) -> Any:
    """A named parameter."""
    return bindparam(name)
