"""Load on a relay: many authorities in one event loop, on links that cost less than the relay's own side of them.

    rate = await accepted(relay, authorities, 10_000)       # a RelayProcess that runs
    async with Crowd(relay, authorities) as crowd:          # or by hand
        channels = await crowd.found("ke.central", ["tz.central"])
        author = Author(crowd.links["ke.central"], channels)

What is sent is encoded beforehand, and the mask of a WebSocket message (RFC 6455 section 5.3) is zero: a node may
choose any, and this one costs the sender nothing.
"""

from __future__ import annotations

import asyncio
import base64
import os
import struct
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, cast

import psutil

from rogatory.keys.identity import Identity
from rogatory.keys.link import PLAIN_BINDING, authority_proof_input
from rogatory.protocol.frames.client import Append, ClientFrame, Credit, Hello, Proof, Resume
from rogatory.protocol.frames.codec import VERSIONS, decode_server_frame, encode_frame
from rogatory.protocol.frames.server import AcceptedTogether, Challenge, Entries, Goodbye, Ready, Refused, ServerFrame
from rogatory.protocol.header import Form
from rogatory.protocol.limits import APPENDS_IN_FLIGHT, ENTRY_COST
from tests.benchmarks.figures import watch
from tests.relay.client import commit, message
from tests.relay.process import RelayProcess

SIZE = 2048
"""Bytes of ciphertext in a message."""

_SWITCHED = b"\r\n\r\n"


def masked(data: bytes) -> bytes:
    """A binary WebSocket message of a client."""
    length = len(data)
    if length < 126:
        head = struct.pack(">BB", 0x82, 0x80 | length)
    elif length < 1 << 16:
        head = struct.pack(">BBH", 0x82, 0xFE, length)
    else:
        head = struct.pack(">BBQ", 0x82, 0xFF, length)
    return head + bytes(4) + data


class RawLink(asyncio.Protocol):
    """One authority's connection: `take` gets every message of the relay. It answers pings, and nothing else."""

    def __init__(self) -> None:
        self.take: Callable[[bytes], None] = self._keep
        self._frames: asyncio.Queue[bytes] = asyncio.Queue()
        self._buffer = bytearray()
        self._switched = False
        self._transport: asyncio.Transport | None = None
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.lost.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._switched:
            end = self._buffer.find(_SWITCHED)
            if end < 0:
                return
            assert self._buffer.startswith(b"HTTP/1.1 101 "), self._buffer[:200]
            self._switched = True
            del self._buffer[: end + len(_SWITCHED)]
        self._read_messages()

    def send(self, frame: ClientFrame) -> None:
        """Send a frame."""
        self.write(masked(encode_frame(frame)))

    def write(self, data: bytes) -> None:
        """Send bytes that are masked already."""
        assert self._transport is not None
        self._transport.write(data)

    async def next(self) -> ServerFrame:
        """The next frame, for as long as nobody else takes them."""
        return decode_server_frame(await self._frames.get())

    def pause(self, paused: bool) -> None:
        """Stop reading from the socket, or go on."""
        assert self._transport is not None
        (self._transport.pause_reading if paused else self._transport.resume_reading)()

    def close(self) -> None:
        """Hang up."""
        assert self._transport is not None
        self._transport.abort()

    def _keep(self, frame: bytes) -> None:
        self._frames.put_nowait(frame)

    def _read_messages(self) -> None:
        buffer, position = self._buffer, 0
        while len(buffer) - position >= 2:
            opcode, length, start = buffer[position] & 0x0F, buffer[position + 1], position + 2
            if length == 126:
                length, start = int.from_bytes(buffer[start : start + 2], "big"), start + 2
            elif length == 127:
                length, start = int.from_bytes(buffer[start : start + 8], "big"), start + 8
            if len(buffer) < start + length:
                break
            payload = bytes(memoryview(buffer)[start : start + length])
            position = start + length
            if opcode == 2:
                self.take(payload)
            elif opcode == 9:
                self.write(struct.pack(">BB", 0x8A, 0x80 | length) + bytes(4) + payload)
        if position:
            del self._buffer[:position]


async def switched(loop: asyncio.AbstractEventLoop, port: int, path: str) -> RawLink:
    """A WebSocket to a server on loopback."""
    _, connection = await loop.create_connection(RawLink, "127.0.0.1", port)
    key = base64.b64encode(os.urandom(16)).decode()
    connection.write(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
    )
    return connection


