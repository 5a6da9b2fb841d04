"""The database as an operator looks at it: read-only, one consistent view, row by row. SQL only.

Statements are of SQLAlchemy Core, so that they mean the same in every database; `Inspection` says who runs them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from sqlalchemy import Select, func, literal, select, union_all
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.elements import ClauseElement

from rogatory.protocol.text import message, text_of
from rogatory.relay.errors import DatabaseError
from rogatory.relay.store.schema import (
    SCHEMA_VERSION,
    acknowledgements,
    bodies,
    channels,
    coverage,
    entries,
    invitations,
    joiners,
    key_packages,
    last_resorts,
    members,
    metadata,
    usage,
)
from rogatory.relay.store.sqlite.database import connect

Row = Sequence[Any]
AT_ONCE: Final = 500
_on_list = members.c.until.is_(None) & members.c.leaving.is_(None)


class Inspection(Protocol):
    """A view of the database that does not change while it is looked at."""

    def rows(self, statement: ClauseElement) -> Iterator[Row]:
        """The answer, fetched a few rows at a time. Raises DatabaseError."""

    def damage(self) -> list[str]:
        """What the database itself finds wrong with its file."""

    def bytes_on_disk(self) -> int:
        """Of all its files."""


# What is kept of whom. An operator sees ids and sizes, never content.

AUTHORITIES: Final = (
    ("channels", select(members.c.authority, func.count()).where(_on_list).group_by(members.c.authority)),
    ("founded", select(channels.c.founder, func.count()).group_by(channels.c.founder)),
    ("bodies", select(bodies.c.author, func.count()).group_by(bodies.c.author)),
    ("stored_bytes", select(usage.c.authority, usage.c.bytes)),
    (
        "key_packages",
        select(key_packages.c.authority, func.count())
        .where(key_packages.c.content.is_not(None))
        .group_by(key_packages.c.authority),
    ),
    ("last_resort", select(last_resorts.c.authority, literal(1))),
    ("invitations", select(joiners.c.authority, func.count()).group_by(joiners.c.authority)),
)
"""(what, authority and number): of each authority."""

_kept = (
    select(entries.c.channel, func.count().label("bodies"), func.sum(bodies.c.size).label("size"))
    .join(bodies, bodies.c.id == entries.c.body)
    .group_by(entries.c.channel)
    .subquery()
)
_seats = select(members.c.channel, func.count().label("members")).where(_on_list).group_by(members.c.channel).subquery()
CHANNELS: Final = (
    select(
        channels.c.channel,
        channels.c.founder,
        channels.c.created,
        channels.c.seq,
        channels.c.cleared,
        func.coalesce(_seats.c.members, 0),
        func.coalesce(_kept.c.bodies, 0),
        func.coalesce(_kept.c.size, 0),
    )
    .outerjoin(_seats, _seats.c.channel == channels.c.number)
    .outerjoin(_kept, _kept.c.channel == channels.c.number)
    .order_by(channels.c.number)
)
ROWS: Final = union_all(
    *(select(literal(table.name).label("name"), func.count()).select_from(table) for table in metadata.sorted_tables)
)
BYTES: Final = union_all(
    select(literal("bodies"), func.coalesce(func.sum(bodies.c.size), 0)),
    select(literal("invitations"), func.coalesce(func.sum(invitations.c.size), 0)),
)


def covered(before: int) -> Select[Any]:
    """Number and size of the bodies that retention deletes because all members had them before then."""
    marked = (
        select(coverage.c.channel, func.max(coverage.c.seq).label("seq"))
        .where(coverage.c.time < before)
        .group_by(coverage.c.channel)
        .subquery()
    )
    return (
        select(func.count(), func.coalesce(func.sum(bodies.c.size), 0))
        .select_from(marked)
        .join(entries, (entries.c.channel == marked.c.channel) & (entries.c.seq <= marked.c.seq))
        .join(bodies, bodies.c.id == entries.c.body)
    )


def stored(before: int) -> Select[Any]:
    """Number and size of the bodies that retention deletes because they are older."""
    return select(func.count(), func.coalesce(func.sum(bodies.c.size), 0)).where(bodies.c.time < before)


# What integrity is checked by, each ordered by channel, so that it is read once from end to end.

HEADS: Final = select(
    channels.c.number, channels.c.channel, channels.c.seq, channels.c.head, channels.c.last_commit, channels.c.access
).order_by(channels.c.number)
ENTRIES: Final = (
    select(
        entries.c.channel,
        entries.c.seq,
        entries.c.author,
        entries.c.form,
        entries.c.body_hash,
        entries.c.head,
        bodies.c.content,
    )
    .outerjoin(bodies, bodies.c.id == entries.c.body)
    .order_by(entries.c.channel, entries.c.seq)
)
ACCESS: Final = (
    select(members.c.channel, members.c.authority).where(_on_list).order_by(members.c.channel, members.c.authority)
)
ACKNOWLEDGED: Final = (
    select(
        acknowledgements.c.channel,
        acknowledgements.c.member,
        acknowledgements.c.seq,
        acknowledgements.c.content,
        entries.c.head,
    )
    .outerjoin(
        entries,
        (entries.c.channel == acknowledgements.c.channel) & (entries.c.seq == acknowledgements.c.seq),
    )
    .order_by(acknowledgements.c.channel, acknowledgements.c.member)
)
STRAY_BODIES: Final = (
    select(func.count())
    .select_from(bodies)
    .outerjoin(entries, entries.c.body == bodies.c.id)
    .where(entries.c.channel.is_(None))
)


class SQLiteInspection:
    """Implements Inspection over a file, whether a relay runs on it or not."""

    _dialect = sqlite.dialect(paramstyle="named")

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection

    def rows(self, statement: ClauseElement) -> Iterator[Row]:
        """See Inspection."""
        text, values = self._compiled(statement)
        try:
            cursor = self._connection.execute(text, values)
            while found := cursor.fetchmany(AT_ONCE):
                yield from found
        except sqlite3.Error as error:
            raise DatabaseError(
                message("the database {path} cannot be read ({error})", path=self._path, error=text_of(error))
            ) from None

    def damage(self) -> list[str]:
        """See Inspection."""
        try:
            found = [str(line) for (line,) in self._connection.execute("PRAGMA integrity_check(20)")]
        except sqlite3.Error as error:
            return [str(error)]
        return [] if found == ["ok"] else found

    def bytes_on_disk(self) -> int:
        """See Inspection."""
        files = (self._path.with_name(self._path.name + end) for end in ("", "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def copy_into(self, target: Path) -> None:
        """The view as a database file of its own (SQLite's backup API, in one step). Raises sqlite3.Error."""
        copy = sqlite3.connect(target, isolation_level=None)
        try:
            self._connection.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE").fetchone()
        finally:
            copy.close()

    def _compiled(self, statement: ClauseElement) -> tuple[str, dict[str, Any]]:
        compiled = statement.compile(dialect=self._dialect)
        return str(compiled), dict(compiled.params)


@contextmanager
def inspect_sqlite(path: Path) -> Iterator[SQLiteInspection]:
    """A view of the file. Raises DatabaseError."""
    if not path.is_file():
        raise DatabaseError(
            message("there is no database {path}: the relay makes it when it runs for the first time", path=path)
        )
    try:
        connection = connect(path, read_only=True)
    except sqlite3.Error as error:
        raise DatabaseError(
            message("the database {path} cannot be opened ({error})", path=path, error=text_of(error))
        ) from None
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version != SCHEMA_VERSION:
            raise DatabaseError(
                message(
                    "the database {path} has schema version {version}, this program knows {schema_version}",
                    path=path,
                    version=version,
                    schema_version=SCHEMA_VERSION,
                )
            )
        connection.execute("BEGIN")
        yield SQLiteInspection(path, connection)
    except sqlite3.Error as error:
        raise DatabaseError(
            message("the database {path} cannot be read ({error})", path=path, error=text_of(error))
        ) from None
    finally:
        connection.close()


def back_up(path: Path, target: Path) -> None:
    """Copy the database as it is now into `target`, while a relay goes on. Raises DatabaseError."""
    with inspect_sqlite(path) as inspection:
        try:
            inspection.copy_into(target)
        except sqlite3.Error as error:
            raise DatabaseError(
                message(
                    "the backup {target} cannot be written ({error}): check the space left",
                    target=target,
                    error=text_of(error),
                )
            ) from None
