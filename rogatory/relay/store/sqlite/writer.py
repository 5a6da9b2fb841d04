"""The one thread that writes: everything that queued during the last commit goes into the next one (group commit)."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

from rogatory.protocol.frames.server import Code
from rogatory.protocol.limits import MIB
from rogatory.protocol.text import message
from rogatory.relay.errors import Refusal
from rogatory.relay.store.answers import Placed, answers
from rogatory.relay.store.fairness import FairQueue
from rogatory.relay.store.interface import Event, NewEntry, Quotas
from rogatory.relay.store.sqlite.appends import append, body_hashes
from rogatory.relay.store.sqlite.transaction import Transaction

T = TypeVar("T")
Operation = Callable[[Transaction], T]
Submitted = tuple[Operation[Any], asyncio.Future[Any]]

MAX_OPERATIONS: Final = 1_000
MAX_BYTES: Final = 16 * MIB
"""Of one transaction: more would keep the first one waiting."""

LOOKS: Final = 100
"""Transactions that look for what stands already, after one that met it."""

_RELAY: Final = ""
"""The line of what is asked by no authority in particular."""

_LAST_BODY = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'bodies'"
_UNAVAILABLE = message("the relay cannot write to its database now: try again later; its operator has been told")


class Writer:
    """Owns the writing connection. `append` and `submit` are called on the event loop, the rest is the thread's."""

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
        self._queue: FairQueue[NewEntry | Submitted] = FairQueue(MAX_OPERATIONS, MAX_BYTES)
        self._time = 0
        self._looks = 0
        (self._last_body,) = connection.execute(_LAST_BODY).fetchone()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def append(self, entry: NewEntry) -> None:
        """Append it; `entry.lane.appender` is told after the transaction that it was part of is on disk."""
        self._queue.put(entry.author, entry, len(entry.body))

    def submit(self, operation: Operation[T], authority: str = _RELAY, size: int = 0) -> asyncio.Future[T]:
        """The operation's result, after the transaction that it was part of is on disk; it writes `size` bytes."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(authority, (operation, future), size)
        return future

    async def close(self) -> None:
        """Finish what is queued and close the connection."""
        self._queue.close()
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        try:
            while batch := self._queue.take():
                self._commit(batch)
        finally:
            self._connection.close()

    def _commit(self, batch: list[NewEntry | Submitted]) -> None:
        started = time.perf_counter()
        self._time = max(self._time, time.time_ns() // 1_000_000)
        try:
            transaction, results = self._transact(batch)
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):  # a transaction that cannot be ended fails the next one, too
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            for work in batch:
                if isinstance(work, NewEntry):
                    work.lane.refused = True
            unavailable = Refusal(Code.UNAVAILABLE, _UNAVAILABLE)
            self._tell(batch, [unavailable] * len(batch), partial(self._failed, error))
            return
        except BaseException as error:
            # A defect, not a full disk: nobody may wait for ever, and the process must not go on half alive.
            broken = RuntimeError("the store's writer broke")
            self._tell(batch, [broken] * len(batch), partial(self._failed, error))
            raise
        elapsed = time.perf_counter() - started
        self._tell(batch, results, partial(self._committed, transaction.events, len(batch), elapsed))

    def _transact(self, batch: list[NewEntry | Submitted]) -> tuple[Transaction, list[Any]]:
        """Entries are taken for new: to look for each would cost nearly as much as to write it.

        What stands already is met by the unique index. Then all is done again, looking for each, as in the next
        transactions: a node that was cut off sends again whatever it has no receipt for.
        """
        new = [work for work in batch if isinstance(work, NewEntry)]
        hashes = body_hashes(new)
        if not self._looks:
            transaction = self._begin(presumes_new=True)
            try:
                return transaction, self._run_all(batch, hashes, transaction)
            except sqlite3.IntegrityError:
                self._connection.execute("ROLLBACK")
                for lane in transaction.refused:
                    lane.refused = False
                self._looks = LOOKS
        self._looks -= 1
        transaction = self._begin(presumes_new=False)
        transaction.look_for([(entry.channel, body_hash) for entry, body_hash in zip(new, hashes, strict=True)])
        return transaction, self._run_all(batch, hashes, transaction)

    def _begin(self, *, presumes_new: bool) -> Transaction:
        self._connection.execute("BEGIN IMMEDIATE")
        return Transaction(self._connection, self._time, self._quotas, self._last_body + 1, presumes_new=presumes_new)

    def _run_all(self, batch: list[NewEntry | Submitted], hashes: list[bytes], transaction: Transaction) -> list[Any]:
        results: list[Any] = []
        next_hash = iter(hashes)
        for work in batch:
            if isinstance(work, NewEntry):
                results.append(append(transaction, work, next(next_hash)))
                continue
            try:
                results.append(work[0](transaction))
            except Refusal as refusal:
                results.append(refusal)
        transaction.flush()
        self._connection.execute("COMMIT")
        self._last_body = transaction.next_body - 1
        return results

    def _tell(self, batch: list[NewEntry | Submitted], results: list[Any], then: Callable[[], None]) -> None:
        """In one step of the event loop: who awaits a result finds its events told, too.

        Receipts are signed here, once per transaction, and only what is on disk (PROTOCOL.md, Receipts).
        """
        outcomes: list[tuple[NewEntry, Placed | Exception]] = []
        submitted: list[tuple[asyncio.Future[Any], Any]] = []
        for work, result in zip(batch, results, strict=True):
            if isinstance(work, NewEntry):
                outcomes.append((work, result))
            else:
                submitted.append((work[1], result))
        told = answers(self._relay, outcomes, self._sign)

        def tell() -> None:
            for appender, answer in told:
                appender.answered(answer)
            for future, result in submitted:
                _resolve(future, result)
            then()

        self._loop.call_soon_threadsafe(tell)


def _resolve(future: asyncio.Future[Any], result: Any) -> None:
    if future.done():  # its session is gone
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
