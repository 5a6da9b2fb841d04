"""Matters and their parties. SQL only; times are Unix seconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    bindparam,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from rogatory.node.store.prepared import Prepared, remembered
from rogatory.node.store.schema import metadata

_matters = Table(
    "matters",
    metadata,
    Column("channel", LargeBinary, primary_key=True),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("creator", String, nullable=False),
    Column("relay", String, nullable=False),
    Column("state", String, nullable=False),
    Column("opened_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column("charter", LargeBinary, nullable=False),
    Column("request", LargeBinary),
)

_parties = Table(
    "parties",
    metadata,
    Column("channel", LargeBinary, nullable=False),
    Column("authority", String, nullable=False),
    Column("role", String, nullable=False),
    Column("left", Boolean, nullable=False),
    Column("reference", String),
    PrimaryKeyConstraint("channel", "authority"),
)


# Statements of every message are built once: building costs as much as running them.
_MATTER: Final = Prepared(select(_matters).where(_matters.c.channel == bindparam("of")))
_TOUCH: Final = Prepared(
    update(_matters).where(_matters.c.channel == bindparam("of")).values(changed_at=bindparam("at"))
)
_BY_PREFIX: Final = Prepared(
    select(_matters.c.channel).where(_matters.c.channel.between(bindparam("low"), bindparam("high"))).limit(2)
)
_PARTIES: Final = Prepared(
    select(_parties.c.authority, _parties.c.role, _parties.c.left, _parties.c.reference)
    .where(_parties.c.channel == bindparam("of"))
    .order_by(_parties.c.authority)
)


@dataclass(frozen=True, slots=True)
class MatterRow:
    """A matter. `charter` is its charter's digest, `request` the message id of its request."""

    channel: bytes
    kind: str
    subject: str
    creator: str
    relay: str
    state: str
    opened_at: float
    changed_at: float
    charter: bytes
    request: bytes | None = None


@dataclass(frozen=True, slots=True)
class PartyRow:
    """A party, present or gone. `reference`: its own file number."""

    authority: str
    role: str
    left: bool
    reference: str | None


def open_matter(tx: Connection, row: MatterRow) -> None:
    """Keep a new matter; one that is held already stays as it is."""
    remembered(tx, "matters").pop(row.channel, None)
    values = {name: getattr(row, name) for name in MatterRow.__dataclass_fields__}
    tx.execute(insert(_matters).values(values).on_conflict_do_nothing())


def get_matter(tx: Connection, channel: bytes) -> MatterRow | None:
    """The matter, or None."""
    known = remembered(tx, "matters")
    if channel not in known:
        found = _MATTER.first(tx, of=channel)
        known[channel] = None if found is None else MatterRow(*found)
    row: MatterRow | None = known[channel]
    return row


def all_matters(tx: Connection, kind: str | None = None) -> list[MatterRow]:
    """What changed last comes first."""
    query = select(_matters).order_by(_matters.c.changed_at.desc(), _matters.c.channel)
    if kind is not None:
        query = query.where(_matters.c.kind == kind)
    return [MatterRow(*found) for found in tx.execute(query)]


def matters_by_prefix(tx: Connection, low: bytes, high: bytes) -> list[bytes]:
    """At most two channel ids with `low <= id <= high`."""
    return [found[0] for found in _BY_PREFIX.all(tx, low=low, high=high)]


def touch(tx: Connection, channel: bytes, at: float) -> None:
    """Something happened in the matter."""
    row = get_matter(tx, channel)
    if row is not None and row.changed_at != at:
        _TOUCH.run(tx, of=channel, at=at)
        remembered(tx, "matters")[channel] = replace(row, changed_at=at)


def set_state(tx: Connection, channel: bytes, state: str, kind: str | None = None) -> None:
    """The matter's state, and its kind where that changes too."""
    remembered(tx, "matters").pop(channel, None)
    values = {"state": state} if kind is None else {"state": state, "kind": kind}
    tx.execute(update(_matters).where(_matters.c.channel == channel).values(values))


def set_request(tx: Connection, channel: bytes, request: bytes | None) -> None:
    """The matter's request, by message id."""
    remembered(tx, "matters").pop(channel, None)
    tx.execute(update(_matters).where(_matters.c.channel == channel).values(request=request))


def set_reference(tx: Connection, channel: bytes, authority: str, reference: str) -> None:
    """A party's own file number of the matter."""
    remembered(tx, "parties").pop(channel, None)
    tx.execute(
        update(_parties)
        .where(_parties.c.channel == channel, _parties.c.authority == authority)
        .values(reference=reference)
    )


def put_party(tx: Connection, channel: bytes, authority: str, role: str) -> None:
    """A party that is present; one that left comes back in its old role."""
    remembered(tx, "parties").pop(channel, None)
    statement = insert(_parties).values(channel=channel, authority=authority, role=role, left=False)
    tx.execute(statement.on_conflict_do_update(index_elements=["channel", "authority"], set_={"left": False}))


def set_role(tx: Connection, channel: bytes, authorities: Iterable[str], role: str) -> None:
    """On which side of the request these parties stand."""
    remembered(tx, "parties").pop(channel, None)
    tx.execute(
        update(_parties)
        .where(_parties.c.channel == channel, _parties.c.authority.in_(list(authorities)))
        .values(role=role)
    )


def party_left(tx: Connection, channel: bytes, authority: str) -> None:
    """A party was removed from the channel."""
    remembered(tx, "parties").pop(channel, None)
    tx.execute(
        update(_parties).where(_parties.c.channel == channel, _parties.c.authority == authority).values(left=True)
    )


def get_parties(tx: Connection, channel: bytes) -> list[PartyRow]:
    """All that there were, by authority id."""
    known = remembered(tx, "parties")
    if channel not in known:
        found = _PARTIES.all(tx, of=channel)
        known[channel] = [PartyRow(name, role, bool(left), reference) for name, role, left, reference in found]
    return list(known[channel])


def present_parties(tx: Connection, channel: bytes) -> frozenset[str]:
    """Who is a party now."""
    return frozenset(party.authority for party in get_parties(tx, channel) if not party.left)


def parties_of(tx: Connection, channels: Sequence[bytes]) -> dict[bytes, list[str]]:
    """Present parties of many matters at once."""
    query = (
        select(_parties.c.channel, _parties.c.authority)
        .where(_parties.c.channel.in_(channels), _parties.c.left.is_(False))
        .order_by(_parties.c.authority)
    )
    found: dict[bytes, list[str]] = {}
    for channel, authority in tx.execute(query):
        found.setdefault(channel, []).append(authority)
    return found
