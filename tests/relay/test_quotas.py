"""What one authority may keep and do; others are served on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from rogatory.protocol.frames.server import Accepted, Code, Refused, Resumed
from tests.keys.simulator import DirectorySimulator
from tests.relay.client import Client, commit, message
from tests.relay.conftest import KE, TZ, founded
from tests.relay.process import RelayProcess


@pytest.fixture
def relay(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[RelayProcess]:
    with RelayProcess(tmp_path, DirectorySimulator([KE, TZ]), settings=request.param) as process:
        yield process


async def until_refused(client: Client, channel: bytes, size: int) -> Refused:
    for _ in range(100):
        answer = await client.append(channel, message(channel, size), 1)
        if isinstance(answer, Refused):
            return answer
    raise AssertionError("no limit was met")


@pytest.mark.parametrize("relay", [{"quotas": {"stored_bytes": 100_000}}], indirect=True)
async def test_stored_bytes(relay: RelayProcess) -> None:
    async with (
        Client(relay.link_url, relay.simulator.identity(KE)) as ke,
        Client(relay.link_url, relay.simulator.identity(TZ)) as tz,
    ):
        channel = await founded(ke, TZ)
        assert (await until_refused(ke, channel, 20_000)).code is Code.QUOTA
        assert isinstance(await tz.append(channel, message(channel, 20_000), 1), Accepted)
        relay.restart()
    async with Client(relay.link_url, relay.simulator.identity(KE)) as ke:
        answer = await ke.append(channel, message(channel, 30_000), 1)
        assert isinstance(answer, Refused)
        assert answer.code is Code.QUOTA


@pytest.mark.parametrize("relay", [{"quotas": {"channels": 3}}], indirect=True)
async def test_channels_founded(relay: RelayProcess) -> None:
    async with (
        Client(relay.link_url, relay.simulator.identity(KE)) as ke,
        Client(relay.link_url, relay.simulator.identity(TZ)) as tz,
    ):
        for _ in range(3):
            await founded(ke)
        channel = os.urandom(32)
        answer = await ke.append(channel, commit(channel, [KE]), 0)
        assert isinstance(answer, Refused)
        assert answer.code is Code.QUOTA
        await founded(tz)


@pytest.mark.parametrize("relay", [{"quotas": {"appends_per_minute": 10}}], indirect=True)
async def test_appends_per_minute(relay: RelayProcess) -> None:
    async with (
        Client(relay.link_url, relay.simulator.identity(KE)) as ke,
        Client(relay.link_url, relay.simulator.identity(TZ)) as tz,
    ):
        channel = await founded(ke, TZ)
        assert (await until_refused(ke, channel, 10)).code is Code.RATE
        assert isinstance(await tz.append(channel, message(channel), 1), Accepted)
    async with Client(relay.link_url, relay.simulator.identity(KE)) as ke:
        answer = await ke.append(channel, message(channel), 1)
        assert isinstance(answer, Refused), "a new connection does not fill the bucket"


@pytest.mark.parametrize("relay", [{"limits": {"channels_per_session": 3}}], indirect=True)
async def test_channels_of_a_session(relay: RelayProcess) -> None:
    async with Client(relay.link_url, relay.simulator.identity(KE)) as ke:
        channels = [await founded(ke) for _ in range(6)]
        for channel in channels[:3]:
            assert isinstance(await ke.resume(channel), Resumed)
        answer = await ke.resume(channels[3])
        assert isinstance(answer, Refused)
        assert answer.code is Code.QUOTA
        for _ in range(3):
            channel = os.urandom(32)
            assert isinstance(await ke.append(channel, message(channel), 1), Refused)
        channel = os.urandom(32)
        await ke.post(channel, message(channel), 1)
        goodbye = await ke.departed()
        assert goodbye is not None
        assert goodbye.code is Code.QUOTA


@pytest.mark.parametrize("relay", [{"limits": {"max_application": 2048, "max_commit": 4096}}], indirect=True)
async def test_sizes_can_be_set_lower(relay: RelayProcess) -> None:
    async with Client(relay.link_url, relay.simulator.identity(KE)) as ke:
        assert ke.ready is not None
        assert (ke.ready.max_application, ke.ready.max_commit) == (2048, 4096)
        channel = await founded(ke)
        answer = await ke.append(channel, message(channel, 2100), 1)
        assert isinstance(answer, Refused)
        assert answer.code is Code.TOO_LARGE


@pytest.mark.parametrize("relay", [{"limits": {"appending_bytes": 1}}], indirect=True)
async def test_a_spent_budget_makes_wait_and_refuses_nothing(relay: RelayProcess) -> None:
    async with (
        Client(relay.link_url, relay.simulator.identity(KE)) as ke,
        Client(relay.link_url, relay.simulator.identity(TZ)) as tz,
    ):
        channel = await founded(ke, TZ)
        posted = [(client, await client.post(channel, message(channel), 1)) for client in (ke, tz) * 50]
        for client, ref in posted:
            assert isinstance(await client.answer(ref), Accepted)
