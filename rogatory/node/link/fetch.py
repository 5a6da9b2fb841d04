"""Fetching the directory bundle that a relay mirrors. What it says is believed by nobody before it is verified."""

from __future__ import annotations

from typing import Final

import aiohttp

from rogatory.keys.directory.bundle import MAX_BUNDLE_BYTES
from rogatory.node.errors import NodeError
from rogatory.node.link.address import RelayAddress
from rogatory.protocol.text import message

TIMEOUT: Final = aiohttp.ClientTimeout(total=120.0, connect=10.0)
CHUNK: Final = 256 * 1024


class FetchFailed(NodeError):
    """The relay gave no directory bundle."""


async def fetch_bundle(address: RelayAddress, known: str | None) -> bytes | None:
    """The bundle, or None if it is still the one whose SHA-256 (hex) is `known`. Raises FetchFailed."""
    headers = {"If-None-Match": f'"{known}"'} if known else {}
    tls = aiohttp.Fingerprint(address.certificate_sha256) if address.certificate_sha256 else True
    try:
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT, trust_env=address.tls, auto_decompress=False) as http,
            http.get(address.directory_url, headers=headers, ssl=tls, allow_redirects=False) as response,
        ):
            if response.status == 304 and known:
                return None
            if response.status != 200:
                raise FetchFailed(
                    message(
                        "{host} answered {status} instead of a directory", host=address.host, status=response.status
                    ),
                    message("ask the relay's operator"),
                )
            return await _read(response, address)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise FetchFailed(
            message("no directory from {host}: {error}", host=address.host, error=error or type(error).__name__)
        ) from None


async def _read(response: aiohttp.ClientResponse, address: RelayAddress) -> bytes:
    data = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        data += chunk
        if len(data) > MAX_BUNDLE_BYTES:
            raise FetchFailed(
                message("{host} sends a directory beyond all limits", host=address.host),
                message("ask the relay's operator"),
            )
    return bytes(data)
