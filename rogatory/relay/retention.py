"""Deleting what all members have, or what is too old, a little at a time."""

from __future__ import annotations

import asyncio
import time
from typing import Final

import structlog

from rogatory.relay.blobs.objects import Objects
from rogatory.relay.blobs.sweeping import sweep
from rogatory.relay.config import RetentionSettings
from rogatory.relay.errors import Refusal
from rogatory.relay.metrics import Metrics
from rogatory.relay.store.interface import Store

DAY: Final = 24 * 3600 * 1000
_PAUSE: Final = 0.01
"""Seconds between two transactions of retention: appends come first."""

_log = structlog.get_logger()


class Retention:
    """Runs for as long as the relay does."""

    def __init__(self, store: Store, objects: Objects, settings: RetentionSettings, metrics: Metrics) -> None:
        self._store = store
        self._objects = objects
        self._settings = settings
        self._metrics = metrics

    async def run(self) -> None:
        """Look every so often, for ever."""
        while True:
            await asyncio.sleep(self._settings.interval_seconds)
            try:
                await self.look(time.time_ns() // 1_000_000)
            except Refusal as refusal:
                _log.warning("retention_put_off", reason=refusal.explanation)

    async def look(self, now: int) -> int:
        """Note what is covered, delete what is due at `now` (Unix milliseconds); returns how many rows went."""
        looked = True
        while looked:
            looked = await self._store.mark_coverage() > 0
            await asyncio.sleep(_PAUSE)
        covered_before = now - int(self._settings.grace_days * DAY)
        stored_before = now - int(self._settings.max_age_days * DAY)
        deleted = 0
        while count := await self._store.delete_expired(covered_before, stored_before):
            deleted += count
            await asyncio.sleep(_PAUSE)
        kept = self._settings
        deleted += await sweep(
            self._store,
            self._objects,
            now,
            attachment_days=min(kept.attachment_days, kept.max_age_days),
            unreferenced_days=kept.unreferenced_days,
        )
        self._metrics.retention_looked.set_to_current_time()
        if deleted:
            await self._store.scrub()
            self._metrics.expired.inc(deleted)
            _log.info("retention", deleted=deleted)
        return deleted
