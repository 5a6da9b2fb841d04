"""Taking a backup: one consistent view of the database beside the running node, and the files it starts with."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select, type_coerce

from rogatory.node.backup.container import PURPOSE, FileRecord, Record, RowsRecord, StampRecord, seal
from rogatory.node.backup.contents import kept_columns, kept_tables, stored_type
from rogatory.node.folder import NodeFolder
from rogatory.node.store.database import Database

ROWS: Final = 50
"""Rows in one record: a document has at most some megabytes, and all of them are in memory together."""


class BackupSource:
    """What backups of a node are taken from."""

    def __init__(self, folder: NodeFolder, authority: str, database: Database) -> None:
        self._folder = folder
        self._authority = authority
        self._database = database

    def __repr__(self) -> str:
        return f"<BackupSource {self._folder.path}>"

    def take(self, now: float) -> Generator[bytes, None, None]:
        """A backup file, piece by piece; blocks. `now`: Unix seconds, for the file to tell its age.

        The node goes on meanwhile: what it writes later is not in the backup. Raises DamagedStore, OSError.
        """
        with self._database.snapshot() as connection:
            key = self._database.derive_key(PURPOSE)
            yield from seal(self._folder.vault.read_bytes(), key, self._records(connection, now))

    def _records(self, connection: Connection, now: float) -> Iterator[Record]:
        yield StampRecord(self._authority, now)
        # After the view of the database was opened: no row there needs a directory newer than this.
        for path in self._files():
            yield FileRecord(str(path.relative_to(self._folder.path)), path.read_bytes())
        for table in kept_tables():
            columns = kept_columns(table)
            found = connection.execute(
                select(*(type_coerce(each, stored_type(each)) for each in columns)).order_by(*table.primary_key.columns)
            )
            names = [str(column.name) for column in columns]
            while rows := found.fetchmany(ROWS):
                yield RowsRecord(str(table.name), names, [list(row) for row in rows])

    def _files(self) -> list[Path]:
        """Settings, root of trust, enrolment, and the last trusted directory; never the recovery key."""
        folder = self._folder
        files = [folder.config, folder.root, folder.enrolment]
        if folder.directory.is_dir():
            files += sorted(path for path in folder.directory.iterdir() if not path.name.startswith("."))
        return [path for path in files if path.is_file()]
