"""Taking a blob's bytes: cut into parts as they come, each recorded once it is kept."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from typing import Final

from rogatory.protocol.frames.server import Code
from rogatory.protocol.limits import KIB, MIB
from rogatory.protocol.text import message
from rogatory.relay.blobs.objects import Objects
from rogatory.relay.errors import Refusal
from rogatory.relay.store.interface import Blob, BlobPart, Store

PART: Final = 4 * MIB
"""Bytes of a part; what an upload holds in memory."""

LEAST_PART: Final = 64 * KIB
"""A cut leaves a shorter part, but none shorter than this: a link that is cut all the time must not litter."""


class BrokenOff(Exception):
    """The sender has gone. What it sent is kept as far as it is worth it."""


async def take_upload(
    store: Store, objects: Objects, authority: str, blob: bytes, standing: Blob, pieces: AsyncIterator[bytes]
) -> Blob:
    """Keep what comes after what is there; gives how far it is now.

    `pieces` raises BrokenOff where the connection ends. Raises Refusal, also for more bytes than were announced.
    """
    pending = bytearray()

    async def keep(least: int) -> None:
        nonlocal standing, pending
        whole = standing.received + len(pending) == standing.size
        if pending and (len(pending) >= least or whole):
            part = BlobPart(standing.received, len(pending), f"{standing.received:014d}-{os.urandom(8).hex()}")
            await objects.put(blob, part.name, pending)
            pending = bytearray()
            standing = await store.add_part(authority, blob, part)

    try:
        async for piece in pieces:
            if standing.received + len(pending) + len(piece) > standing.size:
                raise Refusal(Code.TOO_LARGE, message("the blob was announced with {size} bytes", size=standing.size))
            while piece:
                room = PART - len(pending)
                pending += piece[:room]
                piece = piece[room:]
                if len(pending) == PART:
                    await keep(PART)
        await keep(1)
    except BrokenOff:
        await keep(LEAST_PART)
        raise
    return standing


@contextlib.asynccontextmanager
async def admitted(slots: asyncio.Semaphore) -> AsyncIterator[None]:
    """Count a transfer while it runs; raises Refusal where too many do, since each holds a part in memory."""
    if slots.locked():
        raise Refusal(
            Code.RATE, message("as many attachments are under way as this relay takes: try again in a moment")
        )
    async with slots:
        yield
