"""Key packages within a transaction: each handed out once, in order of publication, then the last resort."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from rogatory.protocol.frames.server import ClaimedPackage
from rogatory.relay import log
from rogatory.relay.store.interface import Stock, StockTaken
from rogatory.relay.store.postgresql.connection import Connection
from rogatory.relay.store.postgresql.transaction import Transaction, columns

# One at a time for one authority, in whichever replica: a publication and the claims beside it.
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('key packages of ' || $1, 0))"
_LEFT: Final = "SELECT count(*) FROM key_packages WHERE authority = $1 AND content IS NOT NULL"
_LAST_RESORT: Final = "SELECT content, used FROM last_resorts WHERE authority = $1"
_HAND_OUT: Final = """
    WITH next AS (SELECT id, content FROM key_packages WHERE authority = $1 AND content IS NOT NULL ORDER BY id LIMIT 1)
    UPDATE key_packages SET content = NULL FROM next WHERE key_packages.id = next.id RETURNING next.content"""
_CLEAR: Final = "DELETE FROM key_packages WHERE authority = $1 AND content IS NOT NULL"
_ADD: Final = """
    INSERT INTO key_packages (authority, time, hash, content)
    SELECT $1, $2, hash, content FROM unnest($3::bytea[], $4::bytea[]) AS given (hash, content)
    ON CONFLICT DO NOTHING"""
_SET_LAST_RESORT: Final = """
    INSERT INTO last_resorts (authority, content, used) VALUES ($1, $2, $3)
    ON CONFLICT (authority) DO UPDATE SET content = excluded.content, used = excluded.used"""
_USE_LAST_RESORT: Final = "UPDATE last_resorts SET used = true WHERE authority = $1"


async def publish(
    transaction: Transaction, authority: str, packages: list[bytes], last_resort: bytes | None, replace: bool
) -> int:
    """Take key packages; what was handed out once is not taken again. Returns what is left; raises Refusal."""
    connection = transaction.connection
    await connection.execute(_LOCK, authority)
    held = 0 if replace else await connection.fetchval(_LEFT, authority)
    log.check_stock(held, len(packages), transaction.quotas.key_packages)
    if replace:
        await connection.execute(_CLEAR, authority)
    if packages:
        rows = [(hashlib.sha256(package).digest(), package) for package in packages]
        await connection.execute(_ADD, authority, transaction.now, *columns(rows))
    if last_resort is not None:
        row = await connection.fetchrow(_LAST_RESORT, authority)
        used = row is not None and row[0] == last_resort and row[1]
        await connection.execute(_SET_LAST_RESORT, authority, last_resort, used)
    left: int = await connection.fetchval(_LEFT, authority)
    return left


async def claim(transaction: Transaction, authorities: Sequence[str]) -> list[ClaimedPackage]:
    """One key package of each of these authorities that has any."""
    connection = transaction.connection
    for authority in sorted(authorities):  # the locks in one order, lest two claims wait for each other
        await connection.execute(_LOCK, authority)
    claimed = []
    for authority in authorities:
        content = await connection.fetchval(_HAND_OUT, authority)
        if content is not None:
            claimed.append(ClaimedPackage(authority, content, last_resort=False))
        else:
            last = await connection.fetchrow(_LAST_RESORT, authority)
            if last is None:
                continue
            await connection.execute(_USE_LAST_RESORT, authority)
            claimed.append(ClaimedPackage(authority, last[0], last_resort=True))
        transaction.events.append(StockTaken(authority, await stock(connection, authority)))
    return claimed


async def stock(connection: Connection, authority: str) -> Stock:
    """What an authority has left."""
    left = await connection.fetchval(_LEFT, authority)
    last = await connection.fetchrow(_LAST_RESORT, authority)
    return Stock(left, last is not None, last is not None and last[1])
