"""Documents to be sent, kept until the relay receipted them, the log showed them and every member has them. SQL only.

A row's number orders the channel's documents. Its state: queued -> sealed -> logged, back to queued when the bytes
were refused, or refused for good.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    Column,
    Connection,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    and_,
    bindparam,
    delete,
    func,
    select,
)

from rogatory.node.store import documents
from rogatory.node.store.prepared import Prepared, Row, remembered
from rogatory.node.store.schema import metadata

_outbox = Table(
    "outbox",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("channel", LargeBinary, nullable=False),
    Column("message_id", LargeBinary, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("document", Integer),
    Column("original_seq", Integer),
    Column("state", String, nullable=False),
    Column("seq", Integer),
    Column("enqueued_at", Float, nullable=False),
    Column("overdue_told", Integer, nullable=False, default=0),
    Index("outbox_by_state", "state", "channel", "number"),
    Index("outbox_by_seq", "channel", "seq"),
    sqlite_autoincrement=True,
)

# Of what is not kept among the documents. Apart, so that a step on the way rewrites a small row only.
_envelopes = Table(
    "outbox_envelopes",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("envelope", LargeBinary, nullable=False),
)


class OutboxState(StrEnum):
    """Where a document is on its way."""

    QUEUED = "queued"
    SEALED = "sealed"
    LOGGED = "logged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A document on its way. `original_seq`: set if it is shared again for a member that had lost it; `document`: its
    row among the documents, whose envelope it is, or None where it has its own. `envelope` is None once it is released.
    """

    number: int
    channel: bytes
    message_id: bytes
    envelope: bytes | None
    salt: bytes
    document: int | None
    original_seq: int | None
    state: OutboxState
    seq: int | None
    enqueued_at: float


_envelope: Final = func.coalesce(documents.envelopes.c.envelope, _envelopes.c.envelope)
_columns = (
    _outbox.c.number,
    _outbox.c.channel,
    _outbox.c.message_id,
    _envelope,
    _outbox.c.salt,
    _outbox.c.document,
    _outbox.c.original_seq,
    _outbox.c.state,
    _outbox.c.seq,
    _outbox.c.enqueued_at,
)

# Statements of every message are built once: building costs more than running them.
_ROWS: Final = (
    select(*_columns)
    .outerjoin_from(_outbox, _envelopes, _envelopes.c.number == _outbox.c.number)
    .outerjoin(documents.envelopes, documents.envelopes.c.row == _outbox.c.document)
)
_ADD: Final = Prepared(
    _outbox.insert(),
    ("channel", "message_id", "salt", "document", "original_seq", "state", "enqueued_at", "overdue_told"),
)
_ADD_ENVELOPE: Final = Prepared(_envelopes.insert(), ("number", "envelope"))
_GET: Final = Prepared(_ROWS.where(_outbox.c.number == bindparam("of")))
_QUEUED: Final = Prepared(
    _ROWS.where(
        _outbox.c.state == str(OutboxState.QUEUED),
        _outbox.c.channel == bindparam("of"),
        _outbox.c.number <= bindparam("up_to"),
    )
    .order_by(_outbox.c.number)
    .limit(bindparam("most"))
)
_CHANNELS: Final = Prepared(select(_outbox.c.channel).where(_outbox.c.state == str(OutboxState.QUEUED)).distinct())
_SET_STATE: Final = Prepared(_outbox.update().where(_outbox.c.number == bindparam("of")).values(state=bindparam("to")))
_MARK_LOGGED: Final = Prepared(
    _outbox.update()
    .where(_outbox.c.number == bindparam("of"))
    .values(state=str(OutboxState.LOGGED), seq=bindparam("at_seq"))
)
_RELEASED: Final = and_(
    _outbox.c.channel == bindparam("of"), _outbox.c.seq > bindparam("after"), _outbox.c.seq <= bindparam("up_to")
)
_RELEASE: Final = (
    Prepared(delete(_envelopes).where(_envelopes.c.number.in_(select(_outbox.c.number).where(_RELEASED)))),
    Prepared(_outbox.update().where(_RELEASED).values(document=None)),
)
_LAST: Final = Prepared(select(func.max(_outbox.c.number)))
_ANY_NUMBER: Final = 2**62
_MOST_REMEMBERED: Final = 512
"""Of those under way: they are needed again when the log shows them."""


def add(
    connection: Connection,
    channel: bytes,
    message_id: bytes,
    envelope: bytes,
    salt: bytes,
    now: float,
    original_seq: int | None = None,
    document: int | None = None,
) -> int:
    """Queue a document; gives its number. `document`: in which row of the documents this very envelope is kept."""
    number = _ADD.insert(
        connection,
        channel=channel,
        message_id=message_id,
        salt=salt,
        document=document,
        original_seq=original_seq,
        state=str(OutboxState.QUEUED),
        enqueued_at=now,
        overdue_told=0,
    )
    assert number is not None
    if document is None:
        _ADD_ENVELOPE.run(connection, number=number, envelope=envelope)
    return number


