"""What came from a relay and waits for the core: bounded by bytes, taken in batches."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from rogatory.protocol.frames.server import ServerFrame
from rogatory.protocol.limits import MIB

MAX_WAITING: Final = 16 * MIB
"""Bytes that may wait; a reader that finds more stops reading, and the relay's socket fills."""

MAX_BATCH: Final = 1 * MIB
"""Bytes after which a batch is cut, so that one transaction stays short; a larger frame goes alone."""


class Mailbox:
    """One reader puts frames in, one consumer takes batches out, in the same order."""

    def __init__(self) -> None:
        self._frames: deque[tuple[ServerFrame, int]] = deque()
        self._bytes = 0
        self._filled = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()

    def is_full(self) -> bool:
        """Whether too much waits already."""
        return not self._drained.is_set()

    async def put(self, frame: ServerFrame, size: int) -> None:
        """Add a frame that took `size` bytes; waits while too much waits already."""
        await self._drained.wait()
        self._frames.append((frame, size))
        self._bytes += size
        self._filled.set()
        if self._bytes >= MAX_WAITING:
            self._drained.clear()

    async def take(self) -> list[ServerFrame]:
        """At least one frame, and what else has come by now, up to a batch."""
        await self._filled.wait()
        batch: list[ServerFrame] = []
        taken = 0
        while self._frames and (not batch or taken + self._frames[0][1] <= MAX_BATCH):
            frame, size = self._frames.popleft()
            batch.append(frame)
            taken += size
        self._bytes -= taken
        if not self._frames:
            self._filled.clear()
        if self._bytes < MAX_WAITING:
            self._drained.set()
        return batch