async def link(relay: RelayProcess, identity: Identity, take: Callable[[bytes], None] | None = None) -> RawLink:
    """A session of `identity` with the relay, proven, its Ready taken."""
    connection = await switched(asyncio.get_running_loop(), relay.port, "/v1/link")
    nonce = os.urandom(32)
    connection.send(Hello(identity.authority, nonce, list(VERSIONS)))
    challenge = await connection.next()
    assert isinstance(challenge, Challenge), challenge
    proof = authority_proof_input(challenge.relay, identity.authority, nonce, challenge.nonce, PLAIN_BINDING)
    connection.send(Proof(identity.key_set_version, identity.sign_online(proof)))
    while not isinstance(await connection.next(), Ready):
        pass
    if take is not None:
        connection.take = take
    return connection


class Author:
    """An authority that appends messages made beforehand, with up to `window` unanswered."""

    def __init__(self, connection: RawLink, channels: Sequence[bytes], window: int = APPENDS_IN_FLIGHT) -> None:
        self._connection = connection
        self._channels = channels
        self._window = window
        self._waiting: list[bytes] = []
        self._sent = self._answered = 0
        self._done = asyncio.Event()

    def prepare(self, count: int, size: int = SIZE) -> None:
        """Make `count` messages, to the channels in turn."""
        self._waiting = [
            masked(encode_frame(Append(number, channel, 1, Form.MLS, message(channel, size))))
            for number in range(count)
            for channel in [self._channels[number % len(self._channels)]]
        ]

    async def send_in_parts(self, count: int, size: int = SIZE, part: int = 10_000) -> None:
        """Make and send `count` messages with no more than `part` of them in memory."""
        for start in range(0, count, part):
            self.prepare(min(part, count - start), size)
            await self.send()

    async def send(self) -> None:
        """Send them; returns once all are accepted."""
        self._sent = self._answered = 0
        self._done.clear()
        self._connection.take = self._take
        self._fill()
        await self._done.wait()

    def _take(self, data: bytes) -> None:
        frame = decode_server_frame(data)
        if isinstance(frame, AcceptedTogether):
            self._answered += len(frame.refs)
        else:
            assert not isinstance(frame, Refused | Goodbye), frame
        if self._answered == len(self._waiting):
            self._done.set()
        elif self._sent - self._answered <= self._window // 2:
            self._fill()

    def _fill(self) -> None:
        until = min(len(self._waiting), self._answered + self._window)
        if until > self._sent:
            self._connection.write(b"".join(self._waiting[self._sent : until]))
            self._sent = until


class Listener:
    """An authority that counts the entries it gets and credits them."""

    def __init__(self, connection: RawLink) -> None:
        self.entries = 0
        self._connection = connection
        self._uncredited = 0
        self._wanted = 0
        self._arrived = asyncio.Event()
        connection.take = self._take

    def resume(self, channels: Iterable[bytes], after: int = 0) -> None:
        """Follow these channels."""
        for channel in channels:
            self._connection.send(Resume(0, channel, after))

    async def wait(self, entries: int) -> None:
        """Wait until so many have come in all."""
        self._wanted = entries
        while self.entries < entries:
            self._arrived.clear()
            await self._arrived.wait()

    def _take(self, data: bytes) -> None:
        frame = decode_server_frame(data)
        if isinstance(frame, Entries):
            self.entries += len(frame.entries)
            self._uncredited += sum(ENTRY_COST + len(entry.body or b"") for entry in frame.entries)
            if self._uncredited > 1 << 19:
                self._connection.send(Credit(self._uncredited))
                self._uncredited = 0
            if self.entries >= self._wanted:
                self._arrived.set()
        else:
            assert not isinstance(frame, Refused | Goodbye), frame


class Crowd:
    """Sessions of many authorities at one relay."""

    def __init__(self, relay: RelayProcess, authorities: Sequence[str]) -> None:
        self.relay = relay
        self.authorities = authorities
        self.links: dict[str, RawLink] = {}

    async def __aenter__(self) -> Self:
        for authority in self.authorities:
            self.links[authority] = await link(self.relay, self.relay.simulator.identity(authority))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in self.links.values():
            connection.close()
        for connection in self.links.values():
            await connection.lost

    async def found(self, founder: str, members: Sequence[str], count: int = 1) -> list[bytes]:
        """New channels of these members; their founding commits are entry 1."""
        connection, channels = self.links[founder], [os.urandom(32) for _ in range(count)]
        for start in range(0, count, APPENDS_IN_FLIGHT):
            some = channels[start : start + APPENDS_IN_FLIGHT]
            for channel in some:
                body = commit(channel, [founder, *members])
                connection.send(Append(0, channel, 0, Form.MLS, body))
            answered = 0
            while answered < len(some):
                answer = await connection.next()
                assert not isinstance(answer, Refused | Goodbye), answer
                answered += len(answer.refs) if isinstance(answer, AcceptedTogether) else 0
        return channels


# What is measured. Every function gives figures of its own run; `relay` runs, with these authorities in its directory.


@dataclass(frozen=True, slots=True)
class Rate:
    """How many in a second by the clock, and microseconds of the relay's processor time for each."""

    per_second: float
    cpu: float


