"""The store over one SQLite file: hands work to the writer's thread and to the readers'."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final, Self, TypeVar

import structlog

from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.frames.server import ClaimedPackage, Code, HeaderLine, Invited
from rogatory.protocol.text import message
from rogatory.relay.errors import Refusal
from rogatory.relay.store.interface import (
    Blob,
    BlobPart,
    BlobReference,
    ChannelView,
    Event,
    NewEntry,
    Page,
    Quotas,
    Stock,
)
from rogatory.relay.store.sqlite import blobs, key_packages, upkeep
from rogatory.relay.store.sqlite.acknowledgements import acknowledge
from rogatory.relay.store.sqlite.database import connect, open_database
from rogatory.relay.store.sqlite.reader import Reader
from rogatory.relay.store.sqlite.transaction import Transaction
from rogatory.relay.store.sqlite.writer import Writer

T = TypeVar("T")
_READERS: Final = 2
_log = structlog.get_logger()


class SQLiteStore:
    """Implements `store.interface.Store`. `sign` makes the receipts' signature and is called in the writer's thread."""

    def __init__(
        self,
        path: Path,
        relay: str,
        sign: Callable[[bytes], bytes],
        quotas: Quotas,
        measure: Callable[[int, float], None] = lambda operations, seconds: None,
        broken: Callable[[], None] = lambda: None,
    ) -> None:
        self._path = path
        self._measure = measure
        self._broken = broken
        self._listeners: list[Callable[[list[Event]], None]] = []
        self._writable = True
        self._damaged = False
        self._sessions = 0
        self._writer = Writer(open_database(path, relay), relay, sign, quotas, self._committed, self._failed)
        self._local = threading.local()
        self._readers: list[Reader] = []
        self._pool = ThreadPoolExecutor(_READERS, "store-reader", initializer=self._open_reader)

    @classmethod
    async def open(
        cls,
        path: Path,
        relay: str,
        sign: Callable[[bytes], bytes],
        quotas: Quotas,
        measure: Callable[[int, float], None] = lambda operations, seconds: None,
        broken: Callable[[], None] = lambda: None,
    ) -> Self:
        """The store of `relay` at `path`; raises DatabaseError.

        `measure(operations, seconds)` is called after each transaction; `broken()` if a defect stopped the writer.
        """
        return cls(path, relay, sign, quotas, measure, broken)

    def listen(
        self, listener: Callable[[list[Event]], None], followers: Callable[[bytes], int] = lambda channel: 0
    ) -> None:
        """See Store. No other process writes."""
        self._listeners.append(listener)

    @property
    def writable(self) -> bool:
        """See Store."""
        return self._writable

    async def enter(self, authority: str) -> int:
        """See Store. No other process has sessions."""
        self._sessions += 1
        return self._sessions

    def append(self, entry: NewEntry) -> None:
        """See Store."""
        self._writer.append(entry)

    async def view(self, channel: bytes, authority: str) -> ChannelView:
        """See Store."""
        return await self._read(lambda reader: reader.view(channel, authority))

    async def entries(self, channel: bytes, authority: str, after: int, room: int) -> Page:
        """See Store."""
        return await self._read(lambda reader: reader.entries(channel, authority, after, room))

    async def headers(self, channel: bytes, authority: str, after: int, until: int) -> list[HeaderLine]:
        """See Store."""
        return await self._read(lambda reader: reader.headers(channel, authority, after, until))

    async def memberships(self, authority: str, after: bytes) -> list[bytes]:
        """See Store."""
        return await self._read(lambda reader: reader.memberships(authority, after))

    async def acknowledge(self, verified: Sequence[Acknowledgement]) -> list[Acknowledgement]:
        """See Store."""
        return await self._writer.submit(partial(acknowledge, verified=verified))

    async def acknowledgements(self, channel: bytes, authority: str, after: str) -> list[tuple[str, bytes]]:
        """See Store."""
        return await self._read(lambda reader: reader.acknowledgements(channel, authority, after))

    async def publish(self, authority: str, packages: list[bytes], last_resort: bytes | None, replace: bool) -> int:
        """See Store."""
        return await self._writer.submit(
            lambda transaction: key_packages.publish(transaction, authority, packages, last_resort, replace),
            authority,
            sum(map(len, packages)),
        )

    async def claim(self, authorities: Sequence[str]) -> list[ClaimedPackage]:
        """See Store."""
        return await self._writer.submit(lambda transaction: key_packages.claim(transaction, authorities))

    async def stock(self, authority: str) -> Stock:
        """See Store."""
        return await self._read(lambda reader: reader.stock(authority))

    async def next_invitation(self, authority: str, after: int) -> Invited | None:
        """See Store."""
        return await self._read(lambda reader: reader.next_invitation(authority, after))

    async def take_invitations(self, authority: str, ids: Sequence[int]) -> None:
        """See Store."""
        await self._writer.submit(lambda transaction: upkeep.take_invitations(transaction, authority, ids))

    async def create_blob(self, authority: str, blob: bytes, size: int) -> Blob:
        """See Store."""
        return await self._writer.submit(partial(blobs.create, authority=authority, blob=blob, size=size), authority)

    async def uploaded_blob(self, authority: str, blob: bytes) -> Blob:
        """See Store."""
        return await self._read(lambda reader: blobs.uploaded(reader.connection, authority, blob))

    async def add_part(self, authority: str, blob: bytes, part: BlobPart) -> Blob:
        """See Store."""
        return await self._writer.submit(partial(blobs.add_part, authority=authority, blob=blob, part=part), authority)

    async def readable_blob(self, authority: str, blob: bytes) -> Blob:
        """See Store."""
        return await self._read(lambda reader: blobs.readable(reader.connection, authority, blob))

    async def blob_parts(self, blob: bytes, first: int, last: int) -> list[BlobPart]:
        """See Store."""
        return await self._read(lambda reader: blobs.parts(reader.connection, blob, first, last))

    async def blob_references(self, authority: str, after: int) -> tuple[list[BlobReference], int]:
        """See Store."""
        return await self._read(lambda reader: blobs.references(reader.connection, authority, after))

    async def drop_blob(self, authority: str, blob: bytes) -> None:
        """See Store."""
        await self._writer.submit(partial(blobs.drop, authority=authority, blob=blob), authority)

    async def sweep_references(self, after: int, entered_before: int) -> int:
        """See Store."""
        return await self._writer.submit(partial(blobs.sweep_references, after=after, entered_before=entered_before))

    async def doom_blobs(self, untouched_since: int) -> int:
        """See Store."""
        return await self._writer.submit(partial(blobs.doom_unreferenced, untouched_since=untouched_since))

    async def doomed_blobs(self) -> list[bytes]:
        """See Store."""
        return await self._read(lambda reader: blobs.doomed_blobs(reader.connection))

    async def forget_blob(self, blob: bytes) -> None:
        """See Store."""
        await self._writer.submit(partial(blobs.forget, blob=blob))

    async def mark_coverage(self) -> int:
        """See Store."""
        return await self._writer.submit(upkeep.mark_coverage)

    async def delete_expired(self, covered_before: int, stored_before: int) -> int:
        """See Store."""
        return await self._writer.submit(
            lambda transaction: upkeep.delete_expired(transaction, covered_before, stored_before)
        )

    async def scrub(self) -> None:
        """See Store. `secure_delete` overwrote the rows; old copies in the write-ahead log are truncated away."""

        def checkpoint() -> None:
            connection = connect(self._path)
            try:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                connection.close()

        await asyncio.to_thread(checkpoint)

    async def probe(self) -> None:
        """See Store. What was found damaged stays so until the file is restored and the relay started again."""
        if self._damaged:
            raise Refusal(
                Code.UNAVAILABLE, message("the database {path} is damaged: restore it from a backup", path=self._path)
            )
        await self._writer.submit(Transaction.probe)

    async def close(self) -> None:
        """Finish what is queued and close the file."""
        await self._writer.close()
        await asyncio.to_thread(self._pool.shutdown)
        for reader in self._readers:
            reader.close()

    def _open_reader(self) -> None:
        reader = self._local.reader = Reader(connect(self._path, read_only=True))
        self._readers.append(reader)

    async def _read(self, question: Callable[[Reader], T]) -> T:
        def answer() -> T:
            reader: Reader = self._local.reader
            return question(reader)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, answer)
        except sqlite3.Error as error:
            self._damaged |= _tells_damage(error)
            _log.error("database_unreadable", error=str(error))
            raise Refusal(
                Code.UNAVAILABLE, message("the relay cannot read its database now: try again later")
            ) from None

    def _committed(self, events: list[Event], operations: int, seconds: float) -> None:
        self._writable = True
        self._measure(operations, seconds)
        if events:
            for listener in self._listeners:
                listener(events)

    def _failed(self, error: BaseException) -> None:
        self._writable = False
        self._damaged |= _tells_damage(error)
        _log.error("database_unwritable", error=str(error), kind=type(error).__name__)
        if not isinstance(error, sqlite3.Error):
            self._broken()


def _tells_damage(error: BaseException) -> bool:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)  # errors of the Python module itself have none
    return code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
