"""Documents to be sent, kept until the relay receipted them, the log showed them and every member has them. SQL only.

A row's number orders the channel's documents. Its state: queued -> sealed -> logged, back to queued when the bytes
were refused, or refused for good.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import Column, Connection, Float, Index, Integer, LargeBinary, String, Table, bindparam, func, select

from rogatory.node.store.schema import metadata

_outbox = Table(
    "outbox",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("channel", LargeBinary, nullable=False),
    Column("message_id", LargeBinary, nullable=False),
    Column("envelope", LargeBinary),
    Column("salt", LargeBinary, nullable=False),
    Column("original_seq", Integer),
    Column("state", String, nullable=False),
    Column("seq", Integer),
    Column("enqueued_at", Float, nullable=False),
    Column("overdue_told", Integer, nullable=False, default=0),
    Index("outbox_by_state", "state", "channel", "number"),
    Index("outbox_by_seq", "channel", "seq"),
    sqlite_autoincrement=True,
)


class OutboxState(StrEnum):
    """Where a document is on its way."""

    QUEUED = "queued"
    SEALED = "sealed"
    LOGGED = "logged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A document on its way. `original_seq`: set if it is shared again for a member that had lost it."""

    number: int
    channel: bytes
    message_id: bytes
    envelope: bytes | None
    salt: bytes
    original_seq: int | None
    state: OutboxState
    seq: int | None
    enqueued_at: float


_columns = (
    _outbox.c.number,
    _outbox.c.channel,
    _outbox.c.message_id,
    _outbox.c.envelope,
    _outbox.c.salt,
    _outbox.c.original_seq,
    _outbox.c.state,
    _outbox.c.seq,
    _outbox.c.enqueued_at,
)

# Statements of every message are built once: building costs more than running them.
_ADD: Final = _outbox.insert()
_GET: Final = select(*_columns).where(_outbox.c.number == bindparam("of"))
_MARK_LOGGED: Final = (
    _outbox.update()
    .where(_outbox.c.number == bindparam("of"))
    .values(state=OutboxState.LOGGED, seq=bindparam("at_seq"))
)


def add(
    connection: Connection,
    channel: bytes,
    message_id: bytes,
    envelope: bytes,
    salt: bytes,
    now: float,
    original_seq: int | None = None,
) -> int:
    """Queue a document; gives its number."""
    values = {
        "channel": channel,
        "message_id": message_id,
        "envelope": envelope,
        "salt": salt,
        "original_seq": original_seq,
        "state": OutboxState.QUEUED,
        "enqueued_at": now,
    }
    result = connection.execute(_ADD, values)
    return int(result.inserted_primary_key[0])  # type: ignore[index]


def channels_with_queued(connection: Connection) -> set[bytes]:
    """Channels on which something waits to be sealed."""
    return set(connection.scalars(select(_outbox.c.channel).where(_outbox.c.state == OutboxState.QUEUED).distinct()))


def count_unsent(connection: Connection) -> int:
    """How many documents the relays have not taken yet."""
    waiting = (OutboxState.QUEUED, OutboxState.SEALED)
    return connection.scalar(select(func.count()).where(_outbox.c.state.in_(waiting))) or 0


def queued(connection: Connection, channel: bytes, limit: int, up_to: int | None = None) -> list[OutboxRow]:
    """The oldest that wait to be sealed, not after number `up_to`."""
    query = (
        select(*_columns)
        .where(_outbox.c.state == OutboxState.QUEUED, _outbox.c.channel == channel)
        .order_by(_outbox.c.number)
        .limit(limit)
    )
    if up_to is not None:
        query = query.where(_outbox.c.number <= up_to)
    return [_row(found) for found in connection.execute(query)]


def get(connection: Connection, number: int) -> OutboxRow:
    """One document."""
    return _row(connection.execute(_GET, {"of": number}).one())


def last_number(connection: Connection) -> int:
    """The number of the newest document."""
    return connection.scalar(select(func.max(_outbox.c.number))) or 0


def set_state(connection: Connection, numbers: list[int], state: OutboxState) -> None:
    """Move documents on, or back."""
    if numbers:
        connection.execute(_outbox.update().where(_outbox.c.number.in_(numbers)).values(state=state))


def mark_logged(connection: Connection, number: int, seq: int) -> None:
    """The log showed the document at `seq`."""
    connection.execute(_MARK_LOGGED, {"of": number, "at_seq": seq})


def logged_from(connection: Connection, channel: bytes, first: int) -> list[OutboxRow]:
    """Documents in the log from entry `first` on, sent for the first time, whose envelope is held."""
    query = (
        select(*_columns)
        .where(
            _outbox.c.channel == channel,
            _outbox.c.seq >= first,
            _outbox.c.original_seq.is_(None),
            _outbox.c.envelope.is_not(None),
        )
        .order_by(_outbox.c.seq)
    )
    return [_row(found) for found in connection.execute(query)]


def logged_seqs(connection: Connection, channel: bytes) -> dict[bytes, int]:
    """Where documents sent for the first time stand in the log, by message id."""
    query = select(_outbox.c.message_id, _outbox.c.seq).where(
        _outbox.c.channel == channel, _outbox.c.seq.is_not(None), _outbox.c.original_seq.is_(None)
    )
    return {found[0]: found[1] for found in connection.execute(query)}


def release(connection: Connection, channel: bytes, seq: int) -> None:
    """Every member has all up to entry `seq`: those envelopes are not needed here any more."""
    connection.execute(
        _outbox.update()
        .where(_outbox.c.channel == channel, _outbox.c.seq <= seq, _outbox.c.envelope.is_not(None))
        .values(envelope=None)
    )


def overdue(connection: Connection, before: float) -> list[OutboxRow]:
    """Documents in logs, enqueued before that time, that not every member has; those not told of yet."""
    query = select(*_columns).where(
        _outbox.c.state == OutboxState.LOGGED,
        _outbox.c.envelope.is_not(None),
        _outbox.c.enqueued_at < before,
        _outbox.c.overdue_told == 0,
    )
    return [_row(found) for found in connection.execute(query)]


def mark_overdue_told(connection: Connection, numbers: list[int]) -> None:
    """The officer was told."""
    if numbers:
        connection.execute(_outbox.update().where(_outbox.c.number.in_(numbers)).values(overdue_told=1))


def _row(found: object) -> OutboxRow:
    values = found._mapping  # type: ignore[attr-defined]
    return OutboxRow(**{**values, "state": OutboxState(values["state"])})
