"""What goes from the database after retention. Small transactions, to be repeated; one replica at a time does it."""

from __future__ import annotations

from collections import Counter
from typing import Final

from rogatory.relay.store.postgresql import invitations
from rogatory.relay.store.postgresql.connection import Connection
from rogatory.relay.store.postgresql.transaction import Transaction

CHANNELS_AT_ONCE: Final = 50
ROWS_AT_ONCE: Final = 500

RETENTION_LOCK: Final = 0x726F_6761_746F_7279
"""Number of the advisory lock that the replica holds which does this just now ("rogatory")."""

_TRY_LOCK: Final = "SELECT pg_try_advisory_xact_lock($1)"

# Coverage: how far all members of a channel have read. A member needs to acknowledge neither what stood before it
# joined nor its own entries.
_DUE: Final = "SELECT channel FROM coverage_due LIMIT $1"
# An acknowledgement holds its channel's lock from before it is stored until it is committed: with the lock, all count.
_LOCK_CHANNELS: Final = "SELECT FROM channels WHERE number = ANY($1::bigint[]) ORDER BY channel FOR UPDATE"
_DUE_DONE: Final = "DELETE FROM coverage_due WHERE channel = ANY($1::bigint[])"
_COVERED: Final = """
    SELECT channels.number, min(coalesce(unread.seq - 1, channels.seq))
    FROM channels JOIN members ON members.channel = channels.number AND members.until IS NULL
        LEFT JOIN acknowledgements AS read ON read.channel = channels.number AND read.member = members.authority
        LEFT JOIN LATERAL (
            SELECT entries.seq FROM entries
            WHERE entries.channel = channels.number AND entries.author <> members.authority
                AND entries.seq > greatest(coalesce(read.seq, 0), members.first - 1)
            ORDER BY entries.seq LIMIT 1) AS unread ON true
    WHERE channels.number = ANY($1::bigint[]) GROUP BY channels.number"""
_MARK: Final = "INSERT INTO coverage (channel, seq, time) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
_MARKED: Final = "SELECT channel, seq FROM coverage WHERE time < $1 ORDER BY time LIMIT 1"
_COVERED_BODIES: Final = """
    SELECT entries.seq, entries.body FROM entries JOIN channels ON channels.number = entries.channel
    WHERE entries.channel = $1 AND entries.seq > channels.cleared AND entries.seq <= $2 ORDER BY entries.seq LIMIT $3"""
_SET_CLEARED: Final = "UPDATE channels SET cleared = greatest(cleared, $2) WHERE number = $1"
_UNMARK: Final = "DELETE FROM coverage WHERE channel = $1 AND seq <= $2"
_COVERED_INVITATIONS: Final = "SELECT id FROM invitations WHERE channel = $1 AND seq <= $2"
_DELETE_BODIES: Final = "DELETE FROM bodies WHERE id = ANY($1::bigint[]) RETURNING author, size"
# Ids follow time: the first rows that are too young end the search.
_OLD_BODIES: Final = "SELECT id FROM (SELECT id, time FROM bodies ORDER BY id LIMIT $2) AS old WHERE time < $1"
_OLD_INVITATIONS: Final = (
    "SELECT id FROM (SELECT id, time FROM invitations ORDER BY id LIMIT $2) AS old WHERE time < $1"
)
_OLD_PACKAGES: Final = "SELECT id FROM (SELECT id, time FROM key_packages ORDER BY id LIMIT $2) AS old WHERE time < $1"
_DELETE_PACKAGES: Final = "DELETE FROM key_packages WHERE id = ANY($1::bigint[])"

_SCRUBBED: Final = "bodies, invitations, joiners, key_packages"


async def taken_turn(connection: Connection) -> bool:
    """Whether this transaction may do upkeep: no other replica is at it."""
    turn: bool = await connection.fetchval(_TRY_LOCK, RETENTION_LOCK)
    return turn


async def mark_coverage(transaction: Transaction) -> int:
    """Note how far all members have read, in some channels where that may have changed; returns their number."""
    connection = transaction.connection
    if not await taken_turn(connection):
        return 0
    due = [channel for (channel,) in await connection.fetch(_DUE, CHANNELS_AT_ONCE)]
    if due:
        await connection.execute(_LOCK_CHANNELS, due)
        await connection.execute(_DUE_DONE, due)
        rows = await connection.fetch(_COVERED, due)
        await connection.executemany(_MARK, [(channel, seq, transaction.now) for channel, seq in rows if seq])
    return len(due)


async def delete_expired(transaction: Transaction, covered_before: int, stored_before: int) -> int:
    """Delete some of what was covered or stored before these times; returns how many rows went."""
    if not await taken_turn(transaction.connection):
        return 0
    freed: Counter[str] = Counter()
    deleted = await _delete_covered(transaction.connection, covered_before, freed)
    deleted += await _delete_old(transaction.connection, stored_before, freed)
    await transaction.discharge(freed)
    return deleted


async def _delete_covered(connection: Connection, before: int, freed: Counter[str]) -> int:
    marked = await connection.fetchrow(_MARKED, before)
    if marked is None:
        return 0
    channel, seq = marked
    rows = await connection.fetch(_COVERED_BODIES, channel, seq, ROWS_AT_ONCE)
    done = len(rows) < ROWS_AT_ONCE
    await connection.execute(_SET_CLEARED, channel, seq if done else rows[-1][0])
    freed += await _delete_bodies(connection, [body for _, body in rows])
    if done:
        ids = [invitation for (invitation,) in await connection.fetch(_COVERED_INVITATIONS, channel, seq)]
        freed += await invitations.delete(connection, ids)
        await connection.execute(_UNMARK, channel, seq)
    return len(rows) + 1


async def _delete_old(connection: Connection, before: int, freed: Counter[str]) -> int:
    old_bodies = [body for (body,) in await connection.fetch(_OLD_BODIES, before, ROWS_AT_ONCE)]
    freed += await _delete_bodies(connection, old_bodies)
    old = [invitation for (invitation,) in await connection.fetch(_OLD_INVITATIONS, before, ROWS_AT_ONCE)]
    freed += await invitations.delete(connection, old)
    packages = [package for (package,) in await connection.fetch(_OLD_PACKAGES, before, ROWS_AT_ONCE)]
    await connection.execute(_DELETE_PACKAGES, packages)
    return len(old_bodies) + len(old) + len(packages)


async def _delete_bodies(connection: Connection, ids: list[int]) -> Counter[str]:
    return invitations.freed(await connection.fetch(_DELETE_BODIES, ids))


async def scrub(connection: Connection) -> None:
    """Have what was deleted taken out of the tables' files, for new rows to overwrite (SECURITY.md)."""
    if await connection.fetchval("SELECT pg_try_advisory_lock($1)", RETENTION_LOCK):
        try:
            await connection.execute(f"VACUUM {_SCRUBBED}", timeout=None)
        finally:
            await connection.execute("SELECT pg_advisory_unlock($1)", RETENTION_LOCK)
