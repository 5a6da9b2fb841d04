"""Load on an AMQP 0-9-1 broker, run in the environment that has pamqp: `python amqp.py PORT MEASURE COUNT SIZE`.

Prints one figure: a rate a second, or milliseconds. What is published is encoded beforehand and sent as many frames at
once, as the relay's load does, so that the figure is the broker's and not its client's. It imports nothing of Rogatory.
"""

import asyncio
import os
import statistics
import struct
import sys
import time
from collections.abc import Callable
from typing import cast

import uvloop
from pamqp import body, commands, frame, header

PAIRS = 6
WINDOW = 256
PREFETCH = 500
TIMES = 20
_HEAD = struct.Struct(">BHI")
_ACK, _DELIVER = (60, 80), (60, 60)


class Link(asyncio.Protocol):
    """A connection with one channel. It counts confirmed publications and deliveries, and acknowledges these."""

    def __init__(self) -> None:
        self.confirmed = self.delivered = 0
        self.heard: Callable[[], None] = lambda: None
        self._settled: set[int] = set()
        self._unacknowledged = 0
        self._methods: asyncio.Queue[frame.base.Frame] = asyncio.Queue()
        self._buffer = b""

    @classmethod
    async def open(cls, port: int) -> "Link":
        """Connect as the guest that a new broker knows."""
        _, link = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        link.transport.write(header.ProtocolHeader().marshal())
        await link._methods.get()
        link.send(commands.Connection.StartOk({}, "PLAIN", "\0guest\0guest", "en_US"), 0)
        tune = await link._methods.get()
        link.send(commands.Connection.TuneOk(tune.channel_max, tune.frame_max, 0), 0)
        await link.ask(commands.Connection.Open("/"), 0)
        await link.ask(commands.Channel.Open())
        return link

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def send(self, method: frame.base.Frame, channel: int = 1) -> None:
        """Send a method."""
        self.transport.write(frame.marshal(method, channel))

    async def ask(self, method: frame.base.Frame, channel: int = 1) -> frame.base.Frame:
        """Send a method and take its answer."""
        self.send(method, channel)
        return await self._methods.get()

    def data_received(self, data: bytes) -> None:
        buffer, position = self._buffer + data, 0
        while len(buffer) - position >= _HEAD.size:
            kind, _, length = _HEAD.unpack_from(buffer, position)
            end = position + _HEAD.size + length + 1
            if end > len(buffer):
                break
            if kind == 1:
                self._method(buffer, position, end)
            position = end
        self._buffer = buffer[position:]
        if self._unacknowledged >= PREFETCH // 4:
            self.send(commands.Basic.Ack(0, multiple=True))
            self._unacknowledged = 0
        self.heard()

    def _method(self, buffer: bytes, start: int, end: int) -> None:
        method = struct.unpack_from(">HH", buffer, start + _HEAD.size)
        if method == _DELIVER:
            self.delivered += 1
            self._unacknowledged += 1
        elif method == _ACK:
            tag, multiple = struct.unpack_from(">QB", buffer, start + _HEAD.size + 4)
            self._confirm(tag, multiple == 1)
        else:
            self._methods.put_nowait(frame.unmarshal(buffer[start:end])[2])

    def _confirm(self, tag: int, multiple: bool) -> None:
        if multiple:
            self.confirmed = max(self.confirmed, tag)
        else:
            self._settled.add(tag)
        while self.confirmed + 1 in self._settled:
            self._settled.discard(self.confirmed + 1)
            self.confirmed += 1


def publication(exchange: str, queue: str, size: int) -> bytes:
    """A persistent message of so many bytes, encoded."""
    content = os.urandom(size)
    properties = commands.Basic.Properties(delivery_mode=2)
    frames = (
        commands.Basic.Publish(exchange=exchange, routing_key=queue),
        header.ContentHeader(0, size, properties),
        body.ContentBody(content),
    )
    return b"".join(frame.marshal(each, 1) for each in frames)


async def publish(link: Link, message: bytes, count: int) -> None:
    """Publish with confirms, up to WINDOW unconfirmed; returns once all are confirmed."""
    await link.ask(commands.Confirm.Select())
    done, sent = asyncio.Event(), 0

    def heard() -> None:
        nonlocal sent
        until = min(count, link.confirmed + WINDOW)
        if until > sent and (until == count or sent - link.confirmed <= WINDOW // 2):
            link.transport.write(message * (until - sent))
            sent = until
        if link.confirmed >= count:
            done.set()

    link.heard = heard
    heard()
    await done.wait()


async def consume(link: Link, queue: str, count: int) -> None:
    """Take so many messages."""
    done = asyncio.Event()
    link.heard = lambda: done.set() if link.delivered >= count else None
    await link.ask(commands.Basic.Qos(0, PREFETCH, False))
    link.send(commands.Basic.Consume(queue=queue))
    await done.wait()


async def queues(port: int, count: int, exchange: str = "") -> list[str]:
    """New durable queues, of this exchange if one is named."""
    link, made = await Link.open(port), [f"bench-{os.urandom(8).hex()}" for _ in range(count)]
    if exchange:
        await link.ask(commands.Exchange.Declare(exchange=exchange, exchange_type="fanout", durable=True))
    for name in made:
        await link.ask(commands.Queue.Declare(queue=name, durable=True))
        if exchange:
            await link.ask(commands.Queue.Bind(queue=name, exchange=exchange, routing_key=""))
    return made


async def rate(port: int, measure: str, count: int, size: int) -> float:
    """`accepted`, `delivered` or `drained`, a second."""
    pairs = PAIRS if measure != "delivered" else PAIRS // 2
    each, names = max(1, count // pairs), await queues(port, pairs)
    publishing = [publish(await Link.open(port), publication("", name, size), each) for name in names]
    consuming = []
    if measure != "accepted":
        consuming = [consume(await Link.open(port), name, each) for name in names]
    if measure == "drained":
        await asyncio.gather(*publishing)
        publishing = []
    began = time.perf_counter()
    await asyncio.gather(*publishing, *consuming)
    return each * pairs / (time.perf_counter() - began)


async def broadcast(port: int, readers: int, size: int) -> float:
    """Milliseconds until the last of so many consumers has a message, the median."""
    exchange = f"bench-{os.urandom(8).hex()}"
    links = [await Link.open(port) for _ in range(readers)]
    for link, name in zip(links, await queues(port, readers, exchange), strict=True):
        await link.ask(commands.Basic.Consume(queue=name, no_ack=True))
    author, message, taken = await Link.open(port), publication(exchange, "", size), []
    for number in range(1, TIMES + 1):
        done = asyncio.Event()

        def heard(number: int = number, done: asyncio.Event = done) -> None:
            if all(link.delivered >= number for link in links):
                done.set()

        for link in links:
            link.heard = heard
        began = time.perf_counter()
        author.transport.write(message)
        await done.wait()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1e3


async def main(port: int, measure: str, count: int, size: int) -> None:
    """Measure and print."""
    if measure == "broadcast":
        print(await broadcast(port, count, size))
    else:
        print(await rate(port, measure, count, size))


if __name__ == "__main__":
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
