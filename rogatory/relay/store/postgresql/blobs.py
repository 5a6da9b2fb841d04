"""Blobs: uploads, who may read them, and what is to be deleted. Their bytes stand in the object store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rogatory.relay.store import blob_rules
from rogatory.relay.store.blob_rules import BlobRow, Kept
from rogatory.relay.store.interface import Blob, BlobPart, BlobReference
from rogatory.relay.store.postgresql.connection import Connection
from rogatory.relay.store.postgresql.transaction import Transaction

ROWS_AT_ONCE: Final = 500
PARTS_AT_ONCE: Final = 64

# One at a time for one owner, in whichever replica: its quota is over all its blobs.
_LOCK_OWNER: Final = "SELECT pg_advisory_xact_lock(hashtextextended('blobs of ' || $1, 0))"
_BLOB: Final = "SELECT number, owner, size, received, doomed FROM blobs WHERE blob = $1"
# A blob that an entry is about to refer to must not be doomed meanwhile, nor a part come twice.
_LOCK: Final = _BLOB + " FOR UPDATE"
_USED: Final = "SELECT count(*), coalesce(sum(size), 0)::bigint FROM blobs WHERE owner = $1 AND NOT doomed"
_CREATE: Final = """
    INSERT INTO blobs (blob, owner, size, received, touched, doomed) VALUES ($1, $2, $3, 0, $4, false)"""
_RECEIVED: Final = "UPDATE blobs SET received = $2, touched = $3 WHERE number = $1"
_ADD_PART: Final = 'INSERT INTO blob_parts (blob, "offset", size, name) VALUES ($1, $2, $3, $4)'
_PARTS: Final = """
    SELECT "offset", size, name FROM blob_parts
    WHERE blob = (SELECT number FROM blobs WHERE blob = $1) AND "offset" + size > $2 AND "offset" <= $3
    ORDER BY "offset" LIMIT $4"""
_REFERENCES: Final = """
    SELECT blob_references.seq, members.first, members.until
    FROM blob_references JOIN members ON members.channel = blob_references.channel
    WHERE blob_references.blob = $1 AND members.authority = $2"""
_OF_OTHERS: Final = """
    SELECT blob_references.number, blobs.blob, channels.channel, blob_references.seq, members.first, members.until
    FROM blob_references
        JOIN members ON members.channel = blob_references.channel
        JOIN blobs ON blobs.number = blob_references.blob
        JOIN channels ON channels.number = blob_references.channel
    WHERE members.authority = $1 AND blobs.owner <> $1 AND NOT blobs.doomed AND blob_references.number > $2
    ORDER BY blob_references.number LIMIT $3"""
_REFER: Final = """
    INSERT INTO blob_references (blob, channel, seq) SELECT number, $2, $3 FROM unnest($1::bigint[]) AS given (number)
    ON CONFLICT DO NOTHING"""
_REFERRED: Final = "SELECT EXISTS (SELECT FROM blob_references WHERE blob = $1)"
_DOOM: Final = "UPDATE blobs SET doomed = true WHERE number = $1"
_REFERENCES_AFTER: Final = """
    SELECT blob_references.number, bodies.id, entries.time FROM blob_references
        LEFT JOIN entries ON entries.channel = blob_references.channel AND entries.seq = blob_references.seq
        LEFT JOIN bodies ON bodies.id = entries.body
    WHERE blob_references.number > $1 ORDER BY blob_references.number LIMIT $2"""
_FORGET_REFERENCES: Final = "DELETE FROM blob_references WHERE number = ANY($1::bigint[])"
_LOCK_UNREFERENCED: Final = """
    SELECT number FROM blobs WHERE NOT doomed AND touched < $1
        AND NOT EXISTS (SELECT FROM blob_references WHERE blob_references.blob = blobs.number)
    ORDER BY number LIMIT $2 FOR UPDATE SKIP LOCKED"""
# A statement after the one that locks: it sees references that were added just before.
_DOOM_UNREFERENCED: Final = """
    UPDATE blobs SET doomed = true WHERE number = ANY($1::bigint[])
        AND NOT EXISTS (SELECT FROM blob_references WHERE blob_references.blob = blobs.number)"""
_DOOMED: Final = "SELECT blob FROM blobs WHERE doomed LIMIT $1"
_FORGET_PARTS: Final = "DELETE FROM blob_parts WHERE blob = (SELECT number FROM blobs WHERE blob = $1 AND doomed)"
_FORGET: Final = "DELETE FROM blobs WHERE blob = $1 AND doomed"


async def create(transaction: Transaction, authority: str, blob: bytes, size: int) -> Blob:
    """See Store."""
    connection = transaction.connection
    kept = transaction.kept_blobs.get(authority)
    if kept is None:
        await connection.execute(_LOCK_OWNER, authority)
        kept = transaction.kept_blobs[authority] = Kept(*await connection.fetchrow(_USED, authority))
    row = await _row(connection, blob)
    if row is not None:
        return blob_rules.begun(row, authority, size)
    blob_rules.check_new(size, kept, transaction.quotas)
    kept.add(size)
    await connection.execute(_CREATE, blob, authority, size, transaction.now)
    return Blob(size, 0)


async def add_part(transaction: Transaction, authority: str, blob: bytes, part: BlobPart) -> Blob:
    """See Store."""
    connection = transaction.connection
    row = blob_rules.own(await _row(connection, blob, _LOCK), authority)
    blob_rules.check_part(row, part)
    received = row.received + part.size
    await connection.execute(_ADD_PART, row.number, part.offset, part.size, part.name)
    await connection.execute(_RECEIVED, row.number, received, transaction.now)
    return Blob(row.size, received)


async def drop(transaction: Transaction, authority: str, blob: bytes) -> None:
    """See Store."""
    connection = transaction.connection
    row = await _row(connection, blob, _LOCK)
    if row is None or row.owner != authority or row.doomed or await connection.fetchval(_REFERRED, row.number):
        return
    await connection.execute(_DOOM, row.number)
    if authority in transaction.kept_blobs:
        transaction.kept_blobs[authority].remove(row.size)


async def check(transaction: Transaction, author: str, wanted: Sequence[bytes]) -> list[int]:
    """The numbers of blobs that an entry of `author` may refer to, locked. Raises MISSING_BLOB."""
    connection = transaction.connection
    found = {blob: await _readable(connection, author, await _row(connection, blob, _LOCK)) for blob in sorted(wanted)}
    return [found[blob].number for blob in wanted]


async def refer(transaction: Transaction, numbers: Sequence[int], channel: int, seq: int) -> None:
    """The entry at `seq` of the channel with this number refers to these blobs."""
    await transaction.connection.execute(_REFER, list(numbers), channel, seq)


async def sweep_references(transaction: Transaction, after: int, entered_before: int) -> int:
    """See Store."""
    rows = await transaction.connection.fetch(_REFERENCES_AFTER, after, ROWS_AT_ONCE)
    gone = [number for number, body, time in rows if body is None and time < entered_before]
    await transaction.connection.execute(_FORGET_REFERENCES, gone)
    return rows[-1][0] if rows else 0


async def doom_unreferenced(transaction: Transaction, untouched_since: int) -> int:
    """See Store."""
    rows = await transaction.connection.fetch(_LOCK_UNREFERENCED, untouched_since, ROWS_AT_ONCE)
    await transaction.connection.execute(_DOOM_UNREFERENCED, [number for (number,) in rows])
    return len(rows)


async def forget(transaction: Transaction, blob: bytes) -> None:
    """See Store."""
    await transaction.connection.execute(_FORGET_PARTS, blob)
    await transaction.connection.execute(_FORGET, blob)


# Questions


async def uploaded(connection: Connection, authority: str, blob: bytes) -> Blob:
    """See Store."""
    row = blob_rules.own(await _row(connection, blob), authority)
    return Blob(row.size, row.received)


async def readable(connection: Connection, authority: str, blob: bytes) -> Blob:
    """See Store."""
    row = await _readable(connection, authority, await _row(connection, blob))
    return Blob(row.size, row.received)


async def parts(connection: Connection, blob: bytes, first: int, last: int) -> list[BlobPart]:
    """See Store."""
    return [BlobPart(*row) for row in await connection.fetch(_PARTS, blob, first, last, PARTS_AT_ONCE)]


async def references(connection: Connection, authority: str, after: int) -> tuple[list[BlobReference], int]:
    """See Store."""
    return blob_rules.referred(tuple(row) for row in await connection.fetch(_OF_OTHERS, authority, after, ROWS_AT_ONCE))


async def doomed(connection: Connection) -> list[bytes]:
    """See Store."""
    return [blob for (blob,) in await connection.fetch(_DOOMED, ROWS_AT_ONCE)]


async def _row(connection: Connection, blob: bytes, statement: str = _BLOB) -> BlobRow | None:
    found = await connection.fetchrow(statement, blob)
    return None if found is None else BlobRow(*found)


async def _readable(connection: Connection, authority: str, found: BlobRow | None) -> BlobRow:
    """A whole blob that the authority may read; raises MISSING_BLOB."""
    row = blob_rules.whole(found)
    if row.owner != authority:
        blob_rules.check_referred(await connection.fetch(_REFERENCES, row.number, authority))
    return row
