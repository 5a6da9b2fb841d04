"""A database that is damaged, foreign, unknown, or full."""

from __future__ import annotations

import asyncio
import os
import resource
import sqlite3
from pathlib import Path

import nacl.signing
import pytest

from rogatory.protocol.frames.server import Accepted, Code, Refused
from rogatory.relay.errors import DatabaseError, Refusal
from rogatory.relay.store.interface import Quotas
from rogatory.relay.store.sqlite import SQLiteStore
from tests.keys.simulator import DirectorySimulator
from tests.relay.client import Client, message
from tests.relay.conftest import KE, TZ, founded
from tests.relay.process import RelayProcess
from tests.relay.test_retention import Log


async def opened(path: Path, relay: str = "relay.one") -> SQLiteStore:
    key = nacl.signing.SigningKey.generate()
    return await SQLiteStore.open(path, relay, lambda data: key.sign(data).signature, Quotas(1 << 30, 10, 500))


async def test_a_damaged_database_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "relay.db"
    path.write_bytes(os.urandom(8192))
    with pytest.raises(DatabaseError, match="damaged"):
        await opened(path)


async def test_a_database_of_an_unknown_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "relay.db"
    await (await opened(path)).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=99")
    with pytest.raises(DatabaseError, match="schema version 99"):
        await opened(path)


async def test_another_programs_or_relays_database_is_refused(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.db"
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE t (x)")
    with pytest.raises(DatabaseError, match="another program"):
        await opened(foreign)
    await (await opened(tmp_path / "relay.db")).close()
    with pytest.raises(DatabaseError, match=r"belongs to relay\.one"):
        await opened(tmp_path / "relay.db", "relay.two")


async def test_a_database_in_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="cannot be opened"):
        await opened(tmp_path / "missing" / "relay.db")


async def test_damage_that_is_found_later_is_told_until_the_file_is_restored(tmp_path: Path) -> None:
    path = tmp_path / "relay.db"
    log = Log(store := await opened(path), tmp_path)
    await log.append(KE, base=0, access=[KE, TZ])
    for _ in range(50):
        await log.append(KE, os.urandom(4000))
    await store.close()
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(os.urandom(path.stat().st_size // 2))
    store = await opened(path)
    await store.probe()
    with pytest.raises(Refusal) as refused:
        await store.entries(log.channel, TZ, 0, 1 << 30)
    assert refused.value.code is Code.UNAVAILABLE
    with pytest.raises(Refusal, match="restore it from a backup"):
        await store.probe()
    await store.close()


async def test_a_full_disk_refuses_and_is_recovered_from(tmp_path: Path) -> None:
    log = Log(store := await opened(tmp_path / "relay.db"), tmp_path)
    await log.append(KE, base=0, access=[KE, TZ])
    pages = store._writer._connection.execute("PRAGMA page_count").fetchone()[0]
    # Not one body fits: else a small batch that comes after the refused ones would find room.
    store._writer._connection.execute(f"PRAGMA max_page_count={pages}")
    appends = (log.append(KE, os.urandom(4000)) for _ in range(100))
    outcomes = await asyncio.gather(*appends, return_exceptions=True)
    refusals = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert {refusal.code for refusal in refusals} == {Code.UNAVAILABLE}
    assert not store.writable
    stands = len(log.heads)
    store._writer._connection.execute("PRAGMA max_page_count=1000000")
    await store.probe()
    assert store.writable
    appended = await log.append(KE)
    assert appended.receipt.seq == stands + 1
    await store.close()


async def test_a_relay_without_space_stays_up_and_says_so(tmp_path: Path) -> None:
    """A limit on the size of the process's files stands for a full disk."""
    simulator = DirectorySimulator([KE, TZ])
    relay = RelayProcess(tmp_path, simulator)
    with relay:
        async with Client(relay.link_url, simulator.identity(KE)) as ke:
            channel = await founded(ke, TZ)
            resource.prlimit(relay.pid, resource.RLIMIT_FSIZE, (500_000, resource.RLIM_INFINITY))
            answer: Accepted | Refused
            for _ in range(1000):
                answer = await ke.append(channel, message(channel, 5_000), 1)
                if isinstance(answer, Refused):
                    break
            assert isinstance(answer, Refused)
            assert answer.code is Code.UNAVAILABLE
            assert relay.get("/ready")[0] == 503
            assert relay.get("/health")[0] == 200
            resource.prlimit(relay.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            assert relay.get("/ready")[0] == 200
            await ke.resume(channel)
            assert isinstance(await ke.append(channel, message(channel), 1), Accepted)
