"""How replicas learn of each other's commits: woken, by looking, and after a commit of which nobody knows."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from rogatory.protocol.frames.server import Code
from rogatory.protocol.header import Form
from rogatory.relay.errors import Refusal
from rogatory.relay.store.interface import Advance, Event, Lane, NewEntry
from rogatory.relay.store.postgresql.store import PostgreSQLStore
from tests.relay.appender import Waiting, append
from tests.relay.conftest import KE, TZ
from tests.relay.postgres import PostgreSQLServer
from tests.relay.postgresql.conftest import opened
from tests.relay.postgresql.load import PATIENCE
from tests.relay.test_retention import Log


class Told:
    """The advances that a store tells."""

    def __init__(self, store: PostgreSQLStore, followers: int = 0) -> None:
        self.advances: list[Advance] = []
        self._arrived = asyncio.Event()
        store.listen(self._listen, lambda channel: followers)

    def _listen(self, events: list[Event]) -> None:
        self.advances += [event for event in events if isinstance(event, Advance)]
        self._arrived.set()

    async def up_to(self, seq: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while not any(advance.head.seq >= seq for advance in self.advances):
                self._arrived.clear()
                await self._arrived.wait()


async def test_where_notify_does_not_get_through_replicas_look(
    server: PostgreSQLServer, database: str, tmp_path: Path
) -> None:
    name = database.rpartition("/")[2]
    server.execute("REVOKE EXECUTE ON FUNCTION pg_catalog.pg_notify(text, text) FROM PUBLIC", database=name)
    here, there = await opened(database, poll_seconds=0.1), await opened(database, poll_seconds=0.1)
    told = Told(there)
    log = Log(here, tmp_path)
    await log.append(KE, base=0, access=[KE, TZ])
    for _ in range(20):
        await log.append(KE)
    await told.up_to(21)
    seqs = [advance.head.seq for advance in told.advances]
    assert seqs == sorted(set(seqs)), "each once, in order"
    assert all(advance.entries is None for advance in told.advances), "to be read"
    await here.close()
    await there.close()


async def test_replicas_take_turns_by_channel_and_miss_nothing(database: str, tmp_path: Path) -> None:
    """Transactions of four replicas on the same channels, committing in whatever order: each tells the others all."""
    stores = [await opened(database, poll_seconds=1.0) for _ in range(4)]
    logs = [Log(stores[0], tmp_path) for _ in range(5)]
    for log in logs:
        await log.append(KE, base=0, access=[KE, TZ])
    told = [Told(store) for store in stores]

    async def write(store: PostgreSQLStore, log: Log) -> None:
        mine = Log(store, tmp_path)
        mine.channel = log.channel
        for _ in range(10):
            await mine.append(KE)

    await asyncio.gather(*(write(store, log) for store in stores for log in logs))
    for one in told:
        for log in logs:
            async with asyncio.timeout(PATIENCE):
                while max((a.head.seq for a in one.advances if a.channel == log.channel), default=0) < 41:
                    await one.up_to(41)
                    await asyncio.sleep(0.01)
    page = await stores[0].entries(logs[0].channel, TZ, 0, 1 << 30)
    times = [entry.time for entry in page.entries]
    assert [entry.seq for entry in page.entries] == list(range(1, 42))
    assert times == sorted(times)
    for store in stores:
        await store.close()


async def test_what_many_follow_here_is_read_once_for_all(database: str, tmp_path: Path) -> None:
    here, there = await opened(database), await opened(database)
    told = Told(there, followers=2)
    log = Log(here, tmp_path)
    await log.append(KE, base=0, access=[KE, TZ])
    await asyncio.gather(*(log.append(KE, body) for body in (b"one", b"two")))
    await log.append(KE, os.urandom(1 << 19))
    await told.up_to(4)
    entries = [entry for advance in told.advances for entry in advance.entries or []]
    assert [entry.seq for entry in entries] == [1, 2, 3, 4]
    assert {entry.body for entry in entries} >= {b"one", b"two"}
    await asyncio.gather(*(log.append(KE, os.urandom(150_000)) for _ in range(3)))
    await told.up_to(7)
    large = [advance for advance in told.advances if advance.head.seq > 4]
    assert all(len(advance.entries or []) in (0, advance.head.seq - advance.before) for advance in large)
    await here.close()
    await there.close()


@asynccontextmanager
async def cut_at_commit(database: str) -> AsyncIterator[str]:
    """The address of a way to the database that is cut once, when a commit's answer comes back."""
    parts = urlsplit(database)
    cut = asyncio.Event()

    async def carry(client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_connection("127.0.0.1", parts.port)
        committing = asyncio.Event()

        async def there() -> None:
            while data := await client.read(1 << 16):
                if b"INSERT INTO entries" in data and not cut.is_set():
                    committing.set()
                to_server.write(data)

        async def back() -> None:
            while data := await server.read(1 << 16):
                if committing.is_set() and b"COMMIT\x00" in data:
                    cut.set()
                    return
                to_client.write(data)

        tasks = [asyncio.create_task(there()), asyncio.create_task(back())]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        to_server.close()
        to_client.close()

    way = await asyncio.start_server(carry, "127.0.0.1", 0)
    async with way:
        yield f"postgresql+asyncpg://relay@127.0.0.1:{way.sockets[0].getsockname()[1]}{parts.path}"


async def test_a_commit_whose_answer_is_lost_is_told_and_repeated_once(database: str) -> None:
    channel = bytes(31) + b"c"

    def entry() -> NewEntry:
        return NewEntry(channel, KE, 0, Form.MLS, True, b"founding", [KE, TZ], None, True, Lane(Waiting()))

    async with cut_at_commit(database) as address:
        store = await opened(address)
        told = Told(store)
        with pytest.raises(Refusal) as refused:
            await append(store, entry())
        assert refused.value.code is Code.UNAVAILABLE
        await told.up_to(1)
        assert told.advances[0].entries is None, "it may not stand: read"
        again = await append(store, entry())
        assert (again.repeated, again.receipt.seq) == (True, 1)
        assert store.writable
        await store.close()
