"""Whoever takes more than its share is refused or made to wait, and the others are served on meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from rogatory.protocol.frames.server import Accepted, Claimed, Code, Refused
from rogatory.protocol.limits import APPENDS_IN_FLIGHT
from rogatory.relay.config import LimitSettings
from rogatory.relay.errors import Farewell
from rogatory.relay.limits import Budget, Connections
from tests.keys.simulator import DirectorySimulator
from tests.relay.client import Client, Departed, message
from tests.relay.conftest import KE, TZ, UG, append, founded
from tests.relay.process import RelayProcess
from tests.relay.test_handshake import turned_away

SECONDS = 60.0


@asynccontextmanager
async def served(relay: RelayProcess, authority: str) -> AsyncIterator[Client]:
    """A node that shows, before and after, that it is served."""
    async with Client(relay.link_url, relay.simulator.identity(authority)) as node:
        channel = await founded(node)
        yield node
        async with asyncio.timeout(SECONDS):
            await append(node, channel, message(channel), 1)


def test_one_authority_gets_an_eighth_of_the_budget() -> None:
    budget = Budget(8000)
    assert budget.took(KE, 600)
    assert not budget.took(KE, 600)
    assert all(budget.took(authority, 1000) for authority in "abcdefg")
    assert not budget.took(TZ, 1000)
    budget.give_back(KE, 600)
    assert budget.took(KE, 600)


def test_what_is_larger_than_a_share_is_taken_alone() -> None:
    budget = Budget(8000)
    assert budget.took(KE, 5000)
    assert not budget.took(KE, 1)
    assert budget.took(TZ, 1000)
    budget.give_back(KE, 5000)
    assert budget.took(KE, 1)


async def test_who_waits_for_the_budget_goes_on_when_its_own_is_given_back() -> None:
    budget = Budget(80)
    assert budget.took(KE, 10)
    waiting = asyncio.create_task(budget.take(KE, 10))
    await asyncio.wait_for(budget.take(TZ, 10), SECONDS)
    assert not waiting.done()
    budget.give_back(KE, 10)
    await asyncio.wait_for(waiting, SECONDS)


def test_connections_begun_are_counted_by_address_and_minute() -> None:
    now = 0.0
    connections = Connections(LimitSettings(connects_per_minute=2), lambda: now)

    def connect(address: str) -> None:
        with connections.admitted(address):
            pass

    connect("192.0.2.1")
    connect("192.0.2.1")
    with pytest.raises(Farewell) as refused:
        connect("192.0.2.1")
    assert refused.value.code is Code.RATE
    connect("192.0.2.2")
    now = 61.0
    connect("192.0.2.1")


async def test_a_flood_of_appends_does_not_hold_up_the_others(tmp_path: Path) -> None:
    """One authority keeps its window full of large bodies, far beyond its share of what may wait for the database."""
    simulator = DirectorySimulator([KE, TZ])
    with RelayProcess(tmp_path, simulator, settings={"limits": {"appending_bytes": 2_000_000}}) as relay:
        async with Client(relay.link_url, simulator.identity(KE)) as flooding:
            channel = await founded(flooding)
            bodies = [message(channel, 100_000) for _ in range(APPENDS_IN_FLIGHT)]

            async def flood() -> list[int]:
                return [await flooding.post(channel, body, 1) for body in bodies]

            posting = asyncio.create_task(flood())
            async with served(relay, TZ) as other:
                theirs = await founded(other)
                for _ in range(20):
                    async with asyncio.timeout(SECONDS):
                        await append(other, theirs, message(theirs), 1)
            for ref in await posting:
                async with asyncio.timeout(SECONDS):
                    assert isinstance(await flooding.answer(ref), Accepted)


async def test_too_many_connections_are_turned_away_and_the_others_served_on(tmp_path: Path) -> None:
    simulator = DirectorySimulator([KE, TZ])
    with RelayProcess(tmp_path, simulator, settings={"limits": {"connections": 3}}) as relay:
        async with served(relay, KE):
            strangers = [Client(relay.link_url, simulator.identity(TZ)) for _ in range(2)]
            for stranger in strangers:
                await stranger.open()
            for _ in range(5):
                assert await turned_away(Client(relay.link_url, simulator.identity(TZ))) is Code.QUOTA
            for stranger in strangers:
                await stranger.close()


async def test_who_connects_too_often_is_turned_away_and_the_others_served_on(tmp_path: Path) -> None:
    simulator = DirectorySimulator([KE, TZ])
    with RelayProcess(tmp_path, simulator, settings={"limits": {"connects_per_minute": 5}}) as relay:
        async with served(relay, KE):
            codes: list[Code | None] = []
            for _ in range(8):
                try:
                    async with Client(relay.link_url, simulator.identity(TZ)):
                        codes.append(None)
                except Departed as departed:
                    codes.append(departed.code)
            assert Code.RATE in codes


async def test_claims_beyond_the_quota_are_refused_and_the_others_served_on(tmp_path: Path) -> None:
    simulator = DirectorySimulator([KE, TZ, UG])
    with RelayProcess(tmp_path, simulator, settings={"quotas": {"claims_per_hour": 10}}) as relay:
        async with served(relay, UG) as other, Client(relay.link_url, simulator.identity(KE)) as ke:
            answers = [await ke.claim(TZ) for _ in range(20)]
            refused = [answer for answer in answers if isinstance(answer, Refused)]
            assert len(refused) >= 9
            assert {answer.code for answer in refused} == {Code.RATE}
            assert isinstance(await other.claim(TZ), Claimed)


async def test_appends_beyond_the_rate_are_refused_and_the_others_served_on(tmp_path: Path) -> None:
    simulator = DirectorySimulator([KE, TZ])
    with RelayProcess(tmp_path, simulator, settings={"quotas": {"appends_per_minute": 30}}) as relay:
        async with served(relay, TZ), Client(relay.link_url, simulator.identity(KE)) as ke:
            channel = await founded(ke)
            refs = [await ke.post(channel, message(channel), 1) for _ in range(100)]
            answers = [await ke.answer(ref) for ref in refs]
            codes = [answer.code for answer in answers if isinstance(answer, Refused)]
            assert codes[0] is Code.RATE  # and what follows on this channel waits for a resume
            assert set(codes) <= {Code.RATE, Code.NOT_RESUMED}


async def test_acknowledgements_beyond_the_rate_end_the_session_and_the_others_are_served_on(tmp_path: Path) -> None:
    simulator = DirectorySimulator([KE, TZ, UG])
    with RelayProcess(tmp_path, simulator, settings={"quotas": {"acknowledgements_per_minute": 30}}) as relay:
        async with (
            served(relay, UG) as other,
            Client(relay.link_url, simulator.identity(KE)) as ke,
            Client(relay.link_url, simulator.identity(TZ)) as tz,
        ):
            channel = await founded(ke, TZ)
            await ke.resume(channel)
            answer = await ke.append(channel, message(channel), 1)
            assert isinstance(answer, Accepted)
            seq, head = answer.receipt.seq, answer.receipt.head

            async def go_on() -> None:
                for _ in range(100):
                    await tz.acknowledge(channel, seq, head)
                    await tz.resume(channel)  # a round trip: whatever came before was looked at

            with pytest.raises(Departed) as departed:
                await go_on()
            assert departed.value.code is Code.RATE
            assert (await ke.acknowledgements()).acknowledgements  # those within the rate count
            await founded(other)
