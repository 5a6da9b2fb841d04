"""What this node sent: exact bytes until the log shows them and a receipt is held, their hashes for good. SQL only.

An own entry in a log is known by its hash; one that is not here means that this database is older than what was sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    and_,
    bindparam,
    select,
)

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
    Column("body", LargeBinary),
    Column("invitation", LargeBinary),
    Column("detail", LargeBinary),
    Column("outbox_number", Integer),
    Column("epoch", Integer),
    Column("leaf", Integer),
    Column("generation", Integer),
    Column("seq", Integer),
    Column("receipt", LargeBinary),
    UniqueConstraint("channel", "body_hash"),
    # RFC 9420 section 9.2: a key encrypts one message. The database itself refuses a second one.
    UniqueConstraint("channel", "epoch", "leaf", "kind", "generation"),
    Index("own_entries_by_state", "state", "channel", "number"),
    sqlite_autoincrement=True,
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
    """An own entry. `detail` is the commit's own record; `receipt` the relay's, encoded; `seq` its place in the log."""

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


_FIELDS = tuple(OwnEntry.__dataclass_fields__)
_columns = tuple(_entries.c[name] for name in _FIELDS)

# Statements of every message are built once: building costs more than running them.
_THIS: Final = and_(_entries.c.channel == bindparam("of"), _entries.c.body_hash == bindparam("hash"))
_FIND: Final = select(*_columns).where(_THIS)
_WRITTEN_BACK: Final = ("state", "seq", "receipt", "body", "invitation")
_UPDATE: Final = _entries.update().where(_THIS).values({name: bindparam(f"new_{name}") for name in _WRITTEN_BACK})


def add(connection: Connection, entries: list[OwnEntry]) -> None:
    """Store entries before they are sent."""
    if entries:
        names = [name for name in _FIELDS if name != "number"]
        connection.execute(_entries.insert(), [{name: getattr(entry, name) for name in names} for entry in entries])


def find(connection: Connection, channel: bytes, body_hash: bytes) -> OwnEntry | None:
    """The own entry with this body."""
    found = connection.execute(_FIND, {"of": channel, "hash": body_hash}).first()
    return None if found is None else _entry(found)


def among(connection: Connection, channel: bytes, body_hashes: Sequence[bytes]) -> frozenset[bytes]:
    """Which of these bodies are own entries."""
    query = select(_entries.c.body_hash).where(_entries.c.channel == channel, _entries.c.body_hash.in_(body_hashes))
    return frozenset(connection.scalars(query))


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


def outgoing(connection: Connection, channel: bytes | None = None) -> list[OwnEntry]:
    """What is to be sent (again), in order."""
    query = select(*_columns).where(_entries.c.state == EntryState.OUTGOING).order_by(_entries.c.number)
    if channel is not None:
        query = query.where(_entries.c.channel == channel)
    return [_entry(found) for found in connection.execute(query)]


def update(connection: Connection, entry: OwnEntry) -> None:
    """Write back state, seq, receipt and body."""
    values = {f"new_{name}": getattr(entry, name) for name in _WRITTEN_BACK}
    connection.execute(_UPDATE, {"of": entry.channel, "hash": entry.body_hash, **values})


def _entry(found: object) -> OwnEntry:
    values = dict(found._mapping)  # type: ignore[attr-defined]
    values["kind"], values["state"] = EntryKind(values["kind"]), EntryState(values["state"])
    return OwnEntry(**values)
