"""What replicas tell each other: every transaction adds its events as a row to `changes`; the others read them there.

NOTIFY only wakes the readers. Where it does not get through, the next look at the table finds the same rows, so that
nothing depends on it but time. Rows of a transaction that commits late are not passed over: a look goes back to the
oldest transaction that ran during the look before (`pg_snapshot_xmin`).
"""

from __future__ import annotations

import secrets
from typing import Final

import msgspec

from rogatory.protocol.header import Head
from rogatory.relay.store.interface import (
    Acknowledged,
    Advance,
    Entered,
    Event,
    InvitationsWaiting,
    Stock,
    StockTaken,
)
from rogatory.relay.store.postgresql.connection import Connection

CHANNEL: Final = "rogatory_changes"
KEPT_SECONDS: Final = 600.0
"""For so long rows stay. A replica that could not look for half of it has its nodes begin anew."""

_ADD: Final = "INSERT INTO changes (replica, made, transaction, events) VALUES ($1, now(), pg_current_xact_id(), $2)"
_START: Final = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
# One statement, hence one snapshot for the horizon and the rows.
_SINCE: Final = """
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, 0::bigint AS id, NULL, NULL
    UNION ALL SELECT transaction::text::bigint, id, replica, events FROM changes WHERE transaction >= $1::text::xid8
    ORDER BY id"""
_TRIM: Final = "DELETE FROM changes WHERE made < now() - make_interval(secs => $1)"


class _Advanced(msgspec.Struct, tag="advance", array_like=True):
    channel: bytes
    before: int
    seq: int
    head: bytes
    access_changed: bool


class _Acknowledged(msgspec.Struct, tag="acknowledged", array_like=True):
    channel: bytes
    acknowledgements: list[bytes]
    authors: list[str]


class _Invited(msgspec.Struct, tag="invited", array_like=True):
    authority: str


class _Taken(msgspec.Struct, tag="taken", array_like=True):
    authority: str
    left: int
    last_resort: bool
    used: bool


class _Entered(msgspec.Struct, tag="entered", array_like=True):
    authority: str
    session: int


_Line = _Advanced | _Acknowledged | _Invited | _Taken | _Entered
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[_Line])


def _line(event: Event) -> _Line:
    match event:
        case Advance():
            return _Advanced(event.channel, event.before, event.head.seq, event.head.hash, event.access_changed)
        case Acknowledged():
            return _Acknowledged(event.channel, event.acknowledgements, sorted(event.authors))
        case InvitationsWaiting():
            return _Invited(event.authority)
        case StockTaken():
            stock = event.stock
            return _Taken(event.authority, stock.left, stock.last_resort, stock.last_resort_used)
        case Entered():
            return _Entered(event.authority, event.session)
        case _:
            raise TypeError(f"replicas do not tell each other of {type(event).__name__}")


def _event(line: _Line) -> Event:
    match line:
        case _Advanced():
            return Advance(line.channel, line.before, Head(line.seq, line.head), None, line.access_changed)
        case _Acknowledged():
            return Acknowledged(line.channel, line.acknowledgements, set(line.authors))
        case _Invited():
            return InvitationsWaiting(line.authority)
        case _Taken():
            return StockTaken(line.authority, Stock(line.left, line.last_resort, line.used))
        case _Entered():
            return Entered(line.authority, line.session)


def as_read(events: list[Event]) -> list[Event]:
    """The events as another replica gets them: without entries."""
    return [_event(_line(event)) for event in events]


class Changes:
    """This replica's part: what it adds, and how far it has read what others added."""

    def __init__(self) -> None:
        self.replica = secrets.token_hex(8)
        self._horizon = 0
        self._seen: set[int] = set()

    async def start(self, connection: Connection) -> None:
        """Begin with what is committed from now on."""
        self._horizon = await connection.fetchval(_START)

    async def add(self, connection: Connection, events: list[Event]) -> None:
        """Within the transaction that changed something."""
        await connection.execute(_ADD, self.replica, _encoder.encode([_line(event) for event in events]))

    async def read(self, connection: Connection) -> list[Event]:
        """What the other replicas committed since the last call."""
        horizon, *rows = await connection.fetch(_SINCE, str(self._horizon))
        found: list[Event] = []
        again: set[int] = set()
        for transaction, number, replica, events in rows:
            if number not in self._seen and replica != self.replica:
                found.extend(_event(line) for line in _decoder.decode(events))
            if transaction >= horizon[0]:
                again.add(number)
        self._horizon, self._seen = horizon[0], again
        return found

    async def trim(self, connection: Connection) -> None:
        """Delete what every replica has read long ago."""
        await connection.execute(_TRIM, KEPT_SECONDS)
