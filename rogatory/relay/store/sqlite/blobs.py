"""Blobs within a transaction: uploads, who may read them, and what is to be deleted. Their bytes stand elsewhere."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.dialects.sqlite import insert

from rogatory.relay.store import blob_rules
from rogatory.relay.store.blob_rules import BlobRow, Kept
from rogatory.relay.store.interface import Blob, BlobPart, BlobReference
from rogatory.relay.store.schema import blob_parts, blob_references, blobs, bodies, channels, entries, members
from rogatory.relay.store.sqlite.statements import FROM_START, key, parameter, sql
from rogatory.relay.store.sqlite.transaction import Transaction

ROWS_AT_ONCE: Final = 500
PARTS_AT_ONCE: Final = 64

_limit = parameter("limit")
_BLOB = sql(
    select(blobs.c.number, blobs.c.owner, blobs.c.size, blobs.c.received, blobs.c.doomed).where(key(blobs, "blob"))
)
_USED = sql(
    select(func.count(), func.coalesce(func.sum(blobs.c.size), parameter("zero"))).where(
        key(blobs, "owner") & (blobs.c.doomed == parameter("doomed"))
    )
)
_CREATE = sql(
    blobs.insert().values(
        {name: parameter(name) for name in ("blob", "owner", "size", "received", "touched", "doomed")}
    )
)
_RECEIVED = sql(
    blobs.update().values(received=parameter("received"), touched=parameter("touched")).where(key(blobs, "number"))
)
_ADD_PART = sql(blob_parts.insert())
_LAST_PART = sql(
    select(func.max(blob_parts.c.offset)).where(
        (blob_parts.c.blob == blobs.c.number) & (blob_parts.c.offset <= parameter("first")) & key(blobs, "blob")
    )
)
_PARTS = sql(
    select(blob_parts.c.offset, blob_parts.c.size, blob_parts.c.name)
    .select_from(blob_parts.join(blobs))
    .where(
        key(blobs, "blob") & (blob_parts.c.offset >= parameter("first")) & (blob_parts.c.offset <= parameter("last"))
    )
    .order_by(blob_parts.c.offset)
    .limit(_limit)
    .offset(FROM_START)
)
_REFERENCES = sql(
    select(blob_references.c.seq, members.c.first, members.c.until)
    .select_from(blob_references.join(members, members.c.channel == blob_references.c.channel))
    .where(key(blob_references, "blob") & key(members, "authority"))
)
_OF_OTHERS = sql(
    select(
        blob_references.c.number,
        blobs.c.blob,
        channels.c.channel,
        blob_references.c.seq,
        members.c.first,
        members.c.until,
    )
    .select_from(
        blob_references.join(members, members.c.channel == blob_references.c.channel)
        .join(blobs, blobs.c.number == blob_references.c.blob)
        .join(channels, channels.c.number == blob_references.c.channel)
    )
    .where(
        key(members, "authority")
        & (blob_references.c.number > parameter("after"))
        & (blobs.c.owner != parameter("owner"))
        & (blobs.c.doomed == parameter("doomed"))
    )
    .order_by(blob_references.c.number)
    .limit(_limit)
    .offset(FROM_START)
)
_REFER = sql(
    insert(blob_references)
    .values({name: parameter(name) for name in ("blob", "channel", "seq")})
    .on_conflict_do_nothing()
)
_REFERRED = sql(select(blob_references.c.number).where(key(blob_references, "blob")).limit(_limit).offset(FROM_START))
_DOOM = sql(blobs.update().values(doomed=parameter("doomed")).where(key(blobs, "number")))
_OLD_REFERENCES = sql(
    select(blob_references.c.number, bodies.c.id, entries.c.time)
    .select_from(
        blob_references.outerjoin(
            entries, (entries.c.channel == blob_references.c.channel) & (entries.c.seq == blob_references.c.seq)
        ).outerjoin(bodies, bodies.c.id == entries.c.body)
    )
    .where(blob_references.c.number > parameter("after"))
    .order_by(blob_references.c.number)
    .limit(_limit)
    .offset(FROM_START)
)
_FORGET_REFERENCE = sql(blob_references.delete().where(key(blob_references, "number")))
_unreferenced = ~select(blob_references.c.number).where(blob_references.c.blob == blobs.c.number).exists()
_UNREFERENCED = sql(
    select(blobs.c.number)
    .where((blobs.c.doomed == parameter("doomed")) & (blobs.c.touched < parameter("before")) & _unreferenced)
    .limit(_limit)
    .offset(FROM_START)
)
_DOOMED = sql(select(blobs.c.blob).where(blobs.c.doomed == parameter("doomed")).limit(_limit).offset(FROM_START))
_FORGET_PARTS = sql(blob_parts.delete().where(key(blob_parts, "blob")))
_FORGET = sql(blobs.delete().where(key(blobs, "number")))


def create(transaction: Transaction, authority: str, blob: bytes, size: int) -> Blob:
    """See Store."""
    row = _row(transaction.connection, blob)
    if row is not None:
        return blob_rules.begun(row, authority, size)
    kept = transaction.kept_blobs.get(authority)
    if kept is None:
        found = transaction.connection.execute(_USED, {"owner_": authority, "zero": 0, "doomed": False}).fetchone()
        kept = transaction.kept_blobs[authority] = Kept(*found)
    blob_rules.check_new(size, kept, transaction.quotas)
    kept.add(size)
    values = {"blob": blob, "owner": authority, "size": size, "received": 0, "doomed": False}
    transaction.connection.execute(_CREATE, values | {"touched": transaction.now})
    return Blob(size, 0)


def add_part(transaction: Transaction, authority: str, blob: bytes, part: BlobPart) -> Blob:
    """See Store."""
    held = blob_rules.own(_row(transaction.connection, blob), authority)
    blob_rules.check_part(held, part)
    row = {"blob": held.number, "offset": part.offset, "size": part.size, "name": part.name}
    transaction.connection.execute(_ADD_PART, row)
    received = held.received + part.size
    values = {"number_": held.number, "received": received, "touched": transaction.now}
    transaction.connection.execute(_RECEIVED, values)
    return Blob(held.size, received)


def drop(transaction: Transaction, authority: str, blob: bytes) -> None:
    """See Store."""
    row = _row(transaction.connection, blob)
    if row is None or row.owner != authority or row.doomed:
        return
    if transaction.connection.execute(_REFERRED, {"blob_": row.number, "limit": 1}).fetchone() is None:
        transaction.connection.execute(_DOOM, {"number_": row.number, "doomed": True})
        if authority in transaction.kept_blobs:
            transaction.kept_blobs[authority].remove(row.size)


def check(transaction: Transaction, author: str, wanted: Sequence[bytes]) -> list[int]:
    """The numbers of blobs that an entry of `author` may refer to. Raises MISSING_BLOB."""
    return [_readable(transaction.connection, author, blob).number for blob in wanted]


def refer(transaction: Transaction, numbers: Sequence[int], channel: int, seq: int) -> None:
    """The entry at `seq` of the channel with this number refers to these blobs."""
    rows = [{"blob": number, "channel": channel, "seq": seq} for number in numbers]
    transaction.connection.executemany(_REFER, rows)


def sweep_references(transaction: Transaction, after: int, entered_before: int) -> int:
    """See Store."""
    transaction.flush()
    execute = transaction.connection.execute
    rows = execute(_OLD_REFERENCES, {"after": after, "limit": ROWS_AT_ONCE}).fetchall()
    gone = [{"number_": number} for number, body, time in rows if body is None and time < entered_before]
    transaction.connection.executemany(_FORGET_REFERENCE, gone)
    return rows[-1][0] if rows else 0


def doom_unreferenced(transaction: Transaction, untouched_since: int) -> int:
    """See Store."""
    values = {"doomed": False, "before": untouched_since, "limit": ROWS_AT_ONCE}
    rows = transaction.connection.execute(_UNREFERENCED, values).fetchall()
    transaction.connection.executemany(_DOOM, [{"number_": number, "doomed": True} for (number,) in rows])
    transaction.kept_blobs.clear()
    return len(rows)


def forget(transaction: Transaction, blob: bytes) -> None:
    """See Store."""
    row = _row(transaction.connection, blob)
    if row is not None and row.doomed:
        transaction.connection.execute(_FORGET_PARTS, {"blob_": row.number})
        transaction.connection.execute(_FORGET, {"number_": row.number})


# Questions, for any connection


def uploaded(connection: sqlite3.Connection, authority: str, blob: bytes) -> Blob:
    """See Store."""
    row = blob_rules.own(_row(connection, blob), authority)
    return Blob(row.size, row.received)


def readable(connection: sqlite3.Connection, authority: str, blob: bytes) -> Blob:
    """See Store."""
    row = _readable(connection, authority, blob)
    return Blob(row.size, row.received)


def parts(connection: sqlite3.Connection, blob: bytes, first: int, last: int) -> list[BlobPart]:
    """See Store."""
    (start,) = connection.execute(_LAST_PART, {"blob_": blob, "first": first}).fetchone()
    values = {"blob_": blob, "first": start, "last": last, "limit": PARTS_AT_ONCE}
    return [BlobPart(*row) for row in connection.execute(_PARTS, values)]


def references(connection: sqlite3.Connection, authority: str, after: int) -> tuple[list[BlobReference], int]:
    """See Store."""
    values = {"authority_": authority, "owner": authority, "after": after, "doomed": False, "limit": ROWS_AT_ONCE}
    return blob_rules.referred(connection.execute(_OF_OTHERS, values))


def doomed_blobs(connection: sqlite3.Connection) -> list[bytes]:
    """See Store."""
    return [blob for (blob,) in connection.execute(_DOOMED, {"doomed": True, "limit": ROWS_AT_ONCE})]


def _row(connection: sqlite3.Connection, blob: bytes) -> BlobRow | None:
    found = connection.execute(_BLOB, {"blob_": blob}).fetchone()
    return None if found is None else BlobRow(*found)


def _readable(connection: sqlite3.Connection, authority: str, blob: bytes) -> BlobRow:
    """A whole blob that the authority may read; raises MISSING_BLOB."""
    row = blob_rules.whole(_row(connection, blob))
    if row.owner != authority:
        referred = connection.execute(_REFERENCES, {"blob_": row.number, "authority_": authority})
        blob_rules.check_referred(referred)
    return row
