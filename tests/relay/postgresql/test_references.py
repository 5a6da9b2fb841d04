"""Blobs and the entries that refer to them, by the tests of the SQLite store."""

from __future__ import annotations

from pathlib import Path

import pytest

from rogatory.relay.store.postgresql.store import PostgreSQLStore
from tests.relay.attachments.test_sweeping import (
    Log,
    test_a_blob_goes_with_the_last_entry_that_refers_to_it,
    test_references_are_told_to_who_may_read_their_entries,
)

__all__ = [
    "test_a_blob_goes_with_the_last_entry_that_refers_to_it",
    "test_references_are_told_to_who_may_read_their_entries",
]


@pytest.fixture
def log(store: PostgreSQLStore, tmp_path: Path) -> Log:
    return Log(store, tmp_path)
