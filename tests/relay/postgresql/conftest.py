"""One PostgreSQL per test process, a database in it for each test, and relays over it in the place of SQLite's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import nacl.signing
import pytest
import pytest_asyncio

from rogatory.relay.store.interface import Quotas
from rogatory.relay.store.postgresql import parse_address
from rogatory.relay.store.postgresql.store import PostgreSQLStore
from tests.keys.simulator import DirectorySimulator
from tests.relay.postgres import PostgreSQLServer
from tests.relay.process import RelayProcess

OpenReplica = Callable[[], Awaitable[PostgreSQLStore]]

QUOTAS = Quotas(1_000_000, 10, 500)
RECEIPT_KEY = nacl.signing.SigningKey(bytes(32))


@pytest.fixture(scope="session")
def server() -> Iterator[PostgreSQLServer]:
    with PostgreSQLServer() as running:
        yield running


@pytest.fixture
def database(server: PostgreSQLServer) -> str:
    """The address of an empty database."""
    return server.create_database()


async def opened(database: str, quotas: Quotas = QUOTAS, poll_seconds: float = 30.0) -> PostgreSQLStore:
    """A replica's store. It looks for what others wrote seldom: in time only if it is woken."""
    return await PostgreSQLStore.open(
        parse_address(database),
        "relay.one",
        lambda data: RECEIPT_KEY.sign(data).signature,
        quotas,
        poll_seconds=poll_seconds,
    )


@pytest_asyncio.fixture
async def replica(database: str) -> AsyncIterator[OpenReplica]:
    """Opens stores of one relay over one database; closes them at the end."""
    stores: list[PostgreSQLStore] = []

    async def another() -> PostgreSQLStore:
        stores.append(await opened(database))
        return stores[-1]

    yield another
    for store in stores:
        await store.close()


@pytest_asyncio.fixture
async def store(replica: OpenReplica) -> PostgreSQLStore:
    return await replica()


@pytest.fixture(scope="module")
def relay(
    tmp_path_factory: pytest.TempPathFactory, simulator: DirectorySimulator, server: PostgreSQLServer
) -> Iterator[RelayProcess]:
    """What the tests of tests/relay get in the place of a relay over SQLite."""
    settings = {"database": server.create_database()}
    with RelayProcess(tmp_path_factory.mktemp("relay"), simulator, settings=settings) as process:
        yield process
