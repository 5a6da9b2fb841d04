"""The one task that writes: everything that queued during the last commit goes into the next one (group commit)."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

import asyncpg

from rogatory.protocol.frames.server import Code
from rogatory.protocol.limits import MIB
from rogatory.protocol.text import message
from rogatory.relay.errors import Refusal
from rogatory.relay.store.answers import Placed, answers
from rogatory.relay.store.fairness import FairQueue
from rogatory.relay.store.interface import Acknowledged, Advance, Event, NewEntry, Quotas
from rogatory.relay.store.postgresql.address import Address
from rogatory.relay.store.postgresql.appends import AppendEntry
from rogatory.relay.store.postgresql.changes import Changes, as_read
from rogatory.relay.store.postgresql.connection import DATABASE_ERRORS, RETRIED, Connection, connect
from rogatory.relay.store.postgresql.operation import Operation
from rogatory.relay.store.postgresql.transaction import Needs, Transaction

T = TypeVar("T")
Work = tuple[Operation[Any], asyncio.Future[Any] | None]

MAX_OPERATIONS: Final = 500
MAX_BYTES: Final = 16 * MIB
"""Of one transaction: more would keep the first one waiting."""

_TRIES: Final = 10
_PAUSE: Final = 0.02
_AWAY: Final = 0.25
"""Seconds in which a database that could not be reached is not tried again: what waits is refused at once."""

UNAVAILABLE: Final = message("the relay cannot reach its database now: try again later; its operator has been told")


class InDoubt(Exception):
    """The connection broke while a transaction was being committed: it stands, or it does not."""

    def __init__(self, events: list[Event], cause: BaseException) -> None:
        super().__init__(str(cause))
        self.events = events
        self.cause = cause


class Writer:
    """Owns the writing connection, and opens it anew when it is lost."""

    def __init__(
        self,
        address: Address,
        connection: Connection,
        relay: str,
        sign: Callable[[bytes], bytes],
        quotas: Quotas,
        changes: Changes,
        committed: Callable[[list[Event], int, float], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """`committed(events, operations, seconds)` and `failed(error)` are called after each transaction."""
        self._address = address
        self._connection: Connection | None = connection
        self._relay = relay
        self._sign = sign
        self._quotas = quotas
        self._changes = changes
        self._committed = committed
        self._failed = failed
        self._queue: FairQueue[Work] = FairQueue(MAX_OPERATIONS, MAX_BYTES)
        self._queued = 0
        self._wake = asyncio.Event()
        self._closing = False
        self._away_until = 0.0
        self._task = asyncio.create_task(self._run())

    def append(self, entry: NewEntry) -> None:
        """Append it; `entry.lane.appender` is told after the transaction that it was part of is on disk."""
        self._put(entry.author, (AppendEntry(entry), None), len(entry.body))

    def submit(self, operation: Operation[T], authority: str = "") -> asyncio.Future[T]:
        """The operation's result, after the transaction that it was part of is on disk."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._put(authority, (operation, future), 0)
        return future

    async def close(self) -> None:
        """Finish what is queued and close the connection."""
        self._closing = True
        self._wake.set()
        await asyncio.wait([self._task])
        if self._connection is not None:
            self._connection.terminate()

    def _put(self, line: str, work: Work, weight: int) -> None:
        self._queue.put(line, work, weight)
        self._queued += 1
        self._wake.set()

    async def _run(self) -> None:
        while True:
            while not self._queued and not self._closing:
                self._wake.clear()
                await self._wake.wait()
            if not self._queued:
                return
            batch = self._queue.take()
            self._queued -= len(batch)
            await self._commit(batch)

    async def _commit(self, batch: list[Work]) -> None:
        started = time.perf_counter()
        try:
            transaction, results = await self._repeatedly(batch)
        except InDoubt as doubt:
            self._refuse(batch, doubt.cause)
            # It may stand: who follows these channels reads on, as if another replica had written.
            self._committed(_in_doubt(doubt.events), 0, 0.0)
        except DATABASE_ERRORS as error:
            self._refuse(batch, error)
        except BaseException as error:
            # A defect, not a database that is away: nobody may wait for ever, nor the process go on half alive.
            self._tell(batch, [RuntimeError("the store's writer broke")] * len(batch))
            self._failed(error)
            raise
        else:
            for lane in transaction.refused:
                lane.refused = True
            self._tell(batch, results)
            self._committed(transaction.events, len(batch), time.perf_counter() - started)

    def _refuse(self, batch: list[Work], error: BaseException) -> None:
        for operation, _ in batch:
            if isinstance(operation, AppendEntry):
                operation.entry.lane.refused = True
        self._tell(batch, [Refusal(Code.UNAVAILABLE, UNAVAILABLE)] * len(batch))
        self._failed(error)

    async def _repeatedly(self, batch: list[Work]) -> tuple[Transaction, list[Any]]:
        """Run the batch; again where another replica came in between."""
        for _ in range(_TRIES - 1):
            try:
                return await self._transact(batch)
            except RETRIED:
                await asyncio.sleep(random.uniform(0, _PAUSE))  # noqa: S311 lest two replicas meet again
        return await self._transact(batch)

    async def _transact(self, batch: list[Work]) -> tuple[Transaction, list[Any]]:
        connection = await self._connected()
        try:
            await connection.execute("BEGIN")
            transaction, results = await self._work(connection, batch)
        except asyncpg.PostgresError:
            await self._roll_back(connection)
            raise
        except DATABASE_ERRORS:
            self._drop(connection)
            raise
        try:
            await connection.execute("COMMIT")
        except DATABASE_ERRORS as error:
            self._drop(connection)
            raise InDoubt(transaction.events, error) from error
        return transaction, results

    async def _work(self, connection: Connection, batch: list[Work]) -> tuple[Transaction, list[Any]]:
        needs = Needs()
        for operation, _ in batch:
            operation.note(needs)
        transaction = Transaction(connection, self._quotas)
        await transaction.load(needs)
        results: list[Any] = []
        for operation, _ in batch:
            try:
                results.append(await operation.run(transaction))
            except Refusal as refusal:
                results.append(refusal)
        await transaction.flush()
        if transaction.events:
            await self._changes.add(connection, transaction.events)
        return transaction, results

    async def _connected(self) -> Connection:
        if self._connection is None or self._connection.is_closed():
            if time.monotonic() < self._away_until:
                raise ConnectionError("the database was away a moment ago")
            try:
                self._connection = await connect(self._address)
            except DATABASE_ERRORS:
                self._away_until = time.monotonic() + _AWAY
                raise
        return self._connection

    async def _roll_back(self, connection: Connection) -> None:
        try:
            await connection.execute("ROLLBACK")
        except DATABASE_ERRORS:
            self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        """End a connection of which nothing is known any more."""
        connection.terminate()
        self._connection = None

    def _tell(self, batch: list[Work], results: list[Any]) -> None:
        """Receipts are signed here, once per transaction, and only what is on disk (PROTOCOL.md, Receipts)."""
        outcomes: list[tuple[NewEntry, Placed | Exception]] = []
        for (operation, future), result in zip(batch, results, strict=True):
            if isinstance(operation, AppendEntry):
                outcomes.append((operation.entry, result))
            elif future is not None and not future.done():  # else its session is gone
                if isinstance(result, Exception):
                    future.set_exception(result)
                else:
                    future.set_result(result)
        for appender, answer in answers(self._relay, outcomes, self._sign):
            appender.answered(answer)


def _in_doubt(events: list[Event]) -> list[Event]:
    """The events such that nothing is believed and everything is read again."""
    told: list[Event] = []
    for event in as_read(events):
        if isinstance(event, Advance):
            event.access_changed = True
        elif isinstance(event, Acknowledged):
            event.acknowledgements.clear()
        told.append(event)
    return told
