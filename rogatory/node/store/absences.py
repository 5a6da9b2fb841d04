"""Former parties of matters, and parties that are no members while their keys have ended. SQL only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Column, Connection, Integer, LargeBinary, PrimaryKeyConstraint, String, Table, delete, select
from sqlalchemy.dialects.sqlite import insert

from rogatory.node.store.schema import metadata

_absences = Table(
    "absences",
    metadata,
    Column("channel", LargeBinary, nullable=False),
    Column("authority", String, nullable=False),
    # NULL: suspended, a party still.
    Column("amendments", Integer),
    PrimaryKeyConstraint("channel", "authority"),
)


@dataclass(frozen=True, slots=True)
class Absences:
    """`left`: former parties, and how many amendments were complete when they left."""

    left: Mapping[str, int] = field(default_factory=dict)
    suspended: frozenset[str] = frozenset()


def get_absences(tx: Connection, channel: bytes) -> Absences:
    """Those of a matter."""
    rows = list(tx.execute(select(_absences.c.authority, _absences.c.amendments).where(_absences.c.channel == channel)))
    return Absences(
        left={authority: count for authority, count in rows if count is not None},
        suspended=frozenset(authority for authority, count in rows if count is None),
    )


def put_left(tx: Connection, channel: bytes, authority: str, amendments: int) -> None:
    """A party left when so many amendments were complete."""
    _put(tx, channel, authority, amendments)


def put_suspended(tx: Connection, channel: bytes, authority: str) -> None:
    """A party was removed because its keys had ended."""
    _put(tx, channel, authority, None)


def settle_absences(tx: Connection, channel: bytes, authorities: Iterable[str]) -> None:
    """These are members again."""
    tx.execute(delete(_absences).where(_absences.c.channel == channel, _absences.c.authority.in_(list(authorities))))


def forget_absences(tx: Connection, channel: bytes) -> None:
    """What is known of the matter is told anew."""
    tx.execute(delete(_absences).where(_absences.c.channel == channel))


def _put(tx: Connection, channel: bytes, authority: str, amendments: int | None) -> None:
    statement = insert(_absences).values(channel=channel, authority=authority, amendments=amendments)
    tx.execute(
        statement.on_conflict_do_update(index_elements=["channel", "authority"], set_={"amendments": amendments})
    )
