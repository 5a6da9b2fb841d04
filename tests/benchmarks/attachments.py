"""A large file from office to office: how fast beside a plain copy over the same HTTP stack, and in how much memory.

`python -m tests.benchmarks attachments --file-mib 4096`
"""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import aiohttp
import psutil
from aiohttp import web

from tests.benchmarks.figures import Figure
from tests.node.attachments.offices import Offices, arrived, offices, wait_state
from tests.relay.process import free_port

MIB: Final = 1024 * 1024
PIECE: Final = 256 * 1024


def measure(folder: Path, mib: int) -> Iterator[Figure]:
    """A sparse file of `mib` MiB: copied plainly up and down again, and sent from office to office."""
    file = sparse(folder / "evidence", mib)
    plain = plain_copy(folder, file)
    yield Figure(name="file copied up and down, plain", value=mib / plain, unit="MiB/s")
    with offices(folder / "offices") as pair:
        began = time.monotonic()
        with watched(pair) as peaks:
            send(pair, file, folder / "saved", seconds=3600)
        seconds = time.monotonic() - began
    yield Figure(
        name="file attached, sent, fetched, saved",
        value=mib / seconds,
        unit="MiB/s",
        against="file copied up and down, plain",
    )
    for name, peak in peaks.items():
        yield Figure(name=f"most memory of the {name}", value=peak / MIB, unit="MiB")


def sparse(path: Path, mib: int) -> Path:
    """A file of `mib` MiB that takes no room on the disk."""
    with path.open("wb") as file:
        file.truncate(mib * MIB)
    return path


def send(pair: Offices, file: Path, target: Path, seconds: float) -> None:
    """Kenya attaches the file, Tanzania fetches and saves it."""
    document = pair.consult(file)["document"]
    wait_state(pair.ke, document, "sent", seconds=seconds)
    arrived(pair.tz, document)
    pair.tz.cli("document", "save", document, str(target), "--attachment", "1")


@contextmanager
def watched(pair: Offices) -> Iterator[dict[str, int]]:
    """The most resident memory of relay and nodes while the context lasts, in bytes."""
    processes = {
        "relay": psutil.Process(pair.relay.pid),
        "sending node": psutil.Process(pair.ke.pid),
        "fetching node": psutil.Process(pair.tz.pid),
    }
    peaks = dict.fromkeys(processes, 0)
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            for name, process in processes.items():
                peaks[name] = max(peaks[name], process.memory_info().rss)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peaks
    finally:
        done.set()
        thread.join()


def plain_copy(folder: Path, file: Path) -> float:
    """Seconds to upload a file to an aiohttp server in a process of its own, and to download it again."""
    port = free_port()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(port, folder / "copy"), daemon=True)
    server.start()
    try:
        return asyncio.run(_copy(f"http://127.0.0.1:{port}/", file, folder / "back"))
    finally:
        server.terminate()
        server.join()


async def _copy(url: str, file: Path, back: Path) -> float:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as http:
        for _ in range(600):
            try:
                await (await http.get(url)).read()
                break
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)
        began = time.monotonic()
        await (await http.put(url, data=_pieces(file))).read()
        async with http.get(url) as response:
            with back.open("wb") as out:
                async for piece in response.content.iter_chunked(PIECE):
                    await asyncio.to_thread(out.write, piece)
        return time.monotonic() - began


async def _pieces(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as source:
        while piece := await asyncio.to_thread(source.read, PIECE):
            yield piece


def _serve(port: int, copy: Path) -> None:
    async def take(request: web.Request) -> web.Response:
        with copy.open("wb") as out:
            async for piece in request.content.iter_chunked(PIECE):
                await asyncio.to_thread(out.write, piece)
        return web.Response()

    async def give(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        if await asyncio.to_thread(copy.exists):
            async for piece in _pieces(copy):
                await response.write(piece)
        await response.write_eof()
        return response

    app = web.Application()
    app.add_routes([web.put("/", take), web.get("/", give, allow_head=False)])
    web.run_app(app, host="127.0.0.1", port=port, print=None)
