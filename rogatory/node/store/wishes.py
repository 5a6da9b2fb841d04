"""Changes of a channel's members that this node is to commit; kept until their effect stands. SQL only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    func,
    select,
)

from rogatory.node.store.prepared import Prepared
from rogatory.node.store.schema import metadata

_wishes = Table(
    "wishes",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("channel", LargeBinary, nullable=False),
    Column("kind", String, nullable=False),
    Column("authority", String, nullable=False),
    Column("amendment", LargeBinary),
    Column("after_outbox", Integer, nullable=False),
    Column("due_at", Float),
    UniqueConstraint("channel", "kind", "authority"),
)


class WishKind(StrEnum):
    """What is to be committed."""

    ADD = "add"
    REMOVE = "remove"
    REJOIN = "rejoin"
    REPAIR = "repair"
    """Declare the true access list after a void commit told the relay another."""
    REFRESH = "refresh"
    """New keys for this node's own leaf."""
    SUSPEND = "suspend"
    """Remove a member whose keys have ended, unless it renews its leaf before."""
    RETURN = "return"
    """Ask to be let in again to a channel that was halted: a person has decided so."""


@dataclass(frozen=True, slots=True)
class Wish:
    """`due_at` None: due when this node's turn among the members comes; `after_outbox`: documents up to that number
    go first. `authority` is empty for a repair or refresh."""

    number: int
    channel: bytes
    kind: WishKind
    authority: str
    amendment: bytes | None
    after_outbox: int
    due_at: float | None


_columns = tuple(_wishes.c[name] for name in Wish.__dataclass_fields__)


def add(
    connection: Connection,
    channel: bytes,
    kind: WishKind,
    authority: str,
    *,
    after_outbox: int,
    due_at: float | None,
    amendment: bytes | None = None,
) -> None:
    """Keep a wish; one that is kept already stays as it is."""
    connection.execute(
        _wishes.insert()
        .prefix_with("OR IGNORE")
        .values(
            channel=channel,
            kind=kind,
            authority=authority,
            amendment=amendment,
            after_outbox=after_outbox,
            due_at=due_at,
        )
    )


def of_channel(connection: Connection, channel: bytes) -> list[Wish]:
    """A channel's wishes, oldest first."""
    query = select(*_columns).where(_wishes.c.channel == channel).order_by(_wishes.c.number)
    return [_wish(found) for found in connection.execute(query)]


def channels(connection: Connection) -> set[bytes]:
    """Channels with wishes."""
    return {found[0] for found in _CHANNELS.all(connection)}


def set_due(connection: Connection, number: int, due_at: float) -> None:
    """Put a wish off until then."""
    connection.execute(_wishes.update().where(_wishes.c.number == number).values(due_at=due_at))


# Asked in every transaction, so built once.
_NEXT_DUE: Final = Prepared(select(func.min(_wishes.c.due_at)).where(_wishes.c.due_at > bindparam("after")))
_CHANNELS: Final = Prepared(select(_wishes.c.channel).distinct())


def next_due(connection: Connection, after: float) -> float | None:
    """When the next wish falls due."""
    due: float | None = _NEXT_DUE.scalar(connection, after=after)
    return due


def delete(connection: Connection, numbers: list[int]) -> None:
    """Their effect stands, or they cannot be granted."""
    if numbers:
        connection.execute(_wishes.delete().where(_wishes.c.number.in_(numbers)))


def delete_all(connection: Connection, channel: bytes) -> None:
    """Drop a channel's wishes."""
    connection.execute(_wishes.delete().where(_wishes.c.channel == channel))


def _wish(found: object) -> Wish:
    values = dict(found._mapping)  # type: ignore[attr-defined]
    return Wish(**{**values, "kind": WishKind(values["kind"])})
