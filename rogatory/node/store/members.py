"""Members of channels as the log made them, and their newest acknowledgements. SQL only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    bindparam,
    select,
)
from sqlalchemy.dialects.sqlite import insert

from rogatory.node.store.prepared import Prepared, remembered
from rogatory.node.store.schema import metadata

_members = Table(
    "members",
    metadata,
    Column("channel", LargeBinary, nullable=False),
    Column("authority", String, nullable=False),
    Column("first_seq", Integer, nullable=False),
    Column("since_seq", Integer, nullable=False),
    Column("until_seq", Integer),
    PrimaryKeyConstraint("channel", "authority"),
)

_acknowledgements = Table(
    "acknowledgements",
    metadata,
    Column("channel", LargeBinary, nullable=False),
    Column("member", String, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Column("encoded", LargeBinary, nullable=False),
    Column("compared", Boolean, nullable=False),
    PrimaryKeyConstraint("channel", "member"),
    Index("acknowledgements_to_compare", "channel", "compared"),
)


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member: first added by entry `first_seq`, last by `since_seq` (a rejoin), removed by `until_seq`."""

    authority: str
    first_seq: int
    since_seq: int
    until_seq: int | None


# Statements of every batch are built once: building costs more than running them.
_MEMBER: Final = (_members.c.authority, _members.c.first_seq, _members.c.since_seq, _members.c.until_seq)
_PRESENT: Final = Prepared(
    select(*_MEMBER)
    .where(_members.c.channel == bindparam("of"), _members.c.until_seq.is_(None))
    .order_by(_members.c.authority)
)
_GET: Final = Prepared(
    select(*_MEMBER).where(_members.c.channel == bindparam("of"), _members.c.authority == bindparam("who"))
)
_NEWEST: Final = Prepared(
    select(_acknowledgements.c.seq, _acknowledgements.c.encoded).where(
        _acknowledgements.c.channel == bindparam("of"), _acknowledgements.c.member == bindparam("who")
    )
)
_TO_COMPARE: Final = Prepared(
    select(
        _acknowledgements.c.member, _acknowledgements.c.seq, _acknowledgements.c.head, _acknowledgements.c.encoded
    ).where(
        _acknowledgements.c.channel == bindparam("of"),
        _acknowledgements.c.compared.is_(False),
        _acknowledgements.c.seq <= bindparam("up_to"),
    )
)
_UP_TO: Final = Prepared(
    select(_members.c.authority, _acknowledgements.c.seq)
    .select_from(
        _members.outerjoin(
            _acknowledgements,
            (_acknowledgements.c.channel == _members.c.channel)
            & (_acknowledgements.c.member == _members.c.authority)
            & _acknowledgements.c.compared,
        )
    )
    .where(_members.c.channel == bindparam("of"), _members.c.until_seq.is_(None))
)
_PUT_NEWEST: Final = Prepared(
    _acknowledgements.insert().prefix_with("OR REPLACE"),
    tuple(column.name for column in _acknowledgements.columns),
)


def added(connection: Connection, channel: bytes, authorities: list[str], seq: int) -> None:
    """The commit at `seq` added these; whoever is a member already comes back."""
    remembered(connection, "members").pop(channel, None)
    for authority in authorities:
        statement = insert(_members).values(
            channel=channel, authority=authority, first_seq=seq, since_seq=seq, until_seq=None
        )
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["channel", "authority"], set_={"since_seq": seq, "until_seq": None}
            )
        )


def removed(connection: Connection, channel: bytes, authorities: list[str], seq: int) -> None:
    """The commit at `seq` removed these."""
    remembered(connection, "members").pop(channel, None)
    connection.execute(
        _members.update()
        .where(_members.c.channel == channel, _members.c.authority.in_(authorities))
        .values(until_seq=seq)
    )


def present(connection: Connection, channel: bytes) -> list[MemberRow]:
    """The members now, by id."""
    known = remembered(connection, "members")
    if channel not in known:
        known[channel] = [MemberRow(*found) for found in _PRESENT.all(connection, of=channel)]
    return list(known[channel])


def get(connection: Connection, channel: bytes, authority: str) -> MemberRow | None:
    """One member, present or former."""
    found = _GET.first(connection, of=channel, who=authority)
    return None if found is None else MemberRow(*found)


def joined_at(connection: Connection, channel: bytes) -> dict[str, int]:
    """Of each member, present or gone, the entry that first added it."""
    query = select(_members.c.authority, _members.c.first_seq).where(_members.c.channel == channel)
    return dict(iter(connection.execute(query)))


def put_acknowledgement(
    connection: Connection, channel: bytes, member: str, seq: int, head: bytes, encoded: bytes, compared: bool
) -> None:
    """A member's newest acknowledgement, its signature verified; `compared` once its head matched the log here."""
    _PUT_NEWEST.run(
        connection, channel=channel, member=member, seq=seq, head=head, encoded=encoded, compared=int(compared)
    )


def acknowledgement(connection: Connection, channel: bytes, member: str) -> tuple[int, bytes] | None:
    """(seq, encoded) of a member's newest acknowledgement."""
    found = _NEWEST.first(connection, of=channel, who=member)
    return None if found is None else (found[0], found[1])


def acknowledgements_between(connection: Connection, channel: bytes, seq: int, up_to: int) -> list[bytes]:
    """Each member's newest acknowledgement, encoded, if it is for `seq <= its seq <= up_to` and agrees with the log."""
    query = (
        select(_acknowledgements.c.encoded)
        .where(
            _acknowledgements.c.channel == channel,
            _acknowledgements.c.compared,
            _acknowledgements.c.seq.between(seq, up_to),
        )
        .order_by(_acknowledgements.c.member)
    )
    return list(connection.scalars(query))


def to_compare(connection: Connection, channel: bytes, up_to: int) -> list[tuple[str, int, bytes, bytes]]:
    """(member, seq, head, encoded) of acknowledgements whose place in the log was not read until now."""
    return [(found[0], found[1], found[2], found[3]) for found in _TO_COMPARE.all(connection, of=channel, up_to=up_to)]


def acknowledged_up_to(connection: Connection, channel: bytes) -> dict[str, int]:
    """How far each present member has acknowledged; 0 for one that never did."""
    return {found[0]: found[1] or 0 for found in _UP_TO.all(connection, of=channel)}


def joined(connection: Connection, channel: bytes, authorities: list[str], own: str, seq: int) -> None:
    """This node joined by entry `seq` and finds these members; whom it knew before it knows still."""
    former = [row.authority for row in present(connection, channel) if row.authority not in authorities]
    removed(connection, channel, former, seq)
    known = {row.authority for row in present(connection, channel)}
    added(connection, channel, [each for each in authorities if each not in known or each == own], seq)
