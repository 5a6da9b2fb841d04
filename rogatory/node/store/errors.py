"""Why the node's database cannot be used."""

from __future__ import annotations

from typing import Final

import sqlalchemy.exc
import sqlcipher3.dbapi2 as sqlcipher

from rogatory.node.errors import DamagedStore

REFUSED_VALUES: Final = (
    sqlcipher.DataError,
    sqlcipher.IntegrityError,
    sqlcipher.InterfaceError,
    sqlcipher.ProgrammingError,
    sqlalchemy.exc.DataError,
    sqlalchemy.exc.IntegrityError,
    sqlalchemy.exc.InterfaceError,
    sqlalchemy.exc.ProgrammingError,
    sqlalchemy.exc.InvalidRequestError,
)
"""The database is well and does not take what it was given: too large, of another type, there already."""


class DatabaseUnavailable(DamagedStore):
    """The file cannot be read or written now: rights, a full disk, another process."""


class WrongDatabaseKey(DamagedStore):
    """The file does not open with the key in the vault, or is no database."""


class DamagedDatabase(DamagedStore):
    """The file opens and is damaged."""


class UnknownSchema(DamagedStore):
    """The file was written by another edition of this program."""
