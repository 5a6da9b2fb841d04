"""What costs memory or descriptors without an entry: idle connections, endless resuming, files full of questions."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

from rogatory.keys.courier import Carried, Direction, Sealer, Slip, without_ref
from rogatory.protocol.frames.client import FetchHeaders
from rogatory.protocol.frames.server import Accepted, Headers
from rogatory.protocol.header import Head
from rogatory.relay.admin import client as admin
from rogatory.relay.courier.taking import MAX_ANSWERS
from rogatory.relay.delivery import Delivery
from rogatory.relay.metrics import Metrics
from rogatory.relay.outbox import FULL, Outbox
from rogatory.relay.store.interface import ChannelView
from tests.keys.simulator import DirectorySimulator
from tests.relay.client import Client, message
from tests.relay.conftest import KE, TZ, founded
from tests.relay.process import RelayProcess
from tests.relay.test_store_failures import opened

LAST = 2_000


async def test_a_connection_without_a_request_ends(tmp_path: Path, simulator: DirectorySimulator) -> None:
    """Nothing, or half a request: whoever reaches the port could else hold every descriptor for as long as he likes."""
    with RelayProcess(tmp_path, simulator, settings={"limits": {"handshake_seconds": 1}}) as relay:
        half, whole = b"GET /v1/link HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
        await asyncio.gather(*(read_to_the_end(relay.port, sent) for sent in (b"", half, whole)))


async def read_to_the_end(port: int, sent: bytes) -> None:
    """Send this and nothing more, until the relay ends the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    async with asyncio.timeout(60):
        while await reader.read(65_536):
            pass
    writer.close()
    await writer.wait_closed()


async def test_resuming_again_and_again_without_credit_piles_up_nothing(tmp_path: Path) -> None:
    blocked = asyncio.Event()

    async def send(_: bytes) -> None:
        await blocked.wait()

    store = await opened(tmp_path / "relay.db")
    outbox = Outbox(send, lambda: None)
    delivery = Delivery(KE, store, outbox, Metrics(), lambda error: None)
    outbox.put(bytes(FULL))
    channels = [os.urandom(32) for _ in range(3)]
    for _ in range(1_000):
        for channel in channels:
            delivery.start(delivery.subscribe(channel, 0), ChannelView(Head(9, bytes(32)), 1, bytes(32), 1, None))
        await asyncio.sleep(0)
    assert delivery._due is not None
    assert len(delivery._due) <= len(channels)
    delivery.stop()
    outbox.discard()
    await store.close()


async def test_a_file_full_of_questions_is_answered_up_to_a_limit(
    tmp_path: Path, simulator: DirectorySimulator
) -> None:
    """Each asks for 2,000 headers in some 60 bytes: the answers wait in memory, and beside the configuration."""
    with RelayProcess(tmp_path, simulator) as relay:
        client = await Client(relay.link_url, simulator.identity(KE)).connect()
        channel = await founded(client, TZ)
        for _ in range(LAST // 200):
            for ref in [await client.post(channel, message(channel), 1) for _ in range(200)]:
                assert isinstance(await client.answer(ref), Accepted)
        headers = await client.headers(channel, 0, LAST)
        assert isinstance(headers, Headers)
        await client.close()
        asked = MAX_ANSWERS // (40 * len(headers.headers)) + 100
        file = tmp_path / "questions.courier"
        write(simulator, file, [FetchHeaders(0, channel, 0, LAST + number) for number in range(asked)])
        assert file.stat().st_size < MAX_ANSWERS // 100
        with file.open("rb") as content:
            taken = await asyncio.to_thread(admin.ask, relay.folder / "admin.sock", "POST", "/courier", content)
        assert 0 < taken["refused"]["rate"] < asked
        assert (relay.folder / "courier" / KE).stat().st_size < 1.1 * MAX_ANSWERS


def write(simulator: DirectorySimulator, file: Path, frames: list[FetchHeaders]) -> None:
    """Kenya's courier file with these frames."""
    identity = simulator.identity(KE)
    slip = Slip(Direction.TO_RELAY, "relay.one", KE, identity.key_set_version, time.time_ns() // 1_000_000)
    sealer = Sealer(simulator.directory().relay("relay.one").identity, slip, identity.sign_online)
    pieces = [sealer.begin()]
    pieces += [sealer.add(Carried(without_ref(frame))) for frame in frames]
    file.write_bytes(b"".join([*pieces, sealer.finish()]))
