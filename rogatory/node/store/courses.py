"""Where each matter's request stands, and the chain of its steps so far. SQL only."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Connection, LargeBinary, Table, bindparam, select
from sqlalchemy.dialects.sqlite import insert

from rogatory.node.store.prepared import Prepared
from rogatory.node.store.schema import metadata

_courses = Table(
    "courses",
    metadata,
    Column("channel", LargeBinary, primary_key=True),
    Column("course", LargeBinary, nullable=False),
)

_PUT_ROW = insert(_courses).values(channel=bindparam("channel"), course=bindparam("course"))
_PUT: Final = Prepared(_PUT_ROW.on_conflict_do_update(set_={"course": _PUT_ROW.excluded.course}))
_GET: Final = Prepared(select(_courses.c.course).where(_courses.c.channel == bindparam("of")))
_DELETE: Final = Prepared(_courses.delete().where(_courses.c.channel == bindparam("of")))


def put(tx: Connection, channel: bytes, course: bytes) -> None:
    """The matter's course as it stands now, encoded."""
    _PUT.run(tx, channel=channel, course=course)


def get(tx: Connection, channel: bytes) -> bytes | None:
    """The matter's course, or None if it has no request."""
    found = _GET.scalar(tx, of=channel)
    return None if found is None else bytes(found)


def delete(tx: Connection, channel: bytes) -> None:
    """Forget it: it is derived anew from the documents."""
    _DELETE.run(tx, of=channel)
