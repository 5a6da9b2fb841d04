"""Channels: how far each log was read, and how things stand there. SQL only; times are Unix seconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import Column, Connection, Float, Index, Integer, LargeBinary, String, Table, bindparam, func, select

from rogatory.node.store.prepared import Prepared
from rogatory.node.store.schema import metadata

_channels = Table(
    "channels",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("relay", String, nullable=False),
    Column("state", String, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("kind", String),
    Column("network", String),
    Column("charter_digest", LargeBinary),
    Column("head_seq", Integer, nullable=False),
    Column("head_hash", LargeBinary, nullable=False),
    Column("last_commit", Integer, nullable=False),
    Column("pin_targets", Integer, nullable=False),
    Column("pin_network", Integer, nullable=False),
    Column("relay_access", LargeBinary),
    Column("suspect_seq", Integer),
    Column("suspect_author", String),
    Column("disputed_by", String),
    Column("let_in_at", Integer),
    Column("rejoins", Integer, nullable=False),
    Column("rejoin_after", Float, nullable=False),
    Index("channels_by_state", "state"),
)


@dataclass(slots=True)
class ChannelRow:
    """A channel. `head_*` and `last_commit` are the log as processed; `relay_access` is the digest of the access
    list that the relay was last told; `suspect_*` is a commit that could not be processed in the present epoch;
    `disputed_by` said first that it holds another log; `let_in_at` is the commit whose invitation is awaited;
    `rejoins` were asked for in a row, another one not before `rejoin_after`."""

    id: bytes
    relay: str
    state: str
    created_at: float
    kind: str | None = None
    network: str | None = None
    charter_digest: bytes | None = None
    head_seq: int = 0
    head_hash: bytes = b""
    last_commit: int = 0
    pin_targets: int = 0
    pin_network: int = 0
    relay_access: bytes | None = None
    suspect_seq: int | None = None
    suspect_author: str | None = None
    disputed_by: str | None = None
    let_in_at: int | None = None
    rejoins: int = 0
    rejoin_after: float = 0.0


_FIELDS: Final = tuple(_channels.c[name] for name in ChannelRow.__dataclass_fields__)
_GET: Final = Prepared(select(*_FIELDS).where(_channels.c.id == bindparam("of")))
_IDS: Final = Prepared(select(_channels.c.id).where(_channels.c.state == bindparam("at")))
_IN_STATES: Final = select(*_FIELDS).order_by(_channels.c.created_at, _channels.c.id)
_UPDATE: Final = Prepared(
    _channels.update()
    .where(_channels.c.id == bindparam("new_id"))
    .values({column.name: bindparam(f"new_{column.name}") for column in _FIELDS if column.name != "id"})
)


def insert(connection: Connection, row: ChannelRow) -> None:
    """Add a channel that is not there yet."""
    connection.execute(_channels.insert().values(**asdict(row)))


def update(connection: Connection, row: ChannelRow) -> None:
    """Write a channel back."""
    _UPDATE.run(connection, **{f"new_{name}": getattr(row, name) for name in ChannelRow.__slots__})


def get(connection: Connection, channel: bytes) -> ChannelRow | None:
    """One channel."""
    found = _GET.first(connection, of=channel)
    return None if found is None else ChannelRow(*found)


def states(connection: Connection, ids: Iterable[bytes]) -> dict[bytes, str]:
    """The states of those channels that are here."""
    query = select(_channels.c.id, _channels.c.state).where(_channels.c.id.in_(list(ids)))
    return {found[0]: found[1] for found in connection.execute(query)}


def in_state(connection: Connection, state: str) -> list[bytes]:
    """The ids of all channels in this state: asked in every transaction."""
    return [found[0] for found in _IDS.all(connection, at=str(state))]


def count(connection: Connection, state: str, relay: str) -> int:
    """How many channels of a relay are in this state."""
    query = select(func.count()).where(_channels.c.state == str(state), _channels.c.relay == relay)
    return int(connection.execute(query).scalar_one())


def every(connection: Connection, states: Iterable[str] | None = None, relay: str | None = None) -> list[ChannelRow]:
    """All channels in these states and at this relay, oldest first."""
    query = _IN_STATES
    if states is not None:
        query = query.where(_channels.c.state.in_(list(states)))
    if relay is not None:
        query = query.where(_channels.c.relay == relay)
    return [ChannelRow(**found._mapping) for found in connection.execute(query)]
