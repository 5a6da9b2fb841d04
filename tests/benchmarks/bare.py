"""The least that a relay of this design does: aiohttp, MessagePack, one thread that inserts into SQLite in groups.

No authentication, no repetition, no quotas, no headers, no receipts: what those cost shows beside it. Run as
`python -m tests.benchmarks.bare DATABASE`; it prints its port.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import uvloop
from aiohttp import WSMsgType, web

from tests.benchmarks.figures import Figure, watch
from tests.benchmarks.load import masked, switched
from tests.relay.client import message

WINDOW = 256
GROUP = 1000


class Message(msgspec.Struct, array_like=True):
    ref: int
    channel: bytes
    body: bytes


class BareRelay:
    """Answers every message by a list of the refs that are on disk now."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._queue: queue.SimpleQueue[tuple[web.WebSocketResponse, Message]] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._sending: set[asyncio.Task[None]] = set()
        threading.Thread(target=self._write, daemon=True).start()

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        decoder = msgspec.msgpack.Decoder(Message)
        async for frame in socket:
            assert frame.type is WSMsgType.BINARY
            self._queue.put((socket, decoder.decode(frame.data)))
        return socket

    def _write(self) -> None:
        connection = sqlite3.connect(self._database, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE entries (seq INTEGER PRIMARY KEY, channel BLOB, body BLOB)")
        while True:
            group = [self._queue.get()]
            while len(group) < GROUP and not self._queue.empty():
                group.append(self._queue.get())
            connection.execute("BEGIN")
            rows = [(sent.channel, sent.body) for _, sent in group]
            connection.executemany("INSERT INTO entries (channel, body) VALUES (?, ?)", rows)
            connection.execute("COMMIT")
            answers: dict[web.WebSocketResponse, list[int]] = {}
            for socket, sent in group:
                answers.setdefault(socket, []).append(sent.ref)
            self._loop.call_soon_threadsafe(self._answer, answers)

    def _answer(self, answers: dict[web.WebSocketResponse, list[int]]) -> None:
        for socket, refs in answers.items():
            task = asyncio.create_task(socket.send_bytes(msgspec.msgpack.encode(refs)))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)


@contextmanager
def bare_relay(database: Path) -> Iterator[tuple[int, int]]:
    """Port and process id of a bare relay."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.bare", str(database)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline()), process.pid
    finally:
        process.kill()
        process.wait()


async def accepted(port: int, process: int, connections: int, count: int, size: int, name: str) -> Figure:
    """As `load.accepted`, at a bare relay."""
    loop = asyncio.get_running_loop()
    links = [await switched(loop, port, "/") for _ in range(connections)]
    encoded = [
        [masked(msgspec.msgpack.encode(Message(ref, bytes(32), message(bytes(32), size)))) for ref in range(count)]
        for _ in links
    ]

    async def send(index: int) -> None:
        waiting: Sequence[bytes] = encoded[index]
        done = asyncio.Event()
        sent = answered = 0

        def fill() -> None:
            nonlocal sent
            until = min(count, answered + WINDOW)
            links[index].write(b"".join(waiting[sent:until]))
            sent = until

        def take(data: bytes) -> None:
            nonlocal answered
            answered += len(msgspec.msgpack.decode(data))
            if answered == count:
                done.set()
            elif sent - answered <= WINDOW // 2:
                fill()

        links[index].take = take
        fill()
        await done.wait()

    with watch(process) as spent:
        await asyncio.gather(*(send(index) for index in range(connections)))
    for link in links:
        link.close()
    return spent.per_second(name, connections * count)


async def _main(database: str) -> None:
    app = web.Application()
    app.router.add_get("/", BareRelay(database).handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as bare:
        bare.run(_main(sys.argv[1]))
