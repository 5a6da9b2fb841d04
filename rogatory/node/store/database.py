"""The node's encrypted database: one file, one connection, one transaction at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy
import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Connection, Engine, create_engine, event, select
from sqlalchemy.pool import StaticPool

from rogatory.node.store import (
    absences,
    alignments,
    amendments,
    attachments,
    bodies,
    carriers,
    channels,
    closings,
    correspondents,
    counters,
    courier,
    courses,
    documents,
    drafts,
    due_dates,
    events,
    evidences,
    first_acknowledgements,
    groups,
    key_packages,
    leavers,
    log,
    losses,
    matters,
    members,
    officers,
    outbox,
    own_entries,
    prepared,
    refreshes,
    rejoins,
    relations,
    search,
    timestamps,
    wishes,
)
from rogatory.node.store.errors import DamagedDatabase, DatabaseUnavailable, UnknownSchema, WrongDatabaseKey
from rogatory.node.store.schema import SCHEMA_VERSION, metadata, properties
from rogatory.protocol.text import message, text_of

KEY_LENGTH = 32
SUBJECTS = (
    absences,
    alignments,
    amendments,
    attachments,
    bodies,
    carriers,
    channels,
    closings,
    correspondents,
    counters,
    courses,
    courier,
    documents,
    drafts,
    due_dates,
    events,
    evidences,
    first_acknowledgements,
    groups,
    key_packages,
    leavers,
    log,
    losses,
    matters,
    members,
    officers,
    outbox,
    own_entries,
    refreshes,
    rejoins,
    relations,
    search,
    timestamps,
    wishes,
)
"""Modules that declare tables: they must be imported before the tables are made."""
STATEMENTS = 256
"""Kept ready by the driver."""
PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "secure_delete = ON",
    # A page costs an encryption each time it is written and a decryption each time it is read: keep those of a large
    # batch (in KiB), and let the log grow by as much before its pages are copied into the file.
    "cache_size = -32768",
    "wal_autocheckpoint = 4096",
)
# SQLite takes these as they are. Unless it is told so, the driver asks each value in vain how it would be adapted,
# which takes it longer than the row itself.
for plain in (bytes, type(None)):
    sqlcipher.register_adapter(plain, lambda value: value)

RESTORE = message("keep a copy, restore the identity from a backup, and the node rejoins its channels")


class Database:
    """A SQLCipher file under a raw key of 32 bytes, in WAL mode, synced at every commit."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Open or create the file; raises WrongDatabaseKey, DamagedDatabase, UnknownSchema, DatabaseUnavailable."""
        self._path = path
        self._key = key
        self._engine = self._open("BEGIN IMMEDIATE")
        try:
            self._prepare()
            self.scrub()  # the process may have ended between a deletion and this
        except BaseException:
            self.close()
            raise

    def __repr__(self) -> str:
        return f"<Database {self._path}>"

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction: committed at the end, rolled back by an exception.

        Raises DamagedDatabase or DatabaseUnavailable where the file fails.
        """
        info: dict[Any, Any] = {}
        try:
            with self._engine.begin() as connection:
                info = connection.info
                yield connection
        except sqlalchemy.exc.DBAPIError as error:
            prepared.forget(info)
            raise self._failure(error.orig) from None
        except sqlcipher.Error as error:
            prepared.forget(info)
            raise self._failure(error) from None
        except BaseException:
            prepared.forget(info)
            raise

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """The database as it is now, to read from any thread; transactions go on meanwhile and are not seen.

        Raises DamagedDatabase or DatabaseUnavailable where the file fails.
        """
        engine = self._open("BEGIN")
        try:
            with engine.connect() as connection, connection.begin():
                connection.execute(select(properties.c.name)).all()  # SQLite takes the view with the first read
                yield connection
        except sqlalchemy.exc.DBAPIError as error:
            raise self._failure(error.orig) from None
        except sqlcipher.Error as error:
            raise self._failure(error) from None
        finally:
            engine.dispose()

    def scrub(self) -> bool:
        """Leave no copy of what was deleted: deleted content is overwritten, and here the pages of before go out of the
        write-ahead log. Whether that is done; a snapshot that is being read keeps its pages until it ends.

        Raises DamagedDatabase or DatabaseUnavailable where the file fails.
        """
        connection = self._engine.raw_connection()
        try:
            assert connection.driver_connection is not None
            done = connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlcipher.Error as error:
            raise self._failure(error) from None
        finally:
            connection.close()
        return bool(done[0] == 0)

    def derive_key(self, purpose: bytes) -> bytes:
        """A key of 32 bytes for something that whoever opens the database may open too. `purpose`: at most 16 bytes."""
        return derive_key(self._key, purpose)

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()

    def _open(self, begin: str) -> Engine:
        raw = self._connect(self._path, self._key)
        engine = create_engine(
            "sqlite://", creator=lambda: raw, module=sqlcipher, poolclass=StaticPool, isolation_level=None
        )
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        return engine

    @staticmethod
    def _connect(path: Path, key: bytes) -> Any:
        if len(key) != KEY_LENGTH:
            raise ValueError(f"a database key has {KEY_LENGTH} bytes")
        try:
            connection = sqlcipher.connect(
                str(path), isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS
            )
        except sqlcipher.Error as error:
            raise DatabaseUnavailable(
                message("the database {path} cannot be opened: {error}", path=path, error=text_of(error)),
                message("check the folder's rights"),
            ) from None
        try:
            # SQLCipher's raw key form: no derivation, the 32 bytes are the key (Zetetic, "PRAGMA key").
            connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
            connection.execute("PRAGMA cipher_memory_security = OFF")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            for pragma in PRAGMAS:
                connection.execute(f"PRAGMA {pragma}").fetchone()
        except sqlcipher.DatabaseError as error:
            connection.close()
            if "locked" in str(error):
                raise DatabaseUnavailable(
                    message("the database {path} is in use by another process", path=path), message("end that first")
                ) from None
            raise WrongDatabaseKey(
                message(
                    "the database {path} does not open with the key in the vault: it is another vault's, or damaged",
                    path=path,
                ),
                RESTORE,
            ) from None
        return connection

    def _prepare(self) -> None:
        with self.begin() as connection:
            metadata.create_all(connection)
            found = connection.scalar(select(properties.c.value).where(properties.c.name == "schema"))
            if found is None:
                connection.execute(properties.insert().values(name="schema", value=str(SCHEMA_VERSION).encode()))
            elif found != str(SCHEMA_VERSION).encode():
                raise UnknownSchema(
                    message(
                        "the database {path} has schema {found}, this program knows {known}",
                        path=self._path,
                        found=found.decode(errors="replace"),
                        known=SCHEMA_VERSION,
                    ),
                    message("use the edition of rogatory-node that wrote it, or a newer one"),
                )

    def _failure(self, error: BaseException | None) -> DatabaseUnavailable | DamagedDatabase:
        if isinstance(error, sqlcipher.OperationalError):
            return DatabaseUnavailable(
                message("the database {path} cannot be written or read: {error}", path=self._path, error=error),
                message("check disk and rights"),
            )
        return DamagedDatabase(
            message("the database {path} is damaged ({error})", path=self._path, error=error), RESTORE
        )


def derive_key(key: bytes, purpose: bytes) -> bytes:
    """A key of 32 bytes from a database's key; `purpose` (at most 16 bytes) keeps derived keys apart."""
    return hashlib.blake2b(key=key, person=purpose, digest_size=KEY_LENGTH).digest()
