"""Tells the operator weeks ahead when a role of the directory runs out."""

from __future__ import annotations

import asyncio
import time
from typing import Final

import structlog

from rogatory.keys.directory.expiry import DAY, expiry_warnings
from rogatory.relay.mirror import Mirror

LOOK_SECONDS: Final = 60.0
_log = structlog.get_logger()


class ExpiryWatch:
    """Logs each role's warning once a day, for as long as the relay runs."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self._told: dict[str, float] = {}

    async def run(self) -> None:
        """Look every so often, for ever."""
        while True:
            self.look(time.time())
            await asyncio.sleep(LOOK_SECONDS)

    def look(self, now: float) -> None:
        """Log what is to be warned of at `now` (unix seconds) and was not within a day."""
        if self._mirror.current is None:
            return
        warnings = expiry_warnings(self._mirror.current.directory, now)
        self._told = {one.role: self._told[one.role] for one in warnings if one.role in self._told}
        for one in warnings:
            told = self._told.get(one.role)
            if told is None or now - told >= DAY:
                self._told[one.role] = now
                (_log.error if one.expired else _log.warning)("directory_runs_out", role=one.role, reason=one.message)
