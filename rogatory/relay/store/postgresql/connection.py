"""Connections to the database, set up alike, and the errors that they may raise."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Protocol

import asyncpg

from rogatory.protocol.text import message
from rogatory.relay.errors import DatabaseError
from rogatory.relay.store.postgresql.address import Address


class Connection(Protocol):
    """What is used of asyncpg's Connection, which has no types of its own. Rows are tuples with names beside."""

    async def fetch(self, query: str, *values: Any) -> list[Any]: ...
    async def fetchrow(self, query: str, *values: Any) -> Any: ...
    async def fetchval(self, query: str, *values: Any) -> Any: ...
    async def execute(self, query: str, *values: Any, timeout: float | None = ...) -> str: ...  # noqa: ASYNC109
    async def executemany(self, query: str, rows: Sequence[Sequence[Any]]) -> None: ...
    async def add_listener(self, channel: str, callback: Any) -> None: ...
    def transaction(self) -> AbstractAsyncContextManager[Any]: ...
    def cursor(self, query: str, *values: Any) -> Any: ...
    def is_closed(self) -> bool: ...
    def terminate(self) -> None: ...
    async def close(self) -> None: ...


CONNECT_SECONDS: Final = 5.0
STATEMENT_SECONDS: Final = 30.0
"""A statement without an answer for so long is given up: its connection is cut, what it may have done is in doubt."""

DATABASE_ERRORS: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""All that asyncpg raises while the database is away, full or broken. TimeoutError is an OSError."""

RETRIED: Final = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.UniqueViolationError)
"""What two replicas do to each other: the transaction is undone, and comes out right when it is run again."""

_SETTINGS: Final = {
    "application_name": "rogatory-relay",
    "jit": "off",
    # A replica whose machine vanished in the middle of a transaction must not hold its channels for hours.
    "idle_in_transaction_session_timeout": "30s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "30s",
}


def arguments(address: Address) -> dict[str, Any]:
    """What asyncpg.connect and create_pool are given."""
    given: dict[str, Any] = {
        "dsn": address.dsn,
        "timeout": CONNECT_SECONDS,
        "command_timeout": STATEMENT_SECONDS,
        "server_settings": dict(_SETTINGS),
    }
    if address.password is not None:
        given["password"] = address.password
    return given


async def connect(address: Address) -> Connection:
    """A connection; raises one of DATABASE_ERRORS."""
    connection: Connection = await asyncpg.connect(**arguments(address))
    return connection


async def check_durable(connection: Connection, address: Address) -> None:
    """Raise DatabaseError if the server would report as committed what a power cut undoes."""
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        if await connection.fetchval(f"SHOW {setting}") == "off":
            raise DatabaseError(
                message(
                    "the database {told} has {setting} = off: what it accepted could be lost; switch it on",
                    told=address.told,
                    setting=setting,
                )
            )


def told(error: BaseException) -> str:
    """The error in one line, without the statement or its values."""
    if isinstance(error, asyncpg.PostgresError):
        return f"{error.sqlstate}: {str(error).splitlines()[0]}"
    return (str(error) or type(error).__name__).splitlines()[0]
