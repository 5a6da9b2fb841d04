"""The relay: its store against bare inserts into SQLite, and the whole process over a socket."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from rogatory.keys.identity import RelayKeys
from rogatory.protocol.frames.server import Accepted, Resumed
from rogatory.protocol.header import Form
from rogatory.protocol.limits import APPENDS_IN_FLIGHT
from rogatory.relay.config import QuotaSettings
from rogatory.relay.store.interface import Lane, NewEntry, Quotas
from rogatory.relay.store.sqlite import SQLiteStore
from tests.benchmarks.figures import Figure, watch
from tests.keys.simulator import DirectorySimulator
from tests.relay.appender import Waiting, append
from tests.relay.client import Client, commit, message
from tests.relay.process import RelayProcess

KE, TZ = "ke.central", "tz.central"
SIZE = 1024
BARE = "bare SQLite insert"


def measure(folder: Path, count: int) -> Iterator[Figure]:
    """`count` entries of 1 KiB each time."""
    yield _bare_inserts(folder, count)
    yield asyncio.run(_store(folder, count))
    simulator = DirectorySimulator([KE, TZ])
    with RelayProcess(folder / "relay", simulator) as relay:
        yield from asyncio.run(_process(relay, count))


def _bare_inserts(folder: Path, count: int) -> Figure:
    """What cannot be saved: rows of this size, as many in a transaction as a session may have in flight."""
    bodies = [os.urandom(SIZE) for _ in range(count)]
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE entries (seq INTEGER PRIMARY KEY, hash BLOB, body BLOB)")
    with watch() as spent:
        for start in range(0, count, APPENDS_IN_FLIGHT):
            connection.execute("BEGIN")
            rows = [(body[:32], body) for body in bodies[start : start + APPENDS_IN_FLIGHT]]
            connection.executemany("INSERT INTO entries (hash, body) VALUES (?, ?)", rows)
            connection.execute("COMMIT")
    connection.close()
    return spent.per_second(BARE, count)


async def _store(folder: Path, count: int) -> Figure:
    key, kept = RelayKeys.generate("relay.one", os.urandom).receipt, QuotaSettings()
    quotas = Quotas(kept.stored_bytes, kept.channels, kept.key_packages)
    store = await SQLiteStore.open(folder / "store.db", "relay.one", key.sign, quotas)
    channel, lane = os.urandom(32), Lane(Waiting())

    def entry(base: int, access: list[str] | None = None) -> NewEntry:
        body = os.urandom(SIZE)
        return NewEntry(channel, KE, base, Form.MLS, access is not None, body, access, None, True, lane)

    await append(store, entry(0, [KE, TZ]))
    entries = [entry(1) for _ in range(count)]
    with watch() as spent:
        for start in range(0, count, APPENDS_IN_FLIGHT):
            await asyncio.gather(*(append(store, each) for each in entries[start : start + APPENDS_IN_FLIGHT]))
    await store.close()
    return spent.per_second("relay's store: append", count, against=BARE)


async def _process(relay: RelayProcess, count: int) -> list[Figure]:
    clients = [Client(relay.link_url, relay.simulator.identity(authority)) for authority in (KE, TZ)]
    author, reader = [await client.connect() for client in clients]
    channel = os.urandom(32)
    assert isinstance(await author.append(channel, commit(channel, [KE, TZ]), 0), Accepted)
    bodies = [message(channel, SIZE) for _ in range(count)]
    with watch(relay.pid) as appending:
        refs: list[int] = []
        for number, body in enumerate(bodies):
            if number >= APPENDS_IN_FLIGHT:
                assert isinstance(await author.answer(refs[number - APPENDS_IN_FLIGHT]), Accepted)
            refs.append(await author.post(channel, body, 1))
        for ref in refs[-APPENDS_IN_FLIGHT:]:
            assert isinstance(await author.answer(ref), Accepted)
    with watch(relay.pid) as draining:
        assert isinstance(await reader.resume(channel), Resumed)
        await reader.wait_entries(channel, count + 1, seconds=300)
    for client in clients:
        await client.close()
    return [
        appending.per_second("relay process: append (CPU: the relay's)", count, against=BARE),
        draining.per_second("relay process: backlog read (CPU: the relay's)", count),
    ]
