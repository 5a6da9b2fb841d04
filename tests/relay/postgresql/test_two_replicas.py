"""Relay processes over one database: a node may be connected to any of them, and to another one after a kill."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
import pytest_asyncio

from rogatory.protocol.frames.client import Invitation, Joiner
from rogatory.protocol.frames.server import Accepted, Claimed, Code, Refused, StockLow
from tests.keys.simulator import DirectorySimulator
from tests.relay.client import Client, commit, message
from tests.relay.conftest import KE, NG, TZ, UG, append, founded
from tests.relay.postgres import PostgreSQLServer
from tests.relay.process import RelayProcess

Connect = Callable[[int, str], Awaitable[Client]]


@pytest.fixture(scope="module")
def replicas(
    tmp_path_factory: pytest.TempPathFactory, simulator: DirectorySimulator, server: PostgreSQLServer
) -> Iterator[list[RelayProcess]]:
    """Two of one relay. They look for what the other wrote once in a while: in time only if they are woken."""
    settings = {"database": server.create_database(), "replicas": {"poll_seconds": 60}}
    processes = [RelayProcess(tmp_path_factory.mktemp("replica"), simulator, settings=settings) for _ in range(2)]
    for process in processes:
        process.start()
    yield processes
    for process in processes:
        process.stop()


@pytest_asyncio.fixture
async def node(replicas: list[RelayProcess]) -> AsyncIterator[Connect]:
    """Connects an authority to the replica of this number."""
    clients: list[Client] = []

    async def connected(replica: int, authority: str) -> Client:
        relay = replicas[replica]
        clients.append(Client(relay.link_url, relay.simulator.identity(authority)))
        return await clients[-1].connect(relay.simulator.relay_keys(relay.relay).identity.public, relay.relay)

    yield connected
    for client in clients:
        await client.close()


async def test_what_one_replica_takes_reaches_a_node_at_the_other_at_once(node: Connect) -> None:
    ke, tz = await node(0, KE), await node(1, TZ)
    channel = await founded(ke, TZ)
    await ke.resume(channel)
    await tz.resume(channel)
    for number in range(2, 7):
        here, there = (ke, tz) if number % 2 else (tz, ke)
        body = message(channel)
        receipt = await append(here, channel, body, 1)
        assert receipt.seq == number
        assert (await there.wait_entries(channel, number))[number - 1].body == body


async def test_a_broadcast_reaches_many_at_the_other_replica(node: Connect) -> None:
    ke = await node(0, KE)
    channel = await founded(ke, TZ, UG, NG)
    others = [await node(1, authority) for authority in (TZ, UG, NG)]
    for other in others:
        await other.resume(channel)
    bodies = [message(channel) for _ in range(20)]
    for ref in [await ke.post(channel, body, 1) for body in bodies]:
        assert isinstance(await ke.answer(ref), Accepted)
    for other in others:
        entries = await other.wait_entries(channel, 21)
        assert [entry.body for entry in entries[1:]] == bodies


async def test_acknowledgements_invitations_and_stock_are_told_across_replicas(node: Connect) -> None:
    ke, tz = await node(0, KE), await node(1, TZ)
    await tz.publish([b"one", b"two"], b"last")
    for expected in (b"one", b"two", b"last"):
        claimed = await ke.claim(TZ)
        assert isinstance(claimed, Claimed)
        assert claimed.packages[0].key_package == expected
    await tz.wait_where(lambda frame: isinstance(frame, StockLow) and frame.last_resort_used)
    channel = await founded(ke, TZ)
    await ke.resume(channel)
    await tz.resume(channel)
    receipt = await append(ke, channel, message(channel), 1)
    await tz.wait_entries(channel, 2)
    acknowledgement = await tz.acknowledge(channel, 2, receipt.head)
    assert (await ke.acknowledgements()).acknowledgements == [acknowledgement]
    ug = await node(1, UG)
    body = commit(channel, [KE, TZ, UG], seen=2)
    await ke.append(channel, body, 1, invitation=Invitation(b"info", [Joiner(UG, b"secrets")]))
    assert (await ug.invited()).secrets == b"secrets"


async def test_the_newest_session_of_an_authority_counts_wherever_it_is(node: Connect) -> None:
    for first, second in ((0, 1), (1, 0)):
        older = await node(first, KE)
        newer = await node(second, KE)
        goodbye = await older.departed()
        assert goodbye is not None
        assert goodbye.code is Code.REPLACED
        channel = await founded(newer, TZ)
        await append(newer, channel, message(channel), 1)


async def test_of_commits_that_race_on_two_replicas_exactly_one_wins(node: Connect) -> None:
    ke, tz = await node(0, KE), await node(1, TZ)
    channel = await founded(ke, TZ)
    base = 1
    for _ in range(15):
        answers = await asyncio.gather(*(who.append(channel, commit(channel), base) for who in (ke, tz)))
        won = [answer for answer in answers if isinstance(answer, Accepted)]
        lost = [answer for answer in answers if isinstance(answer, Refused)]
        assert len(won) == len(lost) == 1
        assert (lost[0].code, lost[0].last_commit) == (Code.STALE_BASE, won[0].receipt.seq)
        assert won[0].receipt.seq == base + 1
        base += 1
        await (ke if answers[0] is lost[0] else tz).resume(channel, 1 << 40)


async def test_of_two_that_found_a_channel_at_once_one_does(node: Connect) -> None:
    ke, tz = await node(0, KE), await node(1, TZ)
    for _ in range(10):
        channel = message(bytes(32))[-32:]
        answers = await asyncio.gather(*(who.append(channel, commit(channel, [KE, TZ]), 0) for who in (ke, tz)))
        codes = sorted(answer.code if isinstance(answer, Refused) else "accepted" for answer in answers)
        assert codes == sorted(["accepted", Code.CHANNEL_EXISTS])
