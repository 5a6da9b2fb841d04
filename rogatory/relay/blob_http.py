"""/v1/blobs: uploads that go on where they were cut, and downloads by range (API.md, Attachments)."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import aiohttp
import structlog
from aiohttp import web

from rogatory.protocol.attachments import BLOB_ID
from rogatory.protocol.frames.server import Code
from rogatory.protocol.limits import KIB
from rogatory.protocol.text import message, text_of
from rogatory.relay.blobs.tokens import BadToken, Bearer
from rogatory.relay.blobs.uploading import PART, BrokenOff, admitted, take_upload
from rogatory.relay.errors import Farewell, Refusal
from rogatory.relay.handshake import current_key
from rogatory.relay.services import Services
from rogatory.relay.store.interface import Blob

OFFSET: Final = "Upload-Offset"
LENGTH: Final = "Upload-Length"
"""Headers as in tus, the protocol for resumable uploads."""

IDLE_SECONDS: Final = 60.0
PIECE: Final = 256 * KIB
_STATUS: Final = {
    Code.MISSING_BLOB: 404,
    Code.MALFORMED: 409,
    Code.TOO_LARGE: 413,
    Code.RATE: 429,
    Code.QUOTA: 507,
    Code.UNAVAILABLE: 503,
}
_log = structlog.get_logger()

Handler = Callable[[web.Request, str, bytes], Awaitable[web.StreamResponse]]


class BlobEndpoints:
    """Each request names its blob in the path and carries a token in its header."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._slots: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(services.config.limits.transfers_per_authority)
        )
        self._all = asyncio.Semaphore(services.config.limits.transfers)

    def routes(self) -> list[web.RouteDef]:
        """Where they stand."""
        path = "/v1/blobs/{blob}"
        return [
            web.put(path, self._guarded(self._create)),
            web.head(path, self._guarded(self._standing)),
            web.patch(path, self._guarded(self._upload)),
            web.get(path, self._guarded(self._download), allow_head=False),
            web.delete(path, self._guarded(self._drop)),
        ]

    def _guarded(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                bearer = self._bearer(request)
            except BadToken as error:
                return _problem(401, "bad_token", message("{error}: fetch one over the link", error=text_of(error)))
            try:
                return await handler(request, bearer.authority, _blob_id(request))
            except Refusal as refusal:
                self._services.metrics.refused.labels(refusal.code.value).inc()
                return _problem(_STATUS.get(refusal.code, 409), refusal.code.value, refusal.explanation)

        return guarded

    def _bearer(self, request: web.Request) -> Bearer:
        """Who asks. Raises BadToken, also for an authority that the directory stands for no longer."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise BadToken(message("no token"))
        bearer = self._services.tokens.check(token.strip(), time.time_ns() // 1_000_000)
        mirrored = self._services.mirror.current
        try:
            if mirrored is None or current_key(mirrored.directory, bearer.authority)[0] != bearer.key_set:
                raise BadToken(message("the directory has changed since the token was given"))
        except Farewell as farewell:
            raise BadToken(farewell.explanation) from None
        return bearer

    async def _create(self, request: web.Request, authority: str, blob: bytes) -> web.StreamResponse:
        size = _number(request, LENGTH)
        if size == 0:
            raise Refusal(Code.MALFORMED, message("a blob is not empty"))
        return _standing(201, await self._services.store.create_blob(authority, blob, size))

    async def _standing(self, _: web.Request, authority: str, blob: bytes) -> web.StreamResponse:
        return _standing(200, await self._services.store.uploaded_blob(authority, blob))

    async def _drop(self, _: web.Request, authority: str, blob: bytes) -> web.StreamResponse:
        await self._services.store.drop_blob(authority, blob)
        return web.Response(status=204)

    async def _upload(self, request: web.Request, authority: str, blob: bytes) -> web.StreamResponse:
        services = self._services
        standing = await services.store.uploaded_blob(authority, blob)
        if _number(request, OFFSET) != standing.received:
            return _standing(409, standing)
        async with admitted(self._slots[authority]), admitted(self._all):
            try:
                standing = await take_upload(
                    services.store, services.objects, authority, blob, standing, self._pieces(request)
                )
            except BrokenOff as broken:
                return _problem(400, "broken_off", str(broken))
        return _standing(204, standing)

    async def _pieces(self, request: web.Request) -> AsyncIterator[bytes]:
        while True:
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    piece = await request.content.read(PIECE)
            except TimeoutError:
                raise BrokenOff(message("nothing came for {seconds} seconds", seconds=f"{IDLE_SECONDS:.0f}")) from None
            except (ConnectionError, aiohttp.ClientError, web.RequestPayloadError) as error:
                raise BrokenOff(message("the connection ended: {kind}", kind=type(error).__name__)) from None
            if not piece:
                return
            self._services.metrics.blob_bytes.labels("in").inc(len(piece))
            yield piece

    async def _download(self, request: web.Request, authority: str, blob: bytes) -> web.StreamResponse:
        held = await self._services.store.readable_blob(authority, blob)
        asked = _range(request, held.size)
        if asked is None:
            return _problem(416, Code.MALFORMED.value, message("the blob has {size} bytes", size=held.size))
        first, last, partial = asked
        async with admitted(self._slots[authority]), admitted(self._all):
            response = web.StreamResponse(status=206 if partial else 200)
            response.content_type = "application/octet-stream"
            response.content_length = last - first + 1
            response.headers["Accept-Ranges"] = "bytes"
            if partial:
                response.headers["Content-Range"] = f"bytes {first}-{last}/{held.size}"
            await response.prepare(request)
            try:
                await self._send(response, authority, blob, first, last)
                await response.write_eof()
            except (Refusal, ConnectionError) as error:  # the status is sent: the length that is missing tells it
                _log.info("download_ended", kind=type(error).__name__)
                if request.transport is not None:
                    request.transport.abort()
            return response

    async def _send(self, response: web.StreamResponse, authority: str, blob: bytes, first: int, last: int) -> None:
        services = self._services
        while first <= last:
            # Again for every page: who is removed meanwhile, or whom retention overtakes, gets no more.
            await services.store.readable_blob(authority, blob)
            for part in await services.store.blob_parts(blob, first, last):
                start = first - part.offset
                length = min(part.size - start, last - first + 1, PART)
                data = await services.objects.get(blob, part, start, length)
                for at in range(0, length, PIECE):
                    async with asyncio.timeout(IDLE_SECONDS):
                        await response.write(data[at : at + PIECE])
                first += length
                services.metrics.blob_bytes.labels("out").inc(length)


def _blob_id(request: web.Request) -> bytes:
    text = request.match_info["blob"]
    try:
        blob = bytes.fromhex(text)
    except ValueError:
        blob = b""
    if len(blob) != BLOB_ID or blob.hex() != text:
        raise Refusal(
            Code.MALFORMED, message("a blob's id is {blob_id} bytes in lower-case hexadecimal", blob_id=BLOB_ID)
        )
    return blob


def _number(request: web.Request, name: str) -> int:
    text = request.headers.get(name, "")
    if not text.isascii() or not text.isdigit() or len(text) > 16:
        raise Refusal(Code.MALFORMED, message("the header {name} is a whole number", name=name))
    return int(text)


def _range(request: web.Request, size: int) -> tuple[int, int, bool] | None:
    """First and last byte asked for, and whether that was asked for as a range; None if there is none of them."""
    try:
        asked = request.http_range
    except ValueError:
        raise Refusal(Code.MALFORMED, message("the header Range is one range of bytes")) from None
    if asked.start is None and asked.stop is None:
        return 0, size - 1, False
    first, stop, _ = asked.indices(size)
    if first >= stop:
        return None
    return first, stop - 1, True


def _standing(status: int, blob: Blob) -> web.Response:
    return web.Response(status=status, headers={OFFSET: str(blob.received), LENGTH: str(blob.size)})


def _problem(status: int, code: str, explanation: str) -> web.Response:
    return web.json_response({"code": code, "explanation": explanation}, status=status)
