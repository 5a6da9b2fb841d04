"""What this node sent: exact bytes until the log shows them and a receipt is held, their hashes for good. SQL only.

An own entry in a log is known by its hash; one that is not here means that this database is older than what was sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Final

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    and_,
    bindparam,
    func,
    select,
)

from rogatory.node.store import bodies
from rogatory.node.store.prepared import Prepared, Row, remembered
from rogatory.node.store.schema import metadata

_entries = Table(
    "own_entries",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("channel", LargeBinary, nullable=False),
    Column("body_hash", LargeBinary, nullable=False),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("base", Integer, nullable=False),
    Column("detail", LargeBinary),
    Column("outbox_number", Integer),
    Column("epoch", Integer),
    Column("leaf", Integer),
    Column("generation", Integer),
    Column("seq", Integer),
    Column("receipt", LargeBinary),
    Column("kept", Integer),
    UniqueConstraint("channel", "body_hash"),
    # RFC 9420 section 9.2: a key encrypts one message. The database itself refuses a second one.
    UniqueConstraint("channel", "epoch", "leaf", "kind", "generation"),
    Index("own_entries_by_state", "state", "channel", "number"),
    sqlite_autoincrement=True,
)

# Of what carries no document. Apart, so that a step on the way rewrites a small row only.
_bodies = Table(
    "own_bodies",
    metadata,
    Column("channel", LargeBinary, nullable=False),
    Column("body_hash", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("invitation", LargeBinary),
    PrimaryKeyConstraint("channel", "body_hash"),
)


class EntryKind(StrEnum):
    """What an own entry is."""

    MESSAGE = "message"
    COMMIT = "commit"
    REJOIN = "rejoin"


class EntryState(StrEnum):
    """Where an own entry is on its way."""

    OUTGOING = "outgoing"
    """Sent, or about to be; the same bytes are sent again until the log shows them and a receipt is held."""
    DONE = "done"
    ABANDONED = "abandoned"
    """Refused; what it carried is sealed anew."""


@dataclass(slots=True)
class OwnEntry:
    """An own entry. `detail` is the commit's own record; `receipt` the relay's, encoded; `seq` its place in the log;
    `kept` the number of a message's body among those that are kept."""

    channel: bytes
    body_hash: bytes
    kind: EntryKind
    base: int
    body: bytes | None
    number: int | None = None
    state: EntryState = EntryState.OUTGOING
    invitation: bytes | None = None
    detail: bytes | None = None
    outbox_number: int | None = None
    epoch: int | None = None
    leaf: int | None = None
    generation: int | None = None
    seq: int | None = None
    receipt: bytes | None = None
    kept: int | None = None

    def copy(self) -> OwnEntry:
        """Another with the same values."""
        return OwnEntry(*_values_of(self))


_FIELDS = tuple(OwnEntry.__dataclass_fields__)
_values_of: Final = attrgetter(*_FIELDS)
_ELSEWHERE: Final = {"body": func.coalesce(bodies.table.c.body, _bodies.c.body), "invitation": _bodies.c.invitation}
_ROWS: Final = (
    select(*(_ELSEWHERE[name] if name in _ELSEWHERE else _entries.c[name] for name in _FIELDS))
    .outerjoin_from(
        _entries, _bodies, and_(_bodies.c.channel == _entries.c.channel, _bodies.c.body_hash == _entries.c.body_hash)
    )
    .outerjoin(bodies.table, bodies.table.c.number == _entries.c.kept)
)

# Statements of every message are built once: building costs more than running them.
_THIS: Final = and_(_entries.c.channel == bindparam("of"), _entries.c.body_hash == bindparam("hash"))
_FIND: Final = Prepared(_ROWS.where(_THIS))
_KNOWN: Final = Prepared(select(_entries.c.number).where(_THIS))
_WRITTEN_BACK: Final = ("state", "seq", "receipt", "kept")
_UPDATE: Final = Prepared(
    _entries.update().where(_THIS).values({name: bindparam(f"new_{name}") for name in _WRITTEN_BACK})
)
_SAME_KEYS: Final = and_(
    _entries.c.channel == bindparam("of"),
    _entries.c.epoch == bindparam("in_epoch"),
    _entries.c.leaf == bindparam("by"),
    _entries.c.kind == str(EntryKind.MESSAGE),
)
_LOGGED_AT: Final = Prepared(select(_entries.c.seq).where(_SAME_KEYS, _entries.c.generation == bindparam("before")))
_LOGGED_AFTER: Final = Prepared(
    select(_entries.c.seq)
    .where(_SAME_KEYS, _entries.c.generation > bindparam("after"), _entries.c.seq.is_not(None))
    .limit(1)
)
_ADDED: Final = tuple(name for name in _FIELDS if name not in {"number", *_ELSEWHERE})
_ADD: Final = Prepared(_entries.insert(), _ADDED)
_ADD_BODY: Final = Prepared(_bodies.insert(), ("channel", "body_hash", "body", "invitation"))
_DROP_BODY: Final = Prepared(
    _bodies.delete().where(_bodies.c.channel == bindparam("of"), _bodies.c.body_hash == bindparam("hash"))
)
_MOST_REMEMBERED: Final = 512
"""Of those under way: each is asked for when its receipt comes and when the log shows it."""


