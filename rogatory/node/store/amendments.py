"""Amendments of charters, and who has signed them. SQL only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    bindparam,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from rogatory.node.store.prepared import remembered
from rogatory.node.store.schema import metadata

_amendments = Table(
    "amendments",
    metadata,
    Column("channel", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("proposer", String, nullable=False),
    Column("previous", LargeBinary),
    Column("adds", JSON, nullable=False),
    Column("reason", String, nullable=False),
    Column("place", Integer),
    PrimaryKeyConstraint("channel", "digest"),
)

_signatures = Table(
    "amendment_signatures",
    metadata,
    Column("channel", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("signer", String, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("logged", Integer, nullable=False),
    PrimaryKeyConstraint("channel", "digest", "signer"),
)


_ALL: Final = select(_amendments).order_by(
    _amendments.c.channel, _amendments.c.place.is_(None), _amendments.c.place, _amendments.c.digest
)
_OF_CHANNEL: Final = _ALL.where(_amendments.c.channel == bindparam("of"))


@dataclass(frozen=True, slots=True)
class AmendmentRow:
    """An amendment. `place` counts the complete ones of a channel from 1, in log order; None: not complete."""

    channel: bytes
    digest: bytes
    proposer: str
    previous: bytes | None
    adds: list[str]
    reason: str
    place: int | None = None


def put_amendment(tx: Connection, row: AmendmentRow) -> None:
    """Keep an amendment; one that is held already stays as it is."""
    values = {name: getattr(row, name) for name in AmendmentRow.__dataclass_fields__}
    remembered(tx, "amendments").pop(row.channel, None)
    tx.execute(insert(_amendments).values(values).on_conflict_do_nothing())


def get_amendments(tx: Connection, channel: bytes | None = None) -> list[AmendmentRow]:
    """The amendments of a channel, or all: complete ones in their order, then the others."""
    if channel is None:
        return [AmendmentRow(*row) for row in tx.execute(_ALL)]
    known = remembered(tx, "amendments")
    if channel not in known:
        known[channel] = [AmendmentRow(*row) for row in tx.execute(_OF_CHANNEL, {"of": channel})]
    return list(known[channel])


def set_complete(tx: Connection, channel: bytes, digest: bytes, place: int) -> None:
    """Every party has signed it."""
    remembered(tx, "amendments").pop(channel, None)
    tx.execute(
        update(_amendments).where(_amendments.c.channel == channel, _amendments.c.digest == digest).values(place=place)
    )


def put_signature(tx: Connection, channel: bytes, digest: bytes, signer: str, envelope: bytes, *, logged: bool) -> None:
    """A party's envelope; `logged` once it was read in the log: only then does it count."""
    statement = insert(_signatures).values(
        channel=channel, digest=digest, signer=signer, envelope=envelope, logged=int(logged)
    )
    if logged:
        statement = statement.on_conflict_do_update(
            index_elements=["channel", "digest", "signer"], set_={"envelope": envelope, "logged": 1}
        )
    else:
        statement = statement.on_conflict_do_nothing()
    tx.execute(statement)


def get_signatures(tx: Connection, channel: bytes, digest: bytes, *, logged: bool = True) -> dict[str, bytes]:
    """Envelopes by signer; with `logged` only those that stand in the log."""
    query = (
        select(_signatures.c.signer, _signatures.c.envelope)
        .where(_signatures.c.channel == channel, _signatures.c.digest == digest)
        .order_by(_signatures.c.signer)
    )
    if logged:
        query = query.where(_signatures.c.logged == 1)
    return dict(iter(tx.execute(query)))
