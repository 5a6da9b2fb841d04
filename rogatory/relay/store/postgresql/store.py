"""The store over one PostgreSQL: hands work to the writer, and questions to a pool of connections."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Concatenate, Final, ParamSpec, Self, TypeVar

import asyncpg
import structlog

from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.frames.server import ClaimedPackage, Code, HeaderLine, Invited
from rogatory.protocol.text import message
from rogatory.relay.errors import DatabaseError, Refusal
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
from rogatory.relay.store.postgresql import blobs, invitations, key_packages, reader, sessions, upkeep
from rogatory.relay.store.postgresql.acknowledgements import Acknowledge
from rogatory.relay.store.postgresql.address import Address
from rogatory.relay.store.postgresql.changes import Changes
from rogatory.relay.store.postgresql.connection import (
    DATABASE_ERRORS,
    RETRIED,
    Connection,
    arguments,
    check_durable,
    connect,
    told,
)
from rogatory.relay.store.postgresql.following import Following
from rogatory.relay.store.postgresql.operation import Simple
from rogatory.relay.store.postgresql.schema import check_schema, prepare
from rogatory.relay.store.postgresql.transaction import Needs, Transaction
from rogatory.relay.store.postgresql.writer import UNAVAILABLE, Writer

T = TypeVar("T")
P = ParamSpec("P")
_READERS: Final = 4
_TRIES: Final = 5
_CLOSE_SECONDS: Final = 2.0
_PROBE: Final = """
    INSERT INTO about (name, value) VALUES ('probed', rpad($1, 65536))
    ON CONFLICT (name) DO UPDATE SET value = excluded.value"""
_log = structlog.get_logger()


class PostgreSQLStore:
    """Implements `store.interface.Store`, for as many processes of one relay as there are (replicas)."""

    def __init__(
        self,
        address: Address,
        connection: Connection,
        pool: asyncpg.Pool,
        changes: Changes,
        relay: str,
        sign: Callable[[bytes], bytes],
        quotas: Quotas,
        poll_seconds: float,
        measure: Callable[[int, float], None],
        broken: Callable[[], None],
    ) -> None:
        self._pool = pool
        self._quotas = quotas
        self._replica = changes.replica
        self._measure = measure
        self._broken = broken
        self._listeners: list[Callable[[list[Event]], None]] = []
        self._writable = True
        self._following = Following(address, pool, changes, poll_seconds, self._emit)
        self._writer = Writer(address, connection, relay, sign, quotas, changes, self._committed, self._failed)

    @classmethod
    async def open(
        cls,
        address: Address,
        relay: str,
        sign: Callable[[bytes], bytes],
        quotas: Quotas,
        measure: Callable[[int, float], None] = lambda operations, seconds: None,
        broken: Callable[[], None] = lambda: None,
        *,
        poll_seconds: float = 1.0,
    ) -> Self:
        """The store of `relay`; raises DatabaseError if the database is away, another's, or of an unknown schema.

        An empty database is prepared. `sign` makes the receipts' signature; `measure(operations, seconds)` is called
        after each transaction; `broken()` if a defect stopped the writer. `poll_seconds`: how often is looked for what
        other replicas committed, where they cannot wake this one.
        """
        connection = None
        try:
            connection = await connect(address)
            await check_durable(connection, address)
            await prepare(connection, address, relay)
            await check_schema(connection, address, relay)
            changes = Changes()
            await changes.start(connection)
            pool = await asyncpg.create_pool(min_size=1, max_size=_READERS, reset=_keep, **arguments(address))
        except DATABASE_ERRORS as error:
            if connection is not None:
                connection.terminate()
            raise DatabaseError(
                message(
                    "the database {told} cannot be used ({why}): check its address, password and rights",
                    told=address.told,
                    why=told(error),
                )
            ) from None
        except DatabaseError:
            if connection is not None:
                connection.terminate()
            raise
        return cls(address, connection, pool, changes, relay, sign, quotas, poll_seconds, measure, broken)

    def listen(
        self, listener: Callable[[list[Event]], None], followers: Callable[[bytes], int] = lambda channel: 0
    ) -> None:
        """See Store."""
        self._listeners.append(listener)
        self._following.followers.append(followers)

    @property
    def writable(self) -> bool:
        """See Store."""
        return self._writable

    async def enter(self, authority: str) -> int:
        """See Store."""
        return await self._write(authority, sessions.enter, authority, self._replica)

    # Channels

    def append(self, entry: NewEntry) -> None:
        """See Store."""
        self._writer.append(entry)

    async def view(self, channel: bytes, authority: str) -> ChannelView:
        """See Store."""
        return await self._read(reader.view, channel, authority)

    async def entries(self, channel: bytes, authority: str, after: int, room: int) -> Page:
        """See Store."""
        return await self._read(reader.entries, channel, authority, after, room)

    async def headers(self, channel: bytes, authority: str, after: int, until: int) -> list[HeaderLine]:
        """See Store."""
        return await self._read(reader.headers, channel, authority, after, until)

    async def memberships(self, authority: str, after: bytes) -> list[bytes]:
        """See Store."""
        return await self._read(reader.memberships, authority, after)

    # Acknowledgements

    async def acknowledge(self, verified: Sequence[Acknowledgement]) -> list[Acknowledgement]:
        """See Store."""
        return await self._writer.submit(Acknowledge(verified))

    async def acknowledgements(self, channel: bytes, authority: str, after: str) -> list[tuple[str, bytes]]:
        """See Store."""
        return await self._read(reader.acknowledgements, channel, authority, after)

    # Key packages and invitations

    async def publish(self, authority: str, packages: list[bytes], last_resort: bytes | None, replace: bool) -> int:
        """See Store."""
        return await self._write(authority, key_packages.publish, authority, packages, last_resort, replace)

    async def claim(self, authorities: Sequence[str]) -> list[ClaimedPackage]:
        """See Store."""
        return await self._write("", key_packages.claim, authorities)

    async def stock(self, authority: str) -> Stock:
        """See Store."""
        return await self._read(key_packages.stock, authority)

    async def next_invitation(self, authority: str, after: int) -> Invited | None:
        """See Store."""
        return await self._read(invitations.next_invitation, authority, after)

    async def take_invitations(self, authority: str, ids: Sequence[int]) -> None:
        """See Store."""
        await self._write(authority, invitations.take, authority, ids)

    # Blobs

    async def create_blob(self, authority: str, blob: bytes, size: int) -> Blob:
        """See Store."""
        return await self._write(authority, blobs.create, authority, blob, size)

    async def uploaded_blob(self, authority: str, blob: bytes) -> Blob:
        """See Store."""
        return await self._read(blobs.uploaded, authority, blob)

    async def add_part(self, authority: str, blob: bytes, part: BlobPart) -> Blob:
        """See Store."""
        return await self._write(authority, blobs.add_part, authority, blob, part)

    async def readable_blob(self, authority: str, blob: bytes) -> Blob:
        """See Store."""
        return await self._read(blobs.readable, authority, blob)

    async def blob_parts(self, blob: bytes, first: int, last: int) -> list[BlobPart]:
        """See Store."""
        return await self._read(blobs.parts, blob, first, last)

    async def blob_references(self, authority: str, after: int) -> tuple[list[BlobReference], int]:
        """See Store."""
        return await self._read(blobs.references, authority, after)

    async def drop_blob(self, authority: str, blob: bytes) -> None:
        """See Store."""
        await self._write(authority, blobs.drop, authority, blob)

    async def sweep_references(self, after: int, entered_before: int) -> int:
        """See Store."""
        return await self._apart(blobs.sweep_references, after, entered_before)

    async def doom_blobs(self, untouched_since: int) -> int:
        """See Store."""
        return await self._apart(blobs.doom_unreferenced, untouched_since)

    async def doomed_blobs(self) -> list[bytes]:
        """See Store."""
        return await self._read(blobs.doomed)

    async def forget_blob(self, blob: bytes) -> None:
        """See Store."""
        await self._apart(blobs.forget, blob)

    # Upkeep

    async def mark_coverage(self) -> int:
        """See Store."""
        return await self._apart(upkeep.mark_coverage)

    async def delete_expired(self, covered_before: int, stored_before: int) -> int:
        """See Store."""
        return await self._apart(upkeep.delete_expired, covered_before, stored_before)

    async def scrub(self) -> None:
        """See Store. VACUUM frees the rows' places; the file system and the journal follow (SECURITY.md)."""
        await self._read(upkeep.scrub)

    async def probe(self) -> None:
        """See Store."""

        async def probe(transaction: Transaction) -> None:
            await transaction.connection.execute(_PROBE, str(transaction.now))

        await self._writer.submit(Simple(probe))

    async def close(self) -> None:
        """Finish what is queued and close the connections."""
        await self._writer.close()
        await self._following.close()
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._pool.close()
        except DATABASE_ERRORS:
            self._pool.terminate()

    # How work is done

    async def _write(
        self,
        authority: str,
        work: Callable[Concatenate[Transaction, P], Awaitable[T]],
        *given: P.args,
        **named: P.kwargs,
    ) -> T:
        """Within the writer's next transaction, together with what else waits."""
        return await self._writer.submit(Simple(lambda transaction: work(transaction, *given, **named)), authority)

    async def _read(
        self, question: Callable[Concatenate[Connection, P], Awaitable[T]], *given: P.args, **named: P.kwargs
    ) -> T:
        """On a connection of the pool; once more if that had been lost unnoticed. Raises Refusal with UNAVAILABLE."""
        try:
            try:
                async with self._pool.acquire() as connection:
                    return await question(connection, *given, **named)
            except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, ConnectionError):
                async with self._pool.acquire() as connection:
                    return await question(connection, *given, **named)
        except RETRIED:
            raise
        except DATABASE_ERRORS as error:
            _log.error("database_unreadable", error=told(error))
            raise Refusal(Code.UNAVAILABLE, UNAVAILABLE) from None

    async def _apart(
        self, work: Callable[Concatenate[Transaction, P], Awaitable[T]], *given: P.args, **named: P.kwargs
    ) -> T:
        """In a transaction of its own, which holds up no appends of other channels. Raises Refusal."""

        async def transact(connection: Connection) -> T:
            async with connection.transaction():
                transaction = Transaction(connection, self._quotas)
                await transaction.load(Needs())
                result = await work(transaction, *given, **named)
                await transaction.flush()
            return result

        for _ in range(_TRIES):
            with contextlib.suppress(*RETRIED):
                return await self._read(transact)
        raise Refusal(Code.UNAVAILABLE, UNAVAILABLE)

    def _emit(self, events: list[Event]) -> None:
        for listener in self._listeners:
            listener(events)

    def _committed(self, events: list[Event], operations: int, seconds: float) -> None:
        if operations:
            self._writable = True
            self._measure(operations, seconds)
        if events:
            self._following.tell()
            self._emit(events)

    def _failed(self, error: BaseException) -> None:
        self._writable = False
        _log.error("database_unwritable", error=told(error), kind=type(error).__name__)
        if not isinstance(error, DATABASE_ERRORS):
            self._broken()


async def _keep(connection: Connection) -> None:
    """Nothing is to be undone when a connection goes back to the pool, which ends open transactions itself: asyncpg's
    own way would cost each question a round trip more."""
