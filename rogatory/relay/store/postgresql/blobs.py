"""Blobs: uploads, who may read them, and what is to be deleted. Their bytes stand in the object store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rogatory.protocol.frames.server import Code
from rogatory.relay import log
from rogatory.relay.errors import Refusal
from rogatory.relay.store.interface import Blob, BlobPart
from rogatory.relay.store.postgresql.connection import Connection
from rogatory.relay.store.postgresql.transaction import Transaction

ROWS_AT_ONCE: Final = 500
PARTS_AT_ONCE: Final = 64

# One at a time for one owner, in whichever replica: its quota is over all its blobs.
_LOCK_OWNER: Final = "SELECT pg_advisory_xact_lock(hashtextextended('blobs of ' || $1, 0))"
_BLOB: Final = "SELECT number, owner, size, received, doomed FROM blobs WHERE blob = $1"
# A blob that an entry is about to refer to must not be doomed meanwhile, nor a part come twice.
_LOCK: Final = _BLOB + " FOR UPDATE"
_USED: Final = "SELECT coalesce(sum(size), 0)::bigint FROM blobs WHERE owner = $1 AND NOT doomed"
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

Row = tuple[int, str, int, int, bool]


async def create(transaction: Transaction, authority: str, blob: bytes, size: int) -> Blob:
    """See Store."""
    connection, quotas = transaction.connection, transaction.quotas
    await connection.execute(_LOCK_OWNER, authority)
    row = await connection.fetchrow(_BLOB, blob)
    if row is not None:
        _, owner, held, received, doomed = row
        if owner != authority or held != size or doomed:
            raise Refusal(Code.MALFORMED, "there is another blob with this id: choose a random one")
        return Blob(size, received)
    if size > quotas.blob_size:
        raise Refusal(Code.TOO_LARGE, f"a blob has at most {quotas.blob_size} bytes at this relay")
    if await connection.fetchval(_USED, authority) + size > quotas.blob_bytes:
        raise Refusal(Code.QUOTA, "the attachments that this authority keeps at the relay are at their limit")
    await connection.execute(_CREATE, blob, authority, size, transaction.now)
    return Blob(size, 0)


async def add_part(transaction: Transaction, authority: str, blob: bytes, part: BlobPart) -> Blob:
    """See Store."""
    connection = transaction.connection
    number, size, received = _own(await connection.fetchrow(_LOCK, blob), authority)
    if part.offset != received or part.offset + part.size > size:
        raise Refusal(Code.MALFORMED, f"the upload stands at {received} of {size} bytes: go on from there")
    received += part.size
    await connection.execute(_ADD_PART, number, part.offset, part.size, part.name)
    await connection.execute(_RECEIVED, number, received, transaction.now)
    return Blob(size, received)


async def drop(transaction: Transaction, authority: str, blob: bytes) -> None:
    """See Store."""
    row = await transaction.connection.fetchrow(_LOCK, blob)
    if row is not None and row[1] == authority and not await transaction.connection.fetchval(_REFERRED, row[0]):
        await transaction.connection.execute(_DOOM, row[0])


async def check(transaction: Transaction, author: str, wanted: Sequence[bytes]) -> list[int]:
    """The numbers of blobs that an entry of `author` may refer to, locked. Raises MISSING_BLOB."""
    connection = transaction.connection
    found = {
        blob: await _readable(connection, author, await connection.fetchrow(_LOCK, blob)) for blob in sorted(wanted)
    }
    return [found[blob][0] for blob in wanted]


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
    _, size, received = _own(await connection.fetchrow(_BLOB, blob), authority)
    return Blob(size, received)


async def readable(connection: Connection, authority: str, blob: bytes) -> Blob:
    """See Store."""
    _, size, received = await _readable(connection, authority, await connection.fetchrow(_BLOB, blob))
    return Blob(size, received)


async def parts(connection: Connection, blob: bytes, first: int, last: int) -> list[BlobPart]:
    """See Store."""
    return [BlobPart(*row) for row in await connection.fetch(_PARTS, blob, first, last, PARTS_AT_ONCE)]


async def doomed(connection: Connection) -> list[bytes]:
    """See Store."""
    return [blob for (blob,) in await connection.fetch(_DOOMED, ROWS_AT_ONCE)]


def _own(row: Row | None, authority: str) -> tuple[int, int, int]:
    if row is None or row[1] != authority or row[4]:
        raise log.missing_blob()
    return row[0], row[2], row[3]


async def _readable(connection: Connection, authority: str, row: Row | None) -> tuple[int, int, int]:
    """Number, size, received of a whole blob that the authority may read; raises MISSING_BLOB."""
    if row is None or row[4] or row[3] != row[2]:
        raise log.missing_blob()
    number, owner, size, received, _ = row
    if owner != authority:
        referred = await connection.fetch(_REFERENCES, number, authority)
        if not any(log.readable(first, until, seq) for seq, first, until in referred):
            raise log.missing_blob()
    return number, size, received
