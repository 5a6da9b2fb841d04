"""Following the other replicas: woken by NOTIFY, and looking every so often in any case."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Final

import asyncpg
import structlog

from rogatory.relay.store.interface import Advance, Event, Missed
from rogatory.relay.store.postgresql import reader
from rogatory.relay.store.postgresql.address import Address
from rogatory.relay.store.postgresql.changes import CHANNEL, KEPT_SECONDS, Changes
from rogatory.relay.store.postgresql.connection import DATABASE_ERRORS, Connection, connect, told

_TRIM_SECONDS: Final = 60.0
_log = structlog.get_logger()


class Following:
    """Two tasks: one tells the others that there is something to read, one reads what they committed."""

    def __init__(
        self,
        address: Address,
        pool: asyncpg.Pool,
        changes: Changes,
        poll_seconds: float,
        emit: Callable[[list[Event]], None],
    ) -> None:
        self._address = address
        self._pool = pool
        self._changes = changes
        self._poll_seconds = poll_seconds
        self._emit = emit
        self.followers: list[Callable[[bytes], int]] = []
        self._to_tell = asyncio.Event()
        self._to_read = asyncio.Event()
        self._listening: Connection | None = None
        self._deaf = False
        self._mute = False
        self._read_at = self._trimmed_at = time.monotonic()
        self._tasks = [asyncio.create_task(self._tell()), asyncio.create_task(self._follow())]

    def tell(self) -> None:
        """Wake the other replicas soon."""
        self._to_tell.set()

    async def close(self) -> None:
        """Neither tell nor read any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        if self._listening is not None:
            self._listening.terminate()

    async def _tell(self) -> None:
        """After the commit and apart from it: NOTIFY within it would have all replicas wait for one another's disk."""
        while True:
            await self._to_tell.wait()
            self._to_tell.clear()
            try:
                await self._pool.execute("SELECT pg_notify($1, $2)", CHANNEL, self._changes.replica)
            except DATABASE_ERRORS as error:
                if not self._mute:
                    _log.warning("replicas_not_woken", reason=told(error), they_look_every=self._poll_seconds)
                self._mute = True
            else:
                self._mute = False

    async def _follow(self) -> None:
        while True:
            await self._listen()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._poll_seconds):
                    await self._to_read.wait()
            self._to_read.clear()
            try:
                events = await self._look()
            except DATABASE_ERRORS as error:
                _log.warning("replicas_not_followed", reason=told(error))
                await asyncio.sleep(self._poll_seconds)
                continue
            if events:
                self._emit(events)

    async def _look(self) -> list[Event]:
        async with self._pool.acquire() as connection:
            events = await self._changes.read(connection)
            for event in events:
                if isinstance(event, Advance) and sum(count(event.channel) for count in self.followers) > 1:
                    event.entries = await reader.advance(connection, event)
            now = time.monotonic()
            if now - self._read_at > KEPT_SECONDS / 2:
                events.append(Missed())
            self._read_at = now
            if now - self._trimmed_at > _TRIM_SECONDS:
                await self._changes.trim(connection)
                self._trimmed_at = now
        return events

    async def _listen(self) -> None:
        """Have a connection that listens, if that is to be had; else looking every so often has to do."""
        if self._listening is not None and not self._listening.is_closed():
            return
        try:
            connection = await connect(self._address)
            await connection.add_listener(CHANNEL, self._notified)
        except DATABASE_ERRORS as error:
            if not self._deaf:
                _log.warning("replicas_not_heard", reason=told(error), looks_every=self._poll_seconds)
            self._deaf = True
        else:
            self._listening, self._deaf = connection, False

    def _notified(self, _connection: object, _pid: int, _channel: str, replica: object) -> None:
        if replica != self._changes.replica:
            self._to_read.set()
