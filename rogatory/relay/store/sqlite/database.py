"""Opening the database file: settings, schema and its version, damage told in one line."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.schema import CreateIndex, CreateTable

from rogatory.protocol.text import message, text_of
from rogatory.relay.errors import DatabaseError
from rogatory.relay.store.schema import SCHEMA_VERSION, about, metadata
from rogatory.relay.store.sqlite.statements import definition, sql

_WRITER_CACHE_KIB = 24 * 1024
_READER_CACHE_KIB = 8 * 1024
_PAGE_BYTES = 8192
"""A page of the usual 4 KiB holds one message of 2 KiB and is half empty."""
_CHECKPOINT_PAGES = 4_000
_BUSY_MILLISECONDS = 5_000


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection without implicit transactions; raises sqlite3.Error."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    try:
        for pragma in (
            f"page_size={_PAGE_BYTES}",  # of a database that is made now
            f"busy_timeout={_BUSY_MILLISECONDS}",
            f"cache_size=-{_READER_CACHE_KIB if read_only else _WRITER_CACHE_KIB}",
            "foreign_keys=ON",
            "secure_delete=ON",
            "synchronous=FULL",
            f"wal_autocheckpoint={_CHECKPOINT_PAGES}",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")
        if read_only:
            connection.execute("PRAGMA query_only=ON")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def open_database(path: Path, relay: str) -> sqlite3.Connection:
    """The writer's connection to the database of `relay`, created if there is none.

    Raises DatabaseError for a damaged file, an unknown schema, or another relay's database.
    """
    try:
        connection = connect(path)
    except sqlite3.Error as error:
        raise DatabaseError(_told(path, error)) from None
    try:
        (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
        if mode != "wal":
            raise DatabaseError(
                message("the database {path} cannot use a write-ahead log: is it on a network file system?", path=path)
            )
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found == 0:
            _create(connection, path, relay)
        elif found != SCHEMA_VERSION:
            raise DatabaseError(
                message(
                    "the database {path} has schema version {found}, this program knows {schema_version}: run the"
                    " program that belongs to it, or migrate it",
                    path=path,
                    found=found,
                    schema_version=SCHEMA_VERSION,
                )
            )
        _check_owner(connection, path, relay)
    except sqlite3.Error as error:
        connection.close()
        raise DatabaseError(_told(path, error)) from None
    except DatabaseError:
        connection.close()
        raise
    return connection


def _create(connection: sqlite3.Connection, path: Path, relay: str) -> None:
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables:
        raise DatabaseError(
            message("{path} is a database of another program: name another file in the configuration", path=path)
        )
    connection.execute("BEGIN IMMEDIATE")
    for table in metadata.sorted_tables:
        connection.execute(definition(CreateTable(table)))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(definition(CreateIndex(index)))
    connection.execute(sql(about.insert()), {"name": "relay", "value": relay})
    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
    connection.execute("COMMIT")


def _check_owner(connection: sqlite3.Connection, path: Path, relay: str) -> None:
    rows = connection.execute(sql(select(about.c.name, about.c.value))).fetchall()
    owner = dict(rows).get("relay")
    if owner != relay:
        raise DatabaseError(
            message(
                "the database {path} belongs to {owner}, not to {relay}: name its own file",
                path=path,
                owner=owner,
                relay=relay,
            )
        )


def _told(path: Path, error: sqlite3.Error) -> str:
    if isinstance(error, sqlite3.OperationalError):
        return message(
            "the database {path} cannot be opened ({error}): check its folder, its rights and the space left",
            path=path,
            error=text_of(error),
        )
    return message(
        "the database {path} is damaged ({error}): restore it from a backup; nothing was changed",
        path=path,
        error=text_of(error),
    )
