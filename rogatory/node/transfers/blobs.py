"""A relay's blobs over HTTP (rogatory/relay/API.md, Attachments)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp

from rogatory.node.errors import NodeError
from rogatory.node.link.address import RelayAddress
from rogatory.protocol.text import message

OFFSET: Final = "Upload-Offset"
LENGTH: Final = "Upload-Length"
TIMEOUT: Final = aiohttp.ClientTimeout(total=None, connect=10.0, sock_read=90.0)

CUT: Final = (aiohttp.ClientError, OSError, TimeoutError)
"""How a transfer fails without anybody's fault: it goes on later."""


class BlobRefused(NodeError):
    """The relay refuses. `http`: its status."""

    def __init__(self, http: int, explanation: str) -> None:
        super().__init__(explanation)
        self.http = http


class RelayBlobs:
    """The blobs at one address of a relay. `certificate`: SHA-256 of the one that the link is bound to, if TLS."""

    def __init__(
        self, http: aiohttp.ClientSession, address: RelayAddress, token: str, certificate: bytes | None
    ) -> None:
        self._http = http
        self._address = address
        self._token = token
        # The relay proved over the link that this certificate is its own; no other sees the token.
        self._tls = aiohttp.Fingerprint(certificate) if certificate is not None else True

    async def create(self, blob: bytes, size: int) -> int:
        """Begin an upload, or find it begun; gives where it stands."""
        async with self._asked("PUT", blob, {LENGTH: str(size)}) as response:
            return _offset(response)

    async def offset(self, blob: bytes) -> int:
        """Where an own upload stands. Raises BlobRefused with 404 if there is none."""
        async with self._asked("HEAD", blob, {}) as response:
            return _offset(response)

    async def upload(self, blob: bytes, offset: int, content: AsyncIterator[bytes]) -> int:
        """Add what `content` gives; gives where it stands then."""
        headers = {OFFSET: str(offset), "Content-Type": "application/offset+octet-stream"}
        async with self._asked("PATCH", blob, headers, content, expected=(409,)) as response:
            return _offset(response)

    @asynccontextmanager
    async def download(self, blob: bytes, first: int, size: int) -> AsyncIterator[aiohttp.StreamReader]:
        """The bytes from `first` on, of a blob that has `size` bytes. Raises BlobRefused if it has not."""
        async with self._asked("GET", blob, {"Range": f"bytes={first}-"}) as response:
            if response.headers.get("Content-Range") != f"bytes {first}-{size - 1}/{size}":
                raise BlobRefused(416, message("{host} holds a blob of another length", host=self._address.host))
            yield response.content

    @asynccontextmanager
    async def _asked(
        self, method: str, blob: bytes, headers: dict[str, str], data: Any = None, expected: tuple[int, ...] = ()
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        url = f"{self._address.base_url}/v1/blobs/{blob.hex()}"
        headers = {"Authorization": f"Bearer {self._token}", "Accept-Encoding": "identity", **headers}
        async with self._http.request(
            method, url, headers=headers, data=data, ssl=self._tls, allow_redirects=False
        ) as response:
            if response.status >= 300 and response.status not in expected:
                raise BlobRefused(response.status, await _explanation(response))
            yield response


def _offset(response: aiohttp.ClientResponse) -> int:
    text = response.headers.get(OFFSET, "")
    if not text.isascii() or not text.isdigit() or len(text) > 16:
        raise BlobRefused(response.status, message("the relay does not say where the upload stands"))
    return int(text)


async def _explanation(response: aiohttp.ClientResponse) -> str:
    """What the relay says; its words are shown, so they are kept short."""
    try:
        said = json.loads(await response.content.read(4096))
        return message("the relay refuses: {explanation}", explanation=str(said["explanation"])[:300])
    except (ValueError, KeyError, TypeError):
        return message("the relay answered {status}", status=response.status)
