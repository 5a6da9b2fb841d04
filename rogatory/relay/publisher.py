"""The publisher's server, asked for the directory by URL. What it answers is trusted no more than a dropped file."""

from __future__ import annotations

from typing import Final

import aiohttp

from rogatory.keys.directory.bundle import MAX_BUNDLE_BYTES
from rogatory.protocol.text import message, text_of

FETCH_SECONDS: Final = 30.0
_CHUNK: Final = 64 * 1024


class PublisherError(Exception):
    """The publisher did not answer with a bundle; says what to look at."""


class Publisher:
    """Fetches `<url>/directory`, anew only when it changed."""

    def __init__(self, url: str) -> None:
        self.address = f"{url.rstrip('/')}/directory"
        self._etag: str | None = None
        self._fetched: str | None = None

    async def fetch(self) -> bytes | None:
        """The bundle, at most MAX_BUNDLE_BYTES; None if it is the one last `settled`. Raises PublisherError."""
        headers = {"Accept-Encoding": "identity"} | ({"If-None-Match": self._etag} if self._etag else {})
        timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as session,
                session.get(self.address, headers=headers, allow_redirects=False) as answer,
            ):
                if answer.status == 304 and self._etag is not None:
                    return None
                if answer.status != 200:
                    raise PublisherError(
                        message(
                            "{address} answers with status {status}: tell its operator",
                            address=self.address,
                            status=answer.status,
                        )
                    )
                self._fetched = answer.headers.get("ETag")
                return await self._read(answer)
        except TimeoutError:
            raise PublisherError(
                message(
                    "{address} did not answer within {seconds} seconds",
                    address=self.address,
                    seconds=f"{FETCH_SECONDS:.0f}",
                )
            ) from None
        except (aiohttp.ClientError, OSError) as error:
            raise PublisherError(
                message(
                    "{address} cannot be fetched ({error}): is the publisher running, and directory.url right?",
                    address=self.address,
                    error=text_of(error),
                )
            ) from None

    def settled(self) -> None:
        """What was fetched last was taken, or refused for good: ask for another one only."""
        self._etag = self._fetched

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        data = bytearray()
        async for chunk in answer.content.iter_chunked(_CHUNK):
            data += chunk
            if len(data) > MAX_BUNDLE_BYTES:
                raise PublisherError(
                    message(
                        "{address} answers with more than the {max_bundle_bytes} bytes of a bundle",
                        address=self.address,
                        max_bundle_bytes=MAX_BUNDLE_BYTES,
                    )
                )
        return bytes(data)
