"""The shared database as an operator looks at it: read-only, one consistent view, while replicas go on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Final, TypeVar

from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.sql.elements import ClauseElement

from rogatory.protocol.text import message
from rogatory.relay.errors import DatabaseError
from rogatory.relay.store.inspection import Row
from rogatory.relay.store.postgresql.address import Address
from rogatory.relay.store.postgresql.connection import DATABASE_ERRORS, Connection, connect, told
from rogatory.relay.store.postgresql.schema import check_schema

T = TypeVar("T")
AT_ONCE: Final = 50
_VIEW: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class PostgreSQLInspection:
    """Implements store.inspection.Inspection. It is asked outside of any event loop, and has one of its own."""

    _dialect = asyncpg.dialect()  # type: ignore[no-untyped-call]

    def __init__(self, runner: asyncio.Runner, connection: Connection, address: Address) -> None:
        self._runner = runner
        self._connection = connection
        self._address = address

    def rows(self, statement: ClauseElement) -> Iterator[Row]:
        """See Inspection."""
        compiled: Any = statement.compile(dialect=self._dialect)
        values = [compiled.params[name] for name in compiled.positiontup or ()]
        cursor = self._run(lambda: self._connection.cursor(str(compiled), *values))
        while found := self._run(lambda: cursor.fetch(AT_ONCE)):
            for row in found:
                yield [int(value) if isinstance(value, Decimal) else value for value in row]  # sums are numeric

    def damage(self) -> list[str]:
        """See Inspection. The server finds damage itself, by its checksums, when it reads."""
        return []

    def bytes_on_disk(self) -> int:
        """See Inspection."""
        size: int = self._run(lambda: self._connection.fetchval("SELECT pg_database_size(current_database())"))
        return size

    def _run(self, work: Callable[[], Awaitable[T]]) -> T:
        async def done() -> T:
            return await work()

        try:
            return self._runner.run(done())
        except DATABASE_ERRORS as error:
            raise DatabaseError(
                message("the database {told} cannot be read ({why})", told=self._address.told, why=told(error))
            ) from None


@contextmanager
def inspect_postgresql(address: Address, relay: str) -> Iterator[PostgreSQLInspection]:
    """A view of the database. Raises DatabaseError."""

    async def opened() -> Connection:
        connection = await connect(address)
        try:
            await check_schema(connection, address, relay)
            await connection.execute(_VIEW)
        except BaseException:
            connection.terminate()
            raise
        return connection

    with asyncio.Runner() as runner:
        try:
            connection = runner.run(opened())
        except DATABASE_ERRORS as error:
            raise DatabaseError(
                message("the database {told} cannot be read ({why})", told=address.told, why=told(error))
            ) from None
        try:
            yield PostgreSQLInspection(runner, connection, address)
        finally:
            connection.terminate()
