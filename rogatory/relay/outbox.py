"""What a session still has to send. The socket is written by a task that lives only while there is something."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from rogatory.protocol.limits import MIB

FULL: Final = 1 * MIB
"""Above as many waiting bytes nothing is added that could wait elsewhere."""


class Outbox:
    """Frames in the order in which they were put. `lost` is called once the connection is found broken.

    What a session needs only while it is busy is made then: most sessions are idle most of the time.
    """

    __slots__ = ("_frames", "_lost", "_room", "_send", "_task", "_waiting")

    def __init__(self, send: Callable[[bytes], Awaitable[None]], lost: Callable[[], None]) -> None:
        self._send = send
        self._lost = lost
        self._frames: list[bytes] = []
        self._waiting = 0
        self._task: asyncio.Task[None] | None = None
        self._room: asyncio.Event | None = None

    def put(self, frame: bytes) -> None:
        """Send `frame` after those before it."""
        self._frames.append(frame)
        self._waiting += len(frame)
        if self._task is None:
            self._task = asyncio.create_task(self._pump())

    @property
    def has_room(self) -> bool:
        """Whether less than FULL bytes wait."""
        return self._waiting < FULL

    async def room(self) -> None:
        """Wait until there is room."""
        while not self.has_room:
            if self._room is None:
                self._room = asyncio.Event()
            await self._room.wait()

    async def flush(self) -> None:
        """Wait until everything was sent, or the connection is lost."""
        if self._task is not None:
            await asyncio.wait([self._task])

    def discard(self) -> None:
        """The connection is over: stop sending, and let nobody wait."""
        if self._task is not None:
            self._task.cancel()
        self._clear()

    async def _pump(self) -> None:
        try:
            while self._frames:
                frames, self._frames = self._frames, []
                for frame in frames:
                    await self._send(frame)
                    self._waiting -= len(frame)
                    if self._room is not None and self._waiting < FULL:
                        self._there_is_room()
        except ConnectionError:
            self._clear()
            self._lost()
        finally:
            self._task = None

    def _clear(self) -> None:
        self._frames = []
        self._waiting = 0
        self._there_is_room()

    def _there_is_room(self) -> None:
        room, self._room = self._room, None
        if room is not None:
            room.set()
