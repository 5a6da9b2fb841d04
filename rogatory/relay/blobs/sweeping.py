"""Deleting attachments: those to which no kept entry refers, and uploads that nobody finished or named."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from rogatory.relay.blobs.objects import Objects
from rogatory.relay.store.interface import Store

_PAUSE: Final = 0.01
_DAY: Final = 24 * 3600 * 1000
_log = structlog.get_logger()


async def sweep(store: Store, objects: Objects, now: int, *, attachment_days: float, unreferenced_days: float) -> int:
    """Delete what is due at `now` (Unix milliseconds), objects first; gives how many blobs went. Repeatable.

    Raises Refusal where database or object store cannot be written.
    """
    after, more = 0, True
    while more:
        after = await store.sweep_references(after, now - int(attachment_days * _DAY))
        more = after > 0
        await asyncio.sleep(_PAUSE)
    more = True
    while more:
        more = await store.doom_blobs(now - int(unreferenced_days * _DAY)) > 0
        await asyncio.sleep(_PAUSE)
    deleted = 0
    while doomed := await store.doomed_blobs():
        for blob in doomed:
            await objects.delete(blob)
            await store.forget_blob(blob)
            deleted += 1
    if deleted:
        _log.info("blobs_deleted", count=deleted)
    return deleted
