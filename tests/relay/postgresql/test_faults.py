"""Replicas and their PostgreSQL are killed, stalled and filled up under load: nothing accepted is lost or doubled."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rogatory.protocol.frames.server import Accepted, Code, Refused
from tests.keys.simulator import DirectorySimulator
from tests.relay.client import Client, message
from tests.relay.conftest import KE, TZ, UG, append, founded
from tests.relay.postgres import PostgreSQLServer
from tests.relay.postgresql.load import PATIENCE, Author, check_log
from tests.relay.process import RelayProcess

BACKENDS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'rogatory-relay'"


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQLServer]:
    """One that is killed: not the other tests'."""
    with PostgreSQLServer() as running:
        yield running


@pytest.fixture(scope="module")
def replicas(
    tmp_path_factory: pytest.TempPathFactory, simulator: DirectorySimulator, server: PostgreSQLServer
) -> Iterator[list[RelayProcess]]:
    settings = {"database": server.create_database()}
    processes = [RelayProcess(tmp_path_factory.mktemp("replica"), simulator, settings=settings) for _ in range(2)]
    for process in processes:
        process.start()
    yield processes
    for process in processes:
        if process.process is not None:
            process.stop()


@contextmanager
def stalled(server: PostgreSQLServer) -> Iterator[None]:
    """The server's work for the relay stands still, as with a disk that does not answer."""
    pids = [pid for (pid,) in server.fetch(BACKENDS)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


async def half_way(*authors: Author) -> None:
    """Until about half of what they append is accepted."""
    async with asyncio.timeout(PATIENCE):
        for author in authors:
            await author.half_way.wait()


async def test_sigkill_of_a_replica_moves_its_nodes_to_another(replicas: list[RelayProcess]) -> None:
    one, two = replicas
    async with Client(one.link_url, one.simulator.identity(KE)) as ke:
        channel = await founded(ke, TZ, UG)
    authors = [Author([one, two], KE, channel, 400), Author([two, one], UG, channel, 400)]
    at_work = [asyncio.create_task(author.run()) for author in authors]
    await half_way(*authors)
    one.kill()
    await asyncio.gather(*at_work)
    await check_log(two, TZ, channel, authors)
    one.start()
    await check_log(one, TZ, channel, authors)


async def test_sigkill_of_the_database_loses_nothing(replicas: list[RelayProcess], server: PostgreSQLServer) -> None:
    one, two = replicas
    async with Client(one.link_url, one.simulator.identity(KE)) as ke:
        channel = await founded(ke, TZ, UG)
    authors = [Author([one], KE, channel, 400), Author([two], UG, channel, 400)]
    at_work = [asyncio.create_task(author.run()) for author in authors]
    await half_way(*authors)
    await asyncio.to_thread(server.kill)
    status, _ = await asyncio.to_thread(one.get, "/ready")
    assert status == 503
    assert (await asyncio.to_thread(one.get, "/health"))[0] == 200
    await asyncio.to_thread(server.start)
    await asyncio.gather(*at_work)
    for relay in replicas:
        assert relay.get("/ready")[0] == 200, "it reconnects by itself"
        await check_log(relay, TZ, channel, authors)


async def test_a_database_that_stands_still_has_appends_wait(
    replicas: list[RelayProcess], server: PostgreSQLServer
) -> None:
    relay = replicas[0]
    async with Client(relay.link_url, relay.simulator.identity(KE)) as ke:
        channel = await founded(ke, TZ)
        with stalled(server):
            refs = [await ke.post(channel, message(channel), 1) for _ in range(20)]
            status, told = await asyncio.to_thread(relay.get, "/ready")
            assert status == 503
            assert b"does not answer in time" in told
            assert relay.get("/health")[0] == 200
            assert not [frame for frame in ke.frames if isinstance(frame, Accepted | Refused)]
        for ref in refs:
            answer = await ke.wait_where(lambda frame, ref=ref: getattr(frame, "ref", None) == ref, PATIENCE)
            assert isinstance(answer, Accepted)


async def test_a_full_disk_refuses_and_is_recovered_from(
    replicas: list[RelayProcess], server: PostgreSQLServer
) -> None:
    """A limit on the size of the server's files stands for a full disk. The journal's are small and stay below it."""
    relay = replicas[0]
    async with Client(relay.link_url, relay.simulator.identity(KE)) as ke:
        channel = await founded(ke, TZ)
        taken = 0
        with _limited(server, 6_000_000):
            for _ in range(300):
                answer = await ke.append(channel, message(channel, 50_000), 1)
                if isinstance(answer, Refused):
                    break
                taken += 1
            assert isinstance(answer, Refused)
            assert answer.code is Code.UNAVAILABLE
            assert relay.get("/health")[0] == 200
            async with Client(relay.link_url, relay.simulator.identity(TZ)) as tz:  # who reads is served on
                await tz.resume(channel)
                assert len(await tz.wait_entries(channel, taken + 1)) == taken + 1
        await ke.resume(channel, 1 << 40)
        receipt = await append(ke, channel, message(channel), 1)
        assert receipt.seq == taken + 2


@contextmanager
def _limited(server: PostgreSQLServer, size: int) -> Iterator[None]:
    server.limit(resource.RLIMIT_FSIZE, size)
    try:
        yield
    finally:
        server.limit(resource.RLIMIT_FSIZE, resource.RLIM_INFINITY)
