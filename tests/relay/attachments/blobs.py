"""A member's side of the relay's blobs: a token over the link, bytes over HTTP."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp

from rogatory.protocol.frames.client import Append, FetchToken
from rogatory.protocol.frames.server import Accepted, Refused, Token
from rogatory.protocol.header import Form
from tests.relay.client import Client, message
from tests.relay.process import RelayProcess


@dataclass
class Answer:
    """What the relay said."""

    status: int
    offset: int | None
    body: bytes

    @classmethod
    async def of(cls, response: aiohttp.ClientResponse) -> Answer:
        offset = response.headers.get("Upload-Offset")
        return cls(response.status, None if offset is None else int(offset), await response.read())


@dataclass
class BlobClient:
    """Uses the blobs of `relay` with the token of a session of `client`."""

    relay: RelayProcess
    client: Client
    token: str = ""
    http: aiohttp.ClientSession = field(default_factory=aiohttp.ClientSession)

    async def __aenter__(self) -> Self:
        await self.client.send(FetchToken(0))
        self.token = (await self.client.wait_for(Token)).token
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.close()

    def url(self, blob: bytes) -> str:
        return f"{self.relay.url}/v1/blobs/{blob.hex()}"

    async def ask(self, method: str, blob: bytes, data: object = None, **headers: str) -> Answer:
        """One request; underscores in the names of headers are hyphens."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        given.setdefault("Authorization", f"Bearer {self.token}")
        async with self.http.request(method, self.url(blob), data=data, headers=given) as response:
            return await Answer.of(response)

    async def create(self, blob: bytes, size: int) -> Answer:
        return await self.ask("PUT", blob, Upload_Length=str(size))

    async def upload(self, blob: bytes, data: bytes, offset: int = 0) -> Answer:
        return await self.ask("PATCH", blob, data, Upload_Offset=str(offset))

    async def offset(self, blob: bytes) -> int:
        answer = await self.ask("HEAD", blob)
        assert answer.status == 200, answer
        assert answer.offset is not None
        return answer.offset

    async def keep(self, content: bytes) -> bytes:
        """Upload a whole blob; gives its id."""
        blob = os.urandom(32)
        assert (await self.create(blob, len(content))).status == 201
        assert (await self.upload(blob, content)).offset == len(content)
        return blob

    async def get(self, blob: bytes, span: str | None = None) -> Answer:
        return await self.ask("GET", blob, **({} if span is None else {"Range": span}))

    async def refer(self, channel: bytes, base: int, *blobs: bytes) -> Accepted | Refused:
        """Append an entry that refers to blobs."""
        ref = 1_000_000 + int.from_bytes(os.urandom(4), "big")
        await self.client.send(Append(ref, channel, base, Form.MLS, message(channel), None, list(blobs)))
        return await self.client.answer(ref)

    async def upload_cut(self, blob: bytes, data: bytes, offset: int, cut: int) -> None:
        """Send the first `cut` bytes of an upload that announces all of it, and break the connection once the relay
        has read them."""
        before = await self._taken()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.relay.port)
        head = (
            f"PATCH /v1/blobs/{blob.hex()} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.token}\r\n"
            f"Upload-Offset: {offset}\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        writer.write(head.encode() + data[:cut])
        await writer.drain()
        await until(self._came(before + cut), "read what was sent")
        writer.close()
        await writer.wait_closed()
        del reader

    def _came(self, count: int) -> Callable[[], Awaitable[bool]]:
        async def came() -> bool:
            return await self._taken() >= count

        return came

    async def _taken(self) -> int:
        """How many bytes of attachments the relay has read."""
        async with self.http.get(f"{self.relay.url}/metrics") as response:
            text = await response.text()
        found = re.search(r'^rogatory_relay_blob_bytes_total\{direction="in"\} (\S+)$', text, re.MULTILINE)
        return int(float(found[1])) if found else 0


async def until(condition: Callable[[], Awaitable[bool]], what: str, seconds: float = 60.0) -> None:
    """Wait until the condition holds."""
    try:
        async with asyncio.timeout(seconds):
            while not await condition():  # noqa: ASYNC110 another process
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"the relay did not {what}") from None


async def pieces(content: bytes, size: int) -> AsyncIterator[bytes]:
    """Content as it comes over a slow link."""
    for at in range(0, len(content), size):
        yield content[at : at + size]
        await asyncio.sleep(0)