def channels_with_queued(connection: Connection) -> set[bytes]:
    """Channels on which something waits to be sealed."""
    return {found[0] for found in _CHANNELS.all(connection)}


def count_unsent(connection: Connection) -> int:
    """How many documents the relays have not taken yet."""
    waiting = (OutboxState.QUEUED, OutboxState.SEALED)
    return connection.scalar(select(func.count()).where(_outbox.c.state.in_(waiting))) or 0


def queued(connection: Connection, channel: bytes, limit: int, up_to: int | None = None) -> list[OutboxRow]:
    """The oldest that wait to be sealed, not after number `up_to`."""
    last = _ANY_NUMBER if up_to is None else up_to
    return [_row(found) for found in _QUEUED.all(connection, of=channel, up_to=last, most=limit)]


def get(connection: Connection, number: int) -> OutboxRow:
    """One document."""
    known = remembered(connection, "outbox", _MOST_REMEMBERED)
    if number in known:
        row: OutboxRow = known[number]
        return row
    found = _GET.first(connection, of=number)
    if found is None:
        raise KeyError(f"no document {number} in the outbox")
    return _row(found)


def sealed(connection: Connection, rows: list[OutboxRow]) -> None:
    """These were sealed, and will be asked for when the log shows them."""
    set_state(connection, [row.number for row in rows], OutboxState.SEALED)
    known = remembered(connection, "outbox", _MOST_REMEMBERED)
    for row in rows:
        known[row.number] = replace(row, state=OutboxState.SEALED)


def last_number(connection: Connection) -> int:
    """The number of the newest document."""
    return _LAST.scalar(connection) or 0


def set_state(connection: Connection, numbers: list[int], state: OutboxState) -> None:
    """Move documents on, or back."""
    known = remembered(connection, "outbox", _MOST_REMEMBERED)
    for number in numbers:
        known.pop(number, None)
    _SET_STATE.run_many(connection, [{"of": number, "to": str(state)} for number in numbers])


def mark_logged(connection: Connection, number: int, seq: int) -> None:
    """The log showed the document at `seq`."""
    remembered(connection, "outbox", _MOST_REMEMBERED).pop(number, None)
    _MARK_LOGGED.run(connection, of=number, at_seq=seq)


def logged_from(connection: Connection, channel: bytes, first: int) -> list[OutboxRow]:
    """Documents in the log from entry `first` on, sent for the first time, whose envelope is held."""
    query = _ROWS.where(
        _outbox.c.channel == channel,
        _outbox.c.seq >= first,
        _outbox.c.original_seq.is_(None),
        _envelope.is_not(None),
    ).order_by(_outbox.c.seq)
    return [_row(tuple(found)) for found in connection.execute(query)]


def logged_seqs(connection: Connection, channel: bytes) -> dict[bytes, int]:
    """Where documents sent for the first time stand in the log, by message id."""
    query = select(_outbox.c.message_id, _outbox.c.seq).where(
        _outbox.c.channel == channel, _outbox.c.seq.is_not(None), _outbox.c.original_seq.is_(None)
    )
    return {found[0]: found[1] for found in connection.execute(query)}


def release(connection: Connection, channel: bytes, seq: int) -> None:
    """Every member has all up to entry `seq`: those envelopes are not needed here any more."""
    released = remembered(connection, "released")
    after = released.get(channel, 0)
    if after < seq:
        for statement in _RELEASE:
            statement.run(connection, of=channel, after=after, up_to=seq)
        released[channel] = seq


def overdue(connection: Connection, before: float) -> list[OutboxRow]:
    """Documents in logs, enqueued before that time, that not every member has; those not told of yet."""
    query = _ROWS.where(
        _outbox.c.state == OutboxState.LOGGED,
        _envelope.is_not(None),
        _outbox.c.enqueued_at < before,
        _outbox.c.overdue_told == 0,
    )
    return [_row(tuple(found)) for found in connection.execute(query)]


def mark_overdue_told(connection: Connection, numbers: list[int]) -> None:
    """The officer was told."""
    if numbers:
        connection.execute(_outbox.update().where(_outbox.c.number.in_(numbers)).values(overdue_told=1))


def _row(found: Row) -> OutboxRow:
    number, channel, message_id, envelope, salt, document, original_seq, state, seq, at = found
    return OutboxRow(number, channel, message_id, envelope, salt, document, original_seq, OutboxState(state), seq, at)
