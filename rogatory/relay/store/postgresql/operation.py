"""What the writer runs: an operation notes what it will look at, then does its work within the transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

from rogatory.relay.store.postgresql.transaction import Needs, Transaction

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Operation(Protocol[T_co]):
    """May be run more than once: what it changes outside the database, it changes through the transaction."""

    def note(self, needs: Needs) -> None: ...

    async def run(self, transaction: Transaction) -> T_co:
        """Raises Refusal, and then has changed nothing."""


class Simple(Generic[T]):
    """An operation that locks for itself what it needs."""

    __slots__ = ("_work",)

    def __init__(self, work: Callable[[Transaction], Awaitable[T]]) -> None:
        self._work = work

    def note(self, needs: Needs) -> None:
        """Nothing beforehand."""

    async def run(self, transaction: Transaction) -> T:
        """See Operation."""
        return await self._work(transaction)
