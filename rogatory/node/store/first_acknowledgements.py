"""Of each member the first acknowledgement that covers each document: proof that newer ones do not take back. SQL only.

One is kept only where it covers an entry that no kept one does, so that they grow with documents, not with time.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    bindparam,
    func,
    select,
)

from rogatory.node.store.prepared import Prepared
from rogatory.node.store.schema import metadata

_firsts = Table(
    "first_acknowledgements",
    metadata,
    Column("channel", LargeBinary, nullable=False),
    Column("member", String, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("encoded", LargeBinary, nullable=False),
    PrimaryKeyConstraint("channel", "member", "seq"),
    sqlite_with_rowid=False,
)

# Asked for every acknowledgement, so built once.
_LAST: Final = Prepared(
    select(func.max(_firsts.c.seq)).where(_firsts.c.channel == bindparam("of"), _firsts.c.member == bindparam("who"))
)
_PUT: Final = Prepared(_firsts.insert().prefix_with("OR IGNORE"), ("channel", "member", "seq", "encoded"))


def put_first(connection: Connection, channel: bytes, member: str, seq: int, encoded: bytes) -> None:
    """Keep an acknowledgement, verified and compared with the log."""
    _PUT.run(connection, channel=channel, member=member, seq=seq, encoded=encoded)


def last_first(connection: Connection, channel: bytes, member: str) -> int:
    """Up to where the member's kept ones reach; 0 if there is none."""
    return _LAST.scalar(connection, of=channel, who=member) or 0


def firsts_between(connection: Connection, channel: bytes, seq: int, up_to: int) -> list[bytes]:
    """Those kept, encoded, for `seq <= their seq <= up_to`: by member, then by seq."""
    query = select(_firsts.c.encoded).where(_firsts.c.channel == channel, _firsts.c.seq.between(seq, up_to))
    return list(connection.scalars(query.order_by(_firsts.c.member, _firsts.c.seq)))