def add(connection: Connection, entries: list[OwnEntry]) -> None:
    """Store entries before they are sent; messages are given the number under which their bodies are kept."""
    known = remembered(connection, "own_entries", _MOST_REMEMBERED)
    for entry in entries:
        if entry.kind is EntryKind.MESSAGE and entry.body is not None:
            entry.kept = bodies.keep(connection, entry.body)
    _ADD.run_many(connection, [_values(entry) for entry in entries])
    for entry in entries:
        if entry.kept is None and entry.body is not None:
            _ADD_BODY.run(
                connection,
                channel=entry.channel,
                body_hash=entry.body_hash,
                body=entry.body,
                invitation=entry.invitation,
            )
        known[entry.channel, entry.body_hash] = entry


def find(connection: Connection, channel: bytes, body_hash: bytes) -> OwnEntry | None:
    """The own entry with this body."""
    known: OwnEntry | None = remembered(connection, "own_entries", _MOST_REMEMBERED).get((channel, body_hash))
    if known is not None:
        return known.copy()
    found = _FIND.first(connection, of=channel, hash=body_hash)
    return None if found is None else _entry(found)


def among(connection: Connection, channel: bytes, body_hashes: Sequence[bytes]) -> frozenset[bytes]:
    """Which of these bodies are own entries."""
    known = remembered(connection, "own_entries", _MOST_REMEMBERED)
    return frozenset(
        each
        for each in body_hashes
        if (channel, each) in known or _KNOWN.first(connection, of=channel, hash=each) is not None
    )


def first_receipt(connection: Connection, channel: bytes, seq: int, up_to: int) -> bytes | None:
    """The receipt, encoded, of the first own entry with `seq <= its seq <= up_to` that has one."""
    query = (
        select(_entries.c.receipt)
        .where(_entries.c.channel == channel, _entries.c.seq.between(seq, up_to), _entries.c.receipt.is_not(None))
        .order_by(_entries.c.seq)
        .limit(1)
    )
    found: bytes | None = connection.scalar(query)
    return found


def overtaken_by(connection: Connection, own: OwnEntry) -> list[OwnEntry]:
    """Messages of the same keys that were sealed before this one, and that the log has not shown though it shows this.

    Asks for the one before first: what that had overtaken was found when the log showed it.
    """
    keys, generation = (own.channel, own.epoch, own.leaf), own.generation or 0
    shown = remembered(connection, "generations shown last")
    place = {"of": own.channel, "in_epoch": own.epoch, "by": own.leaf, "before": generation - 1}
    in_turn = not generation or shown.get(keys) == generation - 1 or _LOGGED_AT.scalar(connection, **place) is not None
    shown[keys] = generation
    if in_turn:
        return []
    return [
        each
        for each in outgoing(connection, own.channel)
        if each.kind is EntryKind.MESSAGE
        and (each.epoch, each.leaf, each.seq) == (own.epoch, own.leaf, None)
        and (each.generation or 0) < generation
    ]


def is_overtaken(connection: Connection, own: OwnEntry) -> bool:
    """Whether the log has shown a message of the same keys that was sealed after this one."""
    place = {"of": own.channel, "in_epoch": own.epoch, "by": own.leaf, "after": own.generation}
    return _LOGGED_AFTER.scalar(connection, **place) is not None


def outgoing(connection: Connection, channel: bytes | None = None) -> list[OwnEntry]:
    """What is to be sent (again), in order."""
    query = _ROWS.where(_entries.c.state == EntryState.OUTGOING).order_by(_entries.c.number)
    if channel is not None:
        query = query.where(_entries.c.channel == channel)
    return [_entry(tuple(found)) for found in connection.execute(query)]


def update(connection: Connection, entry: OwnEntry) -> None:
    """Write back state, seq and receipt; where the entry has no body any more, its bytes go.

    Those of a message that stands in the log stay: they show that and when its document was sent.
    """
    drop = entry.body is None
    if drop and entry.kept is not None and entry.seq is None:
        bodies.drop(connection, entry.kept)
        entry.kept = None
    known = remembered(connection, "own_entries", _MOST_REMEMBERED)
    if entry.state is EntryState.OUTGOING:
        known[entry.channel, entry.body_hash] = entry.copy()
    else:
        known.pop((entry.channel, entry.body_hash), None)
    _UPDATE.run(
        connection,
        of=entry.channel,
        hash=entry.body_hash,
        new_state=str(entry.state),
        new_seq=entry.seq,
        new_receipt=entry.receipt,
        new_kept=entry.kept,
    )
    if drop and entry.kind is not EntryKind.MESSAGE:
        _DROP_BODY.run(connection, of=entry.channel, hash=entry.body_hash)


def _values(entry: OwnEntry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in _ADDED} | {"kind": str(entry.kind), "state": str(entry.state)}


def _entry(found: Row) -> OwnEntry:
    values = dict(zip(_FIELDS, found, strict=True))
    values["kind"], values["state"] = EntryKind(values["kind"]), EntryState(values["state"])
    return OwnEntry(**values)
