"""A slow reader: it gets no more than it credits, costs no memory, and holds nobody up."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil

from rogatory.protocol.frames.client import Credit
from rogatory.protocol.frames.server import Accepted, Entries
from rogatory.protocol.limits import APPENDS_IN_FLIGHT, DELIVERY_WINDOW, ENTRY_COST, MAX_APPLICATION, MAX_COMMIT
from tests.keys.simulator import DirectorySimulator
from tests.relay.client import Client, commit, message
from tests.relay.conftest import KE, TZ, UG, Connect, founded
from tests.relay.process import RelayProcess

SIZE = 100_000


def cost(client: Client, channel: bytes) -> int:
    return sum(ENTRY_COST + len(entry.body or b"") for entry in client.entries.get(channel, []))


async def fill(client: Client, channel: bytes, count: int, size: int = SIZE) -> None:
    for sent in range(0, count, APPENDS_IN_FLIGHT):
        batch = range(sent, min(sent + APPENDS_IN_FLIGHT, count))
        refs = [await client.post(channel, message(channel, size), 1) for _ in batch]
        for ref in refs:
            assert isinstance(await client.answer(ref), Accepted)


async def test_no_more_is_delivered_than_the_window_allows(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    channel = await founded(ke, TZ)
    tz.credit = False
    await tz.resume(channel)
    await fill(ke, channel, 100)
    await tz.quiet(0.5)
    assert DELIVERY_WINDOW - 2 * SIZE < cost(tz, channel) <= DELIVERY_WINDOW
    tz.credit = True
    await tz.send(Credit(cost(tz, channel)))
    entries = await tz.wait_entries(channel, 101)
    assert [entry.seq for entry in entries] == list(range(1, 102))


async def test_small_credits_are_enough_to_go_on(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    channel = await founded(ke, TZ)
    await fill(ke, channel, 80)
    tz.credit = False
    await tz.resume(channel)
    for count in range(30, 82, 5):
        await tz.wait_entries(channel, min(count, 81))
        await tz.send(Credit(SIZE * 5))
    assert len(await tz.wait_entries(channel, 81)) == 81


async def test_an_entry_larger_than_the_window_travels_alone(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    channel = await founded(ke, TZ)
    await tz.resume(channel)
    await fill(ke, channel, 3)
    assert isinstance(await ke.append(channel, commit(channel, size=MAX_COMMIT - 1000), 1), Accepted)
    entries = await tz.wait_entries(channel, 5)
    assert len(entries[4].body or b"") > DELIVERY_WINDOW
    answer = await ke.append(channel, message(channel, MAX_APPLICATION - 200), 5)
    assert isinstance(answer, Accepted)
    await tz.wait_entries(channel, 6)


async def test_one_slow_channel_does_not_starve_the_others(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    large, small = await founded(ke, TZ), await founded(ke, TZ)
    await fill(ke, large, 300, 20_000)
    await fill(ke, small, 3, 100)
    tz.credit = False  # the large one alone is more than the window
    await asyncio.gather(tz.resume(large), tz.resume(small))
    await tz.wait_entries(small, 4, seconds=60)
    assert len(tz.entries[large]) < 301
    tz.credit = True
    await tz.send(Credit(cost(tz, large) + cost(tz, small)))
    await tz.wait_entries(large, 301, seconds=60)


async def test_a_reader_that_stopped_costs_no_memory_and_holds_nobody_up(tmp_path: Path) -> None:
    simulator = DirectorySimulator([KE, TZ, UG])
    settings = {"limits": {"ping_seconds": 60}}
    with RelayProcess(tmp_path, simulator, settings=settings) as relay:
        async with (
            Client(relay.link_url, simulator.identity(KE)) as ke,
            Client(relay.link_url, simulator.identity(TZ)) as tz,
            Client(relay.link_url, simulator.identity(UG)) as ug,
        ):
            channel = await founded(ke, TZ, UG)
            await tz.resume(channel)
            await ug.resume(channel)
            assert tz._socket is not None
            tz._socket.transport.pause_reading()
            process = psutil.Process(relay.pid)
            for batch in range(16):
                await fill(ke, channel, 50)
                ke.frames.clear()
                ug.frames.clear()
                if batch == 3:  # the database's cache is warm
                    before = process.memory_info().rss
            await ug.wait_entries(channel, 801)
            grown = process.memory_info().rss - before
            assert grown < 25_000_000, f"the relay grew by {grown} bytes over 60 MB that one member does not read"
            tz._socket.transport.resume_reading()
            assert len(await tz.wait_entries(channel, 801)) == 801


async def test_a_node_that_asks_and_never_reads_is_not_read_on(tmp_path: Path) -> None:
    """Answers that are not taken keep the relay from reading further questions: nothing piles up."""
    simulator = DirectorySimulator([KE, TZ])
    with RelayProcess(tmp_path, simulator, settings={"limits": {"ping_seconds": 60}}) as relay:
        async with Client(relay.link_url, simulator.identity(KE)) as ke:
            channel = await founded(ke, TZ)
            for _ in range(8):
                await fill(ke, channel, 250, 30)
            assert ke._socket is not None
            ke._socket.transport.pause_reading()
            process = psutil.Process(relay.pid)
            before = process.memory_info().rss

            async def ask_on() -> None:
                while True:
                    await ke.headers_unanswered(channel, 0, 2001)

            asking = asyncio.create_task(ask_on())
            await asyncio.wait([asking], timeout=3)
            asking.cancel()
            assert process.memory_info().rss - before < 60_000_000
            ke._socket.transport.abort()


async def test_frames_hold_at_most_500_entries(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    channel = await founded(ke, TZ)
    for _ in range(5):
        await fill(ke, channel, 240, 30)
    await tz.resume(channel)
    await tz.wait_entries(channel, 1201)
    frames = [frame for frame in tz.frames if isinstance(frame, Entries)]
    assert max(len(frame.entries) for frame in frames) <= 500
