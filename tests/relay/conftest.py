"""A relay process per test module, and clients of it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from rogatory.protocol.frames.server import Accepted, Resumed
from rogatory.protocol.receipt import Receipt
from tests.keys.simulator import DirectorySimulator
from tests.relay.client import Client, commit
from tests.relay.process import RelayProcess

KE, TZ, UG, NG = "ke.central", "tz.central", "ug.central", "ng.central"

Connect = Callable[[str], Awaitable[Client]]


@pytest.fixture(scope="module")
def simulator() -> DirectorySimulator:
    return DirectorySimulator([KE, TZ, UG, NG])


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory, simulator: DirectorySimulator) -> Iterator[RelayProcess]:
    with RelayProcess(tmp_path_factory.mktemp("relay"), simulator) as process:
        yield process


@pytest_asyncio.fixture
async def node(relay: RelayProcess) -> AsyncIterator[Connect]:
    """Connects authorities to the module's relay; closes them at the end."""
    clients: list[Client] = []

    async def connected(authority: str) -> Client:
        client = Client(relay.link_url, relay.simulator.identity(authority))
        clients.append(client)
        key = relay.simulator.relay_keys(relay.relay).identity.public
        return await client.connect(key, relay.relay)

    yield connected
    for client in clients:
        await client.close()


async def founded(founder: Client, *members: str) -> bytes:
    """A new channel of the founder and these members; its founding commit is entry 1."""
    channel = os.urandom(32)
    answer = await founder.append(channel, commit(channel, [founder.authority, *members]), 0)
    assert answer.receipt.seq == 1, answer
    return channel


async def append(client: Client, channel: bytes, body: bytes, base: int) -> Receipt:
    """Append what is accepted; its receipt."""
    answer = await client.append(channel, body, base)
    assert isinstance(answer, Accepted), answer
    return answer.receipt


async def removed(client: Client, channel: bytes) -> Resumed:
    """Wait until the client's removal counts; the channel as it may see it from then on. It follows nothing there."""
    async with asyncio.timeout(10):
        while True:
            resumed = await client.resume(channel, 1 << 40)
            assert isinstance(resumed, Resumed)
            if resumed.until is not None:
                return resumed
            await asyncio.sleep(0.05)


def folder_of(relay: RelayProcess) -> Path:
    return relay.folder
