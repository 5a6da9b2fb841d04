"""Statements of SQLAlchemy Core as SQL text, compiled once: the threads run them on plain connections."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Table, bindparam, literal_column
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import DDLElement
from sqlalchemy.sql.elements import ClauseElement, ColumnElement

_dialect = sqlite.dialect(paramstyle="named")


FROM_START: Final[ColumnElement[int]] = literal_column("0")
"""The offset beside every limit: SQLite's dialect would bind a literal one by a name of its own."""


def sql(statement: ClauseElement) -> str:
    """The statement's text; every value in it is a named parameter."""
    compiled = statement.compile(dialect=_dialect)
    unnamed = [name for name, bound in compiled.binds.items() if not bound.required]  # type: ignore[attr-defined]
    if unnamed:
        raise ValueError(f"a literal value in a compiled statement: {unnamed}")
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
