"""This node's own key packages with their private keys, until an invitation used them or they ran out. SQL only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import Column, Connection, Float, LargeBinary, String, Table, bindparam, func, select

from rogatory.node.store.prepared import Prepared
from rogatory.node.store.schema import metadata

_packages = Table(
    "key_packages",
    metadata,
    Column("ref", LargeBinary, primary_key=True),
    Column("purpose", String, nullable=False),
    Column("state", String, nullable=False),
    Column("channel", LargeBinary),
    Column("secrets", LargeBinary, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
)


class Purpose(StrEnum):
    """What a key package is for."""

    ONCE = "once"
    LAST_RESORT = "last_resort"
    REJOIN = "rejoin"


class PackageState(StrEnum):
    """Whether the relay has it."""

    MADE = "made"
    PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class PackageRow:
    """A key package by its reference (RFC 9420 section 5.2); `channel` of a rejoin."""

    ref: bytes
    purpose: Purpose
    state: PackageState
    channel: bytes | None
    secrets: bytes
    made_at: float
    expires_at: float

    def __repr__(self) -> str:
        return f"<PackageRow {self.purpose} {self.ref.hex()[:8]}>"


def add(connection: Connection, row: PackageRow) -> None:
    """Store a key package before it is published."""
    connection.execute(
        _packages.insert().values(**{name: getattr(row, name) for name in PackageRow.__dataclass_fields__})
    )


def get(connection: Connection, ref: bytes) -> PackageRow | None:
    """One key package."""
    found = connection.execute(select(_packages).where(_packages.c.ref == ref)).first()
    return None if found is None else _row(found)


def for_channel(connection: Connection, channel: bytes) -> list[PackageRow]:
    """Key packages of this node's rejoins that no commit has answered yet."""
    found = connection.execute(select(_packages).where(_packages.c.channel == channel).order_by(_packages.c.made_at))
    return [_row(each) for each in found]


def select_state(connection: Connection, purpose: Purpose, state: PackageState) -> list[PackageRow]:
    """Key packages of a purpose, oldest first."""
    query = (
        select(_packages)
        .where(_packages.c.purpose == purpose, _packages.c.state == state)
        .order_by(_packages.c.made_at, _packages.c.ref)
    )
    return [_row(found) for found in connection.execute(query)]


def count(connection: Connection, purpose: Purpose, state: PackageState) -> int:
    """How many there are."""
    query = select(func.count()).select_from(_packages)
    return connection.scalar(query.where(_packages.c.purpose == purpose, _packages.c.state == state)) or 0


# Asked in every transaction, so built once.
_NEWEST: Final = Prepared(select(func.max(_packages.c.made_at)).where(_packages.c.purpose == bindparam("of")))


def newest(connection: Connection, purpose: Purpose) -> float | None:
    """When the newest of a purpose was made."""
    made_at: float | None = _NEWEST.scalar(connection, of=purpose)
    return made_at


def set_published(connection: Connection, refs: list[bytes]) -> None:
    """The relay has them."""
    if refs:
        connection.execute(_packages.update().where(_packages.c.ref.in_(refs)).values(state=PackageState.PUBLISHED))


def delete(connection: Connection, ref: bytes) -> None:
    """Used: its private keys go (RFC 9420 section 10, an init key is used once)."""
    connection.execute(_packages.delete().where(_packages.c.ref == ref))


def delete_for_channel(connection: Connection, channel: bytes) -> None:
    """A rejoin was answered."""
    connection.execute(_packages.delete().where(_packages.c.channel == channel))


def delete_expired(connection: Connection, now: float) -> int:
    """Drop what has run out; gives how many."""
    return connection.execute(_packages.delete().where(_packages.c.expires_at < now)).rowcount


def delete_older(connection: Connection, purpose: Purpose, made_at: float) -> int:
    """Drop those of a purpose that were made before; gives how many."""
    query = _packages.delete().where(_packages.c.purpose == purpose, _packages.c.made_at < made_at)
    return connection.execute(query).rowcount


def _row(found: object) -> PackageRow:
    values = dict(found._mapping)  # type: ignore[attr-defined]
    values["purpose"], values["state"] = Purpose(values["purpose"]), PackageState(values["state"])
    return PackageRow(**values)
