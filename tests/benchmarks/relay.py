"""The relay: its store against bare inserts into SQLite, and the whole process over a socket."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from rogatory.keys.identity import RelayKeys
from rogatory.protocol.header import Form
from rogatory.protocol.limits import APPENDS_IN_FLIGHT
from rogatory.relay.config import QuotaSettings
from rogatory.relay.store.interface import Lane, NewEntry, Quotas
from rogatory.relay.store.sqlite import SQLiteStore
from tests.benchmarks import bare, load
from tests.benchmarks.bare import bare_relay
from tests.benchmarks.figures import Figure, watch
from tests.keys.simulator import DirectorySimulator
from tests.relay.appender import Waiting, append
from tests.relay.process import RelayProcess

T = TypeVar("T")

KE, TZ = "ke.central", "tz.central"
MEMBERS = [f"{chr(97 + number // 26)}{chr(97 + number % 26)}.central" for number in range(101)]
AUTHORS = 6
SIZE = 1024
BARE = "bare SQLite insert"
BARE_RELAY = "bare relay: accepted"


def measure(folder: Path, count: int) -> Iterator[Figure]:
    """`count` entries of 1 KiB in the store, of 2 KiB over sockets; ratios are to what cannot be saved."""
    yield _bare_inserts(folder, count)
    yield asyncio.run(_store(folder, count))
    each = max(1, count // AUTHORS)
    with bare_relay(folder / "bare-relay.db") as (port, process):
        yield _run(bare.accepted(port, process, AUTHORS, each, load.SIZE, BARE_RELAY))
    simulator = DirectorySimulator(MEMBERS)
    with RelayProcess(folder / "relay", simulator) as relay:
        yield from _run(_rates(relay, each))
        yield from _run(_times(relay, max(5, count // 100)))


def _run(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


async def _rates(relay: RelayProcess, count: int) -> list[Figure]:
    authors = MEMBERS[:AUTHORS]
    return [
        _figure("relay: accepted", await load.accepted(relay, authors, count), BARE_RELAY),
        _figure("relay: delivered online", await load.delivered(relay, authors, count), BARE_RELAY),
        _figure("relay: drained from a backlog", await load.drained(relay, authors, count), BARE_RELAY),
    ]


async def _times(relay: RelayProcess, count: int) -> list[Figure]:
    reached = await load.broadcast(relay, MEMBERS, max(3, count // 10))
    times = await load.latencies(relay, MEMBERS[0], MEMBERS[1], count, 100)
    return [
        Figure(name=f"relay: {len(MEMBERS) - 1} members reached, median", value=_at(reached, 0.5), unit="ms"),
        Figure(name="relay: sent until had, at 100 a second, median", value=_at(times, 0.5), unit="ms"),
        Figure(name="relay: sent until had, at 100 a second, 99th percentile", value=_at(times, 0.99), unit="ms"),
    ]


def _figure(name: str, rate: load.Rate, against: str) -> Figure:
    return Figure(name=name, value=rate.per_second, unit="/s", cpu=rate.cpu, against=against)


def _at(times: list[float], part: float) -> float:
    return times[min(len(times) - 1, int(len(times) * part))] * 1e3


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
