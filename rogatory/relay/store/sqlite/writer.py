"""The one thread that writes: everything that queued during the last commit goes into the next one (group commit)."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

from rogatory.protocol.frames.server import Code
from rogatory.protocol.receipt import issue
from rogatory.relay.errors import Refusal
from rogatory.relay.store.interface import Appended, Event, Quotas
from rogatory.relay.store.sqlite.appends import AppendEntry, Placed
from rogatory.relay.store.sqlite.transaction import Transaction

T = TypeVar("T")
Operation = Callable[[Transaction], T]

MAX_OPERATIONS: Final = 1_000
"""Operations of one transaction: more would keep the first one waiting."""

_LAST_BODY = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'bodies'"
_UNAVAILABLE = "the relay cannot write to its database now: try again later; its operator has been told"


class Writer:
    """Owns the writing connection. `submit` is called on the event loop, everything else happens in the thread."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        relay: str,
        sign: Callable[[bytes], bytes],
        quotas: Quotas,
        committed: Callable[[list[Event], int, float], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._connection = connection
        self._relay = relay
        self._sign = sign
        self._quotas = quotas
        self._committed = committed
        self._failed = failed
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[tuple[Operation[Any], asyncio.Future[Any]] | None] = queue.SimpleQueue()
        self._time = 0
        (self._last_body,) = connection.execute(_LAST_BODY).fetchone()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, operation: Operation[T]) -> asyncio.Future[T]:
        """The operation's result, after the transaction that it was part of is on disk."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put((operation, future))
        return future

    async def close(self) -> None:
        """Finish what is queued and close the connection."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        try:
            open_ = True
            while open_:
                batch = []
                work = self._queue.get()
                while work is not None:
                    batch.append(work)
                    if len(batch) == MAX_OPERATIONS or self._queue.empty():
                        break
                    work = self._queue.get()
                open_ = work is not None
                if batch:
                    self._commit([operation for operation, _ in batch], [future for _, future in batch])
        finally:
            self._connection.close()

    def _commit(self, operations: list[Operation[Any]], futures: list[asyncio.Future[Any]]) -> None:
        started = time.perf_counter()
        self._time = max(self._time, time.time_ns() // 1_000_000)
        try:
            transaction, results = self._transact(operations)
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):  # a transaction that cannot be ended fails the next one, too
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            for operation in operations:
                if isinstance(operation, AppendEntry):
                    operation.entry.lane.refused = True
            unavailable = Refusal(Code.UNAVAILABLE, _UNAVAILABLE)
            self._tell(futures, [unavailable] * len(futures), partial(self._failed, error))
            return
        except BaseException as error:
            # A defect, not a full disk: nobody may wait for ever, and the process must not go on half alive.
            broken = RuntimeError("the store's writer broke")
            self._tell(futures, [broken] * len(futures), partial(self._failed, error))
            raise
        elapsed = time.perf_counter() - started
        self._tell(futures, results, partial(self._committed, transaction.events, len(operations), elapsed))

    def _tell(self, futures: list[asyncio.Future[Any]], results: list[Any], then: Callable[[], None]) -> None:
        """In one step of the event loop: who awaits a result finds its events told, too."""

        def tell() -> None:
            _resolve(futures, results)
            then()

        self._loop.call_soon_threadsafe(tell)

    def _transact(self, operations: list[Operation[Any]]) -> tuple[Transaction, list[Any]]:
        self._connection.execute("BEGIN IMMEDIATE")
        transaction = Transaction(self._connection, self._time, self._quotas, self._last_body + 1)
        results: list[Any] = []
        for operation in operations:
            try:
                results.append(operation(transaction))
            except Refusal as refusal:
                results.append(refusal)
        transaction.flush()
        self._connection.execute("COMMIT")
        self._last_body = transaction.next_body - 1
        # Signed once per transaction, and only what is on disk (PROTOCOL.md, Receipts).
        if transaction.stamped:
            receipts = issue(self._relay, transaction.stamped, self._sign)
            results = [
                Appended(receipts[result.index], result.repeated) if isinstance(result, Placed) else result
                for result in results
            ]
        return transaction, results


def _resolve(futures: list[asyncio.Future[Any]], results: list[Any]) -> None:
    for future, result in zip(futures, results, strict=True):
        if future.done():  # its session is gone
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
