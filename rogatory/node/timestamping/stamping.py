"""The heads of matters' logs, stamped by a configured authority whenever they have grown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

import aiohttp
import structlog
from cryptography.x509 import Certificate

from rogatory.keys.timestamps import TimestampRefused, check_timestamp, read_roots, request_for
from rogatory.node.config import NodeConfig
from rogatory.node.errors import NodeError, RefusedInput
from rogatory.node.link.backoff import Backoff
from rogatory.node.node import Node
from rogatory.node.store import channels, timestamps
from rogatory.node.store.matters import all_matters
from rogatory.node.store.timestamps import TimestampRow
from rogatory.node.transaction import Tx
from rogatory.protocol.header import Head
from rogatory.protocol.text import message
from rogatory.protocol.timestamp import MAX_RESPONSE, stamped_bytes

TIMEOUT: Final = aiohttp.ClientTimeout(total=30.0, connect=10.0)
QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class TimeAuthority:
    """Where timestamps are asked for, which certificates they are checked against, and every how many seconds."""

    url: str
    roots: Sequence[Certificate]
    every: float


def configured_authority(config: NodeConfig, folder: Path) -> TimeAuthority | None:
    """The one in the settings, if there is one; a relative path starts at `folder`. Raises RefusedInput, KeysError."""
    if not config.timestamping_url:
        return None
    try:
        roots = read_roots((folder / config.timestamping_certificates).read_bytes())
    except OSError:
        raise RefusedInput(
            message("the file of timestamping_certificates cannot be read"),
            message("name the PEM file with the root certificates of the timestamping authority"),
        ) from None
    return TimeAuthority(config.timestamping_url, roots, config.timestamping_every)


class Stamper:
    """Asks one thing at a time. What fails is asked again later, and nothing waits for it."""

    def __init__(self, node: Node, authority: TimeAuthority, backoff: Backoff, now: Callable[[], float]) -> None:
        """`now()` gives Unix seconds."""
        self._node = node
        self._authority = authority
        self._backoff = backoff
        self._now = now

    async def run(self) -> NoReturn:
        """Stamp what has grown, again and again."""
        while True:
            try:
                await self.stamp_all()
                self._backoff.failures = 0
                wait = self._authority.every
            except (TimestampRefused, aiohttp.ClientError, OSError, TimeoutError, NodeError) as error:
                _log.warning("no_timestamp", because=str(error) or type(error).__name__)
                wait = self._backoff.next()
            await asyncio.sleep(wait)

    async def stamp_all(self) -> None:
        """One timestamp for each matter whose log has grown since its last. Raises what the first failure raises."""
        for channel, head in await self._node.query(_grown):
            row = await self._stamped(channel, head)
            await self._node.command(lambda tx, row=row: timestamps.put(tx.connection, row))  # type: ignore[misc]

    async def _stamped(self, channel: bytes, head: Head) -> TimestampRow:
        data = stamped_bytes(channel, head.seq, head.hash)
        request = request_for(data)
        response = await self._ask(request.as_bytes())
        stamped = await asyncio.to_thread(check_timestamp, response, data, self._authority.roots, request.nonce)
        return TimestampRow(channel, head.seq, head.hash, response, float(stamped.at))

    async def _ask(self, request: bytes) -> bytes:
        """The authority's answer, of bounded size. Raises TimestampRefused, aiohttp.ClientError, TimeoutError."""
        headers = {"Content-Type": QUERY, "Accept": REPLY}
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT, trust_env=True, auto_decompress=False) as http,
            http.post(self._authority.url, data=request, headers=headers, allow_redirects=False) as response,
        ):
            if response.status != 200:
                raise TimestampRefused(message("the timestamping authority answered {status}", status=response.status))
            data = bytearray()
            async for chunk in response.content.iter_chunked(MAX_RESPONSE):
                data += chunk
                if len(data) > MAX_RESPONSE:
                    raise TimestampRefused(message("a timestamp has at most {most} bytes", most=MAX_RESPONSE))
            return bytes(data)


def _grown(tx: Tx) -> list[tuple[bytes, Head]]:
    done = timestamps.stamped_up_to(tx.connection)
    rows = (channels.get(tx.connection, matter.channel) for matter in all_matters(tx.connection))
    return [
        (row.id, Head(row.head_seq, row.head_hash))
        for row in rows
        if row is not None and row.head_seq > done.get(row.id, 0)
    ]
