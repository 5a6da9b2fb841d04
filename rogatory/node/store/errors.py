"""Why the node's database cannot be used."""

from __future__ import annotations

from rogatory.node.errors import DamagedStore


class DatabaseUnavailable(DamagedStore):
    """The file cannot be read or written now: rights, a full disk, another process."""


class WrongDatabaseKey(DamagedStore):
    """The file does not open with the key in the vault, or is no database."""


class DamagedDatabase(DamagedStore):
    """The file opens and is damaged."""


class UnknownSchema(DamagedStore):
    """The file was written by another edition of this program."""