async def accepted(
    relay: RelayProcess,
    authorities: Sequence[str],
    count: int,
    size: int = SIZE,
    *,
    backlog: int = 0,
    channels: int = 1,
    members: Sequence[str] = (),
) -> Rate:
    """Each authority appends `count` messages to `channels` of its own, until all are accepted.

    Before that, unmeasured, `backlog` messages; the channels have these members besides it.
    """
    async with Crowd(relay, authorities) as crowd:
        authors = []
        for authority in authorities:
            author = Author(crowd.links[authority], await crowd.found(authority, members, channels))
            if backlog:
                author.prepare(backlog, size)
                await author.send()
            author.prepare(count, size)
            authors.append(author)
        return await _rate(relay, count * len(authors), *(author.send() for author in authors))


async def delivered(relay: RelayProcess, authorities: Sequence[str], count: int, size: int = SIZE) -> Rate:
    """Half of the authorities append `count` messages each, the other half have them, as they come."""
    half = len(authorities) // 2
    async with Crowd(relay, authorities[: 2 * half]) as crowd:
        work: list[Coroutine[Any, Any, None]] = []
        for author, reader in zip(authorities[:half], authorities[half:], strict=False):
            channels = await crowd.found(author, [reader])
            writing, listening = Author(crowd.links[author], channels), Listener(crowd.links[reader])
            listening.resume(channels)
            await listening.wait(1)
            writing.prepare(count, size)
            work += [writing.send(), listening.wait(count + 1)]
        return await _rate(relay, count * half, *work)


async def drained(relay: RelayProcess, authorities: Sequence[str], count: int, size: int = SIZE) -> Rate:
    """Each authority reads a backlog of `count` messages that another one left."""
    channels: dict[str, bytes] = {}
    async with Crowd(relay, authorities) as crowd:
        for author, reader in zip(authorities, [*authorities[1:], authorities[0]], strict=True):
            (channels[reader],) = await crowd.found(author, [reader])
            writing = Author(crowd.links[author], [channels[reader]])
            writing.prepare(count, size)
            await writing.send()
    async with Crowd(relay, authorities) as crowd:
        listeners = [Listener(crowd.links[reader]) for reader in channels]

        async def read(listener: Listener, channel: bytes) -> None:
            listener.resume([channel])
            await listener.wait(count + 1)

        work = (read(listener, channel) for listener, channel in zip(listeners, channels.values(), strict=True))
        return await _rate(relay, (count + 1) * len(authorities), *work)


async def broadcast(relay: RelayProcess, authorities: Sequence[str], times: int, size: int = SIZE) -> list[float]:
    """Seconds, ascending, from sending a message to a channel of all until the last of the others has it."""
    author, *readers = authorities
    async with Crowd(relay, authorities) as crowd:
        channels = await crowd.found(author, readers)
        listeners = [Listener(crowd.links[reader]) for reader in readers]
        for listener in listeners:
            listener.resume(channels)
        await asyncio.gather(*(listener.wait(1) for listener in listeners))
        return sorted([await _reach(crowd.links[author], channels[0], listeners, size) for _ in range(times)])


async def latencies(
    relay: RelayProcess, author: str, reader: str, count: int, per_second: float, size: int = SIZE
) -> list[float]:
    """Seconds, ascending, from sending to having, of messages sent at an even rate."""
    async with Crowd(relay, [author, reader]) as crowd:
        channels = await crowd.found(author, [reader])
        listener = Listener(crowd.links[reader])
        listener.resume(channels)
        await listener.wait(1)
        taken = []
        clock = time.perf_counter()
        for number in range(count):
            await asyncio.sleep(max(0.0, clock + number / per_second - time.perf_counter()))
            taken.append(await _reach(crowd.links[author], channels[0], [listener], size))
        return sorted(taken)


async def idle(relay: RelayProcess, authorities: Sequence[str]) -> tuple[int, int]:
    """The relay's resident bytes before these authorities are connected, and while they are."""
    process = psutil.Process(relay.pid)
    before: int = process.memory_info().rss
    async with Crowd(relay, authorities):
        return before, process.memory_info().rss


async def _reach(connection: RawLink, channel: bytes, listeners: Sequence[Listener], size: int) -> float:
    data = masked(encode_frame(Append(0, channel, 1, Form.MLS, message(channel, size))))
    began = time.perf_counter()
    connection.write(data)
    await asyncio.gather(*(listener.wait(listener.entries + 1) for listener in listeners))
    return time.perf_counter() - began


async def _rate(relay: RelayProcess, count: int, *work: Awaitable[None]) -> Rate:
    with watch(relay.pid) as spent:
        await asyncio.gather(*work)
    return Rate(count / spent.wall, spent.cpu / count * 1e6)
