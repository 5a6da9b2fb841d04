"""Attachments, by the tests of the relay over SQLite: what the store knows of blobs stands in PostgreSQL here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rogatory.relay.store.postgresql.store import PostgreSQLStore
from tests.keys.simulator import DirectorySimulator
from tests.relay.attachments import test_access, test_sweeping
from tests.relay.attachments.test_access import LITTLE, members
from tests.relay.postgres import PostgreSQLServer
from tests.relay.process import RelayProcess

__all__ = ["members"]

for _module in (test_access, test_sweeping):
    globals().update({name: test for name, test in vars(_module).items() if name.startswith("test_")})


@pytest.fixture(scope="module")
def relay(
    tmp_path_factory: pytest.TempPathFactory, simulator: DirectorySimulator, server: PostgreSQLServer
) -> Iterator[RelayProcess]:
    settings = {**LITTLE, "database": server.create_database()}
    with RelayProcess(tmp_path_factory.mktemp("blobs"), simulator, settings=settings) as process:
        yield process


@pytest.fixture
def log(store: PostgreSQLStore, tmp_path: Path) -> test_sweeping.Log:
    return test_sweeping.Log(store, tmp_path)
