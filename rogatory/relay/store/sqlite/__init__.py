"""The store in one SQLite file: one writer thread with group commit, a few readers."""

from rogatory.relay.store.sqlite.store import SQLiteStore

__all__ = ["SQLiteStore"]
